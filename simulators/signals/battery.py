"""A device's battery: full share falls evenly over its life; voltage follows the chemistry's discharge curve."""

import random
from bisect import bisect_right

from simulators.signals.local_hours import DAY_NS

Curve = tuple[tuple[float, float], ...]
"""(charge in per cent, volts), rising. Assumptions, typical of the chemistry at 20 °C under light load."""

LITHIUM: Curve = ((0, 2.8), (10, 3.2), (50, 3.4), (100, 3.6))
ALKALINE: Curve = ((0, 2.0), (10, 2.4), (50, 2.8), (80, 3.0), (100, 3.2))


class Battery:
    """One battery, somewhere in the first 40 % of its life when the city begins."""

    def __init__(self, rng: random.Random, life_years: float = 8.0) -> None:
        self._first = rng.uniform(60, 100)
        self._per_ns = 100 / (life_years * 365.25 * DAY_NS)
        self._began_ns: int | None = None

    def percent(self, at_ns: int) -> float:
        """Charge left; the first time it is asked is when its life in this city begins."""
        if self._began_ns is None:
            self._began_ns = at_ns
        return max(0.0, self._first - (at_ns - self._began_ns) * self._per_ns)

    def volts(self, at_ns: int, curve: Curve = LITHIUM) -> float:
        """Voltage of that charge, to a hundredth."""
        percent = self.percent(at_ns)
        upper = min(len(curve) - 1, max(1, bisect_right(curve, (percent, 0.0))))
        (below, low_v), (above, high_v) = curve[upper - 1], curve[upper]
        return round(low_v + (high_v - low_v) * (percent - below) / (above - below), 2)
