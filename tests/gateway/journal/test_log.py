"""The contract of a log, on the machine's file system and on the simulated disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.journal.log import Entry, Log, LogOptions
from gateway.journal.notices import Expired, LogLockedError, Notice, QuotaFilled, Recovered
from gateway.journal.storage import RealStorage, Storage
from gateway.journal.tail import Batch
from gateway.journal.writer import Progress
from tests.gateway.journal.city import (
    SMALL,
    SMALL_LAZY,
    bodies,
    body,
    compress,
    fill,
    open_log,
    read_all,
    read_from_disk,
)
from tests.gateway.journal.disk import Disk


@pytest.fixture(params=["real", "simulated"])
def storage(request: pytest.FixtureRequest) -> Storage:
    return RealStorage() if request.param == "real" else Disk()


@pytest.fixture
async def log(storage: Storage, tmp_path: Path) -> AsyncIterator[Log]:
    log = open_log(storage, tmp_path / "intake")
    yield log
    await log.close()


async def test_numbers_start_at_one_and_rise_by_one(log: Log) -> None:
    assert log.append([b"a", b"b"]) == 1
    assert log.append([b"c"]) == 3
    assert log.next_number == 4
    assert await log.commit() == 3


async def test_nothing_is_readable_before_it_is_committed(log: Log) -> None:
    log.append([b"a"])
    assert log.read(1) == []
    await log.commit()
    assert log.read(1) == [Entry(1, 1, b"a")]


async def test_kinds_nobody_knows_are_passed_through(log: Log) -> None:
    log.append([b"a"], 200)
    log.append([b"b"], 1)
    log.append([b""], 255)
    await log.commit()
    assert log.read(1) == [Entry(1, 200, b"a"), Entry(2, 1, b"b"), Entry(3, 255, b"")]
    assert read_from_disk(log) == {1: b"a", 2: b"b", 3: b""}


@pytest.mark.parametrize("kind", [0, 256, -1])
async def test_a_kind_outside_its_range_is_refused(log: Log, kind: int) -> None:
    with pytest.raises(ValueError, match="must be 1 to 255"):
        log.append([b"a"], kind)
    assert log.next_number == 1


async def test_appending_nothing_changes_nothing(log: Log) -> None:
    assert log.append([]) == 1
    assert await log.commit() == 0
    assert log.stat().segments == ()


async def test_what_was_appended_is_read_from_disk_over_many_segments(log: Log) -> None:
    await fill(log, 300)
    assert len(log.stat().segments) > 3
    assert read_from_disk(log) == {number: body(number) for number in range(1, 301)}


async def test_reading_starts_anywhere(log: Log) -> None:
    await fill(log, 300)
    log._tail.clear()
    for start in (1, 2, 77, 150, 299, 300):
        assert log.read(start, max_entries=1) == [Entry(start, 1, body(start))]
    assert log.read(301) == []


async def test_reads_are_bounded_by_entries_bytes_and_number(log: Log) -> None:
    await fill(log, 60)
    for _ in range(2):  # from memory, then from disk
        assert [entry.number for entry in log.read(50, max_entries=3)] == [50, 51, 52]
        assert [entry.number for entry in log.read(50, upto=51)] == [50, 51]
        assert len(log.read(50, max_bytes=1)) == 1
        assert len(log.read(50, max_bytes=2 * len(body(50)))) == 2
        log._tail.clear()


async def test_reading_from_memory_and_from_disk_gives_the_same(log: Log) -> None:
    await fill(log, 200, batch=13)
    from_memory = read_all(log, 197)
    assert log._tail.starts_at_or_before(197)
    log._tail.clear()
    assert read_all(log, 197) == from_memory


async def test_one_commit_is_in_flight_and_later_ones_join_the_next(log: Log) -> None:
    flights = []
    write = log._writer.write

    def counted(batches: list[Batch], *, sync: bool) -> Progress:
        flights.append(batches)
        return write(batches, sync=sync)

    log._writer.write = counted  # type: ignore[method-assign]
    async with asyncio.TaskGroup() as group:
        for number in range(1, 21):
            log.append([body(number)])
            group.create_task(log.commit())
            if number == 1:
                await asyncio.sleep(0)
    assert log.durable_number == 20
    assert len(flights) == 2


async def test_a_cancelled_commit_still_lands(log: Log) -> None:
    log.append([b"a"])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(log.commit())
        await asyncio.sleep(0)
        task.cancel()
    await log.commit()
    assert log.read(1) == [Entry(1, 1, b"a")]


async def test_an_unsynced_entry_is_hidden_from_an_intake_and_shown_to_a_ledger(
    storage: Storage, tmp_path: Path
) -> None:
    for readable, seen in (("synced", []), ("written", [Entry(1, 1, b"a")])):
        options = msgspec.convert({**msgspec.to_builtins(SMALL_LAZY), "readable": readable}, LogOptions)
        log = open_log(storage, tmp_path / readable, options=options)
        log.append([b"a"])
        assert await log.commit(sync=False) == 0
        assert log.read(1) == seen
        assert await log.commit() == 1
        assert log.read(1) == [Entry(1, 1, b"a")]
        await log.close()


async def test_a_lazily_synced_log_syncs_by_itself_beyond_its_bound(storage: Storage, tmp_path: Path) -> None:
    log = open_log(storage, tmp_path, options=msgspec.structs.replace(SMALL_LAZY, unsynced_bytes=2000))
    log.append([bytes(900)])
    assert await log.commit(sync=False) == 0
    log.append([bytes(1200)])
    assert await log.commit(sync=False) == 2
    await log.close()


async def test_a_waiter_wakes_when_an_entry_becomes_readable(log: Log) -> None:
    woken = []

    async def wait() -> None:
        await log.wait_past(0)
        woken.append(log.read(1))

    async with asyncio.TaskGroup() as group:
        group.create_task(wait())
        await asyncio.sleep(0)
        log.append([b"a"])
        await asyncio.sleep(0)
        assert woken == []
        await log.commit()
    assert woken == [[Entry(1, 1, b"a")]]
    await log.wait_past(0)  # at once


async def test_a_waiter_does_not_turn_in_circles_over_numbers_that_are_gone(log: Log) -> None:
    await fill(log, 20)
    await log.purge(lambda entry: entry.number > 10)
    assert log.read(11) == []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await log.wait_past(10)
    await fill(log, 1)
    await log.wait_past(10)
    assert log.read(11) == [Entry(21, 1, body(21))]


async def test_a_backlog_is_fetched_in_a_thread(log: Log) -> None:
    await fill(log, 200)
    assert await log.fetch(5, max_entries=3) == log.read(5, max_entries=3)
    assert await log.fetch(200) == [Entry(200, 1, body(200))]
    assert await log.fetch(201) == []


async def test_a_second_writer_is_kept_out_and_told_what_to_do(log: Log, storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(LogLockedError, match="another process writes this log"):
        open_log(storage, tmp_path / "intake")
    await log.close()
    await open_log(storage, tmp_path / "intake").close()


async def test_an_orderly_stop_is_found_clean(storage: Storage, tmp_path: Path) -> None:
    notices: list[Notice] = []
    log = open_log(storage, tmp_path)
    await fill(log, 50)
    log.append([body(51)])
    await log.close()
    log = open_log(storage, tmp_path, on_notice=notices.append)
    assert read_from_disk(log) == {number: body(number) for number in range(1, 52)}
    assert log.next_number == 52
    assert isinstance(notices[0], Recovered)
    assert notices[0].clean
    assert notices[0].torn_bytes == 0
    await log.close()


async def test_each_start_opens_a_new_segment_at_its_first_write(storage: Storage, tmp_path: Path) -> None:
    for start in range(1, 4):
        log = open_log(storage, tmp_path)
        assert len(log.stat().segments) == start - 1
        await fill(log, 1)
        assert len(log.stat().segments) == start
        await log.close()


async def test_new_numbers_are_above_the_floor(storage: Storage, tmp_path: Path) -> None:
    log = open_log(storage, tmp_path, floor=1000)
    assert log.append([b"a"]) == 1001
    assert log.read(1) == []
    await log.commit()
    assert log.read(1) == [Entry(1001, 1, b"a")]
    await log.close()
    log = open_log(storage, tmp_path, floor=500)
    assert log.next_number == 1002
    await log.close()


async def test_a_closed_log_refuses_entries(storage: Storage, tmp_path: Path) -> None:
    log = open_log(storage, tmp_path)
    await log.close()
    await log.close()
    with pytest.raises(OSError, match="closed"):
        log.append([b"a"])


async def test_oldest_whole_segments_go_when_the_quota_is_reached(log: Log) -> None:
    await fill(log, 600)
    before = log.size_bytes
    assert before > log.options.quota_bytes
    expired = await log.enforce_quota()
    assert expired is not None
    assert not expired.held
    assert log.size_bytes <= log.options.quota_bytes
    assert expired.first == 1
    assert expired.entries == expired.last
    assert log.oldest_number == expired.last + 1
    assert [entry.number for entry in read_all(log)] == list(range(expired.last + 1, 601))
    assert await log.enforce_quota() is None
    assert log.corrupt_entries == 0


async def test_a_pin_holds_what_somebody_still_has_to_read(log: Log) -> None:
    await fill(log, 600)
    held = await log.enforce_quota(pinned_from=100)
    assert held is not None
    assert held.held
    assert log.oldest_number <= 100
    assert read_all(log)[-1].number == 600
    assert [entry.number for entry in log.read(100, max_entries=1)] == [100]


async def test_space_is_made_on_demand_below_the_quota(log: Log) -> None:
    await fill(log, 200)
    before = log.size_bytes
    assert await log.enforce_quota() is None
    expired = await log.enforce_quota(free_bytes=10_000)
    assert expired is not None
    assert log.size_bytes <= before - 10_000


async def test_quota_marks_and_expiry_are_told(storage: Storage, tmp_path: Path) -> None:
    notices: list[Notice] = []
    log = open_log(storage, tmp_path, on_notice=notices.append)
    await fill(log, 600)
    marks = [notice.percent for notice in notices if isinstance(notice, QuotaFilled)]
    assert len(marks) == 3
    assert all(percent >= mark for percent, mark in zip(marks, (50, 80, 95), strict=True))
    expired = await log.enforce_quota()
    assert [notice for notice in notices if isinstance(notice, Expired)] == [expired]
    await log.close()


async def test_closed_segments_are_compressed_in_the_background(storage: Storage, tmp_path: Path) -> None:
    log = open_log(storage, tmp_path, options=SMALL)
    await fill(log, 300)
    async with asyncio.timeout(10):
        while not all(segment.compressed for segment in log.stat().segments[:-1]):  # noqa: ASYNC110 - a thread
            await asyncio.sleep(0.01)
    assert not log.stat().segments[-1].compressed
    assert read_from_disk(log) == {number: body(number) for number in range(1, 301)}
    await log.close()


async def test_a_reader_in_the_middle_of_a_segment_goes_on_after_it_was_compressed(log: Log) -> None:
    await fill(log, 300)
    log._tail.clear()
    first = log.read(1, max_entries=5)
    compress(log)
    assert [entry.number for entry in first + read_all(log, 6)] == list(range(1, 301))


def test_a_quota_below_four_segments_is_refused() -> None:
    with pytest.raises(ValueError, match="Raise quota_bytes or lower segment_bytes"):
        LogOptions(segment_bytes=1000, quota_bytes=3999)


def test_a_log_name_must_fit_its_header(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 to 20 bytes"):
        Log.open(tmp_path, name="a-name-of-more-than-twenty")


async def test_a_batch_larger_than_a_segment_is_spread(log: Log) -> None:
    log.append(bodies(1, 500))
    await log.commit()
    assert len(log.stat().segments) > 5
    assert read_from_disk(log) == {number: body(number) for number in range(1, 501)}


async def test_an_entry_larger_than_a_segment_is_kept(log: Log) -> None:
    large = bytes(range(256)) * 200
    log.append([b"before", large, b"after"])
    await log.commit()
    assert read_from_disk(log) == {1: b"before", 2: large, 3: b"after"}
