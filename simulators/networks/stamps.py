"""Instants as network servers write them: RFC 3339 in UTC, to the microsecond, as quickly as can be."""

from functools import lru_cache

from pipelines.instants import format_rfc3339

_NS_PER_DAY = 86_400_000_000_000
_US_PER_MINUTE = 60_000_000
_US_PER_S = 1_000_000
_CLOCK = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440)]
_SECOND = [f"{second:02d}." for second in range(60)]


@lru_cache(maxsize=64)
def _date(day: int) -> str:
    return format_rfc3339(day * _NS_PER_DAY)[:10]


def stamp(at_ns: int) -> str:
    """``2026-11-02T07:30:12.034567Z``; digits below the microsecond are cut off."""
    day, rest_ns = divmod(at_ns, _NS_PER_DAY)
    minute, rest_us = divmod(rest_ns // 1_000, _US_PER_MINUTE)
    second, micros = divmod(rest_us, _US_PER_S)
    return f"{_date(day)}{_CLOCK[minute]}{_SECOND[second]}{micros:06d}Z"


def stamps(at_ns: int, later_us: int) -> tuple[str, str]:
    """The stamp of a moment and that of one less than a second later."""
    day, rest_ns = divmod(at_ns, _NS_PER_DAY)
    minute, rest_us = divmod(rest_ns // 1_000, _US_PER_MINUTE)
    second, micros = divmod(rest_us, _US_PER_S)
    head = f"{_date(day)}{_CLOCK[minute]}{_SECOND[second]}"
    later = micros + later_us
    if later >= _US_PER_S:
        return f"{head}{micros:06d}Z", stamp(at_ns + later_us * 1_000)
    return f"{head}{micros:06d}Z", f"{head}{later:06d}Z"
