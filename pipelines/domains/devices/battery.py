"""Battery: a warning below 20 %, cleared above 30 %, and the months left by the slope of the daily means.

The slope is Theil-Sen over the last 60 daily means: the median of all pairwise slopes, which a cold week does not
bend (Sen 1968, doi 10.1080/01621459.1968.10480934). A line is said once 30 days span at least four weeks, and only
where charge is falling; a new battery (a rise of 20 points between two days) begins a new line.
"""

from collections.abc import Iterable
from itertools import combinations
from statistics import median

import msgspec

from pipelines.domains import NEVER_NS, Reading, Site
from pipelines.domains.devices import EVERY_FEATURE
from pipelines.domains.local_time import day_bounds
from pipelines.model import Observation

LOW_PERCENT, FINE_PERCENT = 20.0, 30.0
NEW_BATTERY_PERCENT = 20.0
DAYS_KEPT, DAYS_ENOUGH, SPAN_ENOUGH = 60, 30, 28
DAYS_A_MONTH = 365.25 / 12
LONGEST_MONTHS = 240.0
DAY_NS = 86_400 * 10**9


class Charge(msgspec.Struct):
    """One device. ``days``: (day number, mean per cent) of the last 60 days with a reading."""

    feature: str = ""
    low: bool = False
    day_end_ns: int = -1
    day_begin_ns: int = -1
    total: float = 0.0
    count: int = 0
    days: list[tuple[int, float]] = []


def months_left(days: list[tuple[int, float]]) -> float | None:
    """Months until 0 % by the median slope; None where too little is known or charge does not fall. At most 240."""
    if len(days) < DAYS_ENOUGH or days[-1][0] - days[0][0] < SPAN_ENOUGH:
        return None
    slopes = [(after - before) / (later - earlier) for (earlier, before), (later, after) in combinations(days, 2)]
    slope = median(slopes)
    if slope >= 0:
        return None
    level = median(percent for _, percent in days[-7:])
    return min(LONGEST_MONTHS, level / -slope / DAYS_A_MONTH)


class Battery:
    """Producer ``battery``; a key is a device."""

    producer = "battery"
    version = 1
    features = EVERY_FEATURE
    properties = frozenset(("battery_percent", "battery_low"))
    state = Charge

    def key(self, reading: Reading, site: Site) -> str | None:
        """The device."""
        del site
        return reading.device

    def begin(self, key: str, site: Site) -> Charge:
        """Nothing is known of it."""
        del key, site
        return Charge()

    def due_ns(self, state: Charge, site: Site) -> int:
        """The day's end."""
        del site
        return state.day_end_ns if state.count else NEVER_NS

    def pass_time(self, state: Charge, to_ns: int, site: Site) -> Iterable[Observation]:
        """Close the day."""
        del site
        if not state.count or to_ns < state.day_end_ns:
            return ()
        mean = state.total / state.count
        if state.days and mean - state.days[-1][1] >= NEW_BATTERY_PERCENT:
            state.days = []
        state.days.append((state.day_begin_ns // DAY_NS, round(mean, 3)))
        del state.days[:-DAYS_KEPT]
        length_ns = state.day_end_ns - state.day_begin_ns
        state.total, state.count = 0.0, 0
        months = months_left(state.days)
        if months is None:
            return ()
        left = Observation(state.feature, "battery_months_left", round(months, 1), state.day_begin_ns)
        return (msgspec.structs.replace(left, quality="estimated", interval_ns=length_ns),)

    def take(self, state: Charge, reading: Reading, site: Site) -> Iterable[Observation]:
        """One reading of charge, or the device's own word that it is low."""
        state.feature = reading.feature
        if reading.property == "battery_low":
            return self._turn(state, reading, low=bool(reading.value))
        percent = float(reading.value)
        if state.count == 0:
            state.day_begin_ns, state.day_end_ns = day_bounds(reading.time_ns, site.zone)
        state.total += percent
        state.count += 1
        if percent < LOW_PERCENT:
            return self._turn(state, reading, low=True)
        return self._turn(state, reading, low=False) if percent > FINE_PERCENT else ()

    @staticmethod
    def _turn(state: Charge, reading: Reading, *, low: bool) -> Iterable[Observation]:
        if low == state.low:
            return ()
        state.low = low
        return (Observation(reading.feature, "battery_warning", low, reading.time_ns),)
