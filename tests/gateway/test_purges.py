"""A device is purged from a whole gateway: nothing of it is left, and the books balance before and after."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.control import ControlError, ask
from gateway.ingest import decode_received
from gateway.journal.log import Entry, Log
from gateway.progress import read_ledger
from gateway.purges import Traces, speaks_of
from gateway.run import Gateway
from pipelines.model import Accepted, Derived, Observation, Rejected
from tests import servers
from tests.gateway import whole
from tests.gateway.road import until
from tests.gateway.sinks.open_topics.test_sink import subscribed

STORE = '[sinks.store]\nkind = "store"\n'
TARGET = "station-3"


async def asked(gateway: Gateway, command: str, **question: Any) -> dict[str, Any]:
    replies = await asyncio.to_thread(lambda: list(ask(gateway.config.control_socket, command, **question)))
    return replies[-1]


async def settled(gateway: Gateway, position: int) -> None:
    await until(lambda: gateway.refine.progress.position >= position)
    await until(lambda: not any(delivery.lag for delivery in gateway.deliveries))


def everything_in(folder: Path, name: str) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob(f"{name}*") if file.is_file())


def bodies(log: Log) -> list[bytes]:
    return [entry.payload for entry in log.read(log.oldest_number, max_entries=10_000)]


async def test_a_purged_device_is_nowhere_and_the_books_balance(tmp_path: Path, mosquitto: servers.Server) -> None:
    topics = f'[sinks.open]\nkind = "open-topics"\nurl = "mqtt://127.0.0.1:{mosquitto.port}"\nfrom = "oldest"\n'
    whole.write_files(tmp_path, [whole.line(number) for number in range(1, 61)], STORE, topics)
    async with whole.running(tmp_path) as gateway:
        await settled(gateway, 60)
        before = await asked(gateway, "audit")
        assert before["conserved"]
        found = await asked(gateway, "purge", device=TARGET)
        after = await asked(gateway, "audit")
        assert (found["intake"], found["sinks"]["store"] > 0) == (3, True)
        assert found["ledger"] >= 3
        assert "devices" in found["left"]
        assert after["conserved"]
        assert (before["entries"] - after["entries"], before["outcomes"] - after["outcomes"]) == (3, 3)
        assert all(
            one["deliverable"] == one["delivered"] + one["refused"] + one["pending"] for one in after["sinks"].values()
        )
        assert not [body for body in bodies(gateway.logs.intake) if b"/station-3/" in body]
        assert len(bodies(gateway.logs.intake)) == 57
        left = [read_ledger(body) for body in bodies(gateway.logs.ledger)]
        assert not [one for one in left if isinstance(one, Accepted) and one.device == TARGET]
        assert not [
            one
            for one in left
            if isinstance(one, Derived) and any(said.feature == "weather-station/s3" for said in one.observations)
        ]
        assert TARGET not in gateway.refine.progress.memory.devices
        assert gateway.analytics is not None
        silence = gateway.analytics.pilots["recordings"].runners["silence"]
        assert (silence.keys, TARGET in gateway.refine.progress.memory.devices) == (19, False)
        async with subscribed(mosquitto.port) as seen:
            await seen.until("open/v1/grenoble/weather/recordings/s4/state", 1)
            assert not [one for one in seen.messages if "/s3/" in one.topic.value]
        again = await asked(gateway, "purge", device=TARGET)
        assert (again["intake"], again["ledger"], again["sinks"]["store"]) == (0, 0, 0)
        assert gateway.events.counts["DevicePurged"] == 2
    raw = await asyncio.to_thread(everything_in, tmp_path, "store.sqlite")
    assert b"station-4" in raw
    assert b"station-3\x00" not in raw


async def test_what_nobody_knows_is_purged_by_its_own_words(tmp_path: Path) -> None:
    lines = [whole.line(1), whole.line(2, station="stranger"), whole.line(3, station="stranger")]
    whole.write_files(tmp_path, lines)
    async with whole.running(tmp_path) as gateway:
        await settled(gateway, 3)
        found = await asked(gateway, "purge", device="stranger")
        assert found["intake"] == 2
        assert (await asked(gateway, "audit"))["conserved"]
        said = [decode_received(body).topic for body in bodies(gateway.logs.intake)]
        assert said == ["sensors/station-1/up"]
        left = [read_ledger(body) for body in bodies(gateway.logs.ledger)]
        assert not [one for one in left if isinstance(one, Rejected)]


async def test_after_a_purge_and_a_restart_nothing_comes_back(tmp_path: Path) -> None:
    whole.write_files(tmp_path, [whole.line(number) for number in range(1, 41)], STORE)
    async with whole.running(tmp_path) as gateway:
        await settled(gateway, 40)
        await asked(gateway, "purge", device=TARGET)
    (tmp_path / "day.ndjson").write_text("")
    async with whole.running(tmp_path) as gateway:
        audit = await asked(gateway, "audit")
        assert (audit["entries"], audit["outcomes"], audit["conserved"]) == (38, 38, True)


async def test_a_question_that_is_none_is_answered(tmp_path: Path) -> None:
    whole.write_files(tmp_path, [])
    async with whole.running(tmp_path) as gateway:
        with pytest.raises(ControlError, match="not understood"):
            await asked(gateway, "purge", device=7)


def test_derived_entries_that_speak_of_others_wait_for_the_sinks() -> None:
    mixed, own = (
        Derived("p", 1, "x", "y", tuple(Observation(feature, "temperature_c", 1.0, 1) for feature in features))
        for features in (("tree/a", "tree/b"), ("tree/a",))
    )
    waited_for = set[int]()
    judge = speaks_of(Traces("d", features={"tree/a"}), 10, waited_for)
    entries = [Entry(number, 1, msgspec.msgpack.encode(one)) for number, one in ((9, mixed), (11, mixed), (12, own))]
    assert [judge(entry) for entry in entries] == [True, False, True]
    assert waited_for == {11}
