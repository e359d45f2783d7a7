"""Refine a stretch of the past again: a codec fixed later, a device accepted later.

    intake [first, last] ──▶ process with today's knowledge ──▶ difference ──▶ ledger, as corrections

Laws
- The higher ledger number wins. What was a Duplicate stays one: its original speaks for it.
- An observation that the new outcome no longer holds is carried once more as ``retracted``; sinks mark or remove it.
- Nothing is skipped because it looks unchanged: a replay also delivers again. Identities make that harmless.
- Where a codec cannot be run just now, what was said before stays: a replay takes nothing back for want of a worker.
- Works in stretches, so that live refining goes on between them. A dry run does all of it but write.
- Devices are judged with a memory of what came before the stretch, as they were the first time.
"""

import asyncio
from array import array
from collections.abc import AsyncGenerator, Callable

import msgspec

from gateway.ask_codec import ask_codec
from gateway.events import Events, ReplayFinished
from gateway.ingest import decode_received
from gateway.journal.log import Entry, Log
from gateway.progress import KIND_CORRECTION, outcome_word, read_ledger
from gateway.refine import Refine
from pipelines.difference import Difference, retractions, without_retracted
from pipelines.model import Accepted, Duplicate, Outcome, Rejected
from pipelines.process import Behind, Knowledge, Memory, NeedsCodec, Waiting, process

STRETCH = 1_000_000
"""Intake entries for which the ledger is read through once; their newest outcomes' numbers take 8 bytes each."""
PAUSE_EVERY = READ_AHEAD = 200
REMEMBERED = 5_000
"""Entries before the first one whose outcomes the memory takes in: spikes, lateness and frames are judged by them."""


class ReplayReport(msgspec.Struct, frozen=True):
    """What a replay did: entries looked at, outcomes that differ from before, observations retracted."""

    first: int
    last: int
    refined: int
    changed: int
    retracted: int


class Replay:
    """One replay at a time, beside live refining. ``difference`` and ``report`` tell what it found."""

    def __init__(
        self, refine: Refine, events: Events, *, knowledge: Knowledge | None = None, write: bool = True
    ) -> None:
        """``knowledge``: another than refine's, for a look ahead. ``write`` false: only look."""
        self.difference = Difference()
        self._refine = refine
        self._events = events
        self._knowledge = knowledge or refine.knowledge
        self._write = write
        self._counts = [0, 0, 0]
        self._range = (0, 0)
        self._read_ahead: dict[int, bytes] = {}

    @property
    def report(self) -> ReplayReport:
        """What was done so far."""
        return ReplayReport(*self._range, *self._counts)

    async def run(
        self, first: int, last: int, *, wanted: Callable[[Outcome], bool] = lambda _before: True
    ) -> AsyncGenerator[int, None]:
        """Refine intake entries ``first`` to ``last`` (both included) again, those whose outcome is ``wanted``.

        Yields the number of the last entry that was passed, every few hundred. Raises JournalError.
        """
        refine = self._refine
        last = min(last, refine.progress.position)
        first = max(first, refine.intake.oldest_number)
        self._range = (first, last)
        if first > last:
            return
        memory = await self._remembered(first)
        for start in range(first, last + 1, STRETCH):
            end = min(start + STRETCH - 1, last)
            earlier = await self._earlier(start, end)
            number = start
            while entries := await refine.intake.fetch(number, max_entries=PAUSE_EVERY, upto=end):
                for entry in entries:
                    before = await self._outcome(earlier[entry.number - start])
                    if before is None or isinstance(before, Duplicate):
                        continue
                    if wanted(before):
                        await self._look_again(entry, before, memory)
                    else:
                        memory.absorb(before)
                number = entries[-1].number + 1
                if self._write:  # else sinks would see it with the next live message only
                    await refine.ledger.commit(sync=False)
                yield number - 1
                await asyncio.sleep(0)
        if self._write:
            _, changed, retracted = self._counts
            self._events.emit(ReplayFinished(first=first, last=last, changed=changed, retracted=retracted))

    async def _look_again(self, entry: Entry, before: Outcome, memory: Memory) -> None:
        after = await self._again(entry, memory) or before
        gone = retractions(before, after)
        self.difference.note(before, after)
        self._counts[0] += 1
        self._counts[1] += after != without_retracted(before)
        self._counts[2] += len(gone)
        if not self._write:
            return
        outcomes = [after]
        if gone and isinstance(after, Accepted):
            outcomes = [msgspec.structs.replace(after, observations=(*after.observations, *gone))]
        elif gone:
            assert isinstance(before, Accepted)
            outcomes = [msgspec.structs.replace(before, observations=gone, link=None), after]
        self._replace(before, outcomes)

    async def _again(self, entry: Entry, memory: Memory) -> Outcome | None:
        """The outcome of today; None where it cannot be known now (no clock, no codec worker): what was, stays."""
        received = decode_received(entry.payload)
        result = process(entry.number, received, self._knowledge, memory)
        while isinstance(result, NeedsCodec):
            answer = await ask_codec(self._refine.asked.codecs, result.call)
            if answer.ending in ("unavailable", "quarantined"):
                return None
            result = process(entry.number, received, self._knowledge, memory, answer=answer)
        return None if isinstance(result, Waiting | Behind) else result

    def _replace(self, before: Outcome, outcomes: list[Outcome]) -> None:
        self._refine.write(outcomes, KIND_CORRECTION)
        counts = self._refine.progress.counts
        counts[outcome_word(before)] -= 1
        counts[outcome_word(outcomes[-1])] += 1
        if isinstance(before, Rejected) and isinstance(outcomes[-1], Accepted):
            self._refine.progress.memory.absorb(outcomes[-1])

    async def _remembered(self, first: int) -> Memory:
        """The memory as the outcomes of the last entries before ``first`` make it."""
        memory = Memory()
        start = max(first - REMEMBERED, self._refine.intake.oldest_number)
        if start < first:
            for number in await self._earlier(start, first - 1):
                outcome = await self._outcome(number)
                if outcome is not None:
                    memory.absorb(outcome)
        return memory

    async def _earlier(self, start: int, end: int) -> "array[int]":
        """Ledger number of the newest outcome of each intake number in the stretch; 0 where there is none."""
        ledger = self._refine.ledger
        numbers = array("Q", bytes(8 * (end - start + 1)))
        following = ledger.oldest_number
        while entries := await ledger.fetch(following, max_entries=1_000):
            for entry in entries:
                outcome = read_ledger(entry.payload)
                if isinstance(outcome, Accepted | Rejected | Duplicate) and start <= outcome.of <= end:
                    numbers[outcome.of - start] = entry.number
            following = entries[-1].number + 1
            await asyncio.sleep(0)
        return numbers

    async def _outcome(self, number: int) -> Outcome | None:
        """The outcome at a ledger number. Outcomes lie mostly in intake order, so the next ones are read with it."""
        if number not in self._read_ahead:
            entries = await self._refine.ledger.fetch(number, max_entries=READ_AHEAD) if number else []
            self._read_ahead = {entry.number: entry.payload for entry in entries}
        payload = self._read_ahead.get(number)
        outcome = None if payload is None else read_ledger(payload)
        return outcome if isinstance(outcome, Accepted | Rejected | Duplicate) else None


async def first_number_since(intake: Log, since_ns: int) -> int:
    """The first intake number received at or after an instant; one past the end where there is none."""
    number = intake.oldest_number
    while entries := await intake.fetch(number, max_entries=500):
        if decode_received(entries[-1].payload).received_ns >= since_ns:
            for entry in entries:
                if decode_received(entry.payload).received_ns >= since_ns:
                    return entry.number
        number = entries[-1].number + 1
        await asyncio.sleep(0)
    return intake.next_number
