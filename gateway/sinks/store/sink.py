"""The store as a sink: SQLite in one thread of its own, behind an async face.

Law: a cancelled ``write`` leaves its transaction to the thread, whole or not at all; repeating it is harmless.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.sqlite_file import FileThread
from gateway.sinks.store.retention import Retention, purge_derived, purge_device
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.writer import Writer
from pipelines.model import Accepted, Derived, LedgerEntry, Revision

RETENTION_EVERY_S = 3_600.0
RETENTION_PAUSE_S = 0.2


class StoreSink:
    """Implements ``gateway.sinks.Sink``. Counters: ``<id>.values``, ``<id>.too_old``, ``<id>.purged``."""

    takes: tuple[type[LedgerEntry], ...] = (Accepted, Derived)

    def __init__(
        self,
        name: str,
        settings: StoreSettings,
        file: Path,
        *,
        clock: Clock,
        events: Events,
        pilot_days: Callable[[str], int | None] = lambda _pilot: None,
    ) -> None:
        self.id = name
        self.max_batch = settings.max_batch
        self.file = file
        self._settings = settings
        self._clock = clock
        self._events = events
        self._pilot_days = pilot_days
        self._thread = FileThread(f"sink {name}", file)
        self._writer: Writer | None = None
        self._retention: Retention | None = None
        self._retention_due_ns = 0

    async def start(self) -> None:
        """Open the file. Raises SinkUnavailableError."""
        await self._thread.run(self._open)

    async def write(self, batch: Sequence[Revision]) -> None:
        """Write a batch in one transaction. Raises SinkUnavailableError."""
        written = await self._thread.run(lambda: self._open().write(batch))
        self._events.counts[f"{self.id}.values"] += written.values
        if written.too_old:
            self._events.counts[f"{self.id}.too_old"] += written.too_old
        await self._retain_when_due()

    async def retain(self) -> bool:
        """Delete some of what is over; true when nothing more is to do for now.

        ``write`` calls it once an hour; call it also where nothing is written for long.
        """
        if self._clock.quality() != "trusted":
            return True  # a clock that is not set must not decide what is old
        deleted, complete = await self._thread.run(self._retention_step)
        if deleted:
            self._events.counts[f"{self.id}.purged"] += deleted
        return complete

    async def purge_device(self, device: str) -> int:
        """Forget a device; returns the rows deleted. Raises SinkUnavailableError."""
        return await self._thread.run(lambda: purge_device(self._open(), device))

    async def purge_derived(self, features: Iterable[str]) -> int:
        """Forget what was derived of features; returns the rows deleted. Raises SinkUnavailableError."""
        features = tuple(features)
        return await self._thread.run(lambda: purge_derived(self._open(), features))

    async def close(self) -> None:
        """Close the file after what is under way."""
        await self._thread.end(self._close)

    async def _retain_when_due(self) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns < self._retention_due_ns:
            return
        pause_s = RETENTION_EVERY_S if await self.retain() else RETENTION_PAUSE_S
        self._retention_due_ns = now_ns + int(pause_s * 1e9)

    def _open(self) -> Writer:
        if self._writer is None:
            self._writer = Writer(self.file)
            self._retention = Retention(self._writer, self._settings, self._pilot_days)
        return self._writer

    def _retention_step(self) -> tuple[int, bool]:
        self._open()
        assert self._retention is not None
        return self._retention.step(self._clock.wall_ns())

    def _close(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()
