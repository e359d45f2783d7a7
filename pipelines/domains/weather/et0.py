"""Reference evapotranspiration of a local day from one weather station."""

from collections.abc import Iterable
from math import inf
from typing import Annotated

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.local_time import day_bounds, hour_of, local_date
from pipelines.domains.register import MIN_CAPTURE
from pipelines.domains.said import estimated, missing, of_interval
from pipelines.domains.weather.formulas import USUAL_WIND_M_S, Day, Station, hargreaves, penman_monteith, wind_at_2_m
from pipelines.model import Observation

TEMPERATURE, HUMIDITY = "temperature_c", "humidity_percent"
RADIATION, WIND = "solar_radiation_w_m2", "wind_speed_m_s"
MJ_PER_W_AND_DAY = 0.0864


class StationDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``details`` of a ``weather-station``. ``anemometer_m``: how high above the ground the wind is measured."""

    anemometer_m: Annotated[float, msgspec.Meta(ge=0.5)] = 2.0


class Course(msgspec.Struct, array_like=True):
    """One quantity through a day: its extremes, and the mean of its hours' means, so that each hour weighs the same."""

    low: float = inf
    high: float = -inf
    hour_ns: int = -1
    hour_sum: float = 0.0
    hour_count: int = 0
    means: float = 0.0
    hours: int = 0

    def take(self, time_ns: int, value: float) -> None:
        """One reading; times do not fall."""
        hour_ns = hour_of(time_ns)
        if hour_ns != self.hour_ns:
            self.close_hour()
            self.hour_ns = hour_ns
        self.low, self.high = min(self.low, value), max(self.high, value)
        self.hour_sum += value
        self.hour_count += 1

    def close_hour(self) -> None:
        """The running hour's mean joins those of the day."""
        if self.hour_count:
            self.means += self.hour_sum / self.hour_count
            self.hours += 1
        self.hour_sum, self.hour_count = 0.0, 0

    @property
    def mean(self) -> float:
        """Of the hours that were heard."""
        return self.means / self.hours if self.hours else 0.0


class Et0State(msgspec.Struct, array_like=True):
    """The running day; ``end_ns`` 0 when none runs."""

    feature: str
    begin_ns: int = 0
    end_ns: int = 0
    courses: dict[str, Course] = {}


class Et0:
    """Key: the station, if the files say where it stands."""

    producer = "weather-et0"
    version = 1
    features = frozenset({"weather-station"})
    properties = frozenset({TEMPERATURE, HUMIDITY, RADIATION, WIND})
    state = Et0State

    def key(self, reading: Reading, site: Site) -> str | None:
        """The station; none without its latitude, and doubtful readings are not used."""
        located = reading.quality != "suspect" and site.place(reading.feature).location is not None
        return reading.feature if located else None

    def begin(self, key: str, site: Site) -> Et0State:
        """No day runs."""
        return Et0State(key)

    def due_ns(self, state: Et0State, site: Site) -> int:
        """The day's end."""
        return state.end_ns if state.end_ns > 0 else NEVER_NS

    def pass_time(self, state: Et0State, to_ns: int, site: Site) -> Iterable[Observation]:
        """Says the day when it is over."""
        if not 0 < state.end_ns <= to_ns:
            return ()
        said = _say(state, site)
        state.end_ns, state.courses = 0, {}
        return said

    def take(self, state: Et0State, reading: Reading, site: Site) -> Iterable[Observation]:
        """Goes into its hour."""
        if isinstance(reading.value, float):
            if not state.end_ns:
                state.begin_ns, state.end_ns = day_bounds(reading.time_ns, site.zone)
            course = state.courses.get(reading.property)
            if course is None:
                course = state.courses[reading.property] = Course()
            course.take(reading.time_ns, reading.value)
        return ()


def _say(state: Et0State, site: Site) -> list[Observation]:
    begin_ns, end_ns = state.begin_ns, state.end_ns
    hours = (end_ns - begin_ns) // HOUR_NS
    for course in state.courses.values():
        course.close_hour()
    known = {name: course.hours / hours for name, course in state.courses.items()}
    share = known.get(TEMPERATURE, 0.0)
    said = [of_interval(state.feature, "et0_coverage_percent", round(100 * share, 2), begin_ns, end_ns)]
    if share < MIN_CAPTURE:
        return [missing(state.feature, "et0_mm", begin_ns, end_ns), *said]
    full = all(known.get(name, 0.0) >= MIN_CAPTURE for name in (HUMIDITY, RADIATION))
    windy = known.get(WIND, 0.0) >= MIN_CAPTURE
    value = _penman_monteith(state, site, windy=windy) if full else _hargreaves(state, site)
    say = of_interval if full and windy else estimated
    return [say(state.feature, "et0_mm", round(value, 3), begin_ns, end_ns), *said]


def _penman_monteith(state: Et0State, site: Site, *, windy: bool) -> float:
    place = site.place(state.feature)
    location = place.location
    assert location is not None
    courses = state.courses
    height_m = place.details_as(StationDetails).anemometer_m
    day = Day(
        t_min=courses[TEMPERATURE].low,
        t_max=courses[TEMPERATURE].high,
        humidity_min=courses[HUMIDITY].low,
        humidity_max=courses[HUMIDITY].high,
        radiation=courses[RADIATION].mean * MJ_PER_W_AND_DAY,
        wind_m_s=wind_at_2_m(courses[WIND].mean, height_m) if windy else USUAL_WIND_M_S,
    )
    return penman_monteith(day, Station(location.latitude, location.altitude_m or 0.0), _day_of_year(state, site))


def _hargreaves(state: Et0State, site: Site) -> float:
    location = site.place(state.feature).location
    assert location is not None
    temperature = state.courses[TEMPERATURE]
    return hargreaves(temperature.low, temperature.high, location.latitude, _day_of_year(state, site))


def _day_of_year(state: Et0State, site: Site) -> int:
    return local_date(state.begin_ns, site.zone).timetuple().tm_yday
