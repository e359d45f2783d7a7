"""Hourly means of what a station measures, with their data capture.

A reading speaks for the time since the one before (``rhythm.py``) and goes into the hour that holds the middle of that
time, whether its device stamps the begin, the middle or the end. An hour is over half an interval after its end: then
nothing more can belong to it. The newest two hours are kept, so that a late one can be said again.
"""

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS
from pipelines.domains.local_time import hour_of
from pipelines.domains.rhythm import Rhythm

CAPTURE = 0.75
"""An hourly mean needs 45 of 60 minutes. Source: Directive 2008/50/EC, annexes VII and XI; Directive (EU) 2024/2881."""

LONGEST_WAIT_NS = HOUR_NS // 2
_HOURS_KEPT = 2


class Hour(msgspec.Struct, array_like=True):
    """One hour: by property the sum of value times nanoseconds, and the nanoseconds known."""

    begin_ns: int
    sums: dict[str, float] = {}
    known_ns: dict[str, int] = {}
    said: bool = False

    def coverage(self, name: str) -> float:
        """Share of the hour in which the property is known."""
        return min(1.0, self.known_ns.get(name, 0) / HOUR_NS)

    def mean(self, name: str) -> float | None:
        """The mean; None below the data capture."""
        known_ns = self.known_ns.get(name, 0)
        return self.sums[name] / known_ns if known_ns >= CAPTURE * HOUR_NS else None


class Hours(msgspec.Struct, array_like=True):
    """The open hours of one station, and how often each of its properties comes."""

    rhythms: dict[str, Rhythm] = {}
    open: list[Hour] = []

    def span_of(self, name: str, time_ns: int) -> tuple[int, int]:
        """The middle of what a reading speaks for, and how long that is: at most an hour, 0 for a very first one."""
        rhythm = self.rhythms.get(name)
        if rhythm is None:
            rhythm = self.rhythms[name] = Rhythm()
        length_ns = min(time_ns - rhythm.begin_of(time_ns), HOUR_NS)
        return time_ns - length_ns // 2, length_ns

    def add(self, name: str, value: float, middle_ns: int, length_ns: int) -> Hour | None:
        """Put a value into its hour. Returns the hour if it had been said and must be said again."""
        begin_ns = hour_of(middle_ns)
        for hour in self.open:
            if hour.begin_ns == begin_ns:
                break
        else:
            if self.open and begin_ns < self.open[0].begin_ns:
                return None
            hour = Hour(begin_ns)
            self.open.append(hour)
            self.open.sort(key=_begin)
            del self.open[:-_HOURS_KEPT]
        hour.sums[name] = hour.sums.get(name, 0.0) + value * length_ns
        hour.known_ns[name] = hour.known_ns.get(name, 0) + length_ns
        return hour if hour.said else None

    @property
    def due_ns(self) -> int:
        """No hour is over before."""
        return min([hour.begin_ns + HOUR_NS for hour in self.open if not hour.said], default=NEVER_NS)

    def over(self, to_ns: int) -> list[Hour]:
        """The hours that are over and have not been said; they count as said from now on."""
        if not self.open or to_ns < self.open[0].begin_ns + HOUR_NS:
            return []
        wait_ns = max((rhythm.interval_ns() for rhythm in self.rhythms.values()), default=0) // 2
        end_ns = to_ns - HOUR_NS - min(wait_ns, LONGEST_WAIT_NS)
        over = [hour for hour in self.open if hour.begin_ns <= end_ns and not hour.said]
        for hour in over:
            hour.said = True
        return over


def _begin(hour: Hour) -> int:
    return hour.begin_ns
