"""Levels and flows. Pure; sources with each."""

from collections.abc import Sequence
from statistics import fmean, stdev

import msgspec

from pipelines.domains import HOUR_NS

MAD_TO_SIGMA = 1.4826
"""Scales the median absolute deviation to a standard deviation for normal errors: 1 / Φ⁻¹(3/4)."""

HAMPEL_SIGMAS = 3.0
LEAST_JUMP_M = 0.05
"""Below this no reading is a spike: ripples and an ultrasonic sensor's own noise, which still water would not show."""

Point = tuple[int, float]
"""Time in ns, level in m."""


def speed_of_sound(temperature_c: float) -> float:
    """m/s in air: ``331.3 + 0.606 T``, the usual linear form; within 0.2 % from -20 to 40 °C."""
    return 331.3 + 0.606 * temperature_c


def level_m(reference_m: float, distance_m: float) -> float:
    """Level above the datum of a sensor that hangs at ``reference_m`` and looks down."""
    return reference_m - distance_m


def compensated_m(distance_m: float, temperature_c: float, assumed_temperature_c: float) -> float:
    """A distance that was measured as if the air had the assumed temperature."""
    return distance_m * speed_of_sound(temperature_c) / speed_of_sound(assumed_temperature_c)


def hampel(window: Sequence[float]) -> tuple[float, float]:
    """Median of a window and how far from it a value is a spike.

    Source: Pearson, "Outliers in process modeling and identification", IEEE Trans. Control Systems Technology 10
    (2002); here the window ends with the newest value (no waiting for later ones) and the limit has a floor.
    """
    middle = median(window)
    spread = MAD_TO_SIGMA * median([abs(value - middle) for value in window])
    return middle, max(HAMPEL_SIGMAS * spread, LEAST_JUMP_M)


def median(values: Sequence[float]) -> float:
    """The middle one, or the mean of the two; ``statistics.median`` costs four times as much on seven values."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def rise_mm_h(points: Sequence[Point]) -> float | None:
    """Least-squares slope in mm/h; None without two different times."""
    first_ns = points[0][0]
    hours = [(time_ns - first_ns) / HOUR_NS for time_ns, _ in points]
    mean_h = sum(hours) / len(hours)
    squares = products = 0.0
    for hour, (_, level) in zip(hours, points, strict=True):
        squares += (hour - mean_h) ** 2
        products += (hour - mean_h) * level
    return 1_000 * products / squares if squares else None


class NightLimit(msgspec.Struct, frozen=True):
    """What makes a night flow too high. ``sigmas`` above the mean of at least ``nights`` nights."""

    nights: int = 3
    sigmas: float = 3.0
    least_sigma_l_h: float = 2.0
    least_share: float = 0.1

    def of(self, flows_l_h: Sequence[float]) -> float | None:
        """The limit; None before there are enough nights.

        Three nights tell little of the spread, so it is taken as at least two litres an hour (a cistern that fills
        once) and at least a tenth of the mean: assumptions, both.
        """
        if len(flows_l_h) < self.nights:
            return None
        mean = fmean(flows_l_h)
        sigma = max(stdev(flows_l_h, mean), self.least_sigma_l_h, self.least_share * mean)
        return mean + self.sigmas * sigma
