"""The Log: append, commit, read, wait. README.md is the format and its laws.

    append() ─▶ pending ─▶ commit(): one flight at a time ─▶ Writer (its thread) ─▶ segment files
                                                    │ lands                              ▲
    read() ◀── Tail (memory) ◀──────────────────────┘          Reader ◀──────────────────┤
                                                               Rewriter (its thread) ────┘
Laws
- All methods are for the event loop's thread, but ``verify``, which reads everything and belongs in another one.
- Nothing here waits for a disk to write; a cancelled ``commit`` leaves its flight to land.
- An error of a commit loses nothing: the entries keep their numbers and wait for the next one.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter

from gateway.journal import verify as checks
from gateway.journal.format import MAX_PAYLOAD_BYTES, NAME_BYTES
from gateway.journal.group_commit import GroupCommit
from gateway.journal.notices import Corrupted, Expired, JournalError, Notice, OnNotice, QuotaFilled, Recovered
from gateway.journal.options import LogOptions
from gateway.journal.reader import Loss, Reader
from gateway.journal.recover import Recovery, recover
from gateway.journal.rewriter import PurgeResult, Rewriter
from gateway.journal.segment import Segments
from gateway.journal.storage import Lock, RealStorage, Storage
from gateway.journal.tail import Batch, Entry, Tail
from gateway.journal.teller import Teller
from gateway.journal.view import LogView
from gateway.journal.writer import Writer

__all__ = ["Entry", "Log", "LogOptions", "LogView", "PurgeResult"]

MAX_KIND = 255
QUOTA_MARKS_PERCENT = (50, 80, 95)
LOCK = "lock"


class Log:
    """Append-only, durable, numbered. Make one with ``open``; end it with ``close``."""

    def __init__(
        self,
        storage: Storage,
        directory: Path,
        name: str,
        *,
        options: LogOptions,
        recovery: Recovery,
        next_number: int,
        lock: Lock,
        teller: Teller,
    ) -> None:
        self.name = name
        self.options = options
        self.corrupt_entries = recovery.corrupt_entries
        """Numbers found missing by this process, at start or by reads."""
        self._storage = storage
        self._lock = lock
        self._teller = teller
        self._segments = Segments(recovery.segments)
        self._reader = Reader(storage, self._segments, self._note_loss, known=recovery.losses)
        self._rewriter = Rewriter(storage, name, segments=self._segments, reader=self._reader, tell=teller.tell)
        self._writer = Writer(
            storage,
            directory,
            name,
            options=options,
            segments=self._segments,
            serial=recovery.next_serial,
            next_number=next_number,
            tell=teller.tell,
            on_closed=self._compress_soon,
        )
        self._writing = ThreadPoolExecutor(1, f"{name}-write")
        self._reading = ThreadPoolExecutor(1, f"{name}-read")
        self._next = self._opened_at = next_number
        self._commits = GroupCommit(self._writer, self._writing, on_landed=self._landed, last_number=next_number - 1)
        self._shown = next_number - 1
        self._tail = Tail(options.tail_bytes)
        self._arrival = asyncio.Event()
        self._void = (0, 0)
        self._mark = 0
        self._closed = False

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        name: str,
        options: LogOptions | None = None,
        floor: int = 0,
        storage: Storage | None = None,
        on_notice: OnNotice = lambda _: None,
    ) -> "Log":
        """Take the lock, recover, and be ready to append.

        ``floor`` is the highest number any cursor or snapshot mentions: new numbers are above it.
        Raises LogLockedError, LogFormatError, OSError.
        """
        if not 0 < len(name.encode()) <= NAME_BYTES:
            raise ValueError(f"log name {name!r}: must have 1 to {NAME_BYTES} bytes")
        storage = storage or RealStorage()
        storage.make_directory(directory)
        lock = storage.lock(directory / LOCK)
        try:
            began = perf_counter()
            recovery = recover(storage, directory, name)
            log = cls(
                storage,
                directory,
                name,
                options=options or LogOptions(),
                recovery=recovery,
                next_number=max(recovery.highest, floor) + 1,
                lock=lock,
                teller=Teller(on_notice),
            )
        except BaseException:
            lock.release()
            raise
        log._tell_recovery(recovery, perf_counter() - began)
        log._compress_soon()
        return log

    @staticmethod
    def open_readonly(directory: Path, *, name: str = "", storage: Storage | None = None) -> LogView:
        """For other processes: without the lock, changing nothing."""
        return LogView(directory, name=name, storage=storage)

    @property
    def next_number(self) -> int:
        """The number the next appended entry will get."""
        return self._next

    @property
    def oldest_number(self) -> int:
        """The lowest number still kept; ``next_number`` when there is none."""
        listed = self._segments.all
        return listed[0].first if listed else min(self._opened_at, self._next)

    @property
    def durable_number(self) -> int:
        """Everything up to here is fsynced."""
        return self._commits.durable

    @property
    def readable_number(self) -> int:
        """Everything up to here can be read: ``options.readable`` says when."""
        return self._commits.durable if self.options.readable == "synced" else self._commits.written

    @property
    def size_bytes(self) -> int:
        """Of the segment files."""
        return self._segments.size_bytes

    @property
    def full(self) -> bool:
        """Whether the disk has no space for what waits to be written."""
        return self._writer.full

    @property
    def commits(self) -> tuple[int, float]:
        """How many commits reached the disk or failed there, and how many seconds all of them took."""
        return self._commits.flights, self._commits.flight_s

    def bytes_from(self, number: int) -> int:
        """Size of the segments that hold this number or a later one: what must stay for a reader who stands there."""
        return sum(segment.size for segment in self._segments.all if segment.last >= number)

    def has_past(self, number: int) -> bool:
        """Can an entry with a higher number be read now? Numbers known to be missing do not count."""
        return self.readable_number > self._beyond_void(number)

    def append(self, entries: Sequence[bytes], kind: int = 1) -> int:
        """Number the entries and let them wait for a commit; returns the first number. Never blocks.

        Raises ValueError for a kind outside 1 to 255 or an entry over 64 MiB.
        """
        first = self._next
        if not 1 <= kind <= MAX_KIND:
            raise ValueError(f"kind {kind}: must be 1 to {MAX_KIND}")
        if self._closed:
            raise JournalError(f"the log {self.name!r} is closed")
        if not entries:
            return first
        size = sum(map(len, entries))
        if size > MAX_PAYLOAD_BYTES and max(map(len, entries)) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"an entry is larger than {MAX_PAYLOAD_BYTES} bytes")
        self._commits.add(Batch(first, kind, tuple(entries), size))
        self._next = first + len(entries)
        return first

    async def commit(self, *, sync: bool = True) -> int:
        """Write (and fsync) everything appended before the call; returns ``durable_number``.

        Raises LogFullError or JournalError; nothing is lost then, and the next commit tries again.
        """
        self._bind()
        await self._commits.upto(self._next - 1, sync=sync)
        return self._commits.durable

    def read(
        self, start: int, *, max_entries: int = 1000, max_bytes: int = 1 << 20, upto: int | None = None
    ) -> list[Entry]:
        """Entries from ``start`` on in order, at least one if there is one; missing numbers are skipped.

        Served from memory for consumers who keep up; else it waits for the disk: ``fetch`` does that in a thread.
        """
        limit = self._limit(upto)
        if start > limit:
            return []
        if self._tail.starts_at_or_before(start):
            return self._tail.read(start, upto=limit, max_entries=max_entries, max_bytes=max_bytes)
        entries = self._reader.read(start, upto=limit, max_entries=max_entries, max_bytes=max_bytes)
        self._note_void(start, limit, entries)
        return entries

    async def fetch(
        self, start: int, *, max_entries: int = 1000, max_bytes: int = 1 << 20, upto: int | None = None
    ) -> list[Entry]:
        """As ``read``; what is not in memory is read in a thread of its own, for those who drain a backlog."""
        limit = self._limit(upto)
        if start > limit or self._tail.starts_at_or_before(start):
            return self.read(start, max_entries=max_entries, max_bytes=max_bytes, upto=limit)
        job = partial(self._reader.read, start, upto=limit, max_entries=max_entries, max_bytes=max_bytes)
        entries = await self._bind().run_in_executor(self._reading, job)
        self._note_void(start, limit, entries)
        return entries

    async def wait_past(self, number: int) -> None:
        """Wait until an entry with a higher number is readable. Numbers known to be missing do not count."""
        while not self.has_past(number):
            await self._arrival.wait()

    async def enforce_quota(self, pinned_from: int | None = None, *, free_bytes: int = 0) -> Expired | None:
        """Give up the oldest segments until the log is within its quota, less ``free_bytes`` (after LogFullError).

        Nothing from ``pinned_from`` on is given up. Returns what went, or None.
        ``held`` tells that a pin stood in the way.
        """
        size = self.size_bytes
        limit = min(self.options.quota_bytes, size - free_bytes if free_bytes else size)
        if size <= limit:
            return None
        expired = await self._bind().run_in_executor(self._rewriter.thread, self._rewriter.expire, limit, pinned_from)
        if expired is not None and expired.first:
            self._teller.tell(expired)
        self._watch_quota()
        return expired

    async def purge(self, predicate: Callable[[Entry], bool]) -> PurgeResult:
        """Turn entries appended before the call into tombstones where the predicate holds. It runs in a thread.

        After a crash, call it again with the same predicate. Raises OSError.
        """
        await self.commit()
        loop = self._bind()
        await loop.run_in_executor(self._writing, self._writer.roll)
        try:
            return await loop.run_in_executor(self._rewriter.thread, self._rewriter.purge, predicate)
        finally:
            self._tail.clear()
            self._reader.close()

    def stat(self) -> checks.LogFacts:
        """Facts, without reading entries."""
        return checks.stat(self._storage, self._segments, self.name, self._next)

    def verify(self) -> checks.LogCheck:
        """Read and check everything; call it in a thread."""
        return checks.verify(self._storage, self._segments, self.name)

    async def close(self) -> None:
        """Commit, close the segment, stop the threads, let go of the lock. Raises what the last commit raised."""
        if self._closed:
            return
        loop = self._bind()
        try:
            await self.commit()
            self._closed = True
            await loop.run_in_executor(self._writing, self._writer.roll)
        finally:
            self._closed = True
            self._rewriter.stop()
            await loop.run_in_executor(self._rewriter.thread, _nothing)
            self.abandon()

    def abandon(self) -> None:
        """Let go of everything as it is, as after a kill: what was not committed is gone."""
        self._closed = True
        self._rewriter.stop()
        for thread in (self._writing, self._rewriter.thread, self._reading):
            thread.shutdown(wait=True)
        self._writer.stop()
        self._reader.close()
        self._lock.release()

    def _landed(self, batches: list[Batch]) -> None:
        for batch in batches:
            self._tail.push(batch)
        if self.readable_number > self._shown:
            self._shown = self.readable_number
            self._arrival.set()
            self._arrival = asyncio.Event()
        self._watch_quota()

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        self._teller.bind(loop)
        return loop

    def _limit(self, upto: int | None) -> int:
        return self.readable_number if upto is None else min(upto, self.readable_number)

    def _note_void(self, start: int, limit: int, entries: list[Entry]) -> None:
        """Remember that nothing is to be read from ``start`` to the end, so that nobody waits in a circle."""
        if entries or limit < self.readable_number:
            return
        first, last = self._void
        self._void = (min(first, start) if first and start <= last + 1 else start, limit)

    def _beyond_void(self, number: int) -> int:
        first, last = self._void
        return last if first and first <= number + 1 <= last else number

    def _note_loss(self, loss: Loss) -> None:
        self.corrupt_entries += loss.entries
        self._teller.tell(Corrupted(self.name, loss.entries, f"{loss.segment.path.name}, from number {loss.first}"))

    def _compress_soon(self) -> None:
        if self.options.compress == "closed":
            self._rewriter.compress_soon()

    def _watch_quota(self) -> None:
        percent = self.size_bytes * 100 // self.options.quota_bytes
        mark = max((mark for mark in QUOTA_MARKS_PERCENT if mark <= percent), default=0)
        if mark > self._mark:
            self._teller.tell(QuotaFilled(self.name, percent))
        self._mark = mark

    def _tell_recovery(self, recovery: Recovery, seconds: float) -> None:
        notice: Notice = Recovered(
            log=self.name,
            torn_bytes=recovery.torn_bytes,
            corrupt_entries=recovery.corrupt_entries,
            quarantined_files=recovery.quarantined_files,
            seconds=seconds,
            clean=recovery.clean,
        )
        self._teller.tell(notice)


def _nothing() -> None:
    """A job that ends when those before it have."""
