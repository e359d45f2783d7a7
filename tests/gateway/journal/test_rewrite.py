"""Compression and purge."""

import msgspec
import pytest

from gateway.journal.log import Entry, Log
from gateway.journal.notices import Notice, RewriteFailed
from gateway.journal.segment import QUARANTINE
from tests.gateway.journal.city import DIRECTORY, SMALL_LAZY, body, compress, fill, open_log, read_from_disk
from tests.gateway.journal.disk import Disk, PowerCutError

LARGE = msgspec.structs.replace(SMALL_LAZY, segment_bytes=200 << 10, quota_bytes=8 << 20)


def everything_on(disk: Disk) -> bytes:
    return b"".join(bytes(disk.inodes[number].content) for number in disk.files.values())


async def a_closed_log(count: int = 1500, *, disk: Disk | None = None) -> tuple[Disk, Log]:
    disk = disk or Disk()
    log = open_log(disk, options=LARGE)
    await fill(log, count, batch=100)
    await log.close()
    return disk, open_log(disk, options=LARGE)


async def test_compression_gives_back_the_same_entries_in_less_space() -> None:
    _, log = await a_closed_log()
    before = log.size_bytes
    compress(log)
    assert all(segment.compressed for segment in log.stat().segments)
    assert log.size_bytes * 1.5 < before
    assert read_from_disk(log) == {number: body(number) for number in range(1, 1501)}
    check = log.verify()
    assert (check.entries, check.corrupt_entries, check.damaged_parts) == (1500, 0, 0)
    log.abandon()


async def test_entries_that_do_not_shrink_and_empty_ones_stay_as_they_are() -> None:
    disk = Disk()
    log = open_log(disk)
    payloads = [b"", b"x", bytes(range(256)), b"abc" * 1000, b""]
    log.append(payloads)
    await log.close()
    log = open_log(disk)
    compress(log)
    assert log.stat().segments[0].compressed
    assert list(read_from_disk(log).values()) == payloads
    log.abandon()


async def test_a_purged_entry_is_gone_from_every_file_and_from_memory() -> None:
    disk, log = await a_closed_log(300)
    marks = [b"person-%03d-lives-here" % number for number in range(50)]
    log.append(marks)
    await log.commit()
    assert marks[7] in everything_on(disk)
    result = await log.purge(lambda entry: b"person-" in entry.payload)
    assert (result.purged, result.unreadable, result.rewritten_segments) == (50, 0, 1)
    assert b"person-" not in everything_on(disk)
    assert log.read(301) == []
    assert list(read_from_disk(log)) == list(range(1, 301))
    check = log.verify()
    assert sum(one.tombstones for one in check.segments) == 50
    assert check.corrupt_entries == 0
    log.abandon()


async def test_a_purge_of_a_compressed_segment_forgets_its_dictionary_too() -> None:
    disk = Disk()
    log = open_log(disk, options=LARGE)
    secret = b"the same words of one person in each of many uplinks, number "
    log.append([body(number) if number % 2 else secret + b"%d" % number for number in range(1, 1201)])
    await log.close()
    log = open_log(disk, options=LARGE)
    compress(log)
    assert secret[:40] in everything_on(disk)  # in the dictionary
    assert (await log.purge(lambda entry: entry.payload.startswith(secret))).purged == 600
    assert secret[:40] not in everything_on(disk)
    assert read_from_disk(log) == {number: body(number) for number in range(1, 1201, 2)}
    log.abandon()


async def test_what_is_purged_already_is_not_counted_again() -> None:
    _, log = await a_closed_log(200)

    def wanted(entry: Entry) -> bool:
        return entry.number % 4 == 0

    assert (await log.purge(wanted)).purged == 50
    again = await log.purge(wanted)
    assert (again.purged, again.rewritten_segments) == (0, 0)
    log.abandon()


async def test_a_purge_cut_at_any_step_is_done_again_and_loses_nothing_else() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 120)
    await log.close()
    start = len(disk.history)
    finished = False
    step = 0
    while not finished:
        image = disk.copy()
        image.crash_at = len(image.history) + step
        log = open_log(image)
        try:
            await log.purge(lambda entry: entry.number % 3 == 0)
            finished = True
        except PowerCutError:
            pass
        log.abandon()
        after = image.copy()
        log = open_log(after)
        found = read_from_disk(log)
        assert {number for number in range(1, 121) if number % 3} <= found.keys()
        assert all(payload == body(number) for number, payload in found.items())
        result = await log.purge(lambda entry: entry.number % 3 == 0)
        assert result.purged == len(found) - 80
        assert read_from_disk(log) == {number: body(number) for number in range(1, 121) if number % 3}
        log.abandon()
        step += 1
    assert step > 20
    assert start > 0


async def test_a_compression_cut_at_any_step_leaves_every_entry() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 60)
    await log.close()
    step, finished = 0, False
    while not finished:
        image = disk.copy()
        image.crash_at = len(image.history) + step
        log = open_log(image)
        try:
            compress(log)
            finished = True
        except PowerCutError:
            pass
        log.abandon()
        log = open_log(image.copy())
        assert read_from_disk(log) == {number: body(number) for number in range(1, 61)}
        assert [name for name in image.names(DIRECTORY) if "tmp" in name] == [] or not finished
        log.abandon()
        step += 1
    assert step > 8


async def test_damaged_entries_are_set_aside_marked_lost_and_still_counted_after_a_rewrite() -> None:
    disk, log = await a_closed_log(100)
    segment = log._segments.all[0]
    disk.flip(segment.path, 8 * 400)
    compress(log)
    found = read_from_disk(log)
    assert len(found) == 99
    assert log.corrupt_entries == 1
    check = log.verify()
    assert (check.corrupt_entries, check.segments[0].lost) == (1, 1)
    assert len(disk.names(DIRECTORY / QUARANTINE)) == 1
    result = await log.purge(lambda entry: entry.number == 50)
    assert (result.purged, result.unreadable) == (1, 1)
    log.abandon()


async def test_a_full_disk_leaves_the_segment_as_it_was_and_is_told() -> None:
    disk = Disk()
    await (await a_closed_log(500, disk=disk))[1].close()
    notices: list[Notice] = []
    log = open_log(disk, options=LARGE, on_notice=notices.append)
    disk.fill()
    compress(log)
    failed = [notice for notice in notices if isinstance(notice, RewriteFailed)]
    assert len(failed) == 1
    assert not log.stat().segments[0].compressed
    assert read_from_disk(log) == {number: body(number) for number in range(1, 501)}
    disk.empty()
    log._rewriter.compress_soon()
    compress(log)
    assert log.stat().segments[0].compressed
    log.abandon()


async def test_a_predicate_that_raises_changes_nothing() -> None:
    _, log = await a_closed_log(50)

    def fails(entry: Entry) -> bool:
        raise ValueError(f"cannot judge {entry.number}")

    with pytest.raises(ValueError, match="cannot judge 1"):
        await log.purge(fails)
    assert len(read_from_disk(log)) == 50
    log.abandon()


async def test_a_segment_that_a_later_one_replaces_is_rewritten_only_up_to_it() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 10)
    log.append([body(number) for number in range(11, 21)])
    disk.failing_syncs = 1
    await log.commit()
    compress(log)
    assert [(one.first, one.last, one.compressed) for one in log.stat().segments] == [(1, 10, True), (11, 20, False)]
    assert read_from_disk(log) == {number: body(number) for number in range(1, 21)}
    log.abandon()
