"""Air temperature of a local day: mean, extremes, hours of frost, and whether it was a day of heat.

A day of heat reaches 30 °C, what climatologists call a tropical day; frost is air below 0 °C at the sensor.
"""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import Reading, Site
from pipelines.domains.daily import WHOLE, Day, Days
from pipelines.domains.register import MIN_CAPTURE
from pipelines.domains.said import estimated, missing, of_interval
from pipelines.model import Observation

TEMPERATURE = "temperature_c"
FROST_C, HEAT_C = 0.0, 30.0
COVERAGE = "temperature_coverage_percent"


class TemperatureState(msgspec.Struct, array_like=True):
    """One station."""

    feature: str
    days: Days = msgspec.field(default_factory=Days)


class Temperature:
    """Key: the station."""

    producer = "weather-temperature"
    version = 1
    sure_only = True
    features = frozenset({"weather-station"})
    properties = frozenset({TEMPERATURE})
    state = TemperatureState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The station."""
        del site
        return reading.feature

    def begin(self, key: str, site: Site) -> TemperatureState:
        """Nothing measured yet."""
        del site
        return TemperatureState(key)

    def due_ns(self, state: TemperatureState, site: Site) -> int:
        """A while after the day's end."""
        del site
        return state.days.due_ns

    def pass_time(self, state: TemperatureState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Says each day that is over."""
        del site
        if to_ns < state.days.due_ns:
            return ()
        return [one for day in state.days.over(to_ns) for one in _of_day(state.feature, day)]

    def take(self, state: TemperatureState, reading: Reading, site: Site) -> Iterable[Observation]:
        """One temperature."""
        if isinstance(reading.value, float):
            frost = ("frost",) if reading.value < FROST_C else ()
            state.days.add(reading.time_ns, reading.value, site.zone, frost)
        return ()


def _of_day(feature: str, day: Day) -> Iterator[Observation]:
    span = (day.begin_ns, day.end_ns)
    yield of_interval(feature, COVERAGE, round(100 * min(day.share, 1.0), 2), *span)
    values = {
        TEMPERATURE: round(day.mean, 2),
        "temperature_max_c": day.high,
        "temperature_min_c": day.low,
        "frost_h": round(day.hours("frost"), 4),
        "heat_day": float(day.high >= HEAT_C),
    }
    say = of_interval if day.share >= WHOLE else estimated
    for name, value in values.items():
        yield missing(feature, name, *span) if day.share < MIN_CAPTURE else say(feature, name, value, *span)
