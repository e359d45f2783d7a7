"""Formulas of waste, pure. Levels in per cent, times in hours.

Sources: Theil (1950) and Sen (1968), slope as the median of the slopes of all pairs. First passage of a gamma
process (van Noortwijk, Reliability Engineering and System Safety 94 (2009) 2-21) by the cube root of a gamma variable,
which is nearly normal (Wilson and Hilferty, PNAS 17 (1931) 684-688).
"""

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import median

Point = tuple[float, float]
"""Time and level."""


def level_percent(distance_mm: float, *, empty_mm: float, full_mm: float, dead_zone_mm: float = 0.0) -> float | None:
    """``(H_empty - d) / (H_empty - H_full)`` as per cent; None outside of [dead zone, H_empty + 5 %] (DOMAINS 3.2)."""
    if distance_mm < dead_zone_mm or distance_mm > empty_mm * 1.05:
        return None
    return min(100.0, max(0.0, 100 * (empty_mm - distance_mm) / (empty_mm - full_mm)))


def middle(levels: Sequence[float]) -> float:
    """The median of a few numbers, at least one; at a tenth of what the general one costs."""
    ordered, half = sorted(levels), len(levels) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def monotone_hull(levels: Sequence[float]) -> list[float]:
    """The lowest rising line above: a container does not empty itself, so a fall in between is noise."""
    return list(accumulate(levels, max))


def theil_sen(points: Sequence[Point]) -> float | None:
    """Median slope of all pairs of points at different times; None with less than two of them."""
    slopes = [
        (later[1] - sooner[1]) / (later[0] - sooner[0])
        for at, sooner in enumerate(points)
        for later in points[at + 1 :]
        if later[0] != sooner[0]
    ]
    return median(slopes) if slopes else None


def gain_until_reached(missing: float, spread: float, z: float) -> float:
    """The expected gain at which a gamma process has gained ``missing`` with the chance that belongs to ``z``.

    Gain over a time has mean m and variance ``spread`` * m, gamma of shape k = m / ``spread``; it is ``missing`` at its
    quantile where, after Wilson and Hilferty, (missing / spread)^(1/3) = k^(1/3) (1 - 1/(9k) + z / (3 sqrt k)). With
    x = k^(1/6) that is a polynomial, whose largest root Newton finds from above. z = 1.2816 is reached with a chance of
    10 %, 0 with 50 %, -1.2816 with 90 %.
    """
    if missing <= 0:
        return 0.0
    cube_root = (missing / spread) ** (1 / 3)
    third = z / 3
    x = math.sqrt(cube_root + abs(z) + 1)
    for _ in range(60):
        square = x * x
        value = ((square - cube_root) * x + third) * square * x - 1 / 9
        slope = ((6 * square - 4 * cube_root) * x + 3 * third) * square
        step = value / slope
        x -= step
        if step < 1e-9 * x:
            break
    return spread * float(x**6)
