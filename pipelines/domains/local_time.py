"""Local time for machines: quarters, hours, days of 23, 24 and 25 hours. All in nanoseconds since 1970.

Every zone in use lies a multiple of a quarter of an hour from UTC, and Europe's whole hours: those need no zone.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from pipelines.domains import HOUR_NS, QUARTER_NS
from pipelines.model import NS_PER_S

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def quarter_of(time_ns: int) -> int:
    """The begin of the quarter of an hour that holds the instant."""
    return time_ns - time_ns % QUARTER_NS


def hour_of(time_ns: int) -> int:
    """The begin of the hour that holds the instant."""
    return time_ns - time_ns % HOUR_NS


def local(time_ns: int, zone: tzinfo) -> datetime:
    """The instant as local time, to the microsecond below."""
    return (_EPOCH + timedelta(microseconds=time_ns // 1_000)).astimezone(zone)


def hour_of_week(time_ns: int, zone: tzinfo) -> int:
    """0 is Monday from midnight to one, 167 Sunday's last hour, in local time."""
    at = local(time_ns, zone)
    return at.weekday() * 24 + at.hour


def local_date(time_ns: int, zone: tzinfo) -> date:
    """The local day of an instant."""
    return date.fromordinal(_day_holding(quarter_of(time_ns), zone)[0])


def day_bounds(time_ns: int, zone: tzinfo) -> tuple[int, int]:
    """Begin and end of the local day that holds the instant: 23 hours in March, 25 in October."""
    return _day_holding(quarter_of(time_ns), zone)[1:]


def bounds_of(day: date, zone: tzinfo) -> tuple[int, int]:
    """Begin and end of a local day."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


@lru_cache(maxsize=4_096)
def _day_holding(quarter_ns: int, zone: tzinfo) -> tuple[int, int, int]:
    """Ordinal, begin and end of the local day of a quarter; asked for thousands of readings a day."""
    day = local(quarter_ns, zone).date()
    begin, end = bounds_of(day, zone)
    return day.toordinal(), begin, end


def _midnight(day: date, zone: tzinfo) -> int:
    since = datetime.combine(day, time(), zone).astimezone(UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * NS_PER_S
