"""Spells: stretches of time in which something is wrong, drawn ahead as far as somebody asks."""

import random
from collections.abc import Iterator

from simulators.faults import MONTH_NS


class Spells:
    """Begins are a Poisson process of ``per_month``, durations exponential with mean ``mean_ns``; none overlap."""

    def __init__(self, rng: random.Random, *, start_ns: int, per_month: float, mean_ns: float) -> None:
        self._rng = rng
        self._per_ns = per_month / MONTH_NS
        self._mean_ns = mean_ns
        self._begin_ns = self._end_ns = start_ns
        self._next(start_ns)

    def _next(self, from_ns: int) -> None:
        if self._per_ns <= 0:
            self._begin_ns, self._end_ns = 1 << 62, 1 << 63
            return
        self._begin_ns = from_ns + int(self._rng.expovariate(self._per_ns))
        self._end_ns = self._begin_ns + int(self._rng.expovariate(1 / self._mean_ns)) + 1

    def around(self, at_ns: int) -> tuple[int, int] | None:
        """Begin and end of the spell that holds this moment, None between spells. Ask with times that never fall."""
        while at_ns >= self._end_ns:
            self._next(self._end_ns)
        return (self._begin_ns, self._end_ns) if at_ns >= self._begin_ns else None

    def not_over(self, at_ns: int) -> tuple[int, int]:
        """Begin and end of the spell that holds this moment, or else of the next one. Times never fall."""
        while at_ns >= self._end_ns:
            self._next(self._end_ns)
        return self._begin_ns, self._end_ns

    def begun(self, at_ns: int) -> Iterator[int]:
        """When each spell began that nobody has asked for yet, up to this moment; for what only happens."""
        while self._begin_ns <= at_ns:
            yield self._begin_ns
            self._next(self._begin_ns + 1)
