"""Promise P16, counted from the logs themselves: nothing is anywhere but where these numbers say.

    intake entries = first outcomes (accepted + rejected + duplicate) + waiting + unread
    per sink: ledger entries it takes = settled (delivered or kept as refused) + pending

Both sides are counted independently: entries by reading the intake, outcomes by reading the ledger.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec

from gateway.deliver import Delivery
from gateway.journal.log import Log
from gateway.progress import KIND_FIRST, Progress, read_ledger
from pipelines.model import Accepted, Duplicate, Refused, Rejected


class SinkAudit(msgspec.Struct, frozen=True):
    """One sink's books. ``refused`` entries are in quarantine, with the server's words."""

    deliverable: int
    delivered: int
    refused: int
    pending: int
    expired: int


class Audit(msgspec.Struct, frozen=True):
    """The whole account. ``missing``: intake entries that ought to have an outcome and have none."""

    entries: int
    outcomes: int
    waiting: int
    unread: int
    missing: int
    twice: int
    sinks: dict[str, SinkAudit]

    @property
    def conserved(self) -> bool:
        """Whether the books balance."""
        return not self.missing and not self.twice and self.entries == self.outcomes + self.waiting + self.unread

    def reply(self) -> dict[str, object]:
        """For the control socket."""
        answer: dict[str, object] = msgspec.to_builtins(self)
        return answer | {"conserved": self.conserved}


async def audit(intake: Log, ledger: Log, progress: Progress, deliveries: Sequence[Delivery]) -> Audit:
    """Count both logs to the end, sharing the loop. What comes in meanwhile is not looked at. Raises JournalError.

    Entries up to ``position`` have their outcome in the ledger once it is written: that comes first.
    """
    position, waiting = progress.position, {*progress.waiting, *progress.asked}
    oldest, upto = intake.oldest_number, intake.readable_number
    await ledger.commit(sync=False)
    settled, twice = await _settled(ledger, oldest, upto)
    counts = Counter[str]()
    number = oldest
    while batch := await intake.fetch(number, max_entries=1_000, upto=upto):
        for entry in batch:
            if settled[entry.number - oldest]:
                counts["outcomes"] += 1
            elif entry.number in waiting:
                counts["waiting"] += 1
            else:
                counts["unread" if entry.number > position else "missing"] += 1
        number = batch[-1].number + 1
        await asyncio.sleep(0)
    sinks = {delivery.sink.id: await _audit_sink(ledger, delivery) for delivery in deliveries}
    entries = counts.total()
    return Audit(entries, counts["outcomes"], counts["waiting"], counts["unread"], counts["missing"], twice, sinks)


async def _settled(ledger: Log, oldest: int, upto: int) -> tuple[bytearray, int]:
    """One byte per intake number from ``oldest`` to ``upto``: it has a first outcome; and how many have another."""
    found = bytearray(max(0, upto + 1 - oldest))
    twice = 0
    number, last = ledger.oldest_number, ledger.readable_number
    while batch := await ledger.fetch(number, max_entries=1_000, upto=last):
        for entry in batch:
            outcome = read_ledger(entry.payload)
            if entry.kind != KIND_FIRST or not isinstance(outcome, Accepted | Rejected | Duplicate):
                continue
            if oldest <= outcome.of <= upto:
                twice += found[outcome.of - oldest]
                found[outcome.of - oldest] = 1
        number = batch[-1].number + 1
        await asyncio.sleep(0)
    return found, twice


async def _audit_sink(ledger: Log, delivery: Delivery) -> SinkAudit:
    position = delivery.position
    settled = pending = 0
    refused: set[int] = set()
    oldest, last = ledger.oldest_number, ledger.readable_number
    number = oldest
    while batch := await ledger.fetch(number, max_entries=1_000, upto=last):
        for entry in batch:
            item = read_ledger(entry.payload)
            if isinstance(item, Refused) and item.sink == delivery.sink.id and oldest <= item.revision <= position:
                refused.add(item.revision)  # a set: after a crash the same one may be refused again
            if isinstance(item, delivery.sink.takes):
                settled += entry.number <= position
                pending += entry.number > position
        number = batch[-1].number + 1
        await asyncio.sleep(0)
    delivered = settled - len(refused)
    return SinkAudit(settled + pending, delivered, len(refused), pending, delivery.expired)
