"""The machine of one air station: hourly means, ozone over 8 hours, the European index, days, twelve months.

State: two hours of sums, the hourly means of a local day and eight hours of ozone, twelve months of sums.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.air import statements
from pipelines.domains.air.formulas import UPPER_UG_M3, Pollutant, band, barkjohn
from pipelines.domains.air.year import Year
from pipelines.domains.hourly import LONGEST_WAIT_NS, Hour, Hours
from pipelines.domains.local_time import day_bounds, local_date
from pipelines.model import Observation

_CLOSES_AFTER_NS = LONGEST_WAIT_NS + HOUR_NS // 4
_OZONE_HOURS = 8
_OZONE_LEAST = 6
"""Source: Directive 2008/50/EC, annexes VII and XI: an 8-hour mean needs six of its hours."""


class AirSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``annual_capture``: share of the year's hours below which its mean is refused."""

    annual_capture: float = 0.75


class AirDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One station. ``humid_percent``: above it optical PM is suspect (100: never, for a heated inlet).

    ``station`` says which pollutants the overall index needs. ``correction`` is for the sensor it was made for only.
    """

    station: Literal["background", "traffic"] = "background"
    correction: Literal["", "barkjohn-2021"] = ""
    humid_percent: float = 90.0


class Station(msgspec.Struct):
    """What is remembered of a station.

    ``means``: by pollutant, hour of the open local day → mean. ``ozone``: hours since 1970 → mean, the last eight.
    ``eights``: hour of the day → 8-hour mean that ends with it. ``bands``: hour of the day → overall band;
    ``doubtful``: a bit for each hour whose band was said with reserve.
    """

    feature: str
    hours: Hours = msgspec.field(default_factory=Hours)
    day_begin_ns: int = -1
    day_end_ns: int = -1
    means: dict[Pollutant, dict[int, float]] = {}
    ozone: dict[int, float] = {}
    eights: dict[int, float] = {}
    bands: dict[int, int] = {}
    doubtful: int = 0
    year: Year = msgspec.field(default_factory=Year)


class AirMachine:
    """See the head of the file."""

    producer = "air-quality"
    version = 2
    features = frozenset(("air-station",))
    properties = frozenset((*(f"{pollutant}_ug_m3" for pollutant in UPPER_UG_M3), "humidity_percent"))
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
                said_now.extend(_close_day(state, site))
            if state.day_begin_ns < 0:
                state.day_begin_ns, state.day_end_ns = day_bounds(hour.begin_ns, site.zone)
            said_now.extend(_say_hour(state, hour, site))
        if 0 <= state.day_end_ns <= to_ns - _CLOSES_AFTER_NS:
            said_now.extend(_close_day(state, site))
        return said_now

    def take(self, state: Station, reading: Reading, site: Site) -> Iterable[Observation]:
        """Note a value in its hour."""
        if reading.quality != "ok" or not isinstance(reading.value, float):
            return ()
        middle_ns, length_ns = state.hours.span_of(reading.property, reading.time_ns)
        if length_ns <= 0:
            return ()
        again = state.hours.add(reading.property, reading.value, middle_ns, length_ns)
        return () if again is None else _say_hour(state, again, site)


def _say_hour(state: Station, hour: Hour, site: Site) -> list[Observation]:
    details = site.place(state.feature).details_as(AirDetails)
    humidity = hour.mean("humidity_percent")
    humid = humidity is not None and humidity > details.humid_percent
    said_now, means = statements.means(state.feature, hour, humid=humid)
    if details.correction and "pm25_ug_m3" in hour.sums:
        raw = means.pop("pm25", None)
        corrected = None if raw is None or humidity is None else barkjohn(raw, humidity)
        said_now.append(statements.corrected(state.feature, hour, corrected, humid=humid))
        if corrected is not None:
            means["pm25"] = corrected
    place = (hour.begin_ns - state.day_begin_ns) // HOUR_NS
    for pollutant, mean in means.items():
        state.means.setdefault(pollutant, {})[place] = mean
    bands = {pollutant: band(pollutant, mean) for pollutant, mean in means.items()}
    if bands:
        complete = statements.enough_for_index(bands, details.station)
        state.bands[place], bit = max(bands.values()), 1 << place
        state.doubtful = state.doubtful | bit if humid or not complete else state.doubtful & ~bit
        said_now.extend(statements.index(state.feature, hour.begin_ns, bands, humid=humid, complete=complete))
    if "o3" in means:
        said_now.extend(_say_ozone(state, hour.begin_ns, place, means["o3"]))
    return said_now


def _say_ozone(state: Station, begin_ns: int, place: int, mean: float) -> list[Observation]:
    """The 8-hour mean that ends with this hour; it belongs to the day on which it ends."""
    number = begin_ns // HOUR_NS
    state.ozone[number] = mean
    state.ozone = {hour: value for hour, value in state.ozone.items() if number - hour < _OZONE_HOURS}
    if len(state.ozone) < _OZONE_LEAST:
        return []
    state.eights[place] = sum(state.ozone.values()) / len(state.ozone)
    first_ns = begin_ns - (_OZONE_HOURS - 1) * HOUR_NS
    return [statements.ozone_8h(state.feature, state.eights[place], first_ns, hours=len(state.ozone))]


def _close_day(state: Station, site: Site) -> list[Observation]:
    """The day, once its last hour has been said; on the first of a month also the twelve months before."""
    feature, begin_ns, end_ns = state.feature, state.day_begin_ns, state.day_end_ns
    said_now = statements.day(feature, (begin_ns, end_ns), state.means, state.eights)
    doubtful = state.doubtful.bit_count() / len(state.bands) if state.bands else 0.0
    said_now.extend(statements.hours_per_band(feature, (begin_ns, end_ns), state.bands, doubtful=doubtful))
    state.year.add(local_date(begin_ns, site.zone), state.means)
    tomorrow = local_date(end_ns, site.zone)
    if tomorrow.day == 1:
        capture = site.settings_as("air", AirSettings).annual_capture
        said_now.extend(statements.annual(feature, end_ns, state.year.means(tomorrow), capture))
    state.day_begin_ns, state.day_end_ns = -1, -1
    state.means, state.eights, state.bands, state.doubtful = {}, {}, {}, 0
    return said_now
