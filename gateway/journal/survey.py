"""Reading an unclosed segment through: how far its frames go, and what is in them."""

from typing import NamedTuple

from gateway.journal.format import DICTIONARY, FRAMES_START, HEAD_BYTES, LOST, SEAL, TOMBSTONE, Index
from gateway.journal.segment import Segment
from gateway.journal.storage import Storage
from gateway.journal.walk import Damage, Read, around_bad_sectors, walk


class Extent(NamedTuple):
    """How far the frames go, in bytes, and what stands there. No higher number than ``highest`` was written."""

    end: int
    torn_bytes: int
    highest: int
    gaps: tuple[tuple[int, int], ...]
    """(first number, how many) of what is missing between whole frames."""
    dictionary_offset: int


def survey(storage: Storage, segment: Segment) -> Extent:
    """Note the segment's last number, live entries and index; changes no file. Raises OSError."""
    file = storage.open(segment.path, "read")
    try:
        return _survey(segment, around_bad_sectors(file))
    finally:
        file.close()


def _survey(segment: Segment, read: Read) -> Extent:
    index = Index()
    end, sealed, dictionary_offset = FRAMES_START, False, 0
    live = 0
    gaps: list[tuple[int, int]] = []
    expected, highest = segment.first, segment.first - 1
    for found in walk(read, segment.framing, FRAMES_START, segment.size):
        highest = max(highest, found.number)
        if isinstance(found, Damage):
            continue
        if found.flags & SEAL:
            if found.number >= expected:
                gaps.append((expected, found.number + 1 - expected))
            expected, sealed = found.number + 1, True
            break
        end = found.offset + found.size
        if found.flags & DICTIONARY:
            dictionary_offset = found.offset if found.offset > FRAMES_START else 0
            continue
        if found.number > expected:
            gaps.append((expected, found.number - expected))
        expected = found.number + 1
        live += not found.flags & (TOMBSTONE | LOST)
        index.note(found.number, found.offset)
    segment.index, segment.live, segment.last = index, live, expected - 1
    torn = 0 if sealed else segment.size - end
    # A torn tail may hold whole entries whose head was damaged: their numbers were given out.
    highest = max(highest, segment.last + -(-torn // HEAD_BYTES))
    return Extent(end, torn, highest, tuple(gaps), dictionary_offset)
