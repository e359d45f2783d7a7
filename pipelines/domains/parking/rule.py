"""How long a bay may be used: when an overstay begins, and how long a stay was beyond what its rule allows.

A rule holds on some days between two hours of local time; outside of them a car may stand for ever. A stay is cut where
the rule begins and ends. A rule that holds always has no such cuts.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

from pipelines.domains.local_time import bounds_of, local_date
from pipelines.domains.parking.settings import BayDetails
from pipelines.model import NS_PER_S

MINUTE_NS = 60 * NS_PER_S
DAYS_AHEAD = 8
"""A rule that holds on any day of the week begins within so many days."""

_LAST_DAY = {"all": 6, "mon-fri": 4, "mon-sat": 5}
_WHOLE_DAY_H = 24.0


def overstay_begins_ns(since_ns: int, details: BayDetails, *, allowed_min: float, zone: tzinfo) -> int | None:
    """The instant from which a stay is an overstay if it goes on; None when the rule never gets so far.

    ``allowed_min``: longest stay and tolerance.
    """
    allowed_ns = int(allowed_min * MINUTE_NS)
    ahead_ns = since_ns + DAYS_AHEAD * 24 * 60 * MINUTE_NS
    for begin_ns, end_ns in _under_rule(since_ns, ahead_ns, details, zone):
        if begin_ns + allowed_ns < end_ns:
            return begin_ns + allowed_ns
    return None


def overstay_min(
    since_ns: int, to_ns: int, details: BayDetails, *, longest_min: float, tolerance_min: float, zone: tzinfo
) -> float:
    """Minutes beyond the longest stay, over all parts of a stay under the rule that pass the tolerance."""
    total = 0.0
    for begin_ns, end_ns in _under_rule(since_ns, to_ns, details, zone):
        over = (end_ns - begin_ns) / MINUTE_NS - longest_min
        if over > tolerance_min:
            total += over
    return total


def _under_rule(since_ns: int, to_ns: int, details: BayDetails, zone: tzinfo) -> Iterator[tuple[int, int]]:
    """The parts of a time in which the rule holds."""
    whole_day = details.rule_from_h <= 0 and details.rule_to_h >= _WHOLE_DAY_H
    if whole_day and details.rule_days == "all":
        yield since_ns, to_ns
        return
    day = local_date(since_ns, zone)
    while bounds_of(day, zone)[0] < to_ns:
        if day.weekday() <= _LAST_DAY[details.rule_days]:
            begin_ns = max(since_ns, _instant_ns(day, details.rule_from_h, zone))
            end_ns = min(to_ns, _instant_ns(day, details.rule_to_h, zone))
            if begin_ns < end_ns:
                yield begin_ns, end_ns
        day += timedelta(days=1)


def _instant_ns(day: date, hours: float, zone: tzinfo) -> int:
    """An hour of the clock on a local day."""
    if hours >= _WHOLE_DAY_H:
        return bounds_of(day, zone)[1]
    at = datetime(day.year, day.month, day.day, int(hours), round(hours % 1 * 60) % 60, tzinfo=zone)
    return int(at.timestamp()) * NS_PER_S
