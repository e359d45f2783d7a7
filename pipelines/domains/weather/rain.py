"""Rain of a station per hour and local day."""

from collections.abc import Iterable

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.local_time import day_bounds, hour_of
from pipelines.domains.register import Tally, add
from pipelines.domains.said import of_interval, total
from pipelines.domains.weather.gauge import AMOUNT, TOTAL, Gauge, rain_of
from pipelines.model import Observation


class RainState(msgspec.Struct, array_like=True):
    """A gauge with its running hour and day."""

    feature: str
    gauge: Gauge
    hour: Tally
    day: Tally


class Rain:
    """Key: the station. Closes an interval with the first report after it."""

    producer = "weather-rain"
    version = 1
    features = frozenset({"weather-station"})
    properties = frozenset({AMOUNT, TOTAL})
    state = RainState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The station."""
        return reading.feature

    def begin(self, key: str, site: Site) -> RainState:
        """Nothing reported yet."""
        return RainState(key, Gauge(), Tally(), Tally())

    def due_ns(self, state: RainState, site: Site) -> int:
        """Never: only a report tells what fell before it."""
        return NEVER_NS

    def pass_time(self, state: RainState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Nothing: only a report tells what fell before it."""
        return ()

    def take(self, state: RainState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Adds what fell since the last report."""
        stretches = rain_of(state.gauge, reading)
        if not stretches:
            return ()
        over = add(state.hour, stretches, _hour_bounds)
        over += add(state.day, stretches, lambda at_ns: day_bounds(at_ns, site.zone))
        return [one for tally in over for one in _say(state.feature, tally)]


def _say(feature: str, tally: Tally) -> tuple[Observation, Observation]:
    known = round(100 * tally.coverage, 2)
    return (
        total(feature, AMOUNT, tally),
        of_interval(feature, "rain_coverage_percent", known, tally.begin_ns, tally.end_ns),
    )


def _hour_bounds(at_ns: int) -> tuple[int, int]:
    begin_ns = hour_of(at_ns)
    return begin_ns, begin_ns + HOUR_NS
