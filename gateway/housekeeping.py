"""What must be done now and then: quotas, the clock, and noticing whether every loop still moves."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.events import IntakeHeld, IntakeReleased
from gateway.journal.notices import JournalError
from gateway.sinks import RetainingSink, SinkUnavailableError

if TYPE_CHECKING:
    from gateway.run import Gateway

EVERY_S = 2.0
RETAIN_EVERY_S = 3600.0
STUCK_AFTER_S = 45.0
RELEASE_BELOW = 0.9
"""A held intake is released when its log is back below this share of the quota: no flapping."""


class Housekeeping:
    """Works on the gateway's parts; holds only what it needs to compare with."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._held_since_s: float | None = None
        self._last_turn_s = 0.0
        self._refined = (0, 0.0)
        self._retain_due_s = 0.0

    async def run(self) -> None:
        """Take a turn every two seconds."""
        loop = asyncio.get_running_loop()
        while True:
            self._last_turn_s = loop.time()
            self._note_refine(loop.time())
            await self._release_waiting()
            await self._keep_quotas()
            await self._retain_when_due(loop.time())
            await asyncio.sleep(EVERY_S)

    async def _release_waiting(self) -> None:
        refine = self._gateway.refine
        if not refine.progress.waiting or self._gateway.clock.quality() != "trusted":
            return
        with contextlib.suppress(JournalError):  # the journal has said so; the next commit takes them along
            while refine.release_waiting():
                await refine.ledger.commit(sync=False)

    def moving(self) -> Mapping[str, bool]:
        """Each loop: does it move? For the watchdog: a stuck loop stops the pings, and systemd starts us again."""
        now_s = asyncio.get_running_loop().time()
        _, since_s = self._refined
        behind = self._gateway.logs.intake.durable_number > self._gateway.refine.progress.position
        return {
            "event loop": now_s - self._last_turn_s < STUCK_AFTER_S,
            "refine": not behind or now_s - since_s < STUCK_AFTER_S,
        }

    async def _retain_when_due(self, now_s: float) -> None:
        if now_s < self._retain_due_s:
            return
        self._retain_due_s = now_s + RETAIN_EVERY_S
        for delivery in self._gateway.deliveries:
            if isinstance(delivery.sink, RetainingSink):
                with contextlib.suppress(SinkUnavailableError):  # its delivery says so; the next hour tries again
                    await delivery.sink.retain()

    def _note_refine(self, now_s: float) -> None:
        position = self._gateway.refine.progress.position
        if position != self._refined[0] or self._gateway.logs.intake.durable_number <= position:
            self._refined = (position, now_s)

    async def _keep_quotas(self) -> None:
        logs, refine = self._gateway.logs, self._gateway.refine
        holding = [delivery for delivery in self._gateway.deliveries if delivery.sink.id in self._gateway.holding]
        pinned = min((delivery.position + 1 for delivery in holding), default=None)
        try:
            await logs.ledger.enforce_quota(pinned)
            await logs.intake.enforce_quota(refine.progress.position + 1 if holding else None)
        except JournalError:
            return  # the journal has said so as an event; the next turn tries again
        full = any(log.size_bytes >= log.options.quota_bytes for log in (logs.ledger, logs.intake))
        low = all(log.size_bytes < log.options.quota_bytes * RELEASE_BELOW for log in (logs.ledger, logs.intake))
        if holding and full and self._held_since_s is None:
            self._hold([delivery.sink.id for delivery in holding])
        elif self._held_since_s is not None and low:
            self._release()

    def _hold(self, sinks: list[str]) -> None:
        self._held_since_s = asyncio.get_running_loop().time()
        self._gateway.ingest.held = True
        mend = "mend these sinks, raise quota_bytes, or set when_full to expire"
        self._gateway.events.emit(IntakeHeld(sinks=sinks, mend=mend))

    def _release(self) -> None:
        held_s = asyncio.get_running_loop().time() - (self._held_since_s or 0)
        self._held_since_s = None
        self._gateway.ingest.release()
        self._gateway.events.emit(IntakeReleased(held_s=round(held_s, 1)))
