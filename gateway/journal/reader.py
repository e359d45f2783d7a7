"""Reading entries from the segment files, in order, from any thread.

Laws: only payloads whose CRC checks come out; a missing number is counted once per process; a segment that was
rewritten or expired meanwhile is looked up again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.journal.format import DICTIONARY, FRAMES_START, LOST, PACKED, SEAL, TOMBSTONE, decode_header
from gateway.journal.pack import Unpacker, UnpackError
from gateway.journal.segment import Segment, Segments, from_number, limit_within
from gateway.journal.storage import File, Storage
from gateway.journal.tail import Entry
from gateway.journal.walk import CHUNK_BYTES, Damage, Found, Read, around_bad_sectors, walk

SMALL_CHUNK_BYTES = 16 << 10
OPEN_SEGMENTS = 4  # a dictionary ready for use takes some 100 KiB
REMEMBERED_PLACES = 64
TRIES = 8  # a segment can be rewritten under a reader, but not often
FIRST_PAUSE_S = 0.001
"""Then twice as long each time, 0.13 s in all: between a rewrite's rename and its entry in the list lies a turn of its
thread, whose priority is the lowest. Without a pause eight tries are over before that."""


class StaleSegmentError(OSError):
    """The file is not the one the facts speak of: it was rewritten, or expired."""


class Loss(NamedTuple):
    """Numbers that should be in a segment and are not."""

    segment: Segment
    first: int
    entries: int


class Gathering:
    """Entries for one caller, and how many more it takes."""

    __slots__ = ("entries", "max_entries", "room_bytes")

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.entries: list[Entry] = []
        self.max_entries = max_entries
        self.room_bytes = max_bytes

    def add(self, number: int, kind: int, payload: bytes) -> bool:
        """The next entry; returns whether more are wanted."""
        self.entries.append(Entry(number, kind, payload))
        self.room_bytes -= len(payload)
        return self.room_bytes > 0 and len(self.entries) < self.max_entries

    @property
    def full(self) -> bool:
        """Whether it takes no more."""
        return self.room_bytes <= 0 or len(self.entries) >= self.max_entries


class OpenSegment:
    """A segment file open for reading."""

    def __init__(self, storage: Storage, segment: Segment) -> None:
        try:
            self.file: File = storage.open(segment.path, "read")
        except FileNotFoundError:
            raise StaleSegmentError from None
        self.segment = segment
        self.read: Read = around_bad_sectors(self.file)
        header, _ = decode_header(self.read(FRAMES_START, 0), str(segment.path))
        if header is not None and header.salt != segment.framing.salt:
            self.file.close()
            raise StaleSegmentError
        self._unpacker: Unpacker | None = None

    def unpack(self, payload: bytes) -> bytes:
        """Of a packed frame. Raises UnpackError."""
        if self._unpacker is None:
            self._unpacker = Unpacker(read_dictionary(self.segment, self.read))
        return self._unpacker.unpack(payload)


def read_dictionary(segment: Segment, read: Read) -> bytes:
    """Either copy of the dictionary; empty when the segment has none, or both copies are damaged."""
    places = [FRAMES_START]
    if segment.footer and segment.footer.dictionary_offset:
        places.append(segment.footer.dictionary_offset)
    for place in places:
        first = next(walk(read, segment.framing, place, segment.frames_end), None)
        if isinstance(first, Found) and first.flags & DICTIONARY:
            return first.payload
    if segment.footer is None:  # a damaged footer does not tell where the second copy is
        for found in walk(read, segment.framing, FRAMES_START, segment.frames_end):
            if isinstance(found, Found) and found.flags & DICTIONARY:
                return found.payload
    return b""


class Reader:
    """Entries by number. Keeps a few files open and remembers where consumers stopped."""

    def __init__(
        self, storage: Storage, segments: Segments, on_loss: Callable[[Loss], None], *, known: Sequence[Loss] = ()
    ) -> None:
        self._storage = storage
        self._segments = segments
        self._on_loss = on_loss
        self._lock = threading.Lock()
        self._open: OrderedDict[bytes, OpenSegment] = OrderedDict()
        self._places: OrderedDict[tuple[bytes, int], int] = OrderedDict()
        self._told = {(loss.segment.serial, loss.first) for loss in known}

    def read(self, start: int, *, upto: int, max_entries: int, max_bytes: int) -> list[Entry]:
        """Entries from ``start`` to ``upto``, at least one if there is one. Raises OSError."""
        with self._lock:
            for attempt in range(TRIES):
                try:
                    return self._read(start, upto, max_entries, max_bytes)
                except StaleSegmentError:
                    self._close_all()
                    if attempt + 1 < TRIES:
                        time.sleep(FIRST_PAUSE_S * 2**attempt)
            raise OSError(f"segments change faster than they can be read, at number {start}")

    def forget(self, segment: Segment) -> None:
        """Close the file of a segment that was rewritten or expired: an open one keeps its space and its content."""
        with self._lock:
            opened = self._open.pop(segment.framing.salt, None)
            if opened is not None:
                opened.file.close()

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            self._close_all()

    def _read(self, start: int, upto: int, max_entries: int, max_bytes: int) -> list[Entry]:
        gathering = Gathering(max_entries, max_bytes)
        segments = self._segments.all
        for segment in from_number(segments, start):
            limit = min(limit_within(segments, segment), upto)
            if segment.first > upto:
                break
            if limit >= max(start, segment.first):
                self._read_segment(segment, max(start, segment.first), limit, gathering)
            if gathering.full:
                break
        return gathering.entries

    def _read_segment(self, segment: Segment, start: int, limit: int, gathering: Gathering) -> None:
        opened = self._opened(segment)
        offset, expected = self._place(opened, start)
        end = segment.frames_end  # once: the writer goes on meanwhile, and what it adds was not looked at
        ended = True
        chunk_bytes = min(CHUNK_BYTES, max(SMALL_CHUNK_BYTES, gathering.room_bytes))
        for found in walk(opened.read, segment.framing, offset, end, chunk_bytes=chunk_bytes):
            if type(found) is Damage or found.flags & DICTIONARY:
                continue
            number, flags = found.number, found.flags
            if number > limit or flags & SEAL:
                ended = False
                break
            if number > expected:
                self._lose(segment, expected, number - expected)
            expected = number + 1
            if number < start or flags & TOMBSTONE:
                continue
            payload = self._payload(opened, found) if flags else found.payload
            if payload is not None and not gathering.add(number, found.kind, payload):
                self._remember(segment, expected, found.offset + found.size)
                return
        if expected <= limit:
            self._lose(segment, expected, limit + 1 - expected)
        elif ended:
            self._remember(segment, expected, end)

    def _payload(self, opened: OpenSegment, found: Found) -> bytes | None:
        if not found.flags & LOST:
            if not found.flags & PACKED:
                return found.payload
            try:
                return opened.unpack(found.payload)
            except UnpackError:
                pass
        self._lose(opened.segment, found.number, 1)
        return None

    def _lose(self, segment: Segment, first: int, count: int) -> None:
        if (segment.serial, first) not in self._told:
            self._told.add((segment.serial, first))
            self._on_loss(Loss(segment, first, entries=count))

    def _opened(self, segment: Segment) -> OpenSegment:
        salt = segment.framing.salt
        opened = self._open.pop(salt, None) or OpenSegment(self._storage, segment)
        self._open[salt] = opened
        if len(self._open) > OPEN_SEGMENTS:
            _, oldest = self._open.popitem(last=False)
            oldest.file.close()
        return opened

    def _place(self, opened: OpenSegment, number: int) -> tuple[int, int]:
        place = self._places.pop((opened.segment.framing.salt, number), None)
        return (place, number) if place is not None else opened.segment.place_of(number, opened.read)

    def _remember(self, segment: Segment, number: int, offset: int) -> None:
        self._places[segment.framing.salt, number] = offset
        if len(self._places) > REMEMBERED_PLACES:
            self._places.popitem(last=False)

    def _close_all(self) -> None:
        for opened in self._open.values():
            opened.file.close()
        self._open.clear()
