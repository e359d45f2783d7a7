"""When the sun is up. Pure; good to about a minute between the polar circles.

Source: Meeus, "Astronomical Algorithms", 2nd ed. (1998), chapters 25 (low accuracy), 28 and 15, in the form of NOAA's
solar calculator. Angles in degrees, east and north positive; instants in ns since 1970.
"""

from functools import lru_cache
from math import acos, asin, cos, degrees, radians, sin, tan

import msgspec

from pipelines.model import NS_PER_S

DAY_S = 86_400
JULIAN_DAY_1970 = 2_440_587.5
JULIAN_DAY_2000 = 2_451_545.0
HORIZON_DEG = -0.833
"""Of the sun's middle when its upper edge touches the horizon: 16' of radius and 34' of refraction (chapter 15)."""


class Sun(msgspec.Struct, frozen=True):
    """Apparent declination, and the equation of time in minutes: sundial less clock."""

    declination: float
    equation_min: float


def sun_at(julian_day: float) -> Sun:
    """Of an instant; chapter 25 for the declination, 28 for the equation of time (Smart's formula)."""
    t = (julian_day - JULIAN_DAY_2000) / 36_525
    longitude = 280.46646 + t * (36_000.76983 + t * 0.0003032)
    anomaly = radians(357.52911 + t * (35_999.05029 - t * 0.0001537))
    eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267)
    centre = (
        sin(anomaly) * (1.914602 - t * (0.004817 + t * 0.000014))
        + sin(2 * anomaly) * (0.019993 - t * 0.000101)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1_934.136 * t)
    apparent = radians(longitude + centre - 0.00569 - 0.00478 * sin(node))
    mean_tilt = 23 + (26 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60) / 60
    tilt = radians(mean_tilt + 0.00256 * cos(node))
    half, twice = tan(tilt / 2) ** 2, 2 * radians(longitude)
    equation = (
        half * sin(twice)
        - 2 * eccentricity * sin(anomaly)
        + 4 * eccentricity * half * sin(anomaly) * cos(twice)
        - half * half * sin(2 * twice) / 2
        - 1.25 * eccentricity * eccentricity * sin(2 * anomaly)
    )
    return Sun(degrees(asin(sin(tilt) * sin(apparent))), 4 * degrees(equation))


def half_day_s(latitude: float, declination: float, below_deg: float) -> float:
    """From the sun's highest point until it passes an elevation, in seconds; 0 to 12 h where it never does."""
    phi, delta = radians(latitude), radians(declination)
    poles = cos(phi) * cos(delta)
    if poles <= 1e-12:  # noqa: PLR2004 (at a pole: the sun keeps its height all day)
        return DAY_S / 2 if (declination > below_deg) == (latitude > 0) else 0.0
    share = (sin(radians(below_deg)) - sin(phi) * sin(delta)) / poles
    return degrees(acos(min(max(share, -1.0), 1.0))) * 240


@lru_cache(maxsize=4_096)
def daylight(day_begin_ns: int, latitude: float, longitude: float, below_deg: float = HORIZON_DEG) -> tuple[int, int]:
    """When the sun rises above and sinks below an elevation, on the local day that begins so.

    Each is found three times, with the sun as it stands at the answer before, at first with that of noon.
    """
    middle_s = day_begin_ns // NS_PER_S + DAY_S // 2
    times = []
    for side in (-1, 1):
        at_s = float(middle_s)
        for _ in range(3):
            sun = sun_at(at_s / DAY_S + JULIAN_DAY_1970)
            at_s = _transit_s(middle_s, longitude, sun) + side * half_day_s(latitude, sun.declination, below_deg)
        times.append(round(at_s) * NS_PER_S)
    return times[0], times[1]


def _transit_s(near_s: int, longitude: float, sun: Sun) -> float:
    """When the sun is highest, of all days the time nearest to an instant."""
    noon_s = DAY_S / 2 - longitude * 240
    return noon_s + round((near_s - noon_s) / DAY_S) * DAY_S - 60 * sun.equation_min
