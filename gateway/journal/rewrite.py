"""Writing a closed segment anew beside itself: compressed, and without what a purge names.

Laws: the new file replaces the old by one rename after it is synced; whichever a crash leaves is whole. Numbers stay
gapless: purged entries become tombstones, unreadable ones are marked lost and their bytes set aside. Bad sectors raise:
only a read that succeeded may replace what it read.
"""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from gateway.journal.format import (
    DICTIONARY,
    FORM_REWRITTEN,
    FRAMES_START,
    LOST,
    PACKED,
    SEAL,
    TOMBSTONE,
    Framing,
    Header,
    Index,
)
from gateway.journal.pack import SAMPLE_BYTES, SAMPLES, Packer, UnpackError, train
from gateway.journal.quarantine import set_aside
from gateway.journal.reader import OpenSegment
from gateway.journal.segment import REWRITE_SUFFIX, SUFFIX, Segment, close_segment, note_closed
from gateway.journal.storage import File, Storage, write_all
from gateway.journal.tail import Entry
from gateway.journal.walk import Damage, walk

BUFFER_BYTES = 256 << 10


class StoppedError(Exception):
    """The log is closing; the rewrite is left off and forgotten."""


class Kept(NamedTuple):
    """A number of the old segment: an entry, or a tombstone or lost (then without payload)."""

    number: int
    kind: int
    flags: int
    payload: bytes


def rewrite(
    storage: Storage,
    segment: Segment,
    name: str,
    *,
    upto: int,
    drop: Collection[int],
    stopping: Callable[[], bool] = lambda: False,
) -> Segment | None:
    """The new segment, already in the place of the old; None when no number up to ``upto`` is in it.

    Raises OSError (the old segment stays as it was) and StoppedError.
    """
    if upto < segment.first:
        return None
    path = segment.path.with_name(segment.path.name.removesuffix(SUFFIX) + REWRITE_SUFFIX)
    if path.name in storage.names(path.parent):
        storage.remove(path)
    source = OpenSegment(storage, segment)
    try:
        _set_damage_aside(storage, source)
        file = storage.open(path, "create")
        try:
            copy = _copy(file, source, name, upto=upto, drop=drop, stopping=stopping)
            file.sync()
        finally:
            file.close()
        storage.rename(path, segment.path)
        storage.sync_directory(path.parent)
    except (OSError, StoppedError):
        _forget(storage, path)
        raise
    else:
        return copy
    finally:
        source.file.close()


def entries_of(storage: Storage, segment: Segment, upto: int) -> Iterator[Entry]:
    """The live entries of a segment, for a purge to judge. Raises OSError."""
    source = OpenSegment(storage, segment)
    try:
        for kept in _numbers(source, upto):
            if not kept.flags & (TOMBSTONE | LOST):
                yield Entry(kept.number, kept.kind, kept.payload)
    finally:
        source.file.close()


def count_lost(storage: Storage, segment: Segment, upto: int) -> int:
    """How many numbers of a segment cannot be read."""
    source = OpenSegment(storage, segment)
    try:
        return sum(bool(kept.flags & LOST) for kept in _numbers(source, upto))
    finally:
        source.file.close()


def _numbers(source: OpenSegment, upto: int) -> Iterator[Kept]:
    """Every number from the segment's first to ``upto``, once, in order."""
    segment = source.segment
    expected = segment.first
    upto = min(upto, segment.last)
    for found in walk(source.file.read, segment.framing, FRAMES_START, segment.frames_end):
        if isinstance(found, Damage) or found.flags & (DICTIONARY | SEAL):
            continue
        if found.number > upto:
            break
        for number in range(expected, found.number):
            yield Kept(number, 0, LOST, b"")
        expected = found.number + 1
        yield _kept(source, found.number, found.kind, found.flags, found.payload)
    for number in range(expected, upto + 1):
        yield Kept(number, 0, LOST, b"")


def _kept(source: OpenSegment, number: int, kind: int, flags: int, payload: bytes) -> Kept:
    if not flags & PACKED:
        return Kept(number, kind, flags, payload)
    try:
        return Kept(number, kind, 0, source.unpack(payload))
    except UnpackError:
        return Kept(number, 0, LOST, b"")


def _copy(
    file: File, source: OpenSegment, name: str, *, upto: int, drop: Collection[int], stopping: Callable[[], bool]
) -> Segment:
    old = source.segment
    dictionary = train(_samples(source, upto, drop))
    packer = Packer(dictionary)
    framing = Framing.fresh()
    header = Header(FORM_REWRITTEN, name, old.serial, old.first, framing.salt)
    new = Segment(old.path, header)
    new.index = Index()
    learnt = framing.frame(0, 0, DICTIONARY, dictionary) if dictionary else b""
    out = Output(file, header.encode() + learnt)
    for kept in _numbers(source, upto):
        new.index.note(kept.number, out.offset)
        if kept.number in drop:
            out.add(framing.frame(kept.number, kept.kind, TOMBSTONE, b""))
        elif kept.flags & (TOMBSTONE | LOST):
            out.add(framing.frame(kept.number, kept.kind, kept.flags, b""))
        else:
            packed = packer.pack(kept.payload)
            frame = (PACKED, packed) if packed is not None else (0, kept.payload)
            out.add(framing.frame(kept.number, kept.kind, *frame))
            new.live += 1
        new.last = kept.number
        if stopping():
            raise StoppedError
    dictionary_offset = out.offset if dictionary else 0
    out.add(learnt)
    out.flush()
    new.size = out.offset
    end = close_segment(new, file, dictionary_offset=dictionary_offset)
    write_all(file, end, new.size)
    note_closed(new, end, dictionary_offset=dictionary_offset)
    return new


class Output:
    """Gathers frames into writes of 256 KiB."""

    def __init__(self, file: File, start: bytes) -> None:
        self._file = file
        self._written = 0
        self._parts = [start]
        self.offset = len(start)
        """Where the next frame will stand, in bytes."""

    def add(self, frame: bytes) -> None:
        """The next frame."""
        self._parts.append(frame)
        self.offset += len(frame)
        if self.offset - self._written >= BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        write_all(self._file, b"".join(self._parts), self._written)
        self._parts.clear()
        self._written = self.offset


def _samples(source: OpenSegment, upto: int, drop: Collection[int]) -> list[bytes]:
    """Entries evenly from the whole segment; none that a purge drops, for the dictionary repeats what it saw."""
    count = upto + 1 - source.segment.first
    step = max(1, count // SAMPLES)
    samples: list[bytes] = []
    size = 0
    for kept in _numbers(source, upto):
        if kept.number % step == 0 and kept.payload and kept.number not in drop:
            samples.append(kept.payload)
            size += len(kept.payload)
            if size > SAMPLE_BYTES:
                break
    return samples


def _set_damage_aside(storage: Storage, source: OpenSegment) -> None:
    segment = source.segment
    for found in walk(source.file.read, segment.framing, FRAMES_START, segment.frames_end):
        if isinstance(found, Damage):
            set_aside(storage, segment, source.file.read, offset=found.offset, size=found.size, why="damaged")


def _forget(storage: Storage, path: Path) -> None:
    if path.name in storage.names(path.parent):
        storage.remove(path)
