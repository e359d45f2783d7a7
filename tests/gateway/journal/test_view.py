"""Another process looks at a log that is being written."""

from pathlib import Path

import pytest

from gateway.journal.log import Log
from gateway.journal.notices import LogFormatError
from tests.gateway.journal.city import bodies, body, compress, fill, open_log
from tests.gateway.journal.disk import Disk


async def test_a_view_sees_what_was_written_without_the_lock(tmp_path: Path) -> None:
    log = open_log(None, tmp_path)
    await fill(log, 120)
    view = Log.open_readonly(tmp_path, name="intake")
    assert (view.oldest_number, view.next_number) == (1, 121)
    assert [entry.payload for entry in view.read(100)] == bodies(100, 21)
    assert view.stat().segments == log.stat().segments
    assert view.verify() == log.verify()
    await fill(log, 5)
    assert view.next_number == 121
    view.refresh()
    assert view.read(125)[0].payload == body(125)
    view.close()
    await log.close()


async def test_a_view_changes_no_file() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 50)
    log.abandon()
    last = log._segments.all[-1].path
    disk.inodes[disk.files[last]].content += b"half a frame"
    steps = len(disk.history)
    view = Log.open_readonly(log._segments.all[0].path.parent, storage=disk)
    assert len(view.read(1)) == 50
    assert view.verify().segments[-1].open_bytes == len(b"half a frame")
    assert view.verify().corrupt_entries == 0
    assert len(disk.history) == steps


async def test_a_view_of_a_log_that_changes_under_it_says_so_or_reads_on() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 100)
    view = Log.open_readonly(log._segments.all[0].path.parent, storage=disk)
    compress(log)
    with pytest.raises(OSError, match=r"change faster|replaced"):
        view.read(1)
    view.refresh()
    assert [entry.payload for entry in view.read(1)] == bodies(1, 100)
    log.abandon()


async def test_a_view_counts_damage_and_names_unreadable_files() -> None:
    disk = Disk()
    log = open_log(disk)
    await fill(log, 100)
    await log.close()
    first, second = (segment.path for segment in log._segments.all[:2])
    disk.flip(first, 8 * 300)
    for byte in (30, 94):
        disk.inodes[disk.files[second]].content[byte] ^= 255
    view = Log.open_readonly(first.parent, storage=disk)
    assert view.unreadable_files == [second.name]
    assert view.verify().corrupt_entries == 1
    view.read(1)
    assert view.corrupt_entries == 1


def test_an_empty_directory_is_an_empty_log(tmp_path: Path) -> None:
    view = Log.open_readonly(tmp_path / "none")
    assert (view.oldest_number, view.next_number) == (1, 1)
    assert view.read(1) == []
    assert view.verify().entries == 0


async def test_a_view_of_another_log_is_refused(tmp_path: Path) -> None:
    log = open_log(None, tmp_path)
    await fill(log, 1)
    with pytest.raises(LogFormatError, match="belongs to the log 'intake'"):
        Log.open_readonly(tmp_path, name="ledger")
    await log.close()
