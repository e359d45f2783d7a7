"""Where a consumer stands: a number kept in two slots of one preallocated file, written in place.

Laws: a cursor may lag, never lead: store only numbers whose consequences are durable. Storing takes no disk space
and leaves the other slot untouched, so a torn write falls back to the store before.
"""

import contextlib
import struct
from pathlib import Path

from gateway.journal.checksum import crc32
from gateway.journal.notices import LogFormatError
from gateway.journal.storage import RealStorage, Storage, new_file

SLOT_DISTANCE_BYTES = 4096
FILE_BYTES = 2 * SLOT_DISTANCE_BYTES
CURSOR_VERSION = 1

_SLOT = struct.Struct("<4sHHQQ")
_CRC = struct.Struct("<I")
_MARK = b"cgCU"


class CursorFile:
    """One cursor. ``store`` without ``sync`` is one small write; with it, it waits for the disk: not on the loop."""

    def __init__(self, path: Path, *, storage: Storage | None = None) -> None:
        self._storage = storage or RealStorage()
        self._path = path
        self._storage.make_directory(path.parent)
        present = set(self._storage.names(path.parent))
        for leftover in present & {path.name + ".new"}:
            self._storage.remove(path.with_name(leftover))
        if path.name not in present:
            self._create()
        self._file = self._storage.open(path, "update")
        self.damaged_slots = 0
        """Slots that held something and did not check, when loaded."""
        self._counter = 0
        self._number = 0
        self._read()

    def load(self) -> int:
        """The number last stored, or one stored before; 0 when nothing can be read. Never more than was stored."""
        return self._number

    def store(self, number: int, *, sync: bool = False) -> None:
        """Write the number into the older slot. Raises OSError; the slot before stays valid."""
        counter = self._counter + 1
        body = _SLOT.pack(_MARK, CURSOR_VERSION, 0, counter, number)
        slot = body + _CRC.pack(crc32(body))
        # Counted up only when it succeeded: a torn slot is written again, and the other one stays.
        if self._file.write(slot, counter % 2 * SLOT_DISTANCE_BYTES) != len(slot):
            raise OSError(f"{self._path}: short write of a cursor")
        if sync:
            self._file.sync()
        self._counter, self._number = counter, number

    def close(self) -> None:
        """Let go of the file; writes nothing."""
        self._file.close()

    def _create(self) -> None:
        new = self._path.with_name(self._path.name + ".new")
        new_file(self._storage, new, bytes(FILE_BYTES))
        self._storage.rename(new, self._path)
        self._storage.sync_directory(self._path.parent)

    def _read(self) -> None:
        for place in (0, SLOT_DISTANCE_BYTES):
            slot = b""
            with contextlib.suppress(OSError):  # a bad sector is a damaged slot
                slot = self._file.read(_SLOT.size + _CRC.size, place)
            if len(slot) == _SLOT.size + _CRC.size and not slot.strip(b"\0"):
                continue
            if len(slot) < _SLOT.size + _CRC.size or _CRC.unpack_from(slot, _SLOT.size)[0] != crc32(slot[: _SLOT.size]):
                self.damaged_slots += 1
                continue
            mark, version, _, counter, number = _SLOT.unpack_from(slot)
            if mark != _MARK or version != CURSOR_VERSION:
                raise LogFormatError(f"{self._path}: cursor version {version}; this program reads {CURSOR_VERSION}")
            if counter > self._counter:
                self._counter, self._number = counter, number
