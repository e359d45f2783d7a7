"""The loop of one route: wait until something is due, hand it over, note it; otherwise pause and look anew.

Law: a try is bounded, pauses grow to ten minutes, there is no end to trying, and nothing queues meanwhile.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.alarms.notice import Notice
from gateway.alarms.routes import FOR_EACH_CHANGE_S, SEND_WITHIN_S, Transport
from gateway.alarms.telling import Telling
from gateway.clock import Clock
from gateway.events import AlarmsHeld, AlarmsTold, Events
from gateway.outage import Outage, Pauses
from gateway.sinks import SinkUnavailableError

LOOK_EVERY_S: Final = 1.0
PAUSES = Pauses(first_s=5.0, longest_s=600.0, mend_s=60.0)


class Post:
    """``outage`` tells since when and why the route is not getting through."""

    def __init__(
        self,
        telling: Telling,
        transport: Transport,
        *,
        now_ns: Callable[[], int],
        keep: Callable[[Telling, Notice | None], Awaitable[None]],
        events: Events,
        clock: Clock,
        pauses: Pauses = PAUSES,
    ) -> None:
        self.telling = telling
        self.transport = transport
        self.outage = Outage(f"alarms.{telling.name}", events, clock, pauses)
        self._now_ns = now_ns
        self._keep = keep
        self._events = events
        self._clock = clock
        self._more = asyncio.Event()

    def look(self) -> None:
        """Something is new: look at once whether it is due."""
        self._more.set()

    async def run(self) -> None:
        """Tell for ever."""
        while True:
            await self._until_due()
            if not await self.tell():
                await asyncio.sleep(self.outage.pause_s)

    async def tell(self) -> bool:
        """Send what is pending; False when it did not arrive."""
        telling = self.telling
        notice = telling.compose(self._now_ns(), self._clock.wall_ns())
        await self._keep(telling, None)
        within_s = SEND_WITHIN_S + FOR_EACH_CHANGE_S * len(notice.changes)
        try:
            async with asyncio.timeout(within_s):
                said = await self.transport.send(notice)
        except TimeoutError:
            error = SinkUnavailableError(f"{self.transport.address} took longer than {within_s:g} s")
            self._failed(notice, error)
            return False
        except SinkUnavailableError as error:
            self._failed(notice, error)
            return False
        except BaseException:
            telling.failed(notice, self._now_ns())
            raise
        telling.delivered(notice, self._now_ns())
        self.outage.ended()
        await self._keep(telling, notice)
        name = telling.name
        raised, over = notice.count("raised", "unsteady", "still"), notice.count("cleared")
        passed = notice.count("passed")
        self._events.emit(AlarmsTold(route=name, id=notice.id, wrong=raised, over=over, passed=passed, said=said))
        if notice.held_until:
            self._events.emit(AlarmsHeld(route=name, until=notice.held_until))
        return True

    def _failed(self, notice: Notice, error: SinkUnavailableError) -> None:
        self.telling.failed(notice, self._now_ns())
        self.outage.failed(error)

    async def _until_due(self) -> None:
        while True:
            self._more.clear()
            now_ns = self._now_ns()
            due_ns = self.telling.due_ns(now_ns)
            if due_ns is not None and due_ns <= now_ns:
                return
            left_s = LOOK_EVERY_S if due_ns is None else min(LOOK_EVERY_S, (due_ns - now_ns) / 1e9)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.01, left_s)):
                    await self._more.wait()
