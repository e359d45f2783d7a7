"""Writing a closed segment anew beside itself: compressed, and without what a purge names.

Laws: the new file replaces the old by one rename after it is synced; whichever a crash leaves is whole. Numbers stay
gapless: purged entries become tombstones, unreadable ones are marked lost and their bytes set aside. Bad sectors raise:
only a read that succeeded may replace what it read.
"""

from collections.abc import Callable, Collection, Iterator
from itertools import islice
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
from gateway.journal.pack import FEW_BYTES, SAMPLES, Packer, UnpackError, train
from gateway.journal.quarantine import set_aside
from gateway.journal.reader import OpenSegment
from gateway.journal.segment import REWRITE_SUFFIX, SUFFIX, Segment, close_segment, note_closed, read_index
from gateway.journal.storage import File, Storage, write_all
from gateway.journal.tail import Entry
from gateway.journal.walk import Damage, Found, walk

BUFFER_BYTES = 256 << 10
SAMPLE_CHUNK_BYTES = 4 << 10
BATCH_ENTRIES, BATCH_BYTES = 128, 256 << 10
"""So much is packed between two looks at whether the log is closing."""


class StoppedError(Exception):
    """The log is closing; the rewrite is left off and forgotten."""


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

    The caller tells readers of it, then syncs the directory: if that fails, the file is in place all the same.
    Raises OSError (the old segment stays as it was) and StoppedError.
    """
    if upto < segment.first:
        return None
    path = segment.path.with_name(segment.path.name.removesuffix(SUFFIX) + REWRITE_SUFFIX)
    if path.name in storage.names(path.parent):
        storage.remove(path)
    source = OpenSegment(storage, segment)
    try:
        file = storage.open(path, "create")
        try:
            copy = _copy(file, source, name, storage=storage, plan=Plan(upto, drop), stopping=stopping)
            file.sync()
        finally:
            file.close()
        storage.rename(path, segment.path)
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
        for found in _numbers(source, upto):
            if not found.flags & (TOMBSTONE | LOST):
                yield Entry(found.number, found.kind, found.payload)
    finally:
        source.file.close()


def count_lost(storage: Storage, segment: Segment, upto: int) -> int:
    """How many numbers of a segment cannot be read."""
    source = OpenSegment(storage, segment)
    try:
        return sum(bool(found.flags & LOST) for found in _numbers(source, upto))
    finally:
        source.file.close()


def _numbers(source: OpenSegment, upto: int, on_damage: Callable[[Damage], None] = lambda _: None) -> Iterator[Found]:
    """Every number from the segment's first to ``upto``, once, in order: unpacked, or a tombstone, or marked lost."""
    segment = source.segment
    expected = segment.first
    upto = min(upto, segment.last)
    for found in walk(source.file.read, segment.framing, FRAMES_START, segment.frames_end):
        if type(found) is Damage:
            on_damage(found)
            continue
        number, flags = found.number, found.flags
        if flags & (DICTIONARY | SEAL):
            continue
        if number > upto:
            break
        if number > expected:
            yield from map(_lost, range(expected, number))
        expected = number + 1
        yield _unpacked(source, found) if flags & PACKED else found
    for missing in range(expected, upto + 1):
        yield _lost(missing)


def _lost(number: int) -> Found:
    return Found(0, 0, number, 0, LOST, b"")


def _unpacked(source: OpenSegment, found: Found) -> Found:
    try:
        return Found(found.offset, found.size, found.number, found.kind, 0, source.unpack(found.payload))
    except UnpackError:
        return _lost(found.number)


def _copy(
    file: File, source: OpenSegment, name: str, *, storage: Storage, plan: "Plan", stopping: Callable[[], bool]
) -> Segment:
    old = source.segment
    dictionary = train(_samples(source, plan)) if old.size >= FEW_BYTES else b""
    framing = Framing.fresh()
    header = Header(FORM_REWRITTEN, name, old.serial, old.first, framing.salt)
    new = Segment(old.path, header)
    new.index = Index()
    learnt = framing.frame(0, 0, DICTIONARY, dictionary) if dictionary else b""
    out = Output(file, header.encode() + learnt)

    def keep(damage: Damage) -> None:
        set_aside(storage, old, source.file.read, offset=damage.offset, size=damage.size, why="damaged")

    packer = Packer(dictionary)
    for batch in _in_batches(_numbers(source, plan.upto, keep)):
        new.index.note(batch[0].number, out.offset)
        out.add(b"".join(_frames(batch, packer, framing, plan.drop)))
        new.live += sum([not found.flags and found.number not in plan.drop for found in batch])
        new.last = batch[-1].number
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


def _in_batches(numbers: Iterator[Found]) -> Iterator[list[Found]]:
    """As many as are packed in one go, by count and by bytes."""
    batch: list[Found] = []
    size = 0
    for found in numbers:
        batch.append(found)
        size += len(found.payload)
        if len(batch) == BATCH_ENTRIES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _frames(batch: list[Found], packer: Packer, framing: Framing, drop: Collection[int]) -> Iterator[bytes]:
    """The frame of each number, packed where that makes it smaller."""
    live = [found.payload for found in batch if not found.flags and found.number not in drop]
    packed = packer.pack(live)
    frame = framing.frame
    for found in batch:
        number, kind = found.number, found.kind
        if number in drop:
            yield frame(number, kind, TOMBSTONE, b"")
        elif found.flags:
            yield frame(number, kind, found.flags, b"")
        else:
            small = next(packed)
            yield frame(number, kind, 0, found.payload) if small is None else frame(number, kind, PACKED, small)


class Plan(NamedTuple):
    """What of a segment goes into its copy: numbers up to ``upto``; those in ``drop`` as tombstones."""

    upto: int
    drop: Collection[int]


class Output:
    """Gathers frames into writes of 256 KiB."""

    def __init__(self, file: File, start: bytes) -> None:
        self._file = file
        self._written = 0
        self._parts = [start]
        self.offset = len(start)
        """Where the next frame will stand, in bytes."""

    def add(self, frames: bytes) -> None:
        """What comes next."""
        self._parts.append(frames)
        self.offset += len(frames)
        if self.offset - self._written >= BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        write_all(self._file, b"".join(self._parts), self._written)
        self._parts.clear()
        self._written = self.offset


def _samples(source: OpenSegment, plan: Plan) -> list[bytes]:
    """Entries from all over the segment; none that a purge drops, for a dictionary repeats what it saw."""
    segment = source.segment
    if segment.index is None:
        segment.index = read_index(segment, source.file.read)
    each = -(-SAMPLES // max(1, len(segment.index.offsets)))
    samples: list[bytes] = []
    for offset in segment.index.offsets:
        frames = walk(source.file.read, segment.framing, offset, segment.frames_end, chunk_bytes=SAMPLE_CHUNK_BYTES)
        for found in islice(frames, each):
            if isinstance(found, Found) and found.number <= plan.upto and found.number not in plan.drop:
                entry = _unpacked(source, found) if found.flags & PACKED else found
                if not entry.flags:
                    samples.append(entry.payload)
    return samples


def _forget(storage: Storage, path: Path) -> None:
    if path.name in storage.names(path.parent):
        storage.remove(path)
