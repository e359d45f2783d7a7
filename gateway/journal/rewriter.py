"""The second thread: compresses closed segments, purges, and gives up the oldest ones. One job at a time.

Laws: only segments that are closed, or have a later one, are touched; the newest never is. A job may be cut off
anywhere and is done again. It runs at low priority where the system lets a thread have one.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from gateway.journal.notices import Expired, Notice, RewriteFailed
from gateway.journal.reader import Reader
from gateway.journal.rewrite import StoppedError, count_lost, entries_of, rewrite
from gateway.journal.segment import Segment, Segments
from gateway.journal.storage import Storage
from gateway.journal.tail import Entry

NICENESS = 10


class PurgeResult(msgspec.Struct, frozen=True):
    """``purged`` entries became tombstones now; ``unreadable`` numbers could not be judged: see ``quarantine/``."""

    purged: int
    unreadable: int
    rewritten_segments: int


class Rewriter:
    """See the module. Its methods but ``compress_soon`` and ``stop`` run on its thread, by ``thread``."""

    def __init__(
        self,
        storage: Storage,
        name: str,
        *,
        segments: Segments,
        reader: Reader,
        tell: Callable[[Notice], None],
    ) -> None:
        self._storage = storage
        self._name = name
        self._segments = segments
        self._reader = reader
        self._tell = tell
        self._stopping = threading.Event()
        self._failed: set[int] = set()
        self.thread = ThreadPoolExecutor(1, f"{name}-rewrite", initializer=_lower_priority)

    def compress_soon(self) -> None:
        """Compress what is closed, in the background. Segments that failed before are tried again."""
        if not self._stopping.is_set():
            self._failed.clear()
            self.thread.submit(self.compress_next)

    def stop(self) -> None:
        """Leave off at the next entry, and take no new job."""
        self._stopping.set()

    def compress_next(self) -> None:
        """Compress the oldest segment that is not, and come again for the next: other jobs get in between."""
        segment = next((one for one in self._closed() if self._worth(one)), None)
        if segment is None or self._stopping.is_set():
            return
        try:
            self._rewrite(segment, drop=frozenset())
        except StoppedError:
            return
        except OSError as error:
            self._failed.add(segment.serial)
            self._tell(RewriteFailed(self._name, segment.path.name, str(error)))
        with contextlib.suppress(RuntimeError):  # the thread takes no more jobs: the log was closed meanwhile
            self.thread.submit(self.compress_next)

    def purge(self, predicate: Callable[[Entry], bool]) -> PurgeResult:
        """Turn every closed entry for which the predicate holds into a tombstone. Raises OSError, StoppedError."""
        purged = unreadable = rewritten = 0
        for segment in self._closed():
            limit = self._segments.limit_of(segment)
            drop = {entry.number for entry in entries_of(self._storage, segment, limit) if predicate(entry)}
            unreadable += count_lost(self._storage, segment, limit)
            if drop:
                self._rewrite(segment, drop=drop)
                purged += len(drop)
                rewritten += 1
        return PurgeResult(purged, unreadable, rewritten)

    def expire(self, max_bytes: int, pinned_from: int | None) -> Expired | None:
        """Give up the oldest segments until the log fits, but none with a number from ``pinned_from`` on."""
        gone: list[tuple[int, int, int]] = []
        held = False
        while self._segments.size_bytes > max_bytes and len(self._segments.all) > 1:
            oldest = self._segments.all[0]
            last = self._segments.limit_of(oldest)
            if pinned_from is not None and last >= pinned_from:
                held = True
                break
            self._segments.remove(oldest)
            self._reader.forget(oldest)
            self._storage.remove(oldest.path)
            self._storage.sync_directory(oldest.path.parent)
            gone.append((oldest.first, last, min(oldest.live, max(0, last + 1 - oldest.first))))
        if not gone and not held:
            return None
        entries = sum(live for _, _, live in gone)
        first, last = (gone[0][0], gone[-1][1]) if gone else (0, 0)
        return Expired(self._name, entries, first, last, self._segments.size_bytes, held)

    def _closed(self) -> tuple[Segment, ...]:
        """Segments that nobody appends to any more."""
        listed = self._segments.all
        return tuple(segment for segment in listed if segment.footer is not None or segment is not listed[-1])

    def _worth(self, segment: Segment) -> bool:
        return (
            not segment.compressed
            and segment.serial not in self._failed
            and self._segments.limit_of(segment) >= segment.first
        )

    def _rewrite(self, segment: Segment, *, drop: frozenset[int] | set[int]) -> None:
        limit = self._segments.limit_of(segment)
        new = rewrite(self._storage, segment, self._name, upto=limit, drop=drop, stopping=self._stopping.is_set)
        if new is not None:
            self._segments.replace(segment, new)
            self._reader.forget(segment)
            self._storage.sync_directory(new.path.parent)


def _lower_priority() -> None:
    with contextlib.suppress(OSError):  # a thread's own niceness is Linux's; elsewhere it stays as it is
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
