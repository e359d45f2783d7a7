"""The third loop: ledger ▸ sink, one of these for each sink. Sinks never meet.

    ledger ──read──▶ what the sink takes ──write──▶ confirmed ──▶ position ──every 5 s──▶ cursor
                                            ├─ unavailable ──▶ pause, then the same again; nothing is lost
                                            └─ refused ──▶ Refused into the ledger, made durable ──▶ position

Laws
- The cursor may lag, never lead: it moves when the far side confirmed, or when the refusal is durable.
- A sink that hangs, fails or is misconfigured holds up nobody but itself, and there is no end to trying again.
- An entry over which a sink crashes again and again is kept as refused; the others go on.
- ``order = "fresh first"``: behind a long backlog every other batch takes the newest first statements, and the cursor
  passes over them again later. Corrections keep order, because only the cursor's own road carries them.
"""

import asyncio
from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from gateway.clock import Clock
from gateway.events import Events, SinkRefusedEntries
from gateway.ledger_tail import KEEP, LedgerTail
from gateway.outage import Outage, Pauses
from gateway.progress import KIND_FIRST
from gateway.sinks import Refusal, Sink, SinkRefusedError, SinkUnavailableError
from pipelines.model import NS_PER_S, Accepted, Derived, LedgerEntry, Refused, Revision

CURSOR_EVERY_S = 5.0
GATHER_STEPS, GATHER_ENOUGH = 5, 1_000
CATCHING_UP_FROM = GATHER_ENOUGH
"""At such a lag refine waits a little: with its next 500 on top the shared tail (``KEEP``) still has it all."""
HOPELESS = 10 * KEEP
BACKLOG_BATCHES = 2
"""A backlog of more batches than this lets fresh entries go ahead."""
CRASHES_BEFORE_PARTING = 3
"""After so many crashes of a sink over the same batch its entries are written one by one, to find which it is."""
DETAIL_KEPT, BODY_KEPT = 500, 4_096

Order = Literal["ledger", "fresh first"]
Result = Literal["nothing", "written", "unavailable"]


class Cursor(Protocol):
    """Where a sink stands; ``gateway.journal.cursor.Cursor`` has it."""

    def load(self) -> int:
        """The stored number; 0 where nothing was stored."""

    def store(self, number: int, *, sync: bool = True) -> None:
        """Keep the number."""


class Delivery:
    """Brings the ledger to one sink. The public fields are its state, for status and metrics.

    ``delivered``, ``refused``: entries since this process started. ``expired``: ledger numbers that were given up
    before this sink could read them. ``ahead``: written ahead of their turn, and again at it.
    """

    def __init__(
        self,
        sink: Sink,
        tail: LedgerTail,
        cursor: Cursor,
        events: Events,
        clock: Clock,
        *,
        linger_s: float = 0.5,
        order: Order = "ledger",
        pauses: Pauses | None = None,
    ) -> None:
        self.sink = sink
        self._takes = frozenset(sink.takes)  # asked for each entry: a Struct answers isinstance slowly where it is not
        self.position = cursor.load()
        self.delivered = self.refused = self.expired = self.ahead = 0
        self.outage = Outage(sink.id, events, clock, pauses or Pauses())
        self._tail = tail
        self._cursor = cursor
        self._events = events
        self._clock = clock
        self._linger_s = linger_s
        self._order = order
        self._stored = (self.position, clock.monotonic_ns())
        self._started = False
        self._ahead_upto = 0
        self._appended: set[int] = set()  # refused, in the ledger, not yet known to be durable
        self._crashes = (0, 0)  # at which position, how often in a row
        self._behind_since_ns: int | None = None
        self._burst_s = (pauses or Pauses()).burst_s

    @property
    def lag(self) -> int:
        """Ledger entries that this sink has not seen yet."""
        return max(0, self._tail.ledger.next_number - 1 - self.position)

    @property
    def catching_up(self) -> bool:
        """A sink in good health with almost as much before it as the shared tail holds, but not hopelessly much."""
        return self.outage.since_ns is None and CATCHING_UP_FROM <= self.lag < HOPELESS

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            await self._wait_for_more()
            await self._gather()
            result = await self._write_ahead() if self._is_far_behind() else "nothing"
            if result != "unavailable":
                result = await self.deliver_some()
            if result == "unavailable":
                await asyncio.sleep(self.outage.pause_s)

    async def _gather(self) -> None:
        """Linger while little is there: a request costs more than its lines."""
        for _ in range(GATHER_STEPS):
            if self.lag >= min(self.sink.max_batch, GATHER_ENOUGH):
                return
            await asyncio.sleep(self._linger_s / GATHER_STEPS)

    async def deliver_some(self) -> Result:
        """Bring the next batch to the sink. After ``unavailable`` nothing has moved."""
        self._pass_over_expired()
        stretch = await self._tail.read(self.position + 1, self.sink.max_batch)
        if stretch is None:
            return "nothing"
        batch = [revision for revision in stretch.revisions if type(revision.entry) in self._takes]
        refusals = await self._write_or_part(batch) if batch else ()
        if refusals is None:
            return "unavailable"
        if refusals:
            await self._keep_refused(batch, refusals)
        self.position = stretch.upto
        self.delivered += len(batch) - len(refusals)
        self.refused += len(refusals)
        return "written"

    async def drain(self, within_s: float) -> None:
        """Deliver what is there, at an orderly stop; ends early when the sink is not available."""
        try:
            async with asyncio.timeout(within_s):
                while await self.deliver_some() == "written":
                    pass
        except TimeoutError:
            return  # what is left stays in the ledger; the cursor tells where to go on

    async def close(self) -> None:
        """Keep the position, let the sink go."""
        self._cursor.store(self.position, sync=True)
        await self.sink.close()

    async def _wait_for_more(self) -> None:
        self._store_cursor_when_due()
        within_s = None if self._stored[0] == self.position else CURSOR_EVERY_S
        try:
            async with asyncio.timeout(within_s):
                await self._tail.ledger.wait_past(self.position)
        except TimeoutError:
            self._store_cursor_when_due()  # it has become quiet: a crash now shall repeat nothing
            await self._tail.ledger.wait_past(self.position)

    async def _write(self, batch: Sequence[Revision]) -> Sequence[Refusal] | None:
        """What the sink refused of the batch, or None when it cannot take anything now."""
        try:
            if not self._started:
                await self.sink.start()
                self._started = True
            await self.sink.write(batch)
        except SinkRefusedError as error:
            self.outage.ended()
            return error.refusals
        except SinkUnavailableError as error:
            self._started = False
            self.outage.failed(error)
            return None
        self.outage.ended()
        return ()

    async def _write_or_part(self, batch: Sequence[Revision]) -> Sequence[Refusal] | None:
        """As ``_write``. What the sink did not foresee is raised, until it has crashed at this position too often."""
        try:
            return await self._write(batch)
        except Exception:  # a sink's own mistake over one entry may not stop all that come after it
            position, times = self._crashes
            times = times + 1 if position == self.position else 1
            self._crashes = (self.position, times)
            if times < CRASHES_BEFORE_PARTING:
                raise
        return await self._write_one_by_one(batch)

    async def _write_one_by_one(self, batch: Sequence[Revision]) -> Sequence[Refusal] | None:
        """As ``_write``; an entry over which the sink crashes counts as refused, in the words of what it raised.

        Where it crashes over every one, the sink is at fault and not an entry: nothing is kept, the last is raised.
        """
        refusals: list[Refusal] = []
        crashed = 0
        for revision in batch:
            try:
                refused = await self._write([revision])
            except Exception as error:
                crashed += 1
                if crashed == len(batch):
                    raise
                refusals.append(Refusal(revision.number, f"the sink crashed: {type(error).__name__}: {error}"))
                continue
            if refused is None:
                return None
            refusals += refused
        return refusals

    def _is_far_behind(self) -> bool:
        """A long backlog that a sink at full speed has not worked off at once: what an outage leaves, not a burst."""
        if self._order != "fresh first" or self.lag <= BACKLOG_BATCHES * self.sink.max_batch:
            self._behind_since_ns = None
            return False
        now_ns = self._clock.monotonic_ns()
        if self._behind_since_ns is None:
            self._behind_since_ns = now_ns
        return now_ns - self._behind_since_ns >= self._burst_s * NS_PER_S

    async def _write_ahead(self) -> Result:
        """Bring the newest first statements; their turn on the cursor's road comes all the same."""
        start = max(self._ahead_upto + 1, self._tail.ledger.next_number - self.sink.max_batch)
        stretch = await self._tail.read(start, self.sink.max_batch)
        if stretch is None:
            return "nothing"
        batch = [r for r in stretch.revisions if r.first and type(r.entry) in self._takes]
        ahead_upto, self._ahead_upto = self._ahead_upto, stretch.upto  # a crash shall not be met here for ever
        if batch and await self._write(batch) is None:
            self._ahead_upto = ahead_upto
            return "unavailable"
        self.ahead += len(batch)
        return "written"

    async def _keep_refused(self, batch: Sequence[Revision], refusals: Sequence[Refusal]) -> None:
        entries = {revision.number: revision.entry for revision in batch}
        # One that is refused again is in the ledger already, as is what a commit that failed (a full disk) left there.
        to_keep = [one for one in refusals if not isinstance(entries[one.number], Refused)]
        fresh = [one for one in to_keep if one.number not in self._appended]
        now_ns = self._clock.wall_ns()
        kept = [_encode(refused_entry(self.sink.id, one, entries[one.number], now_ns)) for one in fresh]
        self._tail.ledger.append(kept, KIND_FIRST)
        self._appended.update(one.number for one in fresh)
        if to_keep:
            await self._tail.ledger.commit(sync=True)
        self._appended.clear()
        detail = refusals[0].detail[:DETAIL_KEPT]
        self._events.emit(SinkRefusedEntries(sink=self.sink.id, entries=len(refusals), detail=detail))

    def _pass_over_expired(self) -> None:
        gone = self._tail.ledger.oldest_number - 1 - self.position
        if gone > 0:
            self.expired += gone
            self.position += gone

    def _store_cursor_when_due(self) -> None:
        number, at_ns = self._stored
        now_ns = self._clock.monotonic_ns()
        if number != self.position and now_ns - at_ns >= CURSOR_EVERY_S * NS_PER_S:
            self._cursor.store(self.position, sync=False)  # the loop waits on no disk; close() syncs
            self._stored = (self.position, now_ns)


_encode = msgspec.msgpack.Encoder().encode


def refused_entry(sink: str, refusal: Refusal, entry: LedgerEntry, now_ns: int) -> Refused:
    """The ledger entry that keeps what a sink's server refused, with its words."""
    of, device = 0, ""
    if isinstance(entry, Accepted):
        of, device = entry.of, entry.device
    elif isinstance(entry, Derived):
        device = entry.producer
    detail, body = refusal.detail[:DETAIL_KEPT], refusal.body[:BODY_KEPT]
    return Refused(sink, refusal.number, of, detail, body, now_ns, device)
