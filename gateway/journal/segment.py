"""One segment's facts, and the ordered list of segments that readers and threads share.

Law: the list is a tuple that is replaced, never changed; who holds one holds a consistent log. Of a segment only
numbers below the next one's first count.
"""

import threading
from bisect import bisect_right
from pathlib import Path

from gateway.journal.format import (
    FOOTER_BYTES,
    FORM_APPENDED,
    FRAMES_START,
    SEAL,
    Footer,
    Framing,
    Header,
    Index,
    decode_header,
)
from gateway.journal.notices import LogFormatError
from gateway.journal.storage import File, Storage
from gateway.journal.walk import Found, Read, around_bad_sectors, walk

SUFFIX = ".seg"
REWRITE_SUFFIX = ".seg.tmp"
QUARANTINE = "quarantine"


class UnreadableSegmentError(Exception):
    """Both copies of the header are damaged."""


class Segment:
    """Facts of one segment file. The writer alone changes them, and only of the segment it appends to."""

    __slots__ = (
        "damaged_headers",
        "first",
        "footer",
        "form",
        "framing",
        "index",
        "last",
        "live",
        "path",
        "serial",
        "size",
    )

    def __init__(self, path: Path, header: Header, *, size: int = FRAMES_START, footer: Footer | None = None) -> None:
        self.path = path
        self.serial = header.serial
        self.first = header.first
        self.form = header.form
        self.framing = Framing(header.salt)
        self.size = size
        """Bytes of the file that are written, always whole frames while it is appended to."""
        self.footer = footer
        self.last = footer.last if footer else header.first - 1
        self.live = footer.live if footer else 0
        self.index: Index | None = None
        self.damaged_headers = 0

    @property
    def compressed(self) -> bool:
        """Whether it has been rewritten, and so packed."""
        return self.form != FORM_APPENDED

    @property
    def frames_end(self) -> int:
        """Where frames end, in bytes: before the footer."""
        return self.size - FOOTER_BYTES if self.footer else self.size

    def place_of(self, number: int, read: Read) -> tuple[int, int]:
        """(offset, number) of a frame at or before this number. ``read`` is used once, to fetch the index."""
        if self.index is None:
            self.index = read_index(self, read)
        row = bisect_right(self.index.numbers, number) - 1
        if row < 0:
            return FRAMES_START, self.first
        return self.index.offsets[row], self.index.numbers[row]


def read_index(segment: Segment, read: Read) -> Index:
    """The index from the seal, or from a walk through the frames where the seal does not check."""
    if segment.footer:
        for found in walk(read, segment.framing, segment.footer.seal_offset, segment.frames_end):
            if isinstance(found, Found) and found.flags & SEAL:
                return Index.decode(found.payload)
            break
    index = Index()
    for found in walk(read, segment.framing, FRAMES_START, segment.frames_end):
        if isinstance(found, Found) and found.kind:
            index.note(found.number, found.offset)
    return index


def file_name(serial: int, first: int) -> str:
    """Of a segment."""
    return f"{serial:010d}-{first:020d}{SUFFIX}"


def parse_file_name(name: str) -> tuple[int, int] | None:
    """(serial, first number) of a segment file's name; None for other files."""
    serial, dash, first = name.removesuffix(SUFFIX).partition("-")
    if name.endswith(SUFFIX) and dash and serial.isdecimal() and first.isdecimal():
        return int(serial), int(first)
    return None


def load_segment(storage: Storage, path: Path, log_name: str) -> Segment:
    """Header and footer of a segment file: two small reads.

    Raises UnreadableSegmentError, LogFormatError (another version, another log), OSError.
    """
    file = storage.open(path, "read")
    try:
        read = around_bad_sectors(file)
        header, damaged = decode_header(read(FRAMES_START, 0), str(path))
        if header is None:
            raise UnreadableSegmentError(str(path))
        if log_name and header.name != log_name:
            raise LogFormatError(
                f"{path}: belongs to the log {header.name!r}, not to {log_name!r}. Name the directory of {log_name!r}"
            )
        size = file.size()
        end = read(FOOTER_BYTES, size - FOOTER_BYTES) if size >= FRAMES_START + FOOTER_BYTES else b""
        segment = Segment(path, header, size=size, footer=Framing(header.salt).decode_footer(end))
        segment.damaged_headers = damaged
        return segment
    finally:
        file.close()


def close_segment(segment: Segment, file: File, *, dictionary_offset: int = 0) -> bytes:
    """The seal and footer that close a segment at its present end. The caller writes and syncs them."""
    index = segment.index or read_index(segment, file.read)
    seal = segment.framing.frame(segment.last, 0, SEAL, index.encode())
    footer = Footer(segment.size, dictionary_offset, segment.first, segment.last, segment.live)
    return seal + segment.framing.encode_footer(footer)


def note_closed(segment: Segment, tail: bytes, *, dictionary_offset: int = 0) -> None:
    """Set the facts after ``close_segment``'s bytes were written."""
    footer = Footer(segment.size, dictionary_offset, segment.first, segment.last, segment.live)
    segment.size += len(tail)
    segment.footer = footer


class Segments:
    """The ordered list. Any thread may read it; changes are serialised."""

    def __init__(self, segments: list[Segment]) -> None:
        self._lock = threading.Lock()
        self.all: tuple[Segment, ...] = tuple(segments)

    def add(self, segment: Segment) -> None:
        """A newer one."""
        with self._lock:
            self.all = (*self.all, segment)

    def replace(self, old: Segment, new: Segment) -> None:
        """After a rewrite."""
        with self._lock:
            self.all = tuple(new if segment is old else segment for segment in self.all)

    def remove(self, old: Segment) -> None:
        """After expiry."""
        with self._lock:
            self.all = tuple(segment for segment in self.all if segment is not old)

    def limit_of(self, segment: Segment) -> int:
        """The highest number that counts in this segment."""
        return limit_within(self.all, segment)

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(segment.size for segment in self.all)


def limit_within(segments: tuple[Segment, ...], segment: Segment) -> int:
    """The highest number that counts in this segment of the list."""
    next_one = bisect_right(segments, segment.serial, key=lambda other: other.serial)
    return min(segment.last, segments[next_one].first - 1) if next_one < len(segments) else segment.last


def from_number(segments: tuple[Segment, ...], number: int) -> tuple[Segment, ...]:
    """The segments in which this number and later ones are to be found."""
    at = bisect_right(segments, number, key=lambda segment: segment.first) - 1
    return segments[max(at, 0) :]
