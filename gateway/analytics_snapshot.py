"""``analytics.snapshot``: what analytics know at one ledger number, so that a start need not read the whole ledger.

    magic · frame(head) · frame(runner) … · frame(end)      frame = size, CRC-32 of what follows, zlib of it

Laws
- Written beside the old one and put in its place when whole; a torn or foreign one is none.
- The ledger up to its number was synced before: it never speaks of entries that a power cut can take.
- A runner is packed, compressed and written before the next is looked at: the file may be larger than is good for
  memory. Each is a frame of its own, so one that has become stale costs no other.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from pipelines.domains.pilot_time import PilotTime

FILE = "analytics.snapshot"
MAGIC = b"citygate analytics 1\n"
_FRAME = struct.Struct(">II")
_LEVEL = 1  # four times smaller for 20 ms a megabyte; a higher level gains a tenth


class PilotHead(msgspec.Struct, frozen=True):
    """What a pilot knows beside its runners."""

    pilot: str
    time: PilotTime
    ahead: int


class Head(msgspec.Struct, frozen=True):
    """``position``: the last ledger number that was taken in. ``machines``: version by producer, read or not yet."""

    position: int
    machines: dict[str, int]
    pilots: list[PilotHead]


class RunnerFrame(msgspec.Struct, frozen=True, array_like=True):
    """One runner as it packed itself; an empty producer is the end of the file."""

    pilot: str
    producer: str
    packed: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(Head).decode
_decode_frame = msgspec.msgpack.Decoder(RunnerFrame).decode


class SnapshotWriter:
    """Blocks; call its methods in a thread, one after the other."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._fresh = file.with_suffix(".fresh")
        self._out: BinaryIO | None = None

    def begin(self, head: Head) -> Self:
        """Start the new file. Raises OSError, as all do; the old one is whole then."""
        self._out = self._fresh.open("wb")
        self._out.write(MAGIC)
        self._write(_encode(head))
        return self

    def add(self, frame: RunnerFrame) -> None:
        """Add a runner."""
        self._write(_encode(frame))

    def finish(self) -> None:
        """End it and put it in the old one's place."""
        self._write(_encode(RunnerFrame("", "", b"")))
        assert self._out is not None
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._fresh.replace(self._file)

    def _write(self, body: bytes) -> None:
        assert self._out is not None
        packed = zlib.compress(body, _LEVEL)
        self._out.write(_FRAME.pack(len(packed), zlib.crc32(packed)) + packed)


class Snapshot(msgspec.Struct, frozen=True):
    """A whole one."""

    head: Head
    runners: list[RunnerFrame]


def load_snapshot(file: Path) -> Snapshot | None:
    """The snapshot; None where there is none, or none that is whole."""
    try:
        bodies = list(_frames(file))
        head, *frames = bodies
        runners = [_decode_frame(body) for body in frames]
        if not runners or runners[-1].producer:
            return None
        return Snapshot(_decode_head(head), runners[:-1])
    except (OSError, ValueError, zlib.error):  # msgspec's errors are ValueErrors
        return None


def position_in(file: Path) -> int:
    """The ledger number that a snapshot speaks of; 0 where there is none to trust."""
    try:
        return _decode_head(next(_frames(file))).position
    except (OSError, ValueError, zlib.error, StopIteration):
        return 0


def _frames(file: Path) -> Iterator[bytes]:
    """Bodies of frames, one by one. Raises ValueError where the file is torn or none of ours."""
    with file.open("rb") as source:
        if source.read(len(MAGIC)) != MAGIC:
            raise ValueError("not a snapshot of analytics")
        while frame := source.read(_FRAME.size):
            if len(frame) < _FRAME.size:
                raise ValueError("torn")
            size, checksum = _FRAME.unpack(frame)
            packed = source.read(size)
            if len(packed) < size or zlib.crc32(packed) != checksum:
                raise ValueError("torn")
            yield zlib.decompress(packed)
