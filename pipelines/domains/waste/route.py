"""Which containers to empty tomorrow, in which order, and how far that is against emptying all of them.

Nearest neighbour from the depot, then 2-opt until nothing gets shorter. Distances are great circles times 1.3, the
usual detour of a street network; it is a comparison of tours by one rule, not a route along streets.
"""

import math
from collections.abc import Sequence

import msgspec

from pipelines.model import Location

DETOUR = 1.3
EARTH_KM = 6_371.0
CO2_KG_PER_KM = 1.3
"""A diesel refuse lorry between stops takes about half a litre a kilometre, at 2.6 kg of CO2 a litre: an assumption."""

MOST_ROUNDS = 200
_SHORTER_KM = 1e-9


class Bin(msgspec.Struct, frozen=True):
    """A container as the tour sees it. ``full_in_h``: hours until it is full, if known; P10 is careful."""

    feature: str
    location: Location
    level_percent: float
    full_in_h: float | None = None


class Stop(msgspec.Struct, frozen=True):
    """A container to empty, and the way to it from the stop before."""

    bin: Bin
    way_km: float


class Tour(msgspec.Struct, frozen=True):
    """Tomorrow's stops in order; their tour and the fixed one over all containers, there and back; what that saves."""

    stops: tuple[Stop, ...]
    km: float
    fixed_km: float
    co2_kg: float
    fixed_co2_kg: float

    @property
    def saved_km(self) -> float:
        """Kilometres less than the fixed tour."""
        return self.fixed_km - self.km


def plan_tour(
    bins: Sequence[Bin],
    *,
    depot: Location | None = None,
    until_h: float = 24.0,
    full_percent: float = 90.0,
    co2_kg_per_km: float = CO2_KG_PER_KM,
) -> Tour:
    """The containers that are full, or will be within ``until_h`` hours, as a tour; without a depot from the first.

    ``until_h``: to the tour after the next one; what is not emptied now must last until then.
    """
    due = [one for one in bins if is_due(one, until_h=until_h, full_percent=full_percent)]
    order = shortest_tour([one.location for one in due], depot)
    stops: list[Stop] = []
    here = depot
    for at in order:
        there = due[at].location
        stops.append(Stop(due[at], 0.0 if here is None else way_km(here, there)))
        here = there
    km = tour_km([one.location for one in due], order, depot)
    everywhere = [one.location for one in bins]
    fixed_km = tour_km(everywhere, shortest_tour(everywhere, depot), depot)
    return Tour(tuple(stops), km, fixed_km, km * co2_kg_per_km, fixed_km * co2_kg_per_km)


def is_due(one: Bin, *, until_h: float, full_percent: float) -> bool:
    """Whether a container must be emptied now."""
    return one.level_percent >= full_percent or (one.full_in_h is not None and one.full_in_h <= until_h)


def haversine_km(a: Location, b: Location) -> float:
    """Great circle between two places."""
    half_lat = math.radians(b.latitude - a.latitude) / 2
    half_lon = math.radians(b.longitude - a.longitude) / 2
    cosines = math.cos(math.radians(a.latitude)) * math.cos(math.radians(b.latitude))
    return 2 * EARTH_KM * math.asin(math.sqrt(math.sin(half_lat) ** 2 + cosines * math.sin(half_lon) ** 2))


def way_km(a: Location, b: Location) -> float:
    """The way between two places, with the detour of streets."""
    return DETOUR * haversine_km(a, b)


def tour_km(places: Sequence[Location], order: Sequence[int], depot: Location | None) -> float:
    """Length of a closed tour, from the depot and back to it."""
    stops = [places[at] for at in order]
    if depot is not None and stops:
        stops.insert(0, depot)
    return sum([way_km(stops[at - 1], stops[at]) for at in range(len(stops))])


def shortest_tour(places: Sequence[Location], depot: Location | None = None) -> list[int]:
    """Order of the places: nearest neighbour, then 2-opt on the closed tour. Good, not proved to be the shortest."""
    if not places:
        return []
    nodes = [*places] if depot is None else [depot, *places]
    km = [[way_km(a, b) for b in nodes] for a in nodes]
    order = _two_opt(_nearest_first(km), km)
    return order if depot is None else [node - 1 for node in order[1:]]


def _nearest_first(km: Sequence[Sequence[float]]) -> list[int]:
    order, left = [0], set(range(1, len(km)))
    while left:
        row = km[order[-1]]
        nearest = min(left, key=lambda node: (row[node], node))
        order.append(nearest)
        left.remove(nearest)
    return order


def _two_opt(order: list[int], km: Sequence[Sequence[float]]) -> list[int]:
    """Turn round pieces of the closed tour as long as that makes it shorter. The first node stays first."""
    size = len(order)
    for _ in range(MOST_ROUNDS):
        shortened = False
        for begin in range(1, size - 1):
            for end in range(begin + 1, size):
                before, first, last, after = order[begin - 1], order[begin], order[end], order[(end + 1) % size]
                if km[before][last] + km[first][after] < km[before][first] + km[last][after] - _SHORTER_KM:
                    order[begin : end + 1] = reversed(order[begin : end + 1])
                    shortened = True
        if not shortened:
            break
    return order
