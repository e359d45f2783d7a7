"""Ledger entries decoded once for all sinks: those that keep up share the newest, one that lags decodes its own.

Bound: ``keep`` of the newest entries and up to a sixth more (some 1.5 KiB each). Used by the loop only.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from gateway.journal.tail import Entry
from gateway.progress import KIND_CORRECTION
from pipelines.model import LedgerEntry, Revision

KEEP = 1_500
READ_MAX_BYTES = 4 << 20

_decode = msgspec.msgpack.Decoder(LedgerEntry).decode


class LedgerReader(Protocol):
    """What deliver needs of the ledger; ``gateway.journal.log.Log`` has it."""

    @property
    def oldest_number(self) -> int:
        """Lowest number that can still be read."""

    @property
    def next_number(self) -> int:
        """Number that the next entry will get."""

    async def fetch(self, start: int, *, max_entries: int = ..., max_bytes: int = ...) -> Sequence[Entry]:
        """Entries from ``start`` on, in order, at least one if there is one; a disk is waited for in a thread."""

    async def wait_past(self, number: int) -> None:
        """Return once an entry with a higher number can be read."""

    def append(self, entries: Sequence[bytes], kind: int = ...) -> int:
        """Append; returns the number of the first."""

    async def commit(self, *, sync: bool = ...) -> int:
        """Make what was appended readable, and durable where ``sync``."""


class Stretch(msgspec.Struct, frozen=True):
    """Consecutive revisions. Everything up to and with the number ``upto`` has been looked at."""

    revisions: Sequence[Revision]
    upto: int


class LedgerTail:
    """Reads revisions. ``counts["ledger_unreadable"]``: entries that a newer version wrote and this one cannot read."""

    def __init__(self, ledger: LedgerReader, counts: Counter[str], *, keep: int = KEEP) -> None:
        self.ledger = ledger
        self._counts = counts
        self._keep = keep
        self._held: list[Revision] = []
        self._from = self._to = 0  # everything readable in [_from, _to) is among _held

    async def read(self, start: int, max_entries: int) -> Stretch | None:
        """Up to ``max_entries`` entries from ``start`` on, in ledger order; None at the end of the ledger."""
        if self._from <= start < self._to:
            first = bisect_left(self._held, start, key=_number)
            revisions = self._held[first : first + max_entries]
            at_end = first + max_entries >= len(self._held)
            return Stretch(revisions, self._to - 1 if at_end else revisions[-1].number)
        entries = await self.ledger.fetch(start, max_entries=max_entries, max_bytes=READ_MAX_BYTES)
        if not entries:
            return None
        stretch = Stretch(self._decoded(entries), entries[-1].number)
        if start >= self._to:  # another sink may have read it meanwhile
            self._hold(start, stretch)
        return stretch

    def put(self, first: int, entries: Sequence[LedgerEntry], kind: int) -> None:
        """Take entries as they are appended, from number ``first`` on: whoever keeps up need not decode them."""
        is_first = kind != KIND_CORRECTION
        revisions = [Revision(number, entry, is_first) for number, entry in enumerate(entries, first)]
        self._hold(first, Stretch(revisions, first + len(entries) - 1))

    def forget(self) -> None:
        """After a purge: what is read next comes from the ledger itself."""
        self._held, self._from, self._to = [], 0, 0

    def _decoded(self, entries: Sequence[Entry]) -> list[Revision]:
        revisions = []
        for entry in entries:
            try:
                revisions.append(Revision(entry.number, _decode(entry.payload), entry.kind != KIND_CORRECTION))
            except msgspec.DecodeError:
                self._counts["ledger_unreadable"] += 1
        return revisions

    def _hold(self, start: int, stretch: Stretch) -> None:
        if start != self._to:
            self._held, self._from = [], start
        self._held += stretch.revisions
        self._to = stretch.upto + 1
        if len(self._held) > self._keep + self._keep // 6:
            del self._held[: -self._keep]
            self._from = self._held[0].number


def _number(revision: Revision) -> int:
    return revision.number


def first_position(start: Literal["oldest", "now"], ledger: LedgerReader) -> int:
    """Where the cursor of a sink that never had one begins: before everything, or behind it."""
    return ledger.oldest_number - 1 if start == "oldest" else ledger.next_number - 1
