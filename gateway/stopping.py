"""The orderly stop, step by step: a step that fails or takes too long is told and counted, and the next one is taken.

In order: sources pause ▸ last commit ▸ acknowledgements leave ▸ disconnect ▸ refine to the end of the intake ▸ derive
the rest ▸ sinks drain ▸ snapshots ▸ cursors ▸ logs close. Up to the draining within ``stop_within_s``, the rest within
its own time.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from gateway.events import Events, TaskCrashed

if TYPE_CHECKING:
    from gateway.run import Gateway

SETTLE_CODECS_S = 1.0
"""For codecs that are asked when the gateway stops; a call takes a quarter of a second at most."""

LAST_STEP_S = 15.0
"""For each of the steps that must not be left out: snapshot, cursors, logs."""

Tasks = Sequence[asyncio.Task[None]]


class Stopping:
    """One stop. ``complete`` turns false with the first step that did not do what it should."""

    def __init__(self, gateway: "Gateway") -> None:
        self.complete = True
        self._gateway = gateway

    async def stop(self, *, inlets: Tasks, ingest: Tasks, loops: Tasks, outlets: Tasks) -> None:
        """End everything, in order."""
        deadline = asyncio.get_running_loop().time() + self._gateway.config.gateway.stop_within_s
        try:
            async with asyncio.timeout_at(deadline):
                await self._in_time(inlets=inlets, ingest=ingest, loops=loops, outlets=outlets, deadline=deadline)
        except TimeoutError:
            self.complete = False
        await end([*inlets, *ingest, *loops, *outlets])
        gateway = self._gateway
        await self._step("the snapshot", gateway.refine.stop(), within_s=LAST_STEP_S)
        if gateway.analytics is not None:
            await self._step("the snapshot of analytics", gateway.analytics.stop(), within_s=LAST_STEP_S)
        for delivery in gateway.deliveries:
            await self._step(f"closing sink {delivery.sink.id}", delivery.close(), within_s=LAST_STEP_S)
        await self._step("closing the logs", gateway.logs.close(), within_s=LAST_STEP_S)

    async def _in_time(self, *, inlets: Tasks, ingest: Tasks, loops: Tasks, outlets: Tasks, deadline: float) -> None:
        gateway = self._gateway
        for source in gateway.sources:
            await self._step(f"pausing source {source.name}", source.stop_reading())
        await self._step("the last commit", gateway.ingest.commit())
        for source in gateway.sources:
            await self._step(f"closing source {source.name}", source.close())
        await end([*inlets, *ingest])
        await end(loops)
        await self._step("refining the rest", gateway.refine.refine_what_is_there())
        await self._step("codecs that are asked", gateway.refine.settle(SETTLE_CODECS_S))
        if gateway.analytics is not None:
            within_s = max(0.5, (deadline - asyncio.get_running_loop().time()) / 2)
            await self._step("deriving the rest", gateway.analytics.finish(within_s))
        await self._step("the ledger", gateway.logs.ledger.commit(sync=False))
        left_s = max(0.5, deadline - asyncio.get_running_loop().time() - 2)
        await end(outlets)
        async with asyncio.TaskGroup() as drains:
            for delivery in gateway.deliveries:
                step = self._step(f"draining sink {delivery.sink.id}", delivery.drain(left_s))
                drains.create_task(step, name=f"drain {delivery.sink.id}")

    async def _step(self, what: str, work: Awaitable[object], *, within_s: float | None = None) -> None:
        """Do one step; whatever it raises is told, and the stop goes on."""
        try:
            async with asyncio.timeout(within_s):
                await work
        except Exception as error:  # noqa: BLE001 - a stop that breaks off loses what the next steps would have kept
            self.complete = False
            tell(self._gateway.events, what, error)


def tell(events: Events, what: str, error: Exception) -> None:
    """Say as an event what failed; nothing is tried again."""
    events.emit(TaskCrashed(part=what, error=f"{type(error).__name__}: {error}"[:500], retry_s=0.0))


async def end(tasks: Tasks) -> None:
    """Cancel tasks and wait until they are gone."""
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.InvalidStateError):
        await asyncio.gather(*tasks, return_exceptions=True)
