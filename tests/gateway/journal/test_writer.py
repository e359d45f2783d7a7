"""Faults while writing: failed syncs, failed writes, a full disk."""

import pytest

from gateway.journal.notices import DiskFull, JournalError, LogFullError, Notice, SegmentAbandoned
from tests.gateway.journal.city import DIRECTORY, SMALL_LAZY, bodies, body, fill, open_log, read_from_disk
from tests.gateway.journal.disk import Disk


async def test_a_failed_fsync_puts_the_unsynced_entries_into_a_new_segment_under_their_numbers() -> None:
    disk, notices = Disk(), list[Notice]()
    log = open_log(disk, on_notice=notices.append)
    await fill(log, 10)
    log.append(bodies(11, 5))
    disk.failing_syncs = 1
    assert await log.commit() == 15
    assert [(facts.first, facts.last) for facts in log.stat().segments] == [(1, 10), (11, 15)]
    assert read_from_disk(log) == {number: body(number) for number in range(1, 16)}
    assert [notice.entries for notice in notices if isinstance(notice, SegmentAbandoned)] == [5]
    assert log.corrupt_entries == 0
    log.abandon()


async def test_a_failed_fsync_is_never_tried_again_on_the_same_file() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 3)
    log.append([body(4)])
    disk.failing_syncs = 1
    await log.commit()
    await fill(log, 3)
    await log.close()
    failed = [step.inode for step in disk.history if step.what == "sync_failed"]
    after = disk.history[next(at for at, step in enumerate(disk.history) if step.what == "sync_failed") :]
    assert len(failed) == 1
    assert not [step for step in after if step.what == "sync" and step.inode == failed[0]]


async def test_lazily_written_entries_of_several_commits_survive_a_failed_fsync() -> None:
    disk = Disk()
    log = open_log(disk)
    for first in range(1, 200, 10):
        log.append(bodies(first, 10))
        await log.commit(sync=False)
    disk.failing_syncs = 1
    assert await log.commit() == 200
    log.abandon()
    log = open_log(disk.copy())
    assert read_from_disk(log) == {number: body(number) for number in range(1, 201)}
    log.abandon()


async def test_when_the_new_segment_fails_too_the_commit_raises_and_the_next_one_writes_everything() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 5)
    log.append(bodies(6, 5))
    disk.failing_syncs = 2
    with pytest.raises(JournalError, match=r"cannot write .* Replace the storage"):
        await log.commit()
    assert log.durable_number == 5
    assert [entry.number for entry in log.read(1)] == [1, 2, 3, 4, 5]
    log.append(bodies(11, 2))
    assert await log.commit() == 12
    assert read_from_disk(log) == {number: body(number) for number in range(1, 13)}
    log.abandon()


async def test_a_failed_write_is_treated_as_a_failed_fsync() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 5)
    log.append(bodies(6, 5))
    disk.failing_writes = 1
    assert await log.commit() == 10
    assert len(log.stat().segments) == 2
    assert read_from_disk(log) == {number: body(number) for number in range(1, 11)}
    log.abandon()


async def test_every_commit_survives_any_one_fault_at_any_step() -> None:
    """A sync or write that fails at each step of a run with rolls, one run for each."""
    for fault in ("failing_syncs", "failing_writes"):
        for at in range(30):
            disk = Disk()
            log = open_log(disk)
            for batch in range(30):
                log.append(bodies(log.next_number, 8))
                setattr(disk, fault, int(batch == at))
                assert await log.commit() == log.next_number - 1
            assert read_from_disk(log) == {number: body(number) for number in range(1, 241)}
            log.abandon()


async def test_a_full_disk_raises_keeps_the_entries_and_frees_the_ballast() -> None:
    disk, notices = Disk(), list[Notice]()
    log = open_log(disk, on_notice=notices.append)
    await fill(log, 10)
    ballast = DIRECTORY / "ballast"
    assert len(disk.inodes[disk.files[ballast]].content) == SMALL_LAZY.ballast_bytes
    disk.fill()
    log.append(bodies(11, 10))
    with pytest.raises(LogFullError, match="Free space on its disk"):
        await log.commit()
    assert ballast not in disk.files
    assert disk.used <= (disk.capacity or 0) - SMALL_LAZY.ballast_bytes
    assert [notice.waiting_entries for notice in notices if isinstance(notice, DiskFull)] == [10]
    assert [entry.number for entry in log.read(1, max_entries=100)] == list(range(1, 11))
    log.abandon()


async def test_a_full_disk_is_told_once_and_the_log_never_eats_the_ballast() -> None:
    disk, notices = Disk(), list[Notice]()
    log = open_log(disk, on_notice=notices.append)
    await fill(log, 10)
    disk.fill()
    for _ in range(4):
        log.append([body(log.next_number)])
        with pytest.raises(LogFullError):
            await log.commit()
    assert disk.used <= (disk.capacity or 0) - SMALL_LAZY.ballast_bytes
    assert len([notice for notice in notices if isinstance(notice, DiskFull)]) == 1
    disk.empty()
    assert await log.commit() == 14
    assert DIRECTORY / "ballast" in disk.files
    assert read_from_disk(log) == {number: body(number) for number in range(1, 15)}
    await log.close()


async def test_expiry_makes_room_on_a_full_disk() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 200)
    disk.fill()
    log.append(bodies(201, 10))
    with pytest.raises(LogFullError):
        await log.commit()
    assert await log.enforce_quota(free_bytes=SMALL_LAZY.ballast_bytes + 8000) is not None
    assert await log.commit() == 210
    log.abandon()


async def test_a_disk_without_room_for_a_header_leaves_no_half_made_segment() -> None:
    disk = Disk()
    log = open_log(disk)
    disk.capacity = 100
    log.append([body(1)])
    with pytest.raises(LogFullError):
        await log.commit()
    assert [path for path in disk.files if path.suffix == ".seg"] == []
    disk.empty()
    assert await log.commit() == 1
    log.abandon()


async def test_short_writes_are_completed() -> None:
    disk = Disk()
    log = open_log(disk)
    disk.short_write = 7
    await fill(log, 20)
    disk.short_write = None
    assert read_from_disk(log) == {number: body(number) for number in range(1, 21)}
    log.abandon()
