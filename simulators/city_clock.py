"""The city's own time: from where it starts, how fast it runs, and what hour it is in the street."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class CityClock:
    """``pace`` is city seconds per real second, until the city has caught up with now; it never runs ahead of now.

    A pace of 0 is as fast as possible: nothing is ever waited for.
    """

    start_ns: int
    pace: float
    started_s: float

    @classmethod
    def begin(cls, start_ns: int, pace: float) -> "CityClock":
        """Let the city's time begin now."""
        return cls(start_ns, pace, time.monotonic())

    def due_in_s(self, at_ns: int) -> float:
        """Real seconds until the city's clock shows ``at_ns``; never negative."""
        if self.pace <= 0:
            return 0.0
        by_pace_s = (at_ns - self.start_ns) / NS_PER_S / self.pace - (time.monotonic() - self.started_s)
        by_now_s = (at_ns - now_ns()) / NS_PER_S
        return max(0.0, by_pace_s, by_now_s)

    async def wait_until(self, at_ns: int) -> None:
        """Sleep until the city's clock shows ``at_ns``."""
        if (wait_s := self.due_in_s(at_ns)) > 0:
            await asyncio.sleep(wait_s)


def local(at_ns: int, zone: ZoneInfo) -> datetime:
    """What the street's clocks show."""
    return datetime.fromtimestamp(at_ns / NS_PER_S, UTC).astimezone(zone)


def now_ns() -> int:
    """The real wall clock."""
    return time.time_ns()
