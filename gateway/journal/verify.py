"""Facts of a log, and the check that reads every byte of it. Changes nothing; any thread, any process."""

import msgspec

from gateway.journal import quarantine
from gateway.journal.format import DICTIONARY, FRAMES_START, LOST, PACKED, SEAL, TOMBSTONE, decode_header
from gateway.journal.pack import UnpackError
from gateway.journal.reader import OpenSegment, StaleSegmentError
from gateway.journal.segment import Segment, Segments, limit_within
from gateway.journal.storage import Storage
from gateway.journal.walk import Damage, walk


class SegmentFacts(msgspec.Struct, frozen=True):
    """One segment as its header, footer and size tell. ``last`` is the last number that counts in it."""

    file: str
    serial: int
    first: int
    last: int
    live_entries: int
    size_bytes: int
    compressed: bool
    closed: bool


class SegmentCheck(msgspec.Struct, frozen=True):
    """One segment read through.

    ``corrupt_entries``: numbers that should be there and cannot be read; ``lost`` of them were found by a rewrite.
    ``damaged_parts``: header copies, dictionaries, seals, footers that do not check; they cost no entry.
    A power cut may leave a torn seal under a whole footer.
    ``open_bytes``: bytes behind the last whole frame of an unclosed segment: torn, or being written just now.
    """

    file: str
    entries: int
    tombstones: int
    corrupt_entries: int
    lost: int
    damaged_parts: int
    open_bytes: int


class LogFacts(msgspec.Struct, frozen=True):
    """What ``journal stat`` shows."""

    name: str
    oldest_number: int
    next_number: int
    size_bytes: int
    quarantine_bytes: int
    segments: tuple[SegmentFacts, ...]


class LogCheck(msgspec.Struct, frozen=True):
    """What ``journal verify`` shows."""

    name: str
    segments: tuple[SegmentCheck, ...]

    @property
    def entries(self) -> int:
        """Readable entries."""
        return sum(check.entries for check in self.segments)

    @property
    def corrupt_entries(self) -> int:
        """Numbers that cannot be read."""
        return sum(check.corrupt_entries for check in self.segments)

    @property
    def damaged_parts(self) -> int:
        """Damage that cost no entry."""
        return sum(check.damaged_parts for check in self.segments)


def facts_of(segments: tuple[Segment, ...]) -> tuple[SegmentFacts, ...]:
    """Without reading anything."""
    return tuple(
        SegmentFacts(
            file=segment.path.name,
            serial=segment.serial,
            first=segment.first,
            last=limit_within(segments, segment),
            live_entries=segment.live,
            size_bytes=segment.size,
            compressed=segment.compressed,
            closed=segment.footer is not None,
        )
        for segment in segments
    )


def stat(storage: Storage, segments: Segments, name: str, next_number: int) -> LogFacts:
    """Facts of a log."""
    listed = segments.all
    return LogFacts(
        name=name,
        oldest_number=listed[0].first if listed else next_number,
        next_number=next_number,
        size_bytes=segments.size_bytes,
        quarantine_bytes=quarantine.size_bytes(storage, listed[0].path.parent) if listed else 0,
        segments=facts_of(listed),
    )


def verify(storage: Storage, segments: Segments, name: str) -> LogCheck:
    """Read everything. Segments that are rewritten or expire meanwhile are looked up again. Raises OSError."""
    checks: list[SegmentCheck] = []
    done: set[int] = set()
    while rest := [segment for segment in segments.all if segment.serial not in done]:
        try:
            checks.append(check_segment(storage, rest[0], limit_within(segments.all, rest[0])))
        except StaleSegmentError:
            if rest[0] in segments.all:
                raise OSError(f"{rest[0].path}: replaced by someone else while this process has it open") from None
            continue
        done.add(rest[0].serial)
    return LogCheck(name, tuple(checks))


def check_segment(storage: Storage, segment: Segment, limit: int) -> SegmentCheck:
    """Read one segment through. Raises StaleSegmentError, OSError."""
    opened = OpenSegment(storage, segment)
    try:
        counts = _Counts(segment.first)
        for found in walk(opened.read, segment.framing, FRAMES_START, segment.frames_end):
            if isinstance(found, Damage):
                counts.damages.append(found)
            elif found.flags & SEAL:
                counts.seals += 1
            elif found.flags & DICTIONARY:
                counts.dictionaries += 1
            elif found.number <= limit:
                counts.take(found.number, found.flags, readable=_readable(opened, found.flags, found.payload))
        counts.reach(limit + 1)
        _, headers = decode_header(opened.read(FRAMES_START, 0), str(segment.path))
        size = opened.file.size()
        parts = headers + _damaged_parts(segment, counts) + _footer_missing(opened, segment, size)
        return SegmentCheck(
            file=segment.path.name,
            entries=counts.entries,
            tombstones=counts.tombstones,
            corrupt_entries=counts.corrupt,
            lost=counts.lost,
            damaged_parts=parts,
            open_bytes=0 if segment.footer else size - segment.size,
        )
    finally:
        opened.file.close()


class _Counts:
    def __init__(self, first: int) -> None:
        self.expected = first
        self.entries = self.tombstones = self.corrupt = self.lost = self.seals = self.dictionaries = 0
        self.damages: list[Damage] = []

    def reach(self, number: int) -> None:
        self.corrupt += max(0, number - self.expected)
        self.expected = max(self.expected, number)

    def take(self, number: int, flags: int, *, readable: bool) -> None:
        self.reach(number)
        self.expected = number + 1
        if flags & TOMBSTONE:
            self.tombstones += 1
        elif readable:
            self.entries += 1
        else:
            self.corrupt += 1
            self.lost += bool(flags & LOST)


def _readable(opened: OpenSegment, flags: int, payload: bytes) -> bool:
    if flags & LOST:
        return False
    if flags & PACKED:
        try:
            opened.unpack(payload)
        except UnpackError:
            return False
    return True


def _footer_missing(opened: OpenSegment, segment: Segment, size: int) -> bool:
    """A footer that was there when the log was opened, and does not check now."""
    if segment.footer is None:
        return False
    end = opened.read(size - segment.frames_end, segment.frames_end)
    return segment.framing.decode_footer(end) != segment.footer


def _damaged_parts(segment: Segment, counts: _Counts) -> int:
    parts = 0
    if segment.footer:
        parts += 1 - counts.seals
        parts += max(0, 2 * (segment.footer.dictionary_offset > 0) - counts.dictionaries)
    return parts
