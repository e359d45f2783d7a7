"""A street of parking bays as its own piece of city: who comes, who stays how long, who finds no place.

One pool of bays for each rule (ordinary, loading, disabled); drivers of one do not use another. Within a pool arrivals
are a Poisson process whose rate holds for a local hour; an arrival takes any free bay, or drives on. Stays are
exponential, which makes a pool an M/M/c/c system, or lognormal.

Laws
- The street runs ahead of its bays as far as they ask; what it did waits for each bay, and for the street's own truth.
- It starts in the long-run law of the hour, with the rest of the stays under way: no warming up.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from simulators.signals.draws import Noise, gamma, lognormal
from simulators.signals.incidents import NEVER_NS
from simulators.signals.local_hours import DAY_NS, MINUTE_NS, QUARTER_NS, LocalHours
from simulators.signals.loss_system import stationary

Rate = Callable[[int], float]
"""Arrivals per minute at a moment; constant within a quarter hour, on which all zones' hours begin."""


class BayChange(NamedTuple):
    """A bay becomes taken or free; ``since_ns``: for a departure the arrival, 0 where nobody saw it."""

    at_ns: int
    occupied: bool
    since_ns: int


class StreetEvent(NamedTuple):
    """Something in the street as a whole. ``step``: +1 a car parks, -1 one leaves, 0 one finds no place."""

    at_ns: int
    rule: str
    step: int


_Happened = TypeVar("_Happened", BayChange, StreetEvent)


@dataclass(frozen=True)
class Stays:
    """How long cars stay. ``sigma`` 0: exponential, else lognormal with that sigma of the logarithm."""

    mean_min: float
    sigma: float = 0.0

    def draw_ns(self, rng: random.Random) -> int:
        """A whole stay."""
        minutes = lognormal(rng, self.mean_min, self.sigma) if self.sigma else rng.expovariate(1 / self.mean_min)
        return max(1, int(minutes * MINUTE_NS))

    def rest_ns(self, rng: random.Random) -> int:
        """What is left of a stay that one comes upon: long stays are met more often, at any point of theirs."""
        if not self.sigma:
            return self.draw_ns(rng)
        mu = math.log(self.mean_min) + self.sigma * self.sigma / 2  # length-biased: mu + sigma^2 of the lognormal
        return max(1, int(rng.random() * rng.lognormvariate(mu, self.sigma) * MINUTE_NS))


class Pool:
    """The bays of one rule."""

    def __init__(self, rule: str, bays: Sequence[int], stays: Stays, rate: Rate, rng: random.Random) -> None:
        self.rule = rule
        self.stays = stays
        self.rate = rate
        self._free = list(bays)
        self.places = len(self._free)
        self.initially_taken: tuple[int, ...] = ()
        self._rng = rng
        self._leaving: list[tuple[int, int, int]] = []
        self._arrival_ns = 0

    def begin(self, at_ns: int) -> None:
        """Fill as many bays as the hour's long-run law draws."""
        chances = stationary(self.places, self.rate(at_ns) * self.stays.mean_min)
        taken = self._rng.choices(range(self.places + 1), chances)[0]
        self.initially_taken = tuple(self._take_any() for _ in range(taken))
        for bay in self.initially_taken:
            heapq.heappush(self._leaving, (at_ns + self.stays.rest_ns(self._rng), bay, 0))
        self._arrival_ns = self._next_arrival_ns(at_ns)

    def next_ns(self) -> int:
        """When something happens next."""
        arrival_ns = self._arrival_ns
        leaving = self._leaving
        return leaving[0][0] if leaving and leaving[0][0] < arrival_ns else arrival_ns

    def happen(self) -> tuple[int, int | None, BayChange | None]:
        """The next thing: (moment, bay, its change); no bay where a car found none."""
        if self._leaving and self._leaving[0][0] <= self._arrival_ns:
            at_ns, bay, since_ns = heapq.heappop(self._leaving)
            self._free.append(bay)
            return at_ns, bay, BayChange(at_ns, occupied=False, since_ns=since_ns)
        at_ns = self._arrival_ns
        self._arrival_ns = self._next_arrival_ns(at_ns)
        if not self._free:
            return at_ns, None, None
        bay = self._take_any()
        heapq.heappush(self._leaving, (at_ns + self.stays.draw_ns(self._rng), bay, at_ns))
        return at_ns, bay, BayChange(at_ns, occupied=True, since_ns=at_ns)

    def _take_any(self) -> int:
        index = int(self._rng.random() * len(self._free))
        self._free[index], self._free[-1] = self._free[-1], self._free[index]
        return self._free.pop()

    def _next_arrival_ns(self, at_ns: int) -> int:
        """Quarter by quarter: an exponential wait has no memory, so one that outlasts the quarter is drawn anew."""
        give_up_ns = at_ns + 8 * DAY_NS
        while at_ns < give_up_ns:
            rate = self.rate(at_ns)
            quarter_ends_ns = (at_ns // QUARTER_NS + 1) * QUARTER_NS
            if rate > 0:
                arrival_ns = at_ns + 1 + int(self._rng.expovariate(rate) * MINUTE_NS)
                if arrival_ns < quarter_ends_ns:
                    return arrival_ns
            at_ns = quarter_ends_ns
        return NEVER_NS  # a week without a rate: nobody ever comes


class Street:
    """All pools of one street, and what they did that nobody has asked for yet."""

    def __init__(self, bays: int, pools: Sequence[Pool]) -> None:
        self.pools = tuple(pools)
        self.taken_at_begin: set[int] = set()
        self._changes: list[deque[BayChange]] = [deque() for _ in range(bays)]
        self._events: deque[StreetEvent] = deque()
        self._began = False
        self._next_pool = self.pools[0]
        self._next_ns = 0

    def begin(self, at_ns: int) -> None:
        """Start all pools; only the first call counts, the bays share the street."""
        if self._began:
            return
        self._began = True
        for pool in self.pools:
            pool.begin(at_ns)
            self.taken_at_begin.update(pool.initially_taken)
            self._events.extend(StreetEvent(at_ns, pool.rule, 1) for _ in pool.initially_taken)
        self._look_ahead()

    def next_change_ns(self, bay: int, until_ns: int) -> int | None:
        """When the bay changes next, if that is not after ``until_ns``."""
        waiting = self._changes[bay]
        while not waiting and self._next_ns <= until_ns:
            self._happen()
        return waiting[0].at_ns if waiting and waiting[0].at_ns <= until_ns else None

    def changes(self, bay: int, until_ns: int) -> list[BayChange]:
        """The bay's changes up to this moment that were not yet taken; taken now."""
        while self._next_ns <= until_ns:
            self._happen()
        return _taken(self._changes[bay], until_ns)

    def events(self, until_ns: int) -> list[StreetEvent]:
        """The street's events up to this moment that were not yet taken; taken now."""
        while self._next_ns <= until_ns:
            self._happen()
        return _taken(self._events, until_ns)

    def _happen(self) -> None:
        pool = self._next_pool
        at_ns, bay, change = pool.happen()
        if bay is None or change is None:
            self._events.append(StreetEvent(at_ns, pool.rule, 0))
        else:
            self._changes[bay].append(change)
            self._events.append(StreetEvent(at_ns, pool.rule, 1 if change.occupied else -1))
        self._look_ahead()

    def _look_ahead(self) -> None:
        pools = self.pools
        self._next_pool = pools[0] if len(pools) == 1 else min(pools, key=Pool.next_ns)
        self._next_ns = self._next_pool.next_ns()


def _taken(waiting: deque[_Happened], until_ns: int) -> list[_Happened]:
    taken = []
    while waiting and waiting[0].at_ns <= until_ns:
        taken.append(waiting.popleft())
    return taken


class DayFactors:
    """How much busier a day is than its kind: gamma with mean 1. ``dispersion`` is its coefficient of variation."""

    def __init__(self, seed: str, dispersion: float, clock: LocalHours) -> None:
        self._noise = Noise(seed)
        self._shape = 1 / (dispersion * dispersion) if dispersion > 0 else 0.0
        self._clock = clock
        self._kept: dict[int, float] = {}

    def at(self, at_ns: int) -> float:
        """The factor of that local day."""
        if not self._shape:
            return 1.0
        day = self._clock.at(at_ns).day
        found = self._kept.get(day)
        if found is None:
            found = self._kept[day] = gamma(self._noise.generator(day), 1.0, self._shape)
        return found
