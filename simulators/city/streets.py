"""Streets of a town, invented from a seed: names of trees and trades, lines spread evenly over the built-up area.

No street is a real one, and none has house numbers. A street is the same whatever other streets are asked for: it
follows from the seed and its own name.
"""

import math
import random
from dataclasses import dataclass

from simulators.city.towns import Town
from simulators.networks.radio import METRES_PER_DEGREE

_DUTCH = (
    *("linden", "beuken", "eiken", "elzen", "essen", "iepen", "kastanje", "berken", "wilgen", "populieren", "meidoorn"),
    *(
        "molen",
        "brouwers",
        "bakkers",
        "wevers",
        "smids",
        "schippers",
        "visser",
        "mandenmakers",
        "klokken",
        "leerlooiers",
    ),
)
_DUTCH_ENDS = ("straat", "laan", "plein", "kade", "weg", "dreef")
_FRENCH = (
    *("tilleuls", "chenes", "hetres", "ormes", "platanes", "peupliers", "saules", "frenes", "erables", "noisetiers"),
    *("tisserands", "boulangers", "meuniers", "tanneurs", "vanniers", "forgerons", "drapiers", "bateliers", "potiers"),
)
_FRENCH_BEGINS = ("rue-des", "avenue-des", "place-des", "quai-des", "allee-des")
SHORTEST_M, LONGEST_M = 160.0, 420.0


@dataclass(frozen=True)
class Street:
    """A straight street from one point to another, longitude before latitude."""

    name: str
    begin: tuple[float, float]
    end: tuple[float, float]

    def point(self, share: float, aside_m: float = 0.0) -> tuple[float, float]:
        """The point at this share of its length, so many metres to the right of its middle."""
        lon = self.begin[0] + share * (self.end[0] - self.begin[0])
        lat = self.begin[1] + share * (self.end[1] - self.begin[1])
        if aside_m:
            wide = math.cos(math.radians(lat))
            east, north = (self.end[0] - self.begin[0]) * wide, self.end[1] - self.begin[1]
            length = math.hypot(east, north) or 1.0
            lon += aside_m * north / length / METRES_PER_DEGREE / wide
            lat -= aside_m * east / length / METRES_PER_DEGREE
        return round(lon, 6), round(lat, 6)

    @property
    def length_m(self) -> float:
        """From end to end."""
        wide = math.cos(math.radians(self.begin[1]))
        return METRES_PER_DEGREE * math.hypot((self.end[0] - self.begin[0]) * wide, self.end[1] - self.begin[1])


def street_names(town: Town, seed: int) -> list[str]:
    """All names that this town has, in an order of its own."""
    if town.tongue == "french":
        names = [f"{begin}-{word}" for word in _FRENCH for begin in _FRENCH_BEGINS]
    else:
        names = [f"{word}{end}" for word in _DUTCH for end in _DUTCH_ENDS]
    random.Random(f"{seed}/{town.slug}/streets").shuffle(names)
    return names


def street(town: Town, seed: int, name: str) -> Street:
    """The street of this name: somewhere in the town, dense towards the middle, turned any way."""
    rng = random.Random(f"{seed}/{town.slug}/street/{name}")
    centre = town.centres[rng.randrange(len(town.centres))]
    away_m, angle = town.radius_m * rng.random() ** 0.7, rng.uniform(0, math.tau)
    length_m, turn = rng.uniform(SHORTEST_M, LONGEST_M), rng.uniform(0, math.pi)
    begin = moved(centre, away_m * math.cos(angle), away_m * math.sin(angle))
    return Street(name, begin, moved(begin, length_m * math.cos(turn), length_m * math.sin(turn)))


def moved(point: tuple[float, float], east_m: float, north_m: float) -> tuple[float, float]:
    """The point so many metres east and north."""
    lon = point[0] + east_m / METRES_PER_DEGREE / math.cos(math.radians(point[1]))
    return round(lon, 6), round(point[1] + north_m / METRES_PER_DEGREE, 6)
