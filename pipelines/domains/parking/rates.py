"""How often cars arrive and leave, by hour of the week: learnt from what is certain, shrunk where little was seen.

Each rate is events over exposure. An hour of the week leans on its hour of the day on like days (Monday to Friday,
Saturday and Sunday), that one on the mean of all; each time with the weight of ``PRIOR_EVENTS`` events (gamma
prior of a Poisson rate). Each week the same hour of earlier weeks loses a share, so that a new timetable is believed in
about six weeks.
"""

from collections.abc import Sequence

import msgspec

from pipelines.domains import HOUR_NS

SLOTS = 168
PRIOR_EVENTS = 5.0
KEPT_EACH_WEEK = 0.85
LEAST_EVENTS = 20.0
"""Fewer arrivals or departures than this are no ground for a forecast."""

_MINUTES = 60.0
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
    """Sums by hour of the week: bay-hours and events. Empty for a pool of which nothing is known."""

    occupied_h: list[float] = []
    free_h: list[float] = []
    open_h: list[float] = []
    arrivals: list[float] = []
    departures: list[float] = []

    def learn(self, slot: int, tally: Tally) -> None:
        """What was certain in a part of the hour."""
        if not tally.known_ns:
            return
        if not self.arrivals:
            for sums in self._sums():
                sums.extend([0.0] * SLOTS)
        self.occupied_h[slot] += tally.occupied_ns / HOUR_NS
        self.free_h[slot] += tally.free_ns / HOUR_NS
        self.open_h[slot] += tally.open_ns / HOUR_NS
        self.arrivals[slot] += tally.arrivals
        self.departures[slot] += tally.departures

    def expose(self, slot: int, hours: float, *, occupied: bool) -> None:
        """Bay-hours that turn out to have been, or (below 0) not to have been certain."""
        exposure = self.occupied_h if occupied else self.free_h
        exposure[slot] = max(0.0, exposure[slot] + hours)

    def begin_hour(self, slot: int) -> None:
        """An hour of the week begins: what earlier weeks said of it counts a little less."""
        if self.arrivals:
            for sums in self._sums():
                sums[slot] *= KEPT_EACH_WEEK

    def learnt(self) -> bool:
        """Enough was seen for a forecast."""
        return sum(self.arrivals) >= LEAST_EVENTS and sum(self.departures) >= LEAST_EVENTS

    def pace(self, slot: int) -> Pace:
        """The rates of an hour of the week, each shrunk as said above."""
        if not self.arrivals:
            return UNKNOWN
        return Pace(
            shrunk(self.arrivals, self.free_h, slot) / _MINUTES,
            shrunk(self.departures, self.occupied_h, slot) / _MINUTES,
            shrunk(self.arrivals, self.open_h, slot) / _MINUTES,
        )

    def _sums(self) -> tuple[list[float], ...]:
        return self.occupied_h, self.free_h, self.open_h, self.arrivals, self.departures


UNKNOWN = Pace(1 / _MINUTES, 1 / _MINUTES, 1 / _MINUTES)
"""Before anything was seen: one an hour."""


def shrunk(events: Sequence[float], hours: Sequence[float], slot: int) -> float:
    """Events per hour in a slot; before anything was seen, one an hour."""
    mean = (sum(events) + 1) / (sum(hours) + 1)
    day, hour = divmod(slot, 24)
    like = [24 * other + hour for other in (_WORKDAYS if day in _WORKDAYS else _WEEKEND)]
    of_day = _posterior(sum([events[s] for s in like]), sum([hours[s] for s in like]), mean)
    return _posterior(events[slot], hours[slot], of_day)


def _posterior(events: float, hours: float, expected: float) -> float:
    return (events + PRIOR_EVENTS) / (hours + PRIOR_EVENTS / expected)


def factor(events: float, expected: float) -> float:
    """How much more often a bay turns than its street; 1 while little was seen of it."""
    return (events + PRIOR_EVENTS) / (expected + PRIOR_EVENTS)
