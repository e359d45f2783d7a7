"""A series through local days: for how long it is known, how long things held, its mean and its extremes.

A reading speaks for the time since the one before (``rhythm.py``); what of that lies before midnight goes into the day
before. A day is over an hour after its end: slow sensors send once an hour. Two days are open at most.
"""

from collections.abc import Collection
from datetime import tzinfo
from math import inf

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS
from pipelines.domains.local_time import day_bounds
from pipelines.domains.rhythm import Rhythm

CLOSES_AFTER_NS = HOUR_NS
WHOLE = 0.99
"""From here on a day counts as fully known; less is marked estimated."""


class Day(msgspec.Struct, array_like=True):
    """One local day. ``held_ns``: by condition; ``weighted``: sum of value times nanoseconds."""

    begin_ns: int
    end_ns: int
    known_ns: int = 0
    weighted: float = 0.0
    low: float = inf
    high: float = -inf
    held_ns: dict[str, int] = {}

    @property
    def share(self) -> float:
        """How much of the day is known."""
        return self.known_ns / (self.end_ns - self.begin_ns)

    @property
    def mean(self) -> float:
        """Weighed by time; of a day of which something is known."""
        return self.weighted / self.known_ns

    def hours(self, condition: str) -> float:
        """For how long something held."""
        return self.held_ns.get(condition, 0) / HOUR_NS


class Days(msgspec.Struct, array_like=True):
    """The open days of one series, oldest first, and how often it comes."""

    rhythm: Rhythm = msgspec.field(default_factory=Rhythm)
    open: list[Day] = []

    @property
    def due_ns(self) -> int:
        """No day is over before."""
        return self.open[0].end_ns + CLOSES_AFTER_NS if self.open else NEVER_NS

    def add(self, time_ns: int, value: float, zone: tzinfo, conditions: Collection[str] = ()) -> None:
        """A reading, in order of time, and what held in the time that it speaks for."""
        at_ns = self.rhythm.begin_of(time_ns)
        while at_ns < time_ns:
            day = self._day(at_ns, zone)
            if day is None:
                return
            upto_ns = min(day.end_ns, time_ns)
            day.known_ns += upto_ns - at_ns
            day.weighted += value * (upto_ns - at_ns)
            for condition in conditions:
                day.held_ns[condition] = day.held_ns.get(condition, 0) + upto_ns - at_ns
            at_ns = upto_ns
            if at_ns == time_ns:  # the value itself is of the moment at which it was read
                day.low, day.high = min(day.low, value), max(day.high, value)

    def over(self, to_ns: int) -> list[Day]:
        """The days that are over; they are forgotten."""
        over = []
        while self.open and self.open[0].end_ns + CLOSES_AFTER_NS <= to_ns:
            over.append(self.open.pop(0))
        return [day for day in over if day.known_ns]

    def _day(self, at_ns: int, zone: tzinfo) -> Day | None:
        """The open day that holds an instant; None for one that is over."""
        for day in self.open:
            if day.begin_ns <= at_ns < day.end_ns:
                return day
        if self.open and at_ns < self.open[0].begin_ns:
            return None
        self.open.append(Day(*day_bounds(at_ns, zone)))
        return self.open[-1]
