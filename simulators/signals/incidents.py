"""Things that go wrong now and then and last a while: fires, tilts, open lids, leaks, lamp failures."""

import random

from simulators.signals.local_hours import DAY_NS, HOUR_NS

NEVER_NS = 1 << 62
YEAR_NS = 365.2425 * DAY_NS
SHORTEST_NS = HOUR_NS // 30


class Incidents:
    """Begin as a Poisson process ``per_year``, last ``least_hours`` and an exponential time, do not overlap."""

    def __init__(self, rng: random.Random, per_year: float, *, mean_hours: float, least_hours: float = 0.0) -> None:
        self._rng = random.Random(rng.random())
        self._per_ns = per_year / YEAR_NS
        self._least_ns = max(SHORTEST_NS, int(least_hours * HOUR_NS))
        self._mean_ns = max(0.0, mean_hours - least_hours) * HOUR_NS
        self.next_ns = NEVER_NS
        """When something begins or ends next."""
        self.since_ns: int | None = None
        """Since when one is under way."""
        self.ended_ns: int | None = None
        """When the last one ended."""

    def begin(self, at_ns: int) -> None:
        """Nothing is under way when the city begins."""
        self.next_ns = self._wait(at_ns)

    def changes(self, until_ns: int) -> list[tuple[int, bool]]:
        """(moment, begins) of what began and ended up to now and was not yet told."""
        told = []
        while self.next_ns <= until_ns:
            moment = self.next_ns
            if self.since_ns is None:
                self.since_ns = moment
                lasts_ns = int(self._rng.expovariate(1 / self._mean_ns)) if self._mean_ns else 0
                self.next_ns = moment + self._least_ns + lasts_ns
            else:
                self.since_ns, self.ended_ns = None, moment
                self.next_ns = self._wait(moment)
            told.append((moment, self.since_ns is not None))
        return told

    def _wait(self, at_ns: int) -> int:
        return at_ns + 1 + int(self._rng.expovariate(self._per_ns)) if self._per_ns > 0 else NEVER_NS
