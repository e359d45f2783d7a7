"""A recording as a source: every line once, over stops, kills and other files; malformed lines; damaged ones."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import zstandard

from gateway.events import Events
from gateway.ingest import Ingest, decode_received
from gateway.journal.log import Log
from gateway.sources.file_settings import FileSourceSettings
from gateway.sources.recording_file import RecordingFileSource
from pipelines.model import Received
from tests.gateway.road import SetClock, received, until
from tests.gateway.sources.memory_intake import MemoryIntake


def line(number: int) -> bytes:
    return json.dumps({"topic": "t", "received_ns": number, "body": f"body {number}"}).encode() + b"\n"


def lines(count: int, first: int = 1) -> bytes:
    return b"".join(line(number) for number in range(first, first + count))


def source_for(
    file: Path, intake: MemoryIntake | Ingest, folder: Path, clock: SetClock | None = None
) -> RecordingFileSource:
    settings = FileSourceSettings(kind="file", path=file, dialect="plain-json")
    return RecordingFileSource("rec", settings, intake, clock or SetClock(), Events(), folder=folder / "sources")


@contextlib.asynccontextmanager
async def running(source: RecordingFileSource) -> AsyncIterator[RecordingFileSource]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run(), name="recording")
        yield source
        task.cancel()
    await source.close()


async def read_all(file: Path, folder: Path, intake: MemoryIntake | None = None) -> list[Received]:
    intake = intake or MemoryIntake()
    async with running(source_for(file, intake, folder)) as source:
        await asyncio.wait_for(source.finished.wait(), 10)
        await asyncio.sleep(0)
    return intake.entries


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
async def test_every_line_becomes_an_entry_however_it_is_packed(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"day.ndjson{suffix}"
    plain = lines(1_234)
    packs: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        ".gz": gzip.compress,
        ".zst": zstandard.ZstdCompressor().compress,
    }
    pack = packs[suffix]
    file.write_bytes(pack(plain[:1_000]) + pack(plain[1_000:]))  # two members, as `cat a.gz b.gz` makes them
    entries = await read_all(file, tmp_path)
    assert [entry.packet_id for entry in entries] == list(range(1, 1_235))
    assert [entry.body for entry in entries[:2]] == [b"body 1", b"body 2"]
    assert (entries[6].received_ns, entries[6].clock, entries[6].topic) == (7, "trusted", "t")


async def test_a_json_body_may_stand_as_it_is_and_keeps_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "day.ndjson"
    file.write_bytes(
        b'{"topic":"t","received_ns":1,"body":{ "a" : 1.50, "b":"\\u00e9"}}\n'
        b'{"topic":"t","received_ns":2,"body":"{\\"a\\":1}"}\n'
        b'{"topic":"t","received_ns":3,"body":null,"body_b64":"/wA="}\n'
    )
    entries = await read_all(file, tmp_path)
    assert [entry.body for entry in entries] == [b'{ "a" : 1.50, "b":"\\u00e9"}', b'{"a":1}', b"\xff\x00"]


async def test_a_line_that_is_no_message_is_kept_as_it_stands_and_a_blank_one_is_passed_over(tmp_path: Path) -> None:
    bad = [b"no JSON \xff", b'{"topic": 1}', b'{"topic": "t", "received_ns": -1}', b'{"topic":"t","received_ns":1e30}']
    file = tmp_path / "day.ndjson"
    file.write_bytes(line(1) + b"\n".join(bad) + b"\r\n\n   \n" + b'{"topic":"t","received_ns":9,"body_b64":"/wA="}')
    clock = SetClock(5)
    intake = MemoryIntake()
    async with running(source_for(file, intake, tmp_path, clock)) as source:
        await asyncio.wait_for(source.finished.wait(), 10)
    assert [entry.body for entry in intake.entries] == [b"body 1", *bad, b"\xff\x00"]
    assert [entry.packet_id for entry in intake.entries] == [1, 2, 3, 4, 5, 8]
    assert (intake.entries[1].topic, intake.entries[1].clock) == ("day.ndjson", "unset")


async def test_a_line_without_end_is_taken_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sources.recording_file.MAX_LINE_BYTES", 1_000)
    (tmp_path / "day.ndjson").write_bytes(b"x" * 2_500 + b"\n" + line(4))
    entries = await read_all(tmp_path / "day.ndjson", tmp_path)
    assert [len(entry.body) for entry in entries] == [1_000, 1_000, 500, 6]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress])
async def test_a_file_that_is_cut_short_gives_what_it_has_and_says_so(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / f"day.ndjson.{'gz' if pack is gzip.compress else 'zst'}"
    packed = pack(lines(9_000))
    file.write_bytes(packed[: len(packed) // 2])
    intake = MemoryIntake()
    source = source_for(file, intake, tmp_path)
    with pytest.raises(OSError, match=r"day\.ndjson.*cannot be read behind line \d+"):
        await source.run()
    await asyncio.sleep(0)
    taken = len(intake.entries)
    assert taken % 500, "the lines before the damage are not thrown away with their batch"
    await source.close()
    file.write_bytes(pack(lines(9_000)))
    entries = await read_all(file, tmp_path, intake)
    assert [entry.packet_id for entry in entries] == list(range(1, 9_001))


async def test_after_a_kill_it_goes_on_behind_the_last_line_that_is_durable(tmp_path: Path) -> None:
    file = tmp_path / "day.ndjson"
    file.write_bytes(lines(5_000))
    starts = 0
    while True:
        log = Log.open(tmp_path / "intake", name="intake")
        ingest = Ingest(log, Events(), ring_bytes=60_000)
        source = source_for(file, ingest, tmp_path)
        starts += 1
        async with running(source), asyncio.TaskGroup() as group:
            loop = group.create_task(ingest.run(), name="ingest")
            before = log.durable_number
            await until(lambda: log.durable_number > before + 1_200 or source.finished.is_set())  # noqa: B023
            if source.finished.is_set():
                await ingest.commit()
            loop.cancel()
        log.abandon()
        if source.finished.is_set():
            break
    log = Log.open(tmp_path / "intake", name="intake")
    numbers = [decode_received(entry.payload).packet_id for entry in log.read(1, max_entries=6_000)]
    assert numbers == list(range(1, 5_001))
    assert starts > 2
    log.abandon()


async def test_a_finished_recording_is_not_read_again_whatever_came_in_since(tmp_path: Path) -> None:
    file = tmp_path / "day.ndjson"
    file.write_bytes(lines(700))
    await read_all(file, tmp_path)
    busy = MemoryIntake()  # none of its lines is among the newest entries any more
    assert await read_all(file, tmp_path, busy) == []
    file.write_bytes(lines(702))
    assert [entry.packet_id for entry in await read_all(file, tmp_path, busy)] == [701, 702]


async def test_where_the_cursor_is_behind_the_intake_knows_better(tmp_path: Path) -> None:
    file = tmp_path / "day.ndjson"
    file.write_bytes(lines(10))
    intake = MemoryIntake()
    await read_all(file, tmp_path, intake)
    for cursor in (tmp_path / "sources").iterdir():
        cursor.unlink()
    assert len(await read_all(file, tmp_path, intake)) == 10


async def test_another_file_under_the_same_name_begins_at_its_first_line(tmp_path: Path) -> None:
    intake = MemoryIntake()
    for day in ("monday", "tuesday"):
        (tmp_path / f"{day}.ndjson").write_bytes(lines(20))
        await read_all(tmp_path / f"{day}.ndjson", tmp_path, intake)
    assert len(intake.entries) == 40


async def test_a_full_ring_holds_it_and_a_stop_ends_it_without_another_line(tmp_path: Path) -> None:
    file = tmp_path / "day.ndjson"
    file.write_bytes(lines(2_000))
    intake = MemoryIntake()
    intake.full = True
    async with running(source_for(file, intake, tmp_path)) as source:
        await asyncio.sleep(0.1)
        assert intake.entries == []
        intake.free()
        await asyncio.wait_for(source.finished.wait(), 10)
        assert len(intake.entries) == 2_000
    stopped = MemoryIntake()
    stopped.full = True
    file.write_bytes(lines(3_000))
    async with running(source_for(file, stopped, tmp_path)) as source:
        await asyncio.sleep(0.1)
        await source.stop_reading()
        stopped.free()
        await asyncio.sleep(0.1)
    assert stopped.entries == []


async def test_other_sources_entries_are_not_its_own(tmp_path: Path) -> None:
    file = tmp_path / "day.ndjson"
    file.write_bytes(lines(3))
    intake = MemoryIntake()
    intake.receive([received(source="rec", packet_id=2), received(source="mqtt", packet_id=9)])
    assert [entry.packet_id for entry in (await read_all(file, tmp_path, intake))[2:]] == [1, 2, 3]
