"""The quarantine as a sink: it looks up the bytes of what was rejected and keeps them with the reason.

Law: what was accepted or a duplicate at the first look costs nothing here; only a second look can resolve an entry.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from gateway.events import Events, QuarantineFull
from gateway.sinks.quarantine.settings import QuarantineSettings
from gateway.sinks.quarantine.writer import GivenUp, Hold, Resolve, Writer
from gateway.sinks.sqlite_file import FileThread
from pipelines.model import Accepted, Duplicate, LedgerEntry, Received, Refused, Rejected, Revision

HELD = (Rejected, Refused)


class QuarantineSink:
    """Implements ``gateway.sinks.Sink``. ``fetch`` reads an intake entry by its number, None where it has expired."""

    takes: tuple[type[LedgerEntry], ...] = (Rejected, Refused, Accepted, Duplicate)

    def __init__(
        self,
        name: str,
        settings: QuarantineSettings,
        file: Path,
        *,
        fetch: Callable[[int], Received | None],
        events: Events,
    ) -> None:
        self.id = name
        self.max_batch = settings.max_batch
        self.file = file
        self.quota_bytes = settings.quota_bytes
        self.kept_bytes = 0
        """What counted against the quota at the last look: at the start, and after each batch that held something."""
        self._settings = settings
        self._fetch = fetch
        self._events = events
        self._thread = FileThread(f"sink {name}", file)
        self._writer: Writer | None = None

    async def start(self) -> None:
        """Open the file. Raises SinkUnavailableError."""
        self.kept_bytes = await self._thread.run(lambda: self._open().kept_bytes())

    async def write(self, batch: Sequence[Revision]) -> None:
        """Keep what was rejected or refused, resolve what is understood by now. Raises SinkUnavailableError."""
        actions = [
            self._action(revision.number, revision.entry)
            for revision in batch
            if not revision.first or type(revision.entry) in HELD
        ]
        if not actions:
            return

        def work() -> tuple[GivenUp, int]:
            writer = self._open()
            return writer.write([one for one in actions if one is not None]), writer.kept_bytes()

        given_up, self.kept_bytes = await self._thread.run(work)
        if given_up.entries:
            self._events.counts[f"{self.id}.given_up"] += given_up.entries
            mend = f"look at them with 'citygate rejected list', or raise sinks.{self.id}.quota_bytes"
            self._events.emit(QuarantineFull(entries=given_up.entries, bytes=given_up.bytes, mend=mend))

    async def mark_retried(self, numbers: Collection[int], upto: int) -> int:
        """Note that what was refused of these intake numbers, up to a ledger number, was brought again.

        Returns how many refusals were held. Raises SinkUnavailableError.
        """
        return await self._thread.run(lambda: self._open().mark_retried(numbers, upto))

    async def purge_device(self, device: str) -> int:
        """Forget every entry of a device; returns how many there were."""
        return await self._thread.run(lambda: self._open().purge_device(device))

    async def close(self) -> None:
        """Close the file after what is under way."""
        await self._thread.end(self._close)

    def _action(self, number: int, entry: LedgerEntry) -> Hold | Resolve | None:
        match entry:
            case Rejected():
                return self._hold_rejected(number, entry)
            case Refused():
                return self._hold_refused(number, entry)
            case Accepted() | Duplicate():
                return Resolve(entry.of, number)
            case _:
                return None

    def _hold_rejected(self, number: int, entry: Rejected) -> Hold:
        received = self._fetch(entry.of)
        return Hold(
            number=entry.of,
            sink="",
            refused=0,
            revision=number,
            reason=entry.reason,
            detail=entry.detail,
            device=entry.device,
            source=received.source if received else "",
            topic=received.topic if received else "",
            received_ns=entry.received_ns or (received.received_ns if received else 0),
            full_size=max(received.full_size, len(received.body)) if received else 0,
            body=received.body if received else None,
        )

    def _hold_refused(self, number: int, entry: Refused) -> Hold:
        received = self._fetch(entry.of) if entry.of else None
        return Hold(
            number=entry.of,
            sink=entry.sink,
            refused=entry.revision,
            revision=number,
            reason="refused",
            detail=entry.detail,
            device=entry.device,
            source=received.source if received else "",
            topic=received.topic if received else "",
            received_ns=received.received_ns if received else entry.time_ns,
            full_size=len(entry.body),
            body=entry.body,
        )

    def _open(self) -> Writer:
        if self._writer is None:
            self._writer = Writer(self.file, self._settings.quota_bytes)
        return self._writer

    def _close(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()
