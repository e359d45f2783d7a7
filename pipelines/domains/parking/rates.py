"""How often cars arrive and leave, by hour of the week: learnt from what is certain, shrunk where little was seen.

Each rate is events over exposure. An hour of the week leans on its hour of the day on like days (Monday to Friday,
Saturday and Sunday), that one on the mean of all; each time with the weight of ``PRIOR_EVENTS`` events (gamma
prior of a Poisson rate). Each week the same hour of earlier weeks loses a share, so that a new timetable is believed in
about six weeks.
"""

from collections.abc import Sequence

import msgspec

from pipelines.model import NS_PER_S

SLOTS = 168
PRIOR_EVENTS = 5.0
KEPT_EACH_WEEK = 0.85
LEAST_EVENTS = 20.0
"""Fewer arrivals or departures than this are no ground for a forecast."""

EVENT = 100
"""So that one event of long ago still counts for something after its share was taken."""

_MINUTE_S, _HOUR_MIN = 60.0, 60.0
_WORKDAYS, _WEEKEND = range(5), range(5, 7)


class Tally(msgspec.Struct, array_like=True):
    """Bay-time and events of like bays in an interval.

    ``open_ns``: bay-time while at least one of them was free, so that somebody could arrive.
    """

    occupied_ns: int = 0
    free_ns: int = 0
    open_ns: int = 0
    arrivals: int = 0
    departures: int = 0

    def add(self, ns: int, *, occupied: bool) -> None:
        """Bay-time in one of the states; below 0 takes it away."""
        if occupied:
            self.occupied_ns += ns
        else:
            self.free_ns += ns

    @property
    def known_ns(self) -> int:
        """Bay-time of which the state is known."""
        return self.occupied_ns + self.free_ns


class Pace(msgspec.Struct, array_like=True, frozen=True):
    """Rates per minute in one hour of the week: one free bay filling, one taken bay emptying; arrivals per bay."""

    arrivals: float
    departures: float
    lot_arrivals: float


class Rates(msgspec.Struct, array_like=True):
    """Sums by hour of the week: bay-seconds, and events times EVENT. Whole numbers: they pack to half the bytes.

    Empty for a pool of which nothing is known.
    """

    occupied_s: list[int] = []
    free_s: list[int] = []
    open_s: list[int] = []
    arrivals: list[int] = []
    departures: list[int] = []

    def learn(self, slot: int, tally: Tally) -> None:
        """What was certain in a part of the hour."""
        if not tally.known_ns:
            return
        if not self.arrivals:
            for sums in self._sums():
                sums.extend([0] * SLOTS)
        self.occupied_s[slot] += tally.occupied_ns // NS_PER_S
        self.free_s[slot] += tally.free_ns // NS_PER_S
        self.open_s[slot] += tally.open_ns // NS_PER_S
        self.arrivals[slot] += EVENT * tally.arrivals
        self.departures[slot] += EVENT * tally.departures

    def expose(self, slot: int, ns: int, *, occupied: bool) -> None:
        """Bay-time that turns out to have been, or (below 0) not to have been certain."""
        exposure = self.occupied_s if occupied else self.free_s
        exposure[slot] = max(0, exposure[slot] + ns // NS_PER_S)

    def begin_hour(self, slot: int) -> None:
        """An hour of the week begins: what earlier weeks said of it counts a little less."""
        if self.arrivals:
            for sums in self._sums():
                sums[slot] = int(sums[slot] * KEPT_EACH_WEEK)

    def learnt(self) -> bool:
        """Enough was seen for a forecast."""
        return min(sum(self.arrivals), sum(self.departures)) >= LEAST_EVENTS * EVENT

    def pace(self, slot: int) -> Pace:
        """The rates of an hour of the week, each shrunk as said above."""
        if not self.arrivals:
            return UNKNOWN
        return Pace(
            shrunk(self.arrivals, self.free_s, slot),
            shrunk(self.departures, self.occupied_s, slot),
            shrunk(self.arrivals, self.open_s, slot),
        )

    def _sums(self) -> tuple[list[int], ...]:
        return self.occupied_s, self.free_s, self.open_s, self.arrivals, self.departures


UNKNOWN = Pace(1 / _HOUR_MIN, 1 / _HOUR_MIN, 1 / _HOUR_MIN)
"""Before anything was seen: one an hour."""


def shrunk(events: Sequence[int], seconds: Sequence[int], slot: int) -> float:
    """Events per minute in a slot; before anything was seen, one an hour. The sums are those of ``Rates``."""
    mean = (sum(events) / EVENT + 1) / (sum(seconds) / _MINUTE_S + _HOUR_MIN)
    day, hour = divmod(slot, 24)
    like = [24 * other + hour for other in (_WORKDAYS if day in _WORKDAYS else _WEEKEND)]
    of_day = _posterior(sum([events[s] for s in like]), sum([seconds[s] for s in like]), mean)
    return _posterior(events[slot], seconds[slot], of_day)


def _posterior(events: int, seconds: int, expected: float) -> float:
    return (events / EVENT + PRIOR_EVENTS) / (seconds / _MINUTE_S + PRIOR_EVENTS / expected)


def factor(events: float, expected: float) -> float:
    """How much more often a bay turns than its street; 1 while little was seen of it."""
    return (events + PRIOR_EVENTS) / (expected + PRIOR_EVENTS)
