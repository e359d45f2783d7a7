"""One level gauge: a clean level, its rise, the flood state, the time to its thresholds."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from pipelines.domains import HOUR_NS, Reading, Site
from pipelines.domains.daily import WHOLE, Day, Days
from pipelines.domains.register import MIN_CAPTURE
from pipelines.domains.said import coverage, estimated, missing, of_interval
from pipelines.domains.water.details import LevelDetails
from pipelines.domains.water.formulas import Point, compensated_m, hampel, level_m, rise_mm_h
from pipelines.model import Observation

DISTANCE, LEVEL, AIR = "distance_mm", "water_level_m", "temperature_c"

WINDOW = 7
"""Readings that a spike is judged by."""
LIKE = (0.5, 1.25)
"""Of the next jump to the same side, which confirms it: water goes on rising, reflections do not."""
LEAST_WINDOW = 3
"""Fewer readings know no spike."""
RISE_OVER_NS = HOUR_NS
RISE_KEPT = 24
"""The whole hour of a gauge that reports every three minutes or slower; the last 24 readings of a faster one."""
SHORTEST_RISE_NS = HOUR_NS // 6
FARTHEST_BEFORE_NS = 6 * HOUR_NS
"""A gauge that reports less than hourly: its last two readings, if they are not farther apart than this."""
LEAST_RISE_MM_H = 5.0
"""Slower water arrives nowhere: noise of a millimetre or two makes such slopes."""
FARTHEST_MIN = 1_440.0
AIR_HOLDS_NS = 3 * HOUR_NS
"""How long a reported air temperature still tells the speed of sound: air changes by a few degrees in that time."""

FloodState = Literal["normal", "alert", "danger"]
STATES: tuple[FloodState, ...] = ("normal", "alert", "danger")


class LevelState(msgspec.Struct, array_like=True):
    """``window``: the last readings as they came; ``clean``: the last believed; ``spike``: the newest, not believed.

    ``flood``: index in ``STATES``; ``leaning``: where the last believed reading would have it.
    ``says_level``: the gauge reports levels, so its distances are not looked at.
    """

    feature: str
    window: list[Point] = []
    clean: list[Point] = []
    spike: Point | None = None
    flood: int = 0
    leaning: int = 0
    says_level: bool = False
    air_c: float = 0.0
    air_ns: int = -1
    days: Days = msgspec.field(default_factory=Days)


class Level:
    """Key: the gauge. Says a level with the reading itself; a spike that the next reading confirms is said anew."""

    producer = "water-level"
    version = 2
    sure_only = True
    features = frozenset({"water-level"})
    properties = frozenset({DISTANCE, LEVEL, AIR})
    state = LevelState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The gauge."""
        del site
        return reading.feature

    def begin(self, key: str, site: Site) -> LevelState:
        """Nothing known, the water stands as it should."""
        return LevelState(key)

    def due_ns(self, state: LevelState, site: Site) -> int:
        """A while after the day's end: else water rises only where it is seen."""
        return state.days.due_ns

    def pass_time(self, state: LevelState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Says each day that is over."""
        if to_ns < state.days.due_ns:
            return ()
        details = site.place(state.feature).details_as(LevelDetails)
        return [one for day in state.days.over(to_ns) for one in _of_day(state.feature, day, details)]

    def take(self, state: LevelState, reading: Reading, site: Site) -> Iterable[Observation]:
        """A level is cleaned and judged; an air temperature is kept for the next distance."""
        details = site.place(state.feature).details_as(LevelDetails)
        level = _level_of(state, reading, details)
        if level is None or (state.window and reading.time_ns <= state.window[-1][0]):
            return ()
        return _judge(state, (reading.time_ns, level), details, site)


def _level_of(state: LevelState, reading: Reading, details: LevelDetails) -> float | None:
    value = reading.value
    if not isinstance(value, float):
        return None
    if reading.property == AIR:
        state.air_c, state.air_ns = value, reading.time_ns
        return None
    if reading.property == LEVEL:
        state.says_level = True
        return value
    if state.says_level or details.reference_m is None:
        return None
    distance_m = value / 1_000
    if details.sound == "assumed" and 0 <= state.air_ns >= reading.time_ns - AIR_HOLDS_NS:
        distance_m = compensated_m(distance_m, state.air_c, details.assumed_temperature_c)
    return level_m(details.reference_m, distance_m)


def _judge(state: LevelState, point: Point, details: LevelDetails, site: Site) -> list[Observation]:
    before = state.window[-1][1] if state.window else point[1]
    state.window.append(point)
    del state.window[:-WINDOW]
    spike, state.spike = state.spike, None
    if len(state.window) >= LEAST_WINDOW:
        middle, limit = hampel([level for _, level in state.window])
        away, before_away = point[1] - middle, before - middle
        confirmed = abs(before_away) > limit and LIKE[0] <= before_away / (away or limit) <= LIKE[1]
        if abs(away) > limit and not confirmed:
            state.spike = point
            instead = round(middle, 4)
            return [Observation(state.feature, LEVEL, instead, point[0], quality="estimated", reason="spike")]
        if spike is not None and abs(away) > limit:
            return _believe(state, spike, details, site) + _believe(state, point, details, site)
    return _believe(state, point, details, site)


def _believe(state: LevelState, point: Point, details: LevelDetails, site: Site) -> list[Observation]:
    time_ns, level = point
    state.clean.append(point)
    del state.clean[:-RISE_KEPT]
    said = [Observation(state.feature, LEVEL, round(level, 4), time_ns)]
    rise = _rise(state.clean)
    if rise is not None:
        said.append(Observation(state.feature, "water_level_rate_mm_h", round(rise, 1), time_ns))
        said += _until(state.feature, point, rise, details)
    said += _flood(state, point, details)
    state.days.add(time_ns, level, site.zone, STATES[1 : state.flood + 1])
    return said


def _of_day(feature: str, day: Day, details: LevelDetails) -> Iterator[Observation]:
    """Extremes, and hours above the thresholds that there are."""
    span = (day.begin_ns, day.end_ns)
    yield coverage(feature, day.share, *span)
    values = {"water_level_max_m": round(day.high, 4), "water_level_min_m": round(day.low, 4)}
    if details.alert_m is not None:
        values["flood_alert_h"] = round(day.hours("alert"), 4)
    if details.danger_m is not None:
        values["flood_danger_h"] = round(day.hours("danger"), 4)
    say = of_interval if day.share >= WHOLE else estimated
    for name, value in values.items():
        yield missing(feature, name, *span) if day.share < MIN_CAPTURE else say(feature, name, value, *span)


def _rise(clean: list[Point]) -> float | None:
    """The slope of the last hour in mm/h; None while less than ten minutes are known."""
    newest_ns = clean[-1][0]
    points = [point for point in clean if point[0] >= newest_ns - RISE_OVER_NS]
    if len(points) == 1:
        points = [point for point in clean[-2:] if point[0] >= newest_ns - FARTHEST_BEFORE_NS]
    return rise_mm_h(points) if newest_ns - points[0][0] >= SHORTEST_RISE_NS else None


def _until(feature: str, point: Point, rise: float, details: LevelDetails) -> list[Observation]:
    """Minutes to each threshold above the water, if it rises at all."""
    time_ns, level = point
    said: list[Observation] = []
    for name, threshold in (("time_to_alert_min", details.alert_m), ("time_to_danger_min", details.danger_m)):
        if threshold is not None and level < threshold and rise >= LEAST_RISE_MM_H:
            minutes = (threshold - level) * 60_000 / rise
            if minutes <= FARTHEST_MIN:
                said.append(Observation(feature, name, round(minutes, 1), time_ns))
    return said


def _flood(state: LevelState, point: Point, details: LevelDetails) -> list[Observation]:
    """A state is left when two readings in a row ask for others on the same side, for the nearer of the two."""
    leaning, state.leaning = state.leaning, _wanted(state.flood, point[1], details)
    flood = state.flood
    if min(leaning, state.leaning) > flood:
        state.flood = min(leaning, state.leaning)
    elif max(leaning, state.leaning) < flood:
        state.flood = max(leaning, state.leaning)
    if state.flood == flood:
        return []
    return [Observation(state.feature, "flood_state", STATES[state.flood], point[0])]


def _wanted(flood: int, level: float, details: LevelDetails) -> int:
    """The state that a level asks for; to fall below one that holds it must be lower by the hysteresis."""
    wanted = 0
    for index, threshold in ((1, details.alert_m), (2, details.danger_m)):
        held = details.hysteresis_m if flood >= index else 0.0
        if threshold is not None and level >= threshold - held:
            wanted = index
    return wanted
