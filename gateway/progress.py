"""What refine has done: its position in the intake, what still waits, the memory of devices, and the counts.

    snapshot file  +  ledger entries after it  =  Progress        (so a crash costs a short read, never an outcome)

Laws
- The ledger decides. A snapshot only saves reading: it is written after the ledger it speaks of was synced.
- ``position``: every intake entry up to it has an outcome in the ledger or is among ``waiting`` (for the clock) or
  ``asked`` (at its codec, or behind one of its device that is). In a snapshot both are ``waiting``.
- ``done`` holds the numbers beyond the position that already have an outcome; they are skipped once, then forgotten.
"""

import os
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from gateway.journal.log import Log
from pipelines.model import Accepted, Duplicate, LedgerEntry, Outcome, Rejected
from pipelines.process import Memory

SNAPSHOT_VERSION = 1
MAX_NUMBER = 2**63
SNAPSHOT_FILE = "refine.snapshot"

KIND_FIRST = 1
"""Ledger kind of an outcome that is the first for its intake number, and of entries that have none."""
KIND_CORRECTION = 2
"""Ledger kind of an outcome that replaces an earlier one."""

_decode_ledger = msgspec.msgpack.Decoder(LedgerEntry).decode
_encode = msgspec.msgpack.Encoder().encode


def decode_ledger(payload: bytes) -> LedgerEntry:
    """A ledger entry's payload. Raises msgspec.DecodeError on foreign bytes."""
    entry: LedgerEntry = _decode_ledger(payload)
    return entry


def read_ledger(payload: bytes) -> LedgerEntry | None:
    """The same, or None for what a newer version of the gateway wrote: it is passed over, not stumbled upon."""
    try:
        return decode_ledger(payload)
    except msgspec.DecodeError:
        return None


class NumberRuns:
    """A set of numbers that mostly come in a row: ``runs`` of (first, last), rising. A million cost one pair."""

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self.runs = list(runs)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.runs, (number, MAX_NUMBER)) - 1
        return place >= 0 and number <= self.runs[place][1]

    def __bool__(self) -> bool:
        return bool(self.runs)

    def add(self, number: int) -> None:
        """Take in a number; next to the last run, as nearly always, at once."""
        if number in self:
            return
        runs = self.runs
        place = bisect_right(runs, (number, MAX_NUMBER))
        first = last = number
        if place < len(runs) and runs[place][0] == number + 1:
            last = runs.pop(place)[1]
        if place and runs[place - 1][1] == number - 1:
            place -= 1
            first = runs.pop(place)[0]
        runs.insert(place, (first, last))

    def forget_upto(self, number: int) -> None:
        """Drop the runs that end at or below a number."""
        while self.runs and self.runs[0][1] <= number:
            del self.runs[0]


class Snapshot(msgspec.Struct, frozen=True):
    """The file's content: a ledger number and everything that follows from the ledger up to it."""

    version: int
    ledger_upto: int
    position: int
    waiting: list[int]
    done: list[tuple[int, int]]
    counts: dict[str, int]
    memory: bytes


_decode_snapshot = msgspec.msgpack.Decoder(Snapshot).decode


class Progress:
    """Refine's state, rebuilt at start and advanced with every outcome."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.position = 0
        self.waiting: list[int] = []
        """Rising: entries that wait for the clock."""
        self.asked: set[int] = set()
        self.done = NumberRuns()
        self.counts = {"accepted": 0, "rejected": 0, "duplicate": 0}
        self.ledger_upto = 0

    @classmethod
    def recover(cls, file: Path, ledger: Log, *, oldest: int = 1) -> "Progress":
        """Read the snapshot, then the ledger behind it. An unreadable snapshot means reading the whole ledger.

        ``oldest``: the lowest intake number there still is; what came before needs no outcome any more.
        """
        progress = cls(Memory())
        waiting: set[int] = set()
        snapshot = load_snapshot(file)
        memory = memory_in(snapshot)
        if snapshot is not None and memory is not None and snapshot.ledger_upto < ledger.next_number:
            progress.memory = memory
            progress.position = snapshot.position
            waiting.update(snapshot.waiting)
            progress.done = NumberRuns(snapshot.done)
            progress.counts = dict(snapshot.counts)
            progress.ledger_upto = snapshot.ledger_upto
        for number, kind, outcome in outcomes_after(ledger, progress.ledger_upto):
            progress.ledger_upto = number
            if kind == KIND_FIRST:
                progress.note(outcome)
                waiting.discard(outcome.of)
                progress.memory.absorb(outcome)
        progress.waiting = sorted(waiting)
        runs = progress.done.runs
        if runs and runs[0][0] <= max(progress.position + 1, oldest):
            progress.advance(runs[0][1])
        return progress

    def note(self, outcome: Outcome) -> None:
        """Count a first outcome that is in the ledger; remember it if it lies beyond the position."""
        self.counts[outcome_word(outcome)] += 1
        if outcome.of > self.position:
            self.done.add(outcome.of)

    def advance(self, number: int) -> None:
        """Every entry up to ``number`` has an outcome or waits."""
        self.position = number
        self.done.forget_upto(number)

    def pack(self) -> bytes:
        """The snapshot of this moment, for ``write_snapshot`` once the ledger of this moment is synced."""
        snapshot = Snapshot(
            SNAPSHOT_VERSION,
            self.ledger_upto,
            self.position,
            sorted({*self.waiting, *self.asked}),
            self.done.runs,
            self.counts,
            self.memory.snapshot(),
        )
        body = _encode(snapshot)
        return zlib.crc32(body).to_bytes(4, "big") + body


def write_snapshot(file: Path, packed: bytes) -> None:
    """Write it beside the old one and put it in its place. Raises OSError; the old one is whole then."""
    fresh = file.with_suffix(".fresh")
    with fresh.open("wb") as out:
        out.write(packed)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def load_snapshot(file: Path) -> Snapshot | None:
    """The snapshot, or None where there is none that can be trusted (missing, torn, of another version)."""
    try:
        raw = file.read_bytes()
        if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
            return None
        snapshot = _decode_snapshot(raw[4:])
    except (OSError, msgspec.DecodeError):
        return None
    return snapshot if snapshot.version == SNAPSHOT_VERSION else None


def memory_in(snapshot: Snapshot | None) -> Memory | None:
    """The memory of devices in a snapshot; None where an earlier version of the gateway wrote another form."""
    try:
        return Memory.restore(snapshot.memory) if snapshot else None
    except (msgspec.DecodeError, TypeError, ValueError):
        return None


def outcomes_after(ledger: Log, number: int) -> Iterator[tuple[int, int, Outcome]]:
    """Every Accepted, Rejected and Duplicate after a ledger number, as (ledger number, kind, outcome)."""
    number = max(number + 1, ledger.oldest_number)
    while entries := ledger.read(number, max_entries=1_000):
        for entry in entries:
            outcome = read_ledger(entry.payload)
            if isinstance(outcome, Accepted | Rejected | Duplicate):
                yield entry.number, entry.kind, outcome
        number = entries[-1].number + 1


def outcome_word(outcome: Outcome) -> str:
    """The counter that an outcome belongs to."""
    match outcome:
        case Accepted():
            return "accepted"
        case Rejected():
            return "rejected"
        case Duplicate():
            return "duplicate"
