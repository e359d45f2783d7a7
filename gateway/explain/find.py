"""Find a message in the logs: by its intake number, or the newest ones of a device. Reads beside the running gateway.

Laws
- The ledger is read backwards from its end: what a person asks about is nearly always recent.
- Of several outcomes of one intake number the one with the highest ledger number counts.
- Order is that of receipt: a replay of old messages does not make them the newest.
"""

from collections.abc import Collection, Iterator

import msgspec

from gateway.ingest import decode_received
from gateway.journal.tail import Entry
from gateway.journal.view import LogView
from gateway.progress import KIND_FIRST, decode_ledger
from pipelines.model import Accepted, Duplicate, Outcome, Received, Rejected

STRETCH = 4_000
STRETCH_BYTES = 64 << 20
HEAD_BYTES = 16
"""Within these lie the tag of an outcome and, where it was not rejected, its intake number: enough to pass over nearly
all others without decoding them."""

_number_bytes = msgspec.msgpack.Encoder().encode


class Found(msgspec.Struct, frozen=True):
    """One message. ``received`` is None where the intake has given it up; ``outcome`` None where there is none yet.

    ``revision`` is the outcome's ledger number; ``first`` false where it has replaced an earlier outcome.
    """

    number: int
    received: Received | None
    outcome: Outcome | None = None
    revision: int = 0
    first: bool = True


def by_number(intake: LogView, ledger: LogView, number: int) -> Found | None:
    """One intake entry with its newest outcome; None where neither log knows it."""
    received = received_at(intake, number)
    marks = (b"\xa1A" + _number_bytes(number), b"\xa1D" + _number_bytes(number), b"\xa1R")
    for entry in backwards(ledger):
        head = entry.payload[:HEAD_BYTES]
        if any(mark in head for mark in marks):
            outcome = decoded(entry)
            if outcome is not None and outcome.of == number:
                return Found(number, received, outcome, entry.number, entry.kind == KIND_FIRST)
    return None if received is None else Found(number, received)


def newest_of(intake: LogView, ledger: LogView, devices: Collection[str], count: int) -> list[Found]:
    """The newest messages of a device (in each spelling of its id), newest first; further receptions are left out."""
    marks = [device.encode() for device in devices]
    newest: dict[int, Found] = {}
    found: list[Found] = []
    for entry in backwards(ledger):
        if not any(mark in entry.payload for mark in marks):
            continue
        outcome = decoded(entry)
        if outcome is None or outcome.device not in devices:
            continue
        first = entry.kind == KIND_FIRST
        known = newest.setdefault(outcome.of, Found(outcome.of, None, outcome, entry.number, first))
        if first and not isinstance(known.outcome, Duplicate):
            found.append(msgspec.structs.replace(known, received=received_at(intake, outcome.of)))
            if len(found) == count:
                break
    return found


def received_at(intake: LogView, number: int) -> Received | None:
    """An intake entry as it was received; None where it is not kept any more."""
    entries = intake.read(number, max_entries=1, upto=number)
    return decode_received(entries[0].payload) if entries and entries[0].number == number else None


def backwards(log: LogView) -> Iterator[Entry]:
    """All entries of a log, the newest first."""
    end = log.next_number - 1
    while end >= log.oldest_number:
        start = max(log.oldest_number, end - STRETCH + 1)
        entries: list[Entry] = []
        at = start
        while at <= end and (more := log.read(at, max_entries=STRETCH, max_bytes=STRETCH_BYTES, upto=end)):
            entries += more
            at = more[-1].number + 1
        yield from reversed(entries)
        end = start - 1


def decoded(entry: Entry) -> Outcome | None:
    """The outcome in a ledger entry; None for entries of another sort and those of a newer version."""
    try:
        outcome = decode_ledger(entry.payload)
    except msgspec.DecodeError:
        return None
    return outcome if isinstance(outcome, Accepted | Rejected | Duplicate) else None
