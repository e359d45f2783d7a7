"""Refine a stretch of the past again: a codec fixed later, a device accepted later.

    intake [first, last] ──▶ process with today's knowledge ──▶ ledger, as corrections (higher number wins)

Laws
- What was a Duplicate stays one: its original speaks for it.
- An observation that the new outcome no longer holds is carried once more as ``retracted``; sinks mark or remove it.
- Nothing is skipped because it looks unchanged: a replay also delivers again. Identities make that harmless.
- Works in stretches, so that live refining goes on between them.
"""

import asyncio
from array import array
from collections.abc import Callable

import msgspec

from gateway.events import Events, ReplayFinished
from gateway.ingest import decode_received
from gateway.journal.log import Entry, Log
from gateway.progress import KIND_CORRECTION, decode_ledger, outcome_word, outcomes_after
from gateway.refine import Refine
from pipelines.model import Accepted, Duplicate, Observation, Outcome, Rejected
from pipelines.process import Memory, Waiting, process

STRETCH = 20_000
PAUSE_EVERY = 200


class ReplayReport(msgspec.Struct, frozen=True):
    """What a replay did: entries looked at, outcomes that differ from before, observations retracted."""

    first: int
    last: int
    refined: int
    changed: int
    retracted: int


class Replay:
    """One replay at a time, beside live refining, in the same loop."""

    def __init__(self, refine: Refine, events: Events) -> None:
        self._refine = refine
        self._events = events

    async def run(
        self,
        first: int,
        last: int,
        *,
        wanted: Callable[[Outcome], bool] = lambda _before: True,
        on_progress: Callable[[int], None] = lambda _number: None,
    ) -> ReplayReport:
        """Refine intake entries ``first`` to ``last`` (both included) again, those whose outcome is ``wanted``."""
        last = min(last, self._refine.progress.position)
        first = max(first, self._refine.intake.oldest_number)
        refined = changed = retracted = 0
        memory = Memory()
        for start in range(first, last + 1, STRETCH):
            end = min(start + STRETCH - 1, last)
            earlier = await self._earlier(start, end)
            number = start
            while entries := self._refine.intake.read(number, max_entries=PAUSE_EVERY, upto=end):
                for entry in entries:
                    before = self._outcome(earlier[entry.number - start])
                    if before is None or isinstance(before, Duplicate) or not wanted(before):
                        continue
                    refined += 1
                    outcomes = self._again(entry, before, memory)
                    changed += outcomes[-1] != before
                    retracted += sum(map(count_retracted, outcomes))
                    self._replace(before, outcomes)
                number = entries[-1].number + 1
                on_progress(number - 1)
                await self._refine.ledger.commit(sync=False)  # else sinks would see it with the next live message only
                await asyncio.sleep(0)
        report = ReplayReport(first, last, refined, changed, retracted)
        self._events.emit(ReplayFinished(first=first, last=last, changed=changed, retracted=retracted))
        return report

    async def _earlier(self, start: int, end: int) -> "array[int]":
        """Ledger number of the newest outcome of each intake number in the stretch; 0 where there is none."""
        numbers = array("Q", bytes(8 * (end - start + 1)))
        for step, (number, _kind, outcome) in enumerate(outcomes_after(self._refine.ledger, 0)):
            if start <= outcome.of <= end:
                numbers[outcome.of - start] = number
            if step % 2_000 == 0:
                await asyncio.sleep(0)
        return numbers

    def _outcome(self, number: int) -> Outcome | None:
        entries = self._refine.ledger.read(number, max_entries=1) if number else []
        if not entries or entries[0].number != number:
            return None
        outcome = decode_ledger(entries[0].payload)
        return outcome if isinstance(outcome, Accepted | Rejected | Duplicate) else None

    def _again(self, entry: Entry, before: Outcome, memory: Memory) -> list[Outcome]:
        result = process(entry.number, decode_received(entry.payload), self._refine.knowledge, memory)
        if isinstance(result, Waiting):
            return [before]
        gone = retractions(before, result)
        if not gone:
            return [result]
        if isinstance(result, Accepted):
            return [msgspec.structs.replace(result, observations=(*result.observations, *gone))]
        assert isinstance(before, Accepted)
        return [msgspec.structs.replace(before, observations=gone, link=None), result]

    def _replace(self, before: Outcome, outcomes: list[Outcome]) -> None:
        self._refine.write(outcomes, KIND_CORRECTION)
        counts = self._refine.progress.counts
        counts[outcome_word(before)] -= 1
        counts[outcome_word(outcomes[-1])] += 1
        if isinstance(before, Rejected) and isinstance(outcomes[-1], Accepted):
            self._refine.progress.memory.absorb(outcomes[-1])


def retractions(before: Outcome, after: Outcome) -> tuple[Observation, ...]:
    """The observations of ``before`` whose identity ``after`` does not hold, marked ``retracted``."""
    if not isinstance(before, Accepted):
        return ()
    kept = {identity(observation) for observation in after.observations} if isinstance(after, Accepted) else set()
    return tuple(
        msgspec.structs.replace(observation, quality="retracted")
        for observation in before.observations
        if observation.quality != "retracted" and identity(observation) not in kept
    )


def identity(observation: Observation) -> tuple[str, str, int, int]:
    """What makes two observations of one device the same one."""
    return observation.feature, observation.property, observation.time_ns, observation.interval_ns


def count_retracted(outcome: Outcome) -> int:
    """How many observations an outcome takes back."""
    if not isinstance(outcome, Accepted):
        return 0
    return sum(observation.quality == "retracted" for observation in outcome.observations)


async def first_number_since(intake: Log, since_ns: int) -> int:
    """The first intake number received at or after an instant; one past the end where there is none."""
    number = intake.oldest_number
    while entries := intake.read(number, max_entries=500):
        if decode_received(entries[-1].payload).received_ns >= since_ns:
            for entry in entries:
                if decode_received(entry.payload).received_ns >= since_ns:
                    return entry.number
        number = entries[-1].number + 1
        await asyncio.sleep(0)
    return intake.next_number
