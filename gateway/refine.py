"""The second loop: intake ▸ identify ▸ decode ▸ normalise ▸ screen ▸ ledger.

Laws
- A pure function of intake, profiles and devices: the ledger can always be rebuilt from the intake.
- Reads only what is durable. Never holds up an acknowledgement; never raises for what an entry says.
- An entry that must wait (no trusted clock) waits by number; those behind it go on.
- An entry that kills the process is set aside by the breadcrumb at the next start: no crash loop.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from gateway.breadcrumb import Breadcrumb
from gateway.clock import Clock
from gateway.events import ClockTrusted, EntryCrashed, Events
from gateway.ingest import decode_received
from gateway.journal.log import Entry, Log
from gateway.progress import KIND_FIRST, SNAPSHOT_FILE, Progress, outcome_word
from pipelines.model import Outcome, Received, Rejected
from pipelines.process import Knowledge, Waiting, process

BATCH = 500
GATHER_S = 0.1
SNAPSHOT_EVERY_S = 60.0

_encode = msgspec.msgpack.Encoder().encode


class Refine:
    """Turns intake entries into outcomes. ``knowledge`` is replaced whole when devices or pilots are reloaded."""

    def __init__(
        self,
        intake: Log,
        ledger: Log,
        progress: Progress,
        *,
        knowledge: Knowledge,
        folder: Path,
        clock: Clock,
        events: Events,
        on_outcomes: Callable[[int, Sequence[Outcome], int], None] = lambda _first, _outcomes, _kind: None,
    ) -> None:
        self.intake = intake
        self.ledger = ledger
        self.progress = progress
        self.knowledge = knowledge
        self.snapshot_file = folder / SNAPSHOT_FILE
        self._clock = clock
        self._events = events
        self._on_outcomes = on_outcomes
        self._breadcrumb = Breadcrumb(folder)
        self._snapshot_due_ns = 0

    async def run(self) -> None:
        """Refine for ever, in order of receipt."""
        self._set_crashed_aside()
        while True:
            await self.intake.wait_past(self.progress.position)
            await self.refine_what_is_there()
            await self.ledger.commit(sync=False)
            await self._snapshot_when_due()
            await asyncio.sleep(GATHER_S)  # wake-ups cost more than the work: let the next entries gather

    async def refine_what_is_there(self) -> None:
        """Refine to the end of the intake, giving sources and sinks the loop between batches."""
        while await self.refine_some():  # noqa: ASYNC110 - not waiting for something: sharing the loop
            await asyncio.sleep(0)

    async def refine_some(self) -> int:
        """Give the next entries their outcomes; returns how many entries were read."""
        entries = await self.intake.fetch(self.progress.position + 1, max_entries=BATCH)
        if not entries:
            return 0
        done = self.progress.done
        fresh = [entry for entry in entries if entry.number not in done] if done else entries
        outcomes: list[Outcome] = []
        for entry in fresh:
            result = self._refine_one(entry, decode_received(entry.payload))
            if isinstance(result, Waiting):
                self.progress.waiting.append(entry.number)
            else:
                outcomes.append(result)
        self._breadcrumb_done()
        self.write(outcomes)
        self.progress.advance(entries[-1].number)
        return len(entries)

    def write(self, outcomes: Sequence[Outcome], kind: int = KIND_FIRST) -> None:
        """Append outcomes to the ledger, count them, and show them to who listens."""
        if not outcomes:
            return
        first = self.ledger.append([_encode(outcome) for outcome in outcomes], kind)
        self.progress.ledger_upto = first + len(outcomes) - 1
        if kind == KIND_FIRST:
            counts = self.progress.counts
            for outcome in outcomes:
                counts[outcome_word(outcome)] += 1
        self._on_outcomes(first, outcomes, kind)

    def release_waiting(self) -> int:
        """The clock is trusted now: give the entries that waited for it their outcome. Returns how many."""
        numbers, self.progress.waiting = self.progress.waiting, []
        for number in numbers:
            entries = self.intake.read(number, max_entries=1)
            if entries and entries[0].number == number:
                received = self._stamp(decode_received(entries[0].payload))
                result = process(number, received, self.knowledge, self.progress.memory)
                if isinstance(result, Waiting):
                    self.progress.waiting.append(number)
                else:
                    self.write([result])
        released = len(numbers) - len(self.progress.waiting)
        if released:
            self._events.emit(ClockTrusted(released=released))
        return released

    def facts(self) -> dict[str, int]:
        """For status: outcomes so far (over all runs), what waits for a clock, what is still unread."""
        progress = self.progress
        unread = max(0, self.intake.durable_number - progress.position)
        waiting = len(progress.waiting)
        return {"position": progress.position, **progress.counts, "waiting": waiting, "unread": unread}

    async def stop(self) -> None:
        """Sync the ledger, keep the snapshot, and mark the end as clean."""
        await self.ledger.commit()
        self.progress.save(self.snapshot_file)
        self._breadcrumb.end_cleanly()

    def _refine_one(self, entry: Entry, received: Received) -> Outcome | Waiting:
        if self._breadcrumb.careful_left:
            self._breadcrumb.careful_left -= 1
            self._breadcrumb.drop(entry.number)
        return process(entry.number, received, self.knowledge, self.progress.memory)

    def _breadcrumb_done(self) -> None:
        if self._breadcrumb.careful_left:
            self._breadcrumb.clear()

    def _set_crashed_aside(self) -> None:
        number, self._breadcrumb.found = self._breadcrumb.found, 0
        if number <= self.progress.position or number in self.progress.done:
            return
        entries = self.intake.read(number, max_entries=1)
        if entries and entries[0].number == number:
            received = decode_received(entries[0].payload)
            detail = "the gateway died while it refined this entry; report it with these bytes"
            self.write([Rejected("crashed", detail, of=number, received_ns=received.received_ns)])
            self.progress.done.add(number)
            self._events.emit(EntryCrashed(number=number))

    def _stamp(self, received: Received) -> Received:
        """Give an entry of this boot its wall time from the monotonic clock; leave one of an earlier boot alone."""
        if received.boot != self._clock.boot or self._clock.quality() != "trusted":
            return received
        age_ns = self._clock.monotonic_ns() - received.monotonic_ns
        wall_ns = self._clock.wall_ns() - age_ns
        return msgspec.structs.replace(received, received_ns=wall_ns, clock="trusted")

    async def _snapshot_when_due(self) -> None:
        if self._clock.monotonic_ns() < self._snapshot_due_ns:
            return
        self._snapshot_due_ns = self._clock.monotonic_ns() + int(SNAPSHOT_EVERY_S * 1e9)
        await self.ledger.commit()
        self.progress.save(self.snapshot_file)
