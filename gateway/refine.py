"""The second loop: intake ▸ identify ▸ decode ▸ normalise ▸ screen ▸ ledger.

Laws
- A pure function of intake, profiles and devices: the ledger can always be rebuilt from the intake.
- Reads only what is durable. Never holds up an acknowledgement; never raises for what an entry says.
- An entry that must wait (no trusted clock, a codec that is asked) waits by number; those behind it go on, except that
  the order of one device is kept while its codec is asked.
- An entry that kills the process is set aside by the breadcrumb, one that raises by the next run, or at once while
  housekeeping releases it: no crash loop.
- The ledger is written after every batch. So a kill costs one batch of work, and the next start finds the entry that
  killed near its beginning, where the breadcrumb is.
"""

import asyncio
import contextlib
import threading
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Container, Sequence
from pathlib import Path

import msgspec

from gateway.asked import MAX_ASKED, Asked
from gateway.breadcrumb import Breadcrumb
from gateway.clock import Clock
from gateway.codecs.codecs import Codecs
from gateway.events import ClockTrusted, EntryCrashed, Events
from gateway.ingest import decode_received
from gateway.journal.log import Log
from gateway.journal.notices import JournalError
from gateway.progress import KIND_FIRST, SNAPSHOT_FILE, Progress, outcome_word, write_snapshot
from pipelines.codec import CodecAnswer
from pipelines.model import Accepted, Duplicate, Outcome, Received, Rejected
from pipelines.process import Behind, Knowledge, NeedsCodec, Result, Waiting, process

BATCH = 500
GATHER_S = 0.1
PACE_S = 0.01
PACES = 5
"""So often at most it waits for sinks that catch up, after each batch: a slow one costs 50 ms for 500 entries."""
SNAPSHOT_EVERY_S = 60.0
LEDGER_PAUSE_S = 1.0
RELEASED_AT_ONCE = 1_000
"""So many entries that waited for the clock get their outcome in one go; the loop belongs to others too."""

EARLIER_BOOT = "received in an earlier boot, before the clock was set: its time cannot be known"

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
        codecs: Codecs | None = None,
        sinks_catch_up: Callable[[], bool] = lambda: False,
        on_outcomes: Callable[[int, Sequence[Outcome], int], None] = lambda _first, _outcomes, _kind: None,
    ) -> None:
        self.intake = intake
        self.ledger = ledger
        self.progress = progress
        self.knowledge = knowledge
        self.snapshot_file = folder / SNAPSHOT_FILE
        self._clock = clock
        self._events = events
        self._sinks_catch_up = sinks_catch_up
        self._on_outcomes = on_outcomes
        self.ledger_refuses = False
        """True while the ledger cannot be written: refine waits for space and is not stuck."""
        self.accepted = self.duplicates = 0
        """First outcomes since this process started; ``rejections`` by reason. The counts of ``progress`` span runs."""
        self.rejections: Counter[str] = Counter()
        self.asked = Asked(codecs)
        self._breadcrumb = Breadcrumb(folder)
        self._refining = 0
        self._saving = threading.Lock()
        self._snapshot_due_ns = 0

    async def run(self) -> None:
        """Refine for ever, in order of receipt."""
        self._set_crashed_aside()
        await self._take_up_waiting()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._answer_for_ever(), name="refine answers")
            while True:
                await self.intake.wait_past(self.progress.position)
                await self.refine_what_is_there()
                await self._snapshot_when_due()
                await asyncio.sleep(GATHER_S)  # wake-ups cost more than the work: let the next entries gather

    async def refine_what_is_there(self) -> None:
        """Refine to the end of the intake, giving sources and sinks the loop between batches.

        In a burst it does not run further ahead of the sinks than memory holds: they would have to read it all again.
        """
        while await self.refine_some():
            await self._commit()
            for _ in range(PACES):
                if not self._sinks_catch_up():
                    break
                await asyncio.sleep(PACE_S)
            while len(self.progress.asked) >= MAX_ASKED:
                await asyncio.sleep(PACE_S)
                self.take_answers()

    async def refine_some(self) -> int:
        """Give the next entries their outcomes; returns how many entries were read."""
        entries = await self.intake.fetch(self.progress.position + 1, max_entries=BATCH)
        if not entries:
            return 0
        done = self.progress.done
        fresh = [entry for entry in entries if entry.number not in done] if done else entries
        outcomes: list[Outcome] = []
        try:
            for entry in fresh:
                self._refining = entry.number
                received = decode_received(entry.payload)
                result = self._refine_one(entry.number, received, busy=self.asked.busy)
                if type(result) is Accepted:  # 27 ns for what nearly all are
                    outcomes.append(result)
                else:
                    self._place(entry.number, received, result, outcomes)
            self._refining = 0
        finally:  # should one raise, those before it keep their outcomes: the memory has taken them in already
            self.write(outcomes)
            self.progress.advance(self._refining - 1 if self._refining else entries[-1].number)
        self._breadcrumb.clear()
        return len(entries)

    def take_answers(self) -> None:
        """Give entries whose codec has answered their outcome, and those of their device behind them their turn."""
        outcomes: list[Outcome] = []
        try:
            while taken := self.asked.take():
                self._go_on(*taken, outcomes)
        finally:
            self.write(outcomes)
        self._breadcrumb.clear()

    async def settle(self, within_s: float) -> None:
        """Wait for codecs that are asked, but not longer; the rest has its outcome after the next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.progress.asked:
                    await self.asked.wait()
                    self.take_answers()
        await self._commit()

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
                if type(outcome) is Rejected:
                    self.rejections[outcome.reason] += 1
                elif type(outcome) is Duplicate:
                    self.duplicates += 1
                else:
                    self.accepted += 1
        self._on_outcomes(first, outcomes, kind)

    def release_waiting(self) -> int:
        """The clock is trusted now: give the entries that waited for it their outcome, a thousand at most.

        Those of an earlier boot can never have one and are rejected. Returns how many are waiting no longer. Raises
        what an entry raises, which is set aside then: calling again goes on behind it.
        """
        self._set_crashed_aside()  # should refine itself rest after one that raised: whose turn it is, is noted anew
        try:
            released = self._try_waiting(self._waiting_beyond(0))
        finally:
            self._set_crashed_aside()  # now, for refine goes on meanwhile and notes whose turn it is there
        if released:
            self._events.emit(ClockTrusted(released=released))
        return released

    def facts(self) -> dict[str, int]:
        """For status: outcomes so far (over all runs), what waits (clock, codec), what is still unread."""
        progress = self.progress
        unread = max(0, self.intake.durable_number - progress.position)
        waiting = len(progress.waiting) + len(progress.asked)
        return {"position": progress.position, **progress.counts, "waiting": waiting, "unread": unread}

    async def stop(self) -> None:
        """Sync the ledger, keep the snapshot, and mark the end as clean; without space, leave it an unclean one."""
        packed = self.progress.pack()
        with contextlib.suppress(OSError):
            await self.ledger.commit()
            self._save(packed)
            self._breadcrumb.end_cleanly()

    def _save(self, packed: bytes) -> None:
        with self._saving:
            write_snapshot(self.snapshot_file, packed)

    def _refine_one(
        self, number: int, received: Received, *, answer: CodecAnswer | None = None, busy: Container[str] = ()
    ) -> Result:
        breadcrumb, memory = self._breadcrumb, self.progress.memory
        if not breadcrumb.careful_left:
            return process(number, received, self.knowledge, memory, answer=answer, busy=busy)
        breadcrumb.drop(number)
        result = process(number, received, self.knowledge, memory, answer=answer, busy=busy)
        if not isinstance(result, Waiting | NeedsCodec | Behind):  # those come again at every start
            breadcrumb.careful_left -= 1
        return result

    def _place(self, number: int, received: Received, result: Result, outcomes: list[Outcome]) -> None:
        """Put a result where it belongs: among the outcomes, or among what waits and why."""
        match result:
            case NeedsCodec():
                self.progress.asked.add(number)
                self.asked.ask(result.device, number, received, result.call)
            case Behind():
                self.progress.asked.add(number)
                self.asked.line_up(result.device, number)
            case Waiting():
                insort(self.progress.waiting, number)
            case _:
                outcomes.append(result)

    def _go_on(
        self, device: str, number: int, received: Received, answer: CodecAnswer | None, outcomes: list[Outcome]
    ) -> None:
        """One entry with its codec's answer, then those in line behind it, up to the next that needs the codec."""
        while True:
            self._refining = number
            result = self._refine_one(number, received, answer=answer)
            self._refining = 0
            if isinstance(result, NeedsCodec):
                self.asked.ask(device, number, received, result.call)
                return
            self.progress.asked.discard(number)
            self._place(number, received, result, outcomes)
            answer = None
            while True:
                following = self.asked.next_in_line(device)
                if following is None:
                    return
                found = self._received(following)
                if found is not None:
                    number, received = following, found
                    break
                self.progress.asked.discard(following)  # it has expired meanwhile

    async def _answer_for_ever(self) -> None:
        while True:
            await self.asked.wait()
            self.take_answers()
            await self._commit()

    async def _take_up_waiting(self) -> None:
        """What waited when the last run ended: codecs are asked again; who waits for the clock goes on waiting."""
        progress = self.progress
        progress.waiting = sorted({*progress.waiting, *progress.asked})
        progress.asked.clear()
        self.asked = Asked(self.asked.codecs)
        beyond = 0
        while numbers := self._waiting_beyond(beyond):
            self._try_waiting(numbers)
            beyond = numbers[-1]
            await self._commit()
            await asyncio.sleep(0)

    def _waiting_beyond(self, number: int) -> Sequence[int]:
        """The next numbers that wait, a thousand at most, in order of receipt."""
        waiting = self.progress.waiting
        first = bisect_right(waiting, number)
        return waiting[first : first + RELEASED_AT_ONCE]

    def _try_waiting(self, numbers: Sequence[int]) -> int:
        """Refine entries that wait, as ``_waiting_beyond`` gives them; returns how many wait for the clock no longer.

        Should one raise, it and those behind it go on waiting, and those before it keep what they got.
        """
        if not numbers:
            return 0
        waiting = self.progress.waiting
        first = bisect_left(waiting, numbers[0])
        still: list[int] = []
        outcomes: list[Outcome] = []
        reached = 0
        try:
            for number in numbers:
                self._refining = number
                if not self._try_one(number, outcomes):
                    still.append(number)
                reached += 1
            self._refining = 0
        finally:
            waiting[first : first + reached] = still
            self.write(outcomes)
        self._breadcrumb.clear()
        return reached - len(still)

    def _try_one(self, number: int, outcomes: list[Outcome]) -> bool:
        """Refine one entry that waits; False if it must go on waiting for the clock."""
        if (received := self._received(number)) is None:
            return True  # it has expired meanwhile
        received = self._stamp(received)
        result = self._refine_one(number, received, busy=self.asked.busy)
        if not isinstance(result, Waiting):
            self._place(number, received, result, outcomes)
        elif received.boot != self._clock.boot and self._clock.quality() == "trusted":
            ns = received.received_ns
            outcomes.append(Rejected("implausible_time", EARLIER_BOOT, of=number, device=result.device, received_ns=ns))
        else:
            return False
        return True

    def _set_crashed_aside(self) -> None:
        """Reject the entry that the breadcrumb blames, or the one that raised in this process's last run."""
        detail = "the gateway died while it refined this entry; report it with these bytes"
        if self._refining:
            detail = "the gateway failed while it refined this entry; report it with these bytes and the log"
        number = self._refining or self._breadcrumb.found
        self._refining = self._breadcrumb.found = 0
        if not number:
            return
        progress = self.progress
        waits = number in progress.asked or number in progress.waiting
        if (number <= progress.position and not waits) or number in progress.done:
            return
        received = self._received(number)  # first: should the disk not read it, it goes on waiting
        progress.asked.discard(number)
        progress.waiting = [waiting for waiting in progress.waiting if waiting != number]
        if received is not None:
            self.write([Rejected("crashed", detail, of=number, received_ns=received.received_ns)])
            if number > progress.position:
                progress.done.add(number)
            self._events.emit(EntryCrashed(number=number))

    def _received(self, number: int) -> Received | None:
        """What an intake entry holds; None when it has expired or is lost."""
        entries = self.intake.read(number, max_entries=1)
        return decode_received(entries[0].payload) if entries and entries[0].number == number else None

    def _stamp(self, received: Received) -> Received:
        """Give an entry of this boot its wall time from the monotonic clock; leave one of an earlier boot alone."""
        if received.clock == "trusted" or received.boot != self._clock.boot or self._clock.quality() != "trusted":
            return received
        age_ns = self._clock.monotonic_ns() - received.monotonic_ns
        wall_ns = self._clock.wall_ns() - age_ns
        return msgspec.structs.replace(received, received_ns=wall_ns, clock="trusted")

    async def _commit(self) -> None:
        """Write the ledger, or wait until it can be written: the intake keeps everything, the journal says why."""
        while True:
            try:
                await self.ledger.commit(sync=False)
            except JournalError:
                self.ledger_refuses = True
                await asyncio.sleep(LEDGER_PAUSE_S)
            else:
                self.ledger_refuses = False
                return

    async def _snapshot_when_due(self) -> None:
        if self._clock.monotonic_ns() < self._snapshot_due_ns:
            return
        self._snapshot_due_ns = self._clock.monotonic_ns() + int(SNAPSHOT_EVERY_S * 1e9)
        packed = self.progress.pack()  # before the commit: what is appended meanwhile is not synced by it
        with contextlib.suppress(OSError):  # a snapshot saves reading and nothing else: the next one will do
            await self.ledger.commit()
            await asyncio.to_thread(self._save, packed)
