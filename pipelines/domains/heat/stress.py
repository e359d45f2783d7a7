"""Heat stress per hour: WBGT, UTCI and humidex from hourly means; hours above 25 °C WBGT per local day.

With a black globe and a natural wet bulb the WBGT is measured, with a globe and wind the UTCI too. Without them a
simple WBGT is said, and a UTCI in the shade (radiant temperature equal to air temperature), both marked estimated.
State: two hours of means, and the WBGT of a local day's hours.
"""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site, said
from pipelines.domains.heat.formulas import (
    humidex,
    radiant_temperature_c,
    vapour_pressure_kpa,
    wbgt_outdoors,
    wbgt_simple,
)
from pipelines.domains.heat.utci import utci
from pipelines.domains.hourly import CAPTURE, LONGEST_WAIT_NS, Hour, Hours
from pipelines.domains.local_time import day_bounds
from pipelines.model import Observation

_HOT_C = 25.0
_CLOSES_AFTER_NS = LONGEST_WAIT_NS + HOUR_NS // 4


class Station(msgspec.Struct):
    """One station. ``wbgt_c``: by begin of hour, of the open local day; ``estimated``: whether any of them is."""

    feature: str
    hours: Hours = msgspec.field(default_factory=Hours)
    wbgt_c: dict[int, float] = {}
    estimated: bool = False
    day_begin_ns: int = -1
    day_end_ns: int = -1


class HeatMachine:
    """Temperature and humidity, and what else there is, → heat stress; see the head of the file."""

    producer = "heat-stress"
    version = 1
    features = frozenset(("weather-station", "air-station"))
    properties = frozenset(
        ("temperature_c", "humidity_percent", "wind_speed_m_s", "globe_temperature_c", "wet_bulb_temperature_c")
    )
    state = Station

    def key(self, reading: Reading, site: Site) -> str | None:
        """The station."""
        return reading.feature

    def begin(self, key: str, site: Site) -> Station:
        """A station that has measured nothing."""
        return Station(key)

    def due_ns(self, state: Station, site: Site) -> int:
        """The end of the hour, or a while after that of the day."""
        day_ns = state.day_end_ns + _CLOSES_AFTER_NS if state.day_end_ns >= 0 else NEVER_NS
        return min(state.hours.due_ns, day_ns)

    def pass_time(self, state: Station, to_ns: int, site: Site) -> Iterable[Observation]:
        """Say the hours and the day that are over."""
        said_now: list[Observation] = []
        for hour in state.hours.over(to_ns):
            if hour.begin_ns >= state.day_end_ns >= 0:
                said_now.extend(_say_day(state))
            if state.day_begin_ns < 0:
                state.day_begin_ns, state.day_end_ns = day_bounds(hour.begin_ns, site.zone)
            said_now.extend(_say_hour(state, hour))
        if 0 <= state.day_end_ns <= to_ns - _CLOSES_AFTER_NS:
            said_now.extend(_say_day(state))
        return said_now

    def take(self, state: Station, reading: Reading, site: Site) -> Iterable[Observation]:
        """Note a value in its hour."""
        if reading.quality != "ok" or not isinstance(reading.value, float):
            return ()
        middle_ns, length_ns = state.hours.span_of(reading.property, reading.time_ns)
        if length_ns <= 0:
            return ()
        again = state.hours.add(reading.property, reading.value, middle_ns, length_ns)
        return () if again is None else list(_say_hour(state, again))


def _say_day(state: Station) -> list[Observation]:
    """How long it was hot, once the day's last hour has been said; the next day begins empty."""
    feature, begin_ns, end_ns, hours = state.feature, state.day_begin_ns, state.day_end_ns, state.wbgt_c
    share = len(hours) * HOUR_NS / (end_ns - begin_ns)
    hot = float(sum(value > _HOT_C for value in hours.values()))
    if share < CAPTURE:
        found = said.missing(feature, "wbgt_above_25_h", begin_ns, end_ns)
    elif state.estimated or share < 1.0:
        found = said.estimated(feature, "wbgt_above_25_h", hot, begin_ns, end_ns)
    else:
        found = said.of_interval(feature, "wbgt_above_25_h", hot, begin_ns, end_ns)
    state.wbgt_c, state.estimated, state.day_begin_ns, state.day_end_ns = {}, False, -1, -1
    if not hours:
        return []
    return [found, _coverage(feature, share, begin_ns, end_ns)]


def _say_hour(state: Station, hour: Hour) -> Iterator[Observation]:
    """What the hour's means tell; nothing without temperature and humidity."""
    feature, begin_ns, end_ns = state.feature, hour.begin_ns, hour.begin_ns + HOUR_NS
    air_c, humidity = hour.mean("temperature_c"), hour.mean("humidity_percent")
    if air_c is None or humidity is None:
        return
    wind, globe_c, wet_c = (
        hour.mean(name) for name in ("wind_speed_m_s", "globe_temperature_c", "wet_bulb_temperature_c")
    )
    vapour_kpa = vapour_pressure_kpa(air_c, humidity)
    if globe_c is not None and wet_c is not None:
        wbgt, say = wbgt_outdoors(wet_c, globe_c, air_c), said.of_interval
    else:
        wbgt, say = wbgt_simple(air_c, vapour_kpa), said.estimated
        state.estimated = True
    state.wbgt_c[begin_ns] = wbgt
    yield say(feature, "wbgt_c", round(wbgt, 2), begin_ns, end_ns)
    yield said.of_interval(feature, "humidex_c", round(humidex(air_c, vapour_kpa), 2), begin_ns, end_ns)
    share = min(hour.coverage("temperature_c"), hour.coverage("humidity_percent"))
    yield _coverage(feature, share, begin_ns, end_ns)
    if wind is not None:
        radiant_k = 0.0 if globe_c is None else radiant_temperature_c(globe_c, air_c, wind) - air_c
        index_c = utci(air_c, wind, radiant_k, vapour_kpa)
        if index_c is not None:
            say = said.estimated if globe_c is None else said.of_interval
            yield say(feature, "utci_c", round(index_c, 2), begin_ns, end_ns)


def _coverage(feature: str, share: float, begin_ns: int, end_ns: int) -> Observation:
    """Of its own name: the same station may tell of its air or its rain, with another coverage."""
    return said.of_interval(feature, "heat_coverage_percent", round(100 * share, 2), begin_ns, end_ns)
