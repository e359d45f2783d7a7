"""A container's local days: how much of them is known, how long it overflowed, how fast it filled. At most three."""

from collections.abc import Iterator
from datetime import tzinfo

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.domains.local_time import day_bounds
from pipelines.domains.waste.formulas import Point, monotone_hull, theil_sen
from pipelines.domains.waste.settings import WasteSettings
from pipelines.model import Observation

MOST_POINTS = 48
DAYS_KEPT = 3


class Day(msgspec.Struct, array_like=True):
    """``points``: (hour, level) of the filling under way; ``longest``: of the filling of this day with most points."""

    begin_ns: int
    end_ns: int
    known_ns: int = 0
    overflow_ns: int = 0
    points: list[Point] = []
    longest: list[Point] = []


def day_of(days: list[Day], at_ns: int, zone: tzinfo) -> Day:
    """The local day of an instant."""
    for day in reversed(days):
        if day.begin_ns <= at_ns < day.end_ns:
            return day
    day = Day(*day_bounds(at_ns, zone))
    days.append(day)
    del days[:-DAYS_KEPT]
    return day


def know(
    days: list[Day], span: tuple[int, int], levels: tuple[float, float], overflow_percent: float, zone: tzinfo
) -> None:
    """The level went evenly from one to the other between two instants."""
    (from_ns, to_ns), (before, after) = span, levels
    over_ns = to_ns
    if before >= overflow_percent:
        over_ns = from_ns
    elif after >= overflow_percent:
        over_ns = from_ns + int((to_ns - from_ns) * (overflow_percent - before) / (after - before))
    at_ns = from_ns
    while at_ns < to_ns:
        day = day_of(days, at_ns, zone)
        end_ns = min(to_ns, day.end_ns)
        day.known_ns += end_ns - at_ns
        day.overflow_ns += max(0, end_ns - max(at_ns, over_ns))
        at_ns = end_ns


def note(day: Day, at_ns: int, level: float) -> None:
    """A point of the filling under way; every second one is let go when there are too many."""
    day.points.append(((at_ns - day.begin_ns) / HOUR_NS, level))
    if len(day.points) > MOST_POINTS:
        del day.points[1::2]


def break_off(day: Day) -> None:
    """The container was emptied: its next point belongs to another filling."""
    if len(day.points) > len(day.longest):
        day.longest = day.points
    day.points = []


def say(day: Day, feature: str, settings: WasteSettings, coverage: float | None) -> Iterator[Observation]:
    """What a day was, once it is over. ``coverage``: of the forecasts' intervals, 0 to 1."""
    if not day.known_ns:
        return
    break_off(day)
    length_ns = day.end_ns - day.begin_ns
    known_percent = 100 * day.known_ns / length_ns
    figures = [("overflow_h", day.overflow_ns / HOUR_NS)]
    hours = [hour for hour, _ in day.longest]
    slope = theil_sen(list(zip(hours, monotone_hull([level for _, level in day.longest]), strict=True)))
    if slope is not None:
        figures.append(("fill_rate_percent_day", 24 * slope))
    for name, value in figures:
        if known_percent < settings.min_capture_percent:
            yield Observation(feature, name, 0.0, day.begin_ns, quality="missing", reason="gap", interval_ns=length_ns)
        else:
            yield Observation(feature, name, value, day.begin_ns, interval_ns=length_ns)
    yield Observation(feature, "coverage_percent", min(100.0, known_percent), day.begin_ns, interval_ns=length_ns)
    if coverage is not None:
        value = 100 * coverage
        yield Observation(feature, "time_to_full_held_percent", value, day.begin_ns, interval_ns=length_ns)
