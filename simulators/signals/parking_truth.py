"""What is true of a street of bays as a whole, each quarter hour; known to nobody's sensor.

Of the quarter that ends: ``occupancy`` (time-weighted share of all bays, 0 to 1), ``cars_parked`` and ``turned_away``.
Of the moment: ``bays_free`` (ordinary ones), and where the street is M/M/c/c ``p_free_5min`` … ``p_free_30min``: the
chance that an ordinary bay is free so many minutes later, given how many are taken now and the hours' true rates.
"""

from functools import lru_cache

from simulators.signals import Report, Site, Truth
from simulators.signals.local_hours import MINUTE_NS, QUARTER_NS
from simulators.signals.loss_system import expected_later
from simulators.signals.parking_street import Pool, Street

HORIZONS_MIN = (5, 10, 15, 30)
MOST_KEPT = 8192
"""A week has few pairs of rates, and streets of one kind share them."""


class StreetTruth:
    """Never sends; asked at every quarter hour."""

    def __init__(self, site: Site, street: Street, bays: int, *, knows_chances: bool) -> None:
        self._site = site
        self._street = street
        self._bays = bays
        self._taken: dict[str, int] = dict.fromkeys((pool.rule for pool in street.pools), 0)
        self._chances = [_Chances(pool) for pool in street.pools if pool.rule == "ordinary" and knows_chances]
        self._ordinary = next((pool for pool in street.pools if pool.rule == "ordinary"), None)
        self._last_ns = 0

    def begin(self, at_ns: int) -> int:
        """First at the next quarter hour; the quarter under way is not told."""
        self._street.begin(at_ns)
        self._last_ns = 0
        return (at_ns // QUARTER_NS + 1) * QUARTER_NS

    def report(self, at_ns: int) -> tuple[Report, int]:
        """The quarter that ends now, and this moment."""
        since_ns = at_ns - QUARTER_NS
        whole = self._last_ns == since_ns
        taken_ns, last_ns, parked, away = 0, since_ns, 0, 0
        for event in self._street.events(at_ns):
            if event.at_ns > last_ns:
                taken_ns += sum(self._taken.values()) * (event.at_ns - last_ns)
                last_ns = event.at_ns
            self._taken[event.rule] += event.step
            parked += event.step == 1
            away += event.step == 0
        taken_ns += sum(self._taken.values()) * (at_ns - last_ns)
        self._last_ns = at_ns
        feature = self._site.feature
        truth = list(self._now(at_ns))
        if whole:
            occupancy = taken_ns / (QUARTER_NS * self._bays)
            truth.append(Truth(since_ns, feature, "occupancy", occupancy, QUARTER_NS))
            truth.append(Truth(since_ns, feature, "cars_parked", parked, QUARTER_NS))
            truth.append(Truth(since_ns, feature, "turned_away", away, QUARTER_NS))
        return Report(at_ns, self._site.devices[0], 0, None, tuple(truth)), at_ns + QUARTER_NS

    def _now(self, at_ns: int) -> list[Truth]:
        if self._ordinary is None:
            return []
        feature = self._site.feature
        taken = self._taken["ordinary"]
        truth = [Truth(at_ns, feature, "bays_free", self._ordinary.places - taken)]
        for chances in self._chances:
            for minutes, by_taken in zip(HORIZONS_MIN, chances.from_each_state(at_ns), strict=True):
                truth.append(Truth(at_ns, feature, f"p_free_{minutes}min", by_taken[taken]))
        return truth


class _Chances:
    """P(free) of one pool from each state."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def from_each_state(self, at_ns: int) -> list[tuple[float, ...]]:
        """For each horizon the chance by number of taken bays. Rates hold for a quarter hour at least."""
        pool = self._pool
        rates = (pool.rate(at_ns), pool.rate(at_ns + QUARTER_NS))
        return [_chance(pool.places, pool.stays.mean_min, rates, minutes) for minutes in HORIZONS_MIN]


@lru_cache(maxsize=MOST_KEPT)
def _chance(places: int, mean_stay_min: float, rates: tuple[float, float], minutes: int) -> tuple[float, ...]:
    """Backwards from the horizon: first through the second quarter, then through the first."""
    quarter_min = QUARTER_NS // MINUTE_NS
    is_free = [1.0] * places + [0.0]
    if minutes > quarter_min:
        rest = minutes - quarter_min
        is_free = expected_later(is_free, arrivals_per_min=rates[1], mean_stay_min=mean_stay_min, minutes=rest)
    first = min(minutes, quarter_min)
    return tuple(expected_later(is_free, arrivals_per_min=rates[0], mean_stay_min=mean_stay_min, minutes=first))
