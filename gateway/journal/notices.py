"""What the journal has to tell, without knowing who listens. The composition root turns these into events."""

from collections.abc import Callable

import msgspec


class Recovered(msgspec.Struct, frozen=True):
    """The log was opened. ``torn_bytes`` at unclosed ends were cut and set aside.

    ``corrupt_entries``: numbers missing between whole ones there: damage, or a power cut that wrote out of order.
    ``clean`` is true when every segment had been closed: an orderly stop came before.
    """

    log: str
    torn_bytes: int
    corrupt_entries: int
    quarantined_files: int
    seconds: float
    clean: bool


class Corrupted(msgspec.Struct, frozen=True):
    """Storage gave back other bytes than were written. Each loss is told once, here or in Recovered."""

    log: str
    entries: int
    where: str


class Expired(msgspec.Struct, frozen=True):
    """Whole segments were given up, oldest first. ``held`` is true when a pin kept the log above its quota."""

    log: str
    entries: int
    first: int
    last: int
    size_bytes: int
    held: bool


class QuotaFilled(msgspec.Struct, frozen=True):
    """The log's size passed a mark of 50, 80 or 95 percent of its quota."""

    log: str
    percent: int


class SegmentAbandoned(msgspec.Struct, frozen=True):
    """A write or fsync failed; the unsynced entries were put into a new segment under their own numbers."""

    log: str
    where: str
    entries: int
    why: str


class DiskFull(msgspec.Struct, frozen=True):
    """No space: the ballast is freed, the entries wait in memory."""

    log: str
    waiting_entries: int
    why: str


class RewriteFailed(msgspec.Struct, frozen=True):
    """Compression of a segment failed; it stays as it was and is tried again when the next one closes."""

    log: str
    where: str
    why: str


Notice = Recovered | Corrupted | Expired | QuotaFilled | SegmentAbandoned | DiskFull | RewriteFailed
OnNotice = Callable[[Notice], None]


class JournalError(OSError):
    """The log cannot go on as it is; the text says how to mend it."""


class LogFullError(JournalError):
    """No space left. Nothing is lost: the entries wait in memory, and the next commit tries again."""


class LogLockedError(JournalError):
    """Another process writes this log."""


class LogFormatError(JournalError):
    """The directory holds another format version, or another log."""
