"""The newest committed entries in memory, so that consumers who keep up never read the disk. Used by the loop only.

Bound: ``max_bytes`` of payload (plus 64 bytes an entry); the oldest batches go first.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

ENTRY_OVERHEAD_BYTES = 64  # a bytes object's head and its place in a list


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry of a log."""

    number: int
    kind: int
    payload: bytes


class Batch(NamedTuple):
    """Entries with rising numbers, as appended."""

    first: int
    kind: int
    payloads: Sequence[bytes]
    bytes: int

    @property
    def last(self) -> int:
        """Number of the last entry."""
        return self.first + len(self.payloads) - 1

    def after(self, number: int) -> "Batch":
        """The part with higher numbers."""
        payloads = self.payloads[number + 1 - self.first :]
        return Batch(number + 1, self.kind, payloads, sum(map(len, payloads)))


class Tail:
    """Batches in memory, gapless, oldest first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._batches: list[Batch] = []
        self._firsts: list[int] = []
        self._bytes = 0

    def starts_at_or_before(self, number: int) -> bool:
        """Whether everything from this number on is here."""
        return bool(self._firsts) and self._firsts[0] <= number

    def push(self, batch: Batch) -> None:
        """The next batch; lets go of the oldest beyond the bound."""
        if self._batches and self._batches[-1].last + 1 != batch.first:
            self.clear()
        self._batches.append(batch)
        self._firsts.append(batch.first)
        self._bytes += _held_bytes(batch)
        gone = 0
        while self._bytes > self._max_bytes and gone < len(self._batches):
            self._bytes -= _held_bytes(self._batches[gone])
            gone += 1
        if gone:
            del self._batches[:gone], self._firsts[:gone]

    def clear(self) -> None:
        """Forget all: after a purge, reads go to the disk."""
        self._batches, self._firsts, self._bytes = [], [], 0

    def read(self, start: int, *, upto: int, max_entries: int, max_bytes: int) -> list[Entry]:
        """Entries from ``start`` on, at least one if there is one."""
        entries: list[Entry] = []
        room = max_bytes
        for batch in self._batches[max(0, bisect_right(self._firsts, start) - 1) :]:
            if batch.first > upto:
                break
            skip = max(0, start - batch.first)
            payloads = batch.payloads[skip : min(upto + 1 - batch.first, skip + max_entries - len(entries))]
            number, kind = batch.first + skip, batch.kind
            if batch.bytes <= room:
                entries += [Entry(at, kind, payload) for at, payload in enumerate(payloads, number)]
                room -= sum(map(len, payloads)) if skip else batch.bytes
            else:
                for at, payload in enumerate(payloads, number):
                    entries.append(Entry(at, kind, payload))
                    room -= len(payload)
                    if room <= 0:
                        return entries
            if room <= 0 or len(entries) >= max_entries:
                break
        return entries


def _held_bytes(batch: Batch) -> int:
    return batch.bytes + ENTRY_OVERHEAD_BYTES * len(batch.payloads)
