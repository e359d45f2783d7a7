"""The two logs of a gateway, opened together, their notices turned into events."""

from pathlib import Path

import msgspec

from gateway.analytics_snapshot import FILE as ANALYTICS_FILE
from gateway.analytics_snapshot import position_in
from gateway.config import Config, LogTable
from gateway.events import (
    Events,
    LogCorruption,
    LogDiskFull,
    LogExpired,
    LogRecovered,
    LogRewriteFailed,
    LogSegmentAbandoned,
    QuotaReached,
)
from gateway.journal import notices
from gateway.journal.cursor import CursorFile
from gateway.journal.log import Log
from gateway.journal.options import LogOptions
from gateway.progress import SNAPSHOT_FILE, load_snapshot

IN_MEMORY_BYTES = 1 << 20
"""What refine and the sinks find in memory when they keep up: some 700 ChirpStack uplinks."""

LEDGER_IN_MEMORY_BYTES = 256 << 10
"""Those who keep up find the ledger decoded in ``LedgerTail``; this is for one that has just missed it."""
LEDGER_UNSYNCED_BYTES = 512 << 10

QUOTA_MEND = "raise quota_bytes, mend the sink that lags, or take it out of citygate.toml"


class Logs(msgspec.Struct):
    """``intake``: what was received, shown to readers once it is synced. ``ledger``: what became of it."""

    folder: Path
    intake: Log
    ledger: Log

    @classmethod
    def open(cls, config: Config, events: Events) -> "Logs":
        """Open both for writing. Raises JournalError (locked, another format) and OSError."""
        folder = config.gateway.state_dir
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        intake = Log.open(
            folder / "intake",
            name="intake",
            options=options_of(config.intake, "synced"),
            on_notice=lambda notice: announce(notice, events),
        )
        ledger = Log.open(
            folder / "ledger",
            name="ledger",
            options=ledger_options(config.ledger),
            floor=max(highest_cursor(folder), highest_in_snapshot(folder), position_in(folder / ANALYTICS_FILE)),
            on_notice=lambda notice: announce(notice, events),
        )
        return cls(folder, intake, ledger)

    async def close(self) -> None:
        """Write what waits, close the files, give the locks back."""
        await self.ledger.close()
        await self.intake.close()


def options_of(table: LogTable, readable: str) -> LogOptions:
    """Sizes as the operator wrote them."""
    return LogOptions(
        segment_bytes=table.segment_bytes,
        quota_bytes=table.quota_bytes,
        tail_bytes=IN_MEMORY_BYTES,
        unsynced_bytes=IN_MEMORY_BYTES,
        readable="synced" if readable == "synced" else "written",
    )


def ledger_options(table: LogTable) -> LogOptions:
    """The same for the ledger, of which less is kept in memory."""
    options = options_of(table, "written")
    return msgspec.structs.replace(options, tail_bytes=LEDGER_IN_MEMORY_BYTES, unsynced_bytes=LEDGER_UNSYNCED_BYTES)


def cursor_file(folder: Path, sink_id: str) -> Path:
    """Where a sink's cursor lives: it belongs to the sink's id, not to its address."""
    return folder / "cursors" / f"{sink_id}.cursor"


def highest_cursor(folder: Path) -> int:
    """The highest ledger number that any cursor mentions: the ledger's next number must lie above it."""
    highest = 0
    for file in (folder / "cursors").glob("*.cursor"):
        cursor = CursorFile(file)
        highest = max(highest, cursor.load())
        cursor.close()
    return highest


def highest_in_snapshot(folder: Path) -> int:
    """The ledger number that refine's snapshot speaks of; 0 where there is none."""
    snapshot = load_snapshot(folder / SNAPSHOT_FILE)
    return snapshot.ledger_upto if snapshot else 0


def announce(notice: notices.Notice, events: Events) -> None:
    """Say what the journal noticed as a named event."""
    match notice:
        case notices.Recovered():
            if notice.torn_bytes or notice.quarantined_files:
                events.emit(LogRecovered(notice.log, notice.torn_bytes, notice.corrupt_entries))
            if notice.corrupt_entries:
                where = "found at start; its bytes are in quarantine/"
                events.emit(LogCorruption(log=notice.log, entries=notice.corrupt_entries, where=where))
        case notices.Corrupted():
            events.emit(LogCorruption(log=notice.log, entries=notice.entries, where=notice.where))
        case notices.Expired():
            events.counts[f"expired.{notice.log}"] += notice.entries
            events.emit(LogExpired(log=notice.log, entries=notice.entries, first=notice.first, last=notice.last))
        case notices.QuotaFilled():
            events.emit(QuotaReached(log=notice.log, percent=notice.percent, mend=QUOTA_MEND))
        case notices.SegmentAbandoned():
            events.emit(LogSegmentAbandoned(log=notice.log, where=notice.where, entries=notice.entries, why=notice.why))
        case notices.DiskFull():
            events.emit(LogDiskFull(log=notice.log, waiting_entries=notice.waiting_entries, why=notice.why))
        case notices.RewriteFailed():
            events.emit(LogRewriteFailed(log=notice.log, where=notice.where, why=notice.why))
