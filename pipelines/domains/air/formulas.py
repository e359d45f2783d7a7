"""Formulas of air quality: the European index, the limits of 2030, the correction of one kind of low-cost sensor."""

from collections.abc import Mapping
from typing import Literal

Pollutant = Literal["pm25", "pm10", "no2", "o3", "so2"]

BANDS = ("good", "fair", "moderate", "poor", "very-poor", "extremely-poor")

UPPER_UG_M3: Mapping[Pollutant, tuple[int, int, int, int, int]] = {
    "pm25": (5, 15, 50, 90, 140),
    "pm10": (15, 45, 120, 195, 270),
    "no2": (10, 25, 60, 100, 150),
    "o3": (60, 100, 120, 160, 180),
    "so2": (20, 40, 125, 190, 275),
}
"""Upper bounds of the first five bands for hourly means. Source: the revised European air quality index, ETC HE report
2024/17. The old index (PM2.5 10/20/25/50) and Germany's own have other bounds and must not be mixed with these."""

LIMITS_2030_UG_M3: Mapping[Pollutant, float] = {"pm25": 10.0, "pm10": 20.0, "no2": 20.0}
"""Annual limit values from 2030. Source: Directive (EU) 2024/2881, annex I."""


def band(pollutant: Pollutant, mean_ug_m3: float) -> int:
    """Index in ``BANDS`` of an hourly mean."""
    return sum(mean_ug_m3 > bound for bound in UPPER_UG_M3[pollutant])


def barkjohn(pm25_cf1_ug_m3: float, humidity_percent: float) -> float:
    """PM2.5 of a PurpleAir (Plantower, channel cf_1) corrected for humidity; at least 0.

    Source: Barkjohn, Gantt and Clements, Atmos. Meas. Tech. 14 (2021) 4617-4637, US-wide correction. Valid for that
    sensor only; a linear fit beside a reference at the same place is better.
    """
    return max(0.0, 0.524 * pm25_cf1_ug_m3 - 0.0862 * humidity_percent + 5.75)
