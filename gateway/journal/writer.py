"""The one thread that owns the open segment: frames, writes, syncs, closes it, and opens the next.

    Log (event loop) ──batches──▶ Writer.write() ──frames──▶ segment file ──fdatasync──▶ Progress ──▶ Log

Laws
- Only the writing thread calls ``write`` and ``roll``.
- What is not synced is kept in memory. A failed fsync is never retried: the segment is abandoned, the unsynced go
  to the front of the queue, and a new segment takes them under their own numbers.
- A new segment shows in the list once it holds everything that had been readable before.
"""

import contextlib
import errno
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from gateway.journal.ballast import Ballast
from gateway.journal.format import FORM_APPENDED, HEAD_BYTES, Framing, Header, Index
from gateway.journal.notices import DiskFull, JournalError, LogFullError, Notice, SegmentAbandoned
from gateway.journal.options import LogOptions
from gateway.journal.segment import Segment, Segments, close_segment, file_name, note_closed
from gateway.journal.storage import NO_SPACE, File, Storage, write_all
from gateway.journal.tail import Batch

WRITE_BYTES = 1 << 20


class _CutError(OSError):
    """The disk is full; the segment was cut back to its last whole frame and can go on."""


class Progress(NamedTuple):
    """Highest number written, and highest number up to which all is synced."""

    written: int
    durable: int


class Writer:
    """See the module. ``serial`` is free for the next segment, ``next_number`` is the first number it may hold."""

    def __init__(
        self,
        storage: Storage,
        directory: Path,
        name: str,
        *,
        options: LogOptions,
        segments: Segments,
        serial: int,
        next_number: int,
        tell: Callable[[Notice], None],
        on_closed: Callable[[], None],
    ) -> None:
        self._storage = storage
        self._directory = directory
        self._name = name
        self._options = options
        self._segments = segments
        self._serial = serial
        self._tell = tell
        self._on_closed = on_closed
        self._ballast = Ballast(storage, directory, options.ballast_bytes)
        self._file: File | None = None
        self._segment: Segment | None = None
        self._unlisted: list[Segment] = []
        self._queue: deque[Batch] = deque()
        self._unsynced: list[Batch] = []
        self._unsynced_bytes = 0
        self._written = self._durable = self._readable = next_number - 1
        self._full = False

    @property
    def progress(self) -> Progress:
        """As of the last ``write``, however it ended."""
        return Progress(self._readable, min(self._durable, self._readable))

    @property
    def full(self) -> bool:
        """Whether the last ``write`` found no space. Read by any thread."""
        return self._full

    def write(self, batches: list[Batch], *, sync: bool) -> Progress:
        """Write all that waits, and sync it if asked.

        Raises LogFullError or JournalError; the entries then wait here for the next call.
        """
        self._queue.extend(batches)
        if not self._ballast.laid and not self._ballast.lay() and self._full:
            raise self._no_space("the ballast cannot be laid down again")
        try:
            self._write_queue(sync=sync)
        except OSError as error:
            self._settle(error)
            self._once_more(error, sync=sync)
        self._full = False
        return self.progress

    def roll(self) -> None:
        """Close the open segment; the next write opens a new one. Raises JournalError."""
        if self._segment is None or self._file is None:
            return
        if not self._segment.live:
            self._drop_empty()
            return
        try:
            self._close_segment()
        except OSError as error:
            self._settle(error)
            if self._queue:
                self._once_more(error, sync=True)

    def stop(self) -> None:
        """Close the file without writing anything."""
        if self._file is not None:
            self._file.close()
            self._file = self._segment = None

    def _settle(self, error: OSError) -> None:
        """Put the writer in order after a failure. Raises LogFullError when another trial is useless."""
        if not isinstance(error, _CutError):
            self._abandon(error)
        if error.errno in NO_SPACE:
            raise self._no_space(str(error)) from error

    def _once_more(self, error: OSError, *, sync: bool) -> None:
        try:
            self._write_queue(sync=sync)
        except OSError as again:
            self._settle(again)
            raise JournalError(
                again.errno,
                f"{self._directory}: cannot write ({error}; in a new segment: {again}). Replace the storage",
            ) from again

    def _write_queue(self, *, sync: bool) -> None:
        while self._queue:
            if self._segment is None:
                self._open_segment(self._queue[0].first)
            elif self._segment.size >= self._options.segment_bytes:
                self._close_segment()
                continue
            self._write_some()
        if self._unsynced and (sync or self._unsynced_bytes >= self._options.unsynced_bytes):
            self._sync()
        self._list_segments()
        self._readable = self._written

    def _write_some(self) -> None:
        """Frames of up to 1 MiB, or to the end of the segment, in one write."""
        segment, file = self._segment, self._file
        assert segment is not None
        assert file is not None
        assert segment.index is not None
        room = min(WRITE_BYTES, self._options.segment_bytes - segment.size)
        parts: list[bytes] = []
        taken: list[Batch] = []
        size = 0
        while self._queue and size < room:
            batch = _fitting(self._queue.popleft(), room - size, self._queue)
            frames = segment.framing.frames(batch.first, batch.kind, batch.payloads)
            segment.index.note(batch.first, segment.size + size)
            parts.append(frames)
            taken.append(batch)
            size += len(frames)
        try:
            self._write_or_cut(file, b"".join(parts), segment.size)
        except OSError:
            self._queue.extendleft(reversed(taken))
            raise
        self._unsynced += taken
        self._unsynced_bytes += size
        segment.live += sum(len(batch.payloads) for batch in taken)
        segment.last = self._written = taken[-1].last
        segment.size += size

    @staticmethod
    def _write_or_cut(file: File, data: bytes, offset: int) -> None:
        """All, or nothing where the disk is full. Raises _CutError (the file is as before), OSError."""
        try:
            write_all(file, data, offset)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            file.truncate(offset)
            raise _CutError(error.errno, error.strerror) from error

    def _sync(self) -> None:
        assert self._file is not None
        self._file.sync()
        self._unsynced.clear()
        self._unsynced_bytes = 0
        self._durable = self._written

    def _open_segment(self, first: int) -> None:
        header = Header(FORM_APPENDED, self._name, self._serial, first, Framing.fresh().salt)
        path = self._directory / file_name(self._serial, first)
        self._serial += 1  # also when this fails: a half made file keeps its name to itself
        file = self._storage.open(path, "create")
        try:
            write_all(file, header.encode(), 0)
            self._storage.sync_directory(self._directory)
        except OSError:
            file.close()
            with contextlib.suppress(OSError):
                self._storage.remove(path)
            raise
        self._file = file
        self._segment = Segment(path, header)
        self._segment.index = Index()
        self._unlisted.append(self._segment)

    def _list_segments(self) -> None:
        """Show new segments to readers, once they hold everything that had been readable before."""
        if self._written >= self._readable:
            for segment in self._unlisted:
                self._segments.add(segment)
            self._unlisted.clear()

    def _close_segment(self) -> None:
        segment, file = self._segment, self._file
        assert segment is not None
        assert file is not None
        self._sync()  # a footer vouches for frames: it may not reach the disk before them
        end = close_segment(segment, file)
        self._write_or_cut(file, end, segment.size)
        file.sync()
        note_closed(segment, end)
        self._list_segments()
        file.close()
        self._file = self._segment = None
        self._on_closed()

    def _drop_empty(self) -> None:
        assert self._segment is not None
        path = self._segment.path
        self._unlisted.remove(self._segment)
        self.stop()
        with contextlib.suppress(OSError):
            self._storage.remove(path)

    def _abandon(self, error: OSError) -> None:
        """Leave the segment as it is; everything unsynced has to be written again elsewhere."""
        segment, self._segment = self._segment, None
        if self._file is not None:
            self._file.close()
            self._file = None
        entries = sum(len(batch.payloads) for batch in self._unsynced)
        self._queue.extendleft(reversed(self._unsynced))
        self._unsynced.clear()
        self._unsynced_bytes = 0
        self._written = self._durable
        if segment is not None and error.errno not in NO_SPACE:
            self._tell(SegmentAbandoned(self._name, segment.path.name, entries, str(error)))

    def _no_space(self, why: str) -> LogFullError:
        if not self._full:
            waiting = sum(len(batch.payloads) for batch in self._queue)
            self._tell(DiskFull(self._name, waiting, why))
        self._full = True
        self._ballast.free()
        return LogFullError(
            errno.ENOSPC, f"{self._directory}: {why}. Free space on its disk, or lower quota_bytes; nothing is lost yet"
        )


def _fitting(batch: Batch, room: int, queue: deque[Batch]) -> Batch:
    """The part of the batch that fits (at least one entry); the rest goes back to the front of the queue."""
    if batch.bytes + HEAD_BYTES * len(batch.payloads) <= room:
        return batch
    size = count = 0
    for payload in batch.payloads:
        size += len(payload) + HEAD_BYTES
        count += 1
        if size >= room:
            break
    if count == len(batch.payloads):
        return batch
    rest = batch.after(batch.first + count - 1)
    queue.appendleft(rest)
    return Batch(batch.first, batch.kind, batch.payloads[:count], batch.bytes - rest.bytes)
