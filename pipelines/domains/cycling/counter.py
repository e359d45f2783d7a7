"""The state of counting: what is remembered of each counter of an area, and its days as spans arrive.

Bounds: of each counter three local days of hours, a usual week of six counts an hour, a year's months by weekday;
5 kB in all.
"""

from collections.abc import Callable

import msgspec

from pipelines.domains import HOUR_NS, Site
from pipelines.domains.cycling.day import COARSE_NS, Day, Quarters, new_day, weight_of
from pipelines.domains.cycling.filling import Usual
from pipelines.domains.cycling.meter import Meter, Span
from pipelines.domains.cycling.year import Year
from pipelines.domains.local_time import day_bounds, hour_of_week

DAY_NS = 24 * HOUR_NS
CLOSES_AFTER_NS = HOUR_NS
"""A local day is closed an hour after midnight: slow counters send once an hour."""

LEAVES_AFTER_NS = 400 * DAY_NS
"""A counter silent for so long is forgotten: nothing of its year is left."""

_DAYS_KEPT = 3
_STOOD_STILL = 20.0
_STOOD_STILL_SHARE = 0.05


class Counter(msgspec.Struct, array_like=True):
    """What is remembered of one counter."""

    meter: Meter = msgspec.field(default_factory=Meter)
    quarters: Quarters = msgspec.field(default_factory=Quarters)
    days: list[Day] = []
    usual: Usual = msgspec.field(default_factory=Usual)
    year: Year = msgspec.field(default_factory=Year)
    heard_ns: int = -1

    def day(self, begin_ns: int, end_ns: int) -> Day:
        """The counter's day of these bounds, new where nothing is known of it; only the newest three are kept."""
        for day in self.days:
            if day.begin_ns == begin_ns:
                return day
        day = new_day(begin_ns, end_ns)
        self.days.append(day)
        self.days.sort(key=_begin)
        del self.days[:-_DAYS_KEPT]
        return day


class Area(msgspec.Struct):
    """The counters of one area by feature, and when their open day is closed (-1: before the first reading)."""

    counters: dict[str, Counter] = {}
    closes_ns: int = -1


def days_of(counter: Counter, span: Span, site: Site) -> list[Day]:
    """The days among the newest three that a span lies in, oldest first. What lies further back is in no day."""
    newest = counter.days[-1] if counter.days else None
    if newest is not None and newest.begin_ns <= span.begin_ns and span.end_ns <= newest.end_ns:
        return [newest]
    at_ns = span.end_ns - 1
    for _ in range(_DAYS_KEPT):
        begin_ns, end_ns = day_bounds(at_ns, site.zone)
        day = counter.day(begin_ns, end_ns)
        day.closed = day.closed or end_ns + CLOSES_AFTER_NS <= span.end_ns
        if begin_ns <= span.begin_ns:
            break
        at_ns = begin_ns - 1
    return [day for day in counter.days if day.begin_ns < span.end_ns and day.end_ns > span.begin_ns]


def weigher(usual: Usual, site: Site) -> Callable[[int], float]:
    """How many usually pass in the hour that begins at an instant; 0 where nobody knows."""

    def weigh(at_ns: int) -> float:
        return usual.at(hour_of_week(at_ns, site.zone)) or 0.0

    return weigh


def stood_still(counter: Counter, span: Span, site: Site) -> bool:
    """Whether a register stood still in silence while many usually pass: the counter was off and nobody counted."""
    if span.end_ns - span.begin_ns <= COARSE_NS:
        return False
    usual = weight_of(span, weigher(counter.usual, site)) * counter.usual.level()
    return usual >= _STOOD_STILL and span.number < _STOOD_STILL_SHARE * usual


def _begin(day: Day) -> int:
    return day.begin_ns
