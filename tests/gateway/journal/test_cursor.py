import random
import struct
import zlib
from pathlib import Path

import pytest

from gateway.journal.cursor import FILE_BYTES, SLOT_DISTANCE_BYTES, CursorFile
from gateway.journal.notices import LogFormatError
from tests.gateway.journal.disk import Disk

PATH = Path("/state/cursors/influxdb")


def test_a_new_cursor_stands_at_zero(tmp_path: Path) -> None:
    cursor = CursorFile(tmp_path / "cursors" / "influxdb")
    assert cursor.load() == 0
    cursor.close()
    assert (tmp_path / "cursors" / "influxdb").stat().st_size == FILE_BYTES


def test_what_was_stored_is_loaded(tmp_path: Path) -> None:
    for number in (5, 17, 2**63):
        cursor = CursorFile(tmp_path / "c")
        cursor.store(number, sync=True)
        cursor.close()
        cursor = CursorFile(tmp_path / "c")
        assert cursor.load() == number
        cursor.close()


def test_a_slot_has_these_bytes() -> None:
    disk = Disk()
    CursorFile(PATH, storage=disk).store(258)
    content = disk.inodes[disk.files[PATH]].content
    assert content[SLOT_DISTANCE_BYTES:][:28].hex() == (
        "63674355"  # cgCU
        "0100"  # version
        "0000"  # reserved
        "0100000000000000"  # counter 1
        "0201000000000000"  # number 258
        "601a0ebc"  # CRC-32 of the 24 bytes before
    )
    assert not any(content[:SLOT_DISTANCE_BYTES])


def test_a_torn_slot_falls_back_to_the_store_before() -> None:
    for bit in range(28 * 8):
        disk = Disk()
        cursor = CursorFile(PATH, storage=disk)
        cursor.store(10)
        cursor.store(20)
        disk.flip(PATH, bit)  # the second store went to the first slot
        again = CursorFile(PATH, storage=disk)
        assert again.load() == 10
        assert again.damaged_slots == 1
        again.store(30)
        assert CursorFile(PATH, storage=disk).load() == 30


def test_a_cursor_may_lag_but_never_leads_in_300_power_cuts() -> None:
    disk = Disk()
    cursor = CursorFile(PATH, storage=disk)
    rng = random.Random(1)
    synced = [(0, 0)]
    stored = [(0, 0)]
    for number in range(1, 100):
        sync = rng.random() < 0.3
        stored.append((len(disk.history), number))
        cursor.store(number, sync=sync)
        if sync:
            synced.append((len(disk.history), number))
    for _ in range(300):
        steps = rng.randint(0, len(disk.history))
        found = CursorFile(PATH, storage=disk.image(steps, rng)).load()
        assert found <= max(number for step, number in stored if step <= steps)
        last_synced = max(number for step, number in synced if step <= steps)
        since = sum(last_synced < number and step < steps for step, number in stored)
        assert found >= last_synced or since >= 2  # two unsynced stores can both be torn


def test_storing_needs_no_space_on_a_full_disk() -> None:
    disk = Disk()
    cursor = CursorFile(PATH, storage=disk)
    disk.fill()
    for number in range(1, 5):
        cursor.store(number, sync=True)
    assert CursorFile(PATH, storage=disk).load() == 4


def test_a_failed_store_leaves_the_one_before() -> None:
    disk = Disk()
    cursor = CursorFile(PATH, storage=disk)
    cursor.store(7, sync=True)
    disk.failing_writes = 1
    with pytest.raises(OSError, match="write failed"):
        cursor.store(8)
    disk.short_write = 5
    with pytest.raises(OSError, match="short write"):
        cursor.store(8)
    assert cursor.load() == 7
    assert CursorFile(PATH, storage=disk).load() == 7
    disk.short_write = None
    cursor.store(9)
    assert CursorFile(PATH, storage=disk).load() == 9


def test_a_half_made_cursor_file_is_made_again() -> None:
    disk = Disk()
    disk.open(PATH.with_name("influxdb.new"), "create").write(b"abc", 0)
    cursor = CursorFile(PATH, storage=disk)
    cursor.store(3)
    assert disk.names(PATH.parent) == ["influxdb"]
    assert CursorFile(PATH, storage=disk).load() == 3


def test_another_version_of_a_cursor_is_refused() -> None:
    disk = Disk()
    cursor = CursorFile(PATH, storage=disk)
    cursor.store(3)
    content = disk.inodes[disk.files[PATH]].content
    content[SLOT_DISTANCE_BYTES + 4] = 2
    body = bytes(content[SLOT_DISTANCE_BYTES : SLOT_DISTANCE_BYTES + 24])
    content[SLOT_DISTANCE_BYTES + 24 : SLOT_DISTANCE_BYTES + 28] = struct.pack("<I", zlib.crc32(body))
    with pytest.raises(LogFormatError, match="cursor version 2"):
        CursorFile(PATH, storage=disk)
