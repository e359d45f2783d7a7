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
STOP_EVERY = 64  # entries between two looks at whether the log is closing


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
        if isinstance(found, Damage):
            on_damage(found)
            continue
        number, flags = found.number, found.flags
        if flags & (DICTIONARY | SEAL):
            continue
        if number > upto:
            break
        for missing in range(expected, number):
            yield _lost(missing)
        expected = number + 1
        yield _unpacked(source, found) if flags & PACKED else found
    for missing in range(expected, upto + 1):
        yield _lost(missing)


def _lost(number: int) -> Found:
    return Found(0, 0, number, 0, LOST, b"")


def _unpacked(source: OpenSegment, found: Found) -> Found:
    try:
        return found._replace(flags=0, payload=source.unpack(found.payload))
    except UnpackError:
        return _lost(found.number)


def _copy(
    file: File, source: OpenSegment, name: str, *, storage: Storage, plan: "Plan", stopping: Callable[[], bool]
) -> Segment:
    old = source.segment
    dictionary = train(_samples(source, plan)) if old.size >= FEW_BYTES else b""
    pack = Packer(dictionary).pack
    framing = Framing.fresh()
    frame = framing.frame
    header = Header(FORM_REWRITTEN, name, old.serial, old.first, framing.salt)
    new = Segment(old.path, header)
    new.index = index = Index()
    learnt = frame(0, 0, DICTIONARY, dictionary) if dictionary else b""
    out = Output(file, header.encode() + learnt)

    def keep(damage: Damage) -> None:
        set_aside(storage, old, source.file.read, offset=damage.offset, size=damage.size, why="damaged")

    for _, _, number, kind, flags, payload in _numbers(source, plan.upto, keep):
        index.note(number, out.offset)
        if number in plan.drop:
            out.add(frame(number, kind, TOMBSTONE, b""))
        elif flags:
            out.add(frame(number, kind, flags, b""))
        else:
            packed = pack(payload)
            out.add(frame(number, kind, 0, payload) if packed is None else frame(number, kind, PACKED, packed))
            new.live += 1
        new.last = number
        if not number % STOP_EVERY and stopping():
            raise StoppedError
    dictionary_offset = out.offset if dictionary else 0
    out.add(learnt)
    out.flush()
    new.size = out.offset
    end = close_segment(new, file, dictionary_offset=dictionary_offset)
    write_all(file, end, new.size)
    note_closed(new, end, dictionary_offset=dictionary_offset)
    return new


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
