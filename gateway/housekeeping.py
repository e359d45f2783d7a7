"""What must be done now and then: quotas, retention, and what waits for the clock."""

import asyncio
import contextlib
from itertools import chain
from typing import TYPE_CHECKING

from gateway.events import IntakeHeld, IntakeReleased, logger
from gateway.journal.log import Log
from gateway.journal.notices import JournalError
from gateway.sinks import RetainingSink, SinkUnavailableError
from gateway.supervise import supervise

if TYPE_CHECKING:
    from gateway.run import Gateway

EVERY_S = 2.0
RETAIN_EVERY_S = 3600.0
RETAIN_PAUSE_S = 1.0
RELEASE_BELOW = 0.9
"""A held intake is released when both logs are back below this share of their quota: no flapping."""


class Housekeeping:
    """Works on the gateway's parts; holds only what it needs to compare with."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._held_since_s: float | None = None
        self.turns = 0

    async def run(self) -> None:
        """Keep the quotas every two seconds; what sinks give up by rule goes its own pace beside it.

        So does what waited for the clock, under a supervisor of its own: an entry that raises must not cost the quotas.
        """
        releasing = supervise("release of waiting entries", self._release_for_ever, self._gateway.events)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._retain(), name="retention")
            group.create_task(releasing, name="release")
            while True:
                await self.keep_quotas()
                self.turns += 1
                await asyncio.sleep(EVERY_S)

    async def keep_quotas(self) -> None:
        """Bring both logs within their quotas, and hold the intake where a sink that says hold needs what is over."""
        logs = self._gateway.logs
        holding = [delivery for delivery in self._gateway.deliveries if delivery.sink.id in self._gateway.holding]
        pinned = min((delivery.position + 1 for delivery in holding), default=None)
        try:
            await self._keep_quota(logs.ledger, pinned)
            await self._keep_quota(logs.intake, self.needed_from() if holding else None)
        except OSError as error:
            logger.warning("a log could not be brought within its quota: %s", error)  # the next turn tries again
            return
        full = any(log.size_bytes > log.options.quota_bytes for log in (logs.ledger, logs.intake))
        low = all(log.size_bytes <= log.options.quota_bytes * RELEASE_BELOW for log in (logs.ledger, logs.intake))
        if holding and full and self._held_since_s is None:
            self._hold([delivery.sink.id for delivery in holding])
        elif self._held_since_s is not None and low:
            self._release()

    def needed_from(self) -> int:
        """The first intake number without an outcome."""
        progress = self._gateway.refine.progress
        return min(chain([progress.position + 1], progress.waiting, progress.asked))

    async def _release_for_ever(self) -> None:
        while True:
            await self._release_waiting()
            await asyncio.sleep(EVERY_S)

    async def _release_waiting(self) -> None:
        refine = self._gateway.refine
        if not refine.progress.waiting or self._gateway.clock.quality() != "trusted":
            return
        with contextlib.suppress(JournalError):  # the journal has said so; the next commit takes them along
            while refine.release_waiting():
                await refine.ledger.commit(sync=False)

    async def _retain(self) -> None:
        while True:
            for delivery in self._gateway.deliveries:
                if isinstance(delivery.sink, RetainingSink):
                    with contextlib.suppress(SinkUnavailableError):  # its delivery says so; the next hour tries again
                        while not await delivery.sink.retain():  # noqa: ASYNC110 - rounds with a rest between
                            await asyncio.sleep(RETAIN_PAUSE_S)
            await asyncio.sleep(RETAIN_EVERY_S)

    async def _keep_quota(self, log: Log, pinned: int | None) -> None:
        """Down to the quota; a held log further down, or it would stand at its quota and never be released."""
        beyond = log.size_bytes - int(log.options.quota_bytes * RELEASE_BELOW)
        await log.enforce_quota(pinned, free_bytes=max(0, beyond) if self._held_since_s is not None else 0)

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
