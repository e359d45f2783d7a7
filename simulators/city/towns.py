"""The towns that a scenario can be set in. Centres and extents are those of the towns; nothing else in them is real."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Town:
    """``centres``: longitude and latitude, WGS 84 degrees; ``radius_m``: how far the built-up area reaches from each.

    ``slug`` is the city's name in files and topics. ``tongue``: of its street names.
    """

    slug: str
    title: str
    timezone: str
    centres: tuple[tuple[float, float], ...]
    radius_m: float
    tongue: Literal["dutch", "french"]


TOWNS: Mapping[str, Town] = {
    town.slug: town
    for town in (
        Town("mechelen", "Mechelen", "Europe/Brussels", ((4.4776, 51.0257),), 2_200, "dutch"),
        Town("antwerp", "Antwerp", "Europe/Brussels", ((4.4025, 51.2194),), 5_000, "dutch"),
        Town("delft", "Delft", "Europe/Amsterdam", ((4.3571, 52.0116),), 2_500, "dutch"),
        Town("saint-quentin", "Saint-Quentin", "Europe/Paris", ((3.2876, 49.8489),), 2_600, "french"),
        Town(
            "rotterdam-the-hague",
            "Rotterdam and The Hague",
            "Europe/Amsterdam",
            ((4.4777, 51.9244), (4.3007, 52.0705)),
            5_500,
            "dutch",
        ),
        Town("groningen", "Groningen", "Europe/Amsterdam", ((6.5665, 53.2194),), 3_800, "dutch"),
    )
}
"""To add a town: one row."""
