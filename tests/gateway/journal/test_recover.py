"""Starting after any end."""

import struct
import zlib
from pathlib import Path

import msgspec
import pytest

from gateway.journal.format import FRAMES_START, HEADER_BYTES
from gateway.journal.log import Log
from gateway.journal.notices import LogFormatError, Notice, Recovered
from gateway.journal.segment import QUARANTINE
from tests.gateway.journal.city import DIRECTORY, SMALL_LAZY, bodies, body, fill, open_log, read_from_disk
from tests.gateway.journal.disk import Disk

LARGE = msgspec.structs.replace(SMALL_LAZY, segment_bytes=1 << 20, quota_bytes=16 << 20)


async def killed(count: int) -> tuple[Disk, Path]:
    """A disk after a kill, and its unclosed segment."""
    disk = Disk()
    log = open_log(disk, options=LARGE)
    await fill(log, count)
    log.abandon()
    return disk, next(path for path in disk.files if path.suffix == ".seg")


def content(disk: Disk, path: Path) -> bytearray:
    return disk.inodes[disk.files[path]].content


def reopen(disk: Disk) -> tuple[Log, Recovered]:
    notices: list[Notice] = []
    log = open_log(disk, options=LARGE, on_notice=notices.append)
    assert isinstance(notices[0], Recovered)
    return log, notices[0]


async def test_a_kill_loses_nothing_that_was_committed() -> None:
    disk, _ = await killed(100)
    log, recovered = reopen(disk)
    assert read_from_disk(log) == {number: body(number) for number in range(1, 101)}
    assert (recovered.clean, recovered.torn_bytes, recovered.corrupt_entries) == (False, 0, 0)
    assert log.next_number == 101
    log.abandon()


async def test_a_tail_torn_at_any_byte_is_cut_set_aside_and_its_number_not_reused() -> None:
    disk, path = await killed(3)
    whole = len(content(disk, path))
    frame = 26 + len(body(3))
    for cut in range(1, frame):
        image = disk.copy()
        torn = bytes(content(image, path)[whole - frame : -cut])
        del content(image, path)[-cut:]
        log, recovered = reopen(image)
        assert read_from_disk(log) == {1: body(1), 2: body(2)}
        assert recovered.torn_bytes == frame - cut
        assert log.next_number > 3
        aside = image.names(DIRECTORY / QUARANTINE)
        assert aside == [f"0000000001-{whole - frame}.torn"]
        assert bytes(content(image, DIRECTORY / QUARANTINE / aside[0])) == torn
        log.abandon()
        log, recovered = reopen(image)
        assert recovered.clean
        assert read_from_disk(log) == {1: body(1), 2: body(2)}
        log.abandon()


async def test_zeros_that_a_file_system_left_are_cut_and_not_kept() -> None:
    disk, path = await killed(3)
    content(disk, path).extend(bytes(5000))
    log, recovered = reopen(disk)
    assert recovered.torn_bytes == 5000
    assert disk.names(DIRECTORY / QUARANTINE) == []
    assert read_from_disk(log) == {number: body(number) for number in range(1, 4)}
    log.abandon()


async def test_a_segment_without_an_entry_disappears() -> None:
    disk, path = await killed(3)
    del content(disk, path)[FRAMES_START:]
    log, _ = reopen(disk)
    assert path not in disk.files
    assert log.stat().segments == ()
    log.abandon()


async def test_a_file_whose_headers_are_both_damaged_is_set_aside_whole() -> None:
    disk, path = await killed(40)
    for copy in (0, HEADER_BYTES):
        content(disk, path)[copy + 30] ^= 255
    before = bytes(content(disk, path))
    log, recovered = reopen(disk)
    assert recovered.quarantined_files == 1
    assert bytes(content(disk, DIRECTORY / QUARANTINE / path.name)) == before
    assert log.next_number > 40
    assert log.stat().quarantine_bytes == 0  # nothing else is here to show them by
    log.append([body(log.next_number)])
    await log.commit()
    assert log.stat().quarantine_bytes == len(before)
    log.abandon()


async def test_an_older_format_version_is_refused_by_name_and_the_lock_let_go() -> None:
    disk, path = await killed(3)
    head = bytearray(content(disk, path)[:60])
    head[8:10] = b"\0\0"
    content(disk, path)[:FRAMES_START] = (bytes(head) + struct.pack("<I", zlib.crc32(head))) * 2
    for _ in range(2):
        with pytest.raises(LogFormatError, match="format version 0; this program reads and writes version 1"):
            reopen(disk)


async def test_another_log_s_directory_is_refused() -> None:
    disk, _ = await killed(3)
    with pytest.raises(LogFormatError, match="belongs to the log 'intake', not to 'ledger'"):
        Log.open(DIRECTORY, name="ledger", storage=disk)


async def test_a_start_on_a_full_disk_reads_everything_and_writes_again_when_there_is_room() -> None:
    disk, path = await killed(20)
    del content(disk, path)[-5:]
    disk.fill()
    log, _ = reopen(disk)
    assert read_from_disk(log) == {number: body(number) for number in range(1, 20)}
    log.append([b"x"])
    with pytest.raises(OSError, match="no space"):
        await log.commit()
    disk.empty()
    await log.commit()
    number = log.next_number - 1
    log.abandon()
    log, _ = reopen(disk)
    assert read_from_disk(log) == {at: body(at) for at in range(1, 20)} | {number: b"x"}
    log.abandon()


async def test_a_sync_that_fails_at_start_moves_the_entries_to_a_new_file() -> None:
    disk, path = await killed(20)
    old = disk.files[path]
    disk.failing_syncs = 1
    log, _ = reopen(disk)
    assert disk.files[path] != old
    assert read_from_disk(log) == {number: body(number) for number in range(1, 21)}
    log.abandon()


async def test_what_a_rewrite_left_half_done_is_removed() -> None:
    disk, path = await killed(5)
    disk.open(path.with_name(path.name + ".tmp"), "create").write(b"half", 0)
    log, _ = reopen(disk)
    assert [name for name in disk.names(DIRECTORY) if name.endswith(".tmp")] == []
    log.abandon()


async def test_foreign_files_in_the_directory_are_left_alone() -> None:
    disk, _ = await killed(5)
    for name in ("README", "x-y.seg", "1.seg", "backup.seg.old"):
        disk.open(DIRECTORY / name, "create").write(b"mine", 0)
    log, _ = reopen(disk)
    assert {"README", "x-y.seg", "1.seg", "backup.seg.old"} <= set(disk.names(DIRECTORY))
    log.abandon()


async def test_only_unclosed_segments_are_read_at_start() -> None:
    """P4: else a start would take longer with a longer backlog."""
    disk = Disk()
    log = open_log(disk)
    await fill(log, 400)
    log.abandon()
    read: dict[Path, int] = {}
    open_file = disk.open

    def opened(path: Path, mode: str) -> object:
        file = open_file(path, mode)  # type: ignore[arg-type]
        read_file = file.read

        def counted(size: int, offset: int) -> bytes:
            read[path] = read.get(path, 0) + size
            return read_file(size, offset)

        file.read = counted  # type: ignore[method-assign]
        return file

    disk.open = opened  # type: ignore[method-assign,assignment]
    log = open_log(disk)
    assert len(log.stat().segments) > 8
    assert sum(size > 1000 for size in read.values()) == 1
    log.abandon()


async def test_a_hole_in_an_unclosed_segment_costs_what_was_in_it() -> None:
    disk, path = await killed(30)
    size = 26 + len(body(1))
    content(disk, path)[FRAMES_START + 2 * size : FRAMES_START + 4 * size] = bytes(2 * size)
    log, recovered = reopen(disk)
    found = read_from_disk(log)
    assert found == {number: body(number) for number in range(1, 31) if number in found}
    assert 27 <= len(found) <= 28
    assert recovered.corrupt_entries == log.corrupt_entries == 30 - len(found)
    assert log.append(bodies(31, 1)) == 31
    log.abandon()
