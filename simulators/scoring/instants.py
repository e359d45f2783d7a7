"""Lengths of time in nanoseconds, and the local days of a city."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE_NS = 60 * 10**9
QUARTER_NS = 15 * MINUTE_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS


def local_day(at_ns: int, zone: ZoneInfo) -> tuple[int, int]:
    """Begin and end of the local day that holds a moment, nanoseconds."""
    begin = datetime.fromtimestamp(at_ns // 10**9, UTC).astimezone(zone).replace(hour=0, minute=0, second=0)
    end = begin + timedelta(days=1)  # of the wall clock: a day of 23 or 25 hours ends at midnight too
    return int(begin.timestamp()) * 10**9, int(end.timestamp()) * 10**9


def local_hour(at_ns: int, zone: ZoneInfo) -> int:
    """The hour on the wall, 0 to 23."""
    return datetime.fromtimestamp(at_ns // 10**9, UTC).astimezone(zone).hour
