"""Is a place plausible? Finds swapped coordinates, national grids taken for degrees, and devices outside their pilot.

All coordinates are WGS 84 degrees, longitude before latitude, as GeoJSON has them.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, radians
from statistics import median

LonLat = tuple[float, float]

KM_PER_DEGREE = 111.2
FAR_KM = 50.0
"""A city pilot is smaller than this; a device farther from its pilot is a slip of the pen."""


def coordinate_fault(longitude: float, latitude: float) -> tuple[str, str] | None:
    """(what, mend) where these cannot be degrees, else None."""
    if longitude == 0 and latitude == 0:
        return "0, 0 lies in the Gulf of Guinea", "Leave both out when the place is not known."
    if abs(longitude) <= 180 and abs(latitude) <= 90:  # noqa: PLR2004 - degrees
        return None
    if abs(latitude) <= 180 and abs(longitude) <= 90:  # noqa: PLR2004 - degrees
        return f"latitude {latitude:g} is beyond 90 degrees", "Latitude and longitude look swapped."
    if 0 < longitude < 300_000 and 0 < latitude < 650_000:  # noqa: PLR2004 - bounds of the Dutch and Belgian grids
        grid = "Rijksdriehoek (EPSG:28992)" if latitude > 300_000 else "Lambert 72 (EPSG:31370)"  # noqa: PLR2004
        return f"{longitude:g}, {latitude:g} are metres, not degrees", f"Convert from {grid} to WGS 84 degrees."
    return f"{longitude:g}, {latitude:g} are not degrees", "Write WGS 84 degrees, such as 4.4777 and 51.0259."


def distance_km(a: LonLat, b: LonLat) -> float:
    """Distance on a flat map, good to 1 % within a city."""
    east = (a[0] - b[0]) * cos(radians((a[1] + b[1]) / 2))
    return float((east**2 + (a[1] - b[1]) ** 2) ** 0.5 * KM_PER_DEGREE)


def inside(point: LonLat, ring: Sequence[LonLat]) -> bool:
    """Is the point within the closed ring? By the even-odd rule."""
    x, y = point
    odd = False
    for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]]):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def ring_of_box(west: float, south: float, east: float, north: float) -> tuple[LonLat, ...]:
    """The four corners of a box."""
    return ((west, south), (east, south), (east, north), (west, north))


def centre(points: Sequence[LonLat]) -> LonLat:
    """The median of points: a stray one does not move it. Raises StatisticsError without points."""
    return median(point[0] for point in points), median(point[1] for point in points)


def misplaced(point: LonLat, middle: LonLat) -> tuple[str, str] | None:
    """(what, mend) where a device stands far from the middle of its pilot, else None."""
    away_km = distance_km(point, middle)
    if away_km <= FAR_KM:
        return None
    if distance_km((point[1], point[0]), middle) <= FAR_KM:
        return "latitude and longitude look swapped", f"Write latitude = {point[0]:g} and longitude = {point[1]:g}"
    return f"{away_km:,.0f} km away from the rest of its pilot", "Check latitude and longitude."
