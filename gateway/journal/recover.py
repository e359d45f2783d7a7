"""Opening a log after any end: orderly stop, kill, power cut, flipped bits, full disk.

Laws: closed segments are trusted by header and footer; only unclosed ones are read. A tail is cut only after its bytes
are safe in quarantine. Every step may be interrupted and is done again at the next start.
"""

from pathlib import Path
from typing import NamedTuple

from gateway.journal.format import FRAMES_START, HEAD_BYTES
from gateway.journal.quarantine import set_aside, set_file_aside
from gateway.journal.reader import Loss
from gateway.journal.rewrite import rewrite
from gateway.journal.segment import (
    REWRITE_SUFFIX,
    Segment,
    UnreadableSegmentError,
    close_segment,
    load_segment,
    note_closed,
    parse_file_name,
)
from gateway.journal.storage import NO_SPACE, Storage, write_all
from gateway.journal.survey import Extent, survey
from gateway.journal.walk import around_bad_sectors


class Recovery(NamedTuple):
    """What a directory holds. ``highest`` is the highest number that was ever given out, as far as traces go."""

    segments: list[Segment]
    next_serial: int
    highest: int
    torn_bytes: int
    losses: list[Loss]
    quarantined_files: int
    clean: bool

    @property
    def corrupt_entries(self) -> int:
        """Numbers missing between whole frames of unclosed segments."""
        return sum(loss.entries for loss in self.losses)


def recover(storage: Storage, directory: Path, name: str) -> Recovery:
    """Make every segment readable and, where the disk has room, closed. Raises LogFormatError, OSError."""
    segments: list[Segment] = []
    losses: list[Loss] = []
    highest = serial = torn = files = 0
    clean = True
    for file_name in sorted(storage.names(directory)):
        path = directory / file_name
        if file_name.endswith(REWRITE_SUFFIX):
            storage.remove(path)
        parsed = parse_file_name(file_name)
        if parsed is None:
            continue
        serial = max(serial, parsed[0])
        highest = max(highest, parsed[1] - 1)
        try:
            segment = load_segment(storage, path, name)
        except UnreadableSegmentError:
            highest = max(highest, _set_unreadable_aside(storage, path, parsed[1]))
            files += 1
            clean = False
            continue
        if segment.footer is None:
            extent = survey(storage, segment)
            segment = mend(storage, segment, extent, name)
            torn += extent.torn_bytes
            losses += [Loss(segment, first, count) for first, count in extent.gaps]
            highest = max(highest, extent.highest)
            clean = False
        highest = max(highest, segment.last)
        if segment.last >= segment.first:
            segments.append(segment)
    return Recovery(segments, serial + 1, highest, torn, losses, files, clean)


def mend(storage: Storage, segment: Segment, extent: Extent, name: str) -> Segment:
    """Set aside and cut the tail of an unclosed segment, and close it. A segment without an entry is removed.

    On a full disk it stays unclosed, which costs the next start another reading. Where it cannot be synced its entries
    go to a new file: a failed fsync is never retried.
    """
    file_size, segment.size = segment.size, extent.end
    try:
        _cut_and_close(storage, segment, extent, file_size)
    except OSError as error:
        if error.errno in NO_SPACE:
            return segment
        copy = rewrite(storage, segment, name, upto=segment.last, drop=frozenset())
        assert copy is not None
        storage.sync_directory(copy.path.parent)
        return copy
    if segment.last < segment.first:
        storage.remove(segment.path)
        storage.sync_directory(segment.path.parent)
    return segment


def _cut_and_close(storage: Storage, segment: Segment, extent: Extent, file_size: int) -> None:
    file = storage.open(segment.path, "update")
    try:
        if extent.torn_bytes:
            read = around_bad_sectors(file)
            set_aside(storage, segment, read, offset=extent.end, size=file_size - extent.end, why="torn")
        if segment.last < segment.first:
            return
        file.sync()  # what a killed process wrote may still be in memory only, and consumers will see it now
        end = close_segment(segment, file, dictionary_offset=extent.dictionary_offset)
        write_all(file, end, segment.size)
        file.truncate(segment.size + len(end))
        file.sync()
        note_closed(segment, end, dictionary_offset=extent.dictionary_offset)
    finally:
        file.close()


def _set_unreadable_aside(storage: Storage, path: Path, first: int) -> int:
    """Returns a number above any that the file can hold."""
    file = storage.open(path, "read")
    try:
        size = file.size()
    finally:
        file.close()
    if size:
        set_file_aside(storage, path)
    else:
        storage.remove(path)
        storage.sync_directory(path.parent)
    return first - 1 + max(0, size - FRAMES_START) // HEAD_BYTES
