"""Instants: text and numbers ⇄ integer nanoseconds since 1970-01-01T00:00:00Z.

Law: no ``datetime`` here. It holds microseconds only, and networks stamp nanoseconds; reading RFC 3339 this way also
costs half. Nothing here asks what time it is now.
"""

from functools import lru_cache
from typing import Literal

from pipelines.model import NS_PER_S

TimeFormat = Literal["rfc3339", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"]

NS_PER_UNIT: dict[str, int] = {"epoch_s": NS_PER_S, "epoch_ms": 1_000_000, "epoch_us": 1_000, "epoch_ns": 1}

EARLIEST_NS = 946_684_800 * NS_PER_S
"""2000-01-01T00:00:00Z: before it no city had a LoRaWAN sensor; an unset clock says 1970, or year 1 (Go's zero)."""

LATEST_NS = 4_102_444_800 * NS_PER_S
"""2100-01-01T00:00:00Z, exclusive."""

_DAYS_BEFORE_MONTH = (0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DAYS_IN_MONTH = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_TO_1970 = 719_162
_SECOND_CHARS = 19  # YYYY-MM-DDThh:mm:ss
_LONGEST_CHARS = 64
_NS_PER_DECIMAL: tuple[int, ...] = tuple(int(10 ** (9 - decimals)) for decimals in range(10))


def is_plausible(instant_ns: int) -> bool:
    """True for the years 2000 to 2099: outside them no clock in the chain can be right."""
    return EARLIEST_NS <= instant_ns < LATEST_NS


@lru_cache(maxsize=16)
def parse_rfc3339(text: str) -> int:
    """Nanoseconds of an RFC 3339 instant; digits beyond the ninth are cut off.

    A leap second (``23:59:60`` UTC) becomes the first second of the next day, as POSIX counts. ``t``, ``z`` and a
    space instead of ``T`` are allowed (RFC 3339 §5.6). An instant without offset is refused: nobody knows what it
    means. Raises ValueError; says nothing about plausibility (``is_plausible``).
    """
    digits = text[20:-1]
    if text[-1:] == "Z" and text[19:20] == "." and len(digits) <= 9 and digits.isdigit() and digits.isascii():  # noqa: PLR2004
        return _utc_second_ns(text[:_SECOND_CHARS]) + int(digits) * _NS_PER_DECIMAL[len(digits)]  # as networks write it
    zulu = text[-1:] in "Zz"
    fraction = text[_SECOND_CHARS:-1] if zulu else text[_SECOND_CHARS:-6]
    instant = _utc_second_ns(text[:_SECOND_CHARS]) if zulu else _second_ns(text[:_SECOND_CHARS], text[-6:])
    if not fraction:
        return instant
    digits = fraction[1:]
    if fraction[0] != "." or not (digits.isdigit() and digits.isascii()) or len(text) > _LONGEST_CHARS:
        raise ValueError("not an RFC 3339 fraction of a second")
    digits = digits[:9]
    return instant + int(digits) * _NS_PER_DECIMAL[len(digits)]


@lru_cache(maxsize=256)
def _utc_second_ns(head: str) -> int:
    """Cached: the stamps of one frame mostly share their second."""
    return _second_ns(head, "")


@lru_cache(maxsize=1024)
def _second_ns(head: str, offset: str) -> int:
    """``YYYY-MM-DDThh:mm:ss`` at an offset as UTC."""
    numbers = head[:4] + head[5:7] + head[8:10] + head[11:13] + head[14:16] + head[17:19]
    marks = head[4:5] + head[7:8] + head[13:14] + head[16:17]
    if len(numbers) != 14 or marks != "--::" or head[10] not in "Tt ":  # noqa: PLR2004 - YYYYMMDDhhmmss
        raise ValueError("not an RFC 3339 instant")
    if not (numbers.isdigit() and numbers.isascii()):
        raise ValueError("not an RFC 3339 instant")
    hour, minute, second = int(numbers[8:10]), int(numbers[10:12]), int(numbers[12:])
    if hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004 - a day's hours, an hour's minutes, a leap second
        raise ValueError("hour, minute or second out of range")
    days = _days(int(numbers[:4]), int(numbers[4:6]), int(numbers[6:8]))
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - (_offset_s(offset) if offset else 0)
    if second == 60 and seconds % 86_400:  # noqa: PLR2004 - a leap second ends a UTC day
        raise ValueError("second out of range")
    return seconds * NS_PER_S


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the Gregorian calendar, years 1 to 9999."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year < 1 or not 1 <= month <= 12:  # noqa: PLR2004 - a year's months
        raise ValueError("year or month out of range")
    if not 1 <= day <= _DAYS_IN_MONTH[month] + (leap and month == 2):  # noqa: PLR2004 - February
        raise ValueError("no such day in this month")
    before = year - 1
    whole_years = before * 365 + before // 4 - before // 100 + before // 400
    return whole_years + _DAYS_BEFORE_MONTH[month] + (leap and month > 2) + day - 1 - _DAYS_TO_1970  # noqa: PLR2004


def _offset_s(text: str) -> int:
    """``+hh:mm`` or ``-hh:mm``: seconds east of UTC."""
    hours, minutes = text[1:3], text[4:6]
    if len(text) != 6 or text[0] not in "+-" or text[3] != ":" or not (hours + minutes).isdigit():  # noqa: PLR2004
        raise ValueError("no offset: end the instant with Z or +hh:mm")
    if int(hours) > 23 or int(minutes) > 59:  # noqa: PLR2004 - RFC 3339 §5.6
        raise ValueError("offset out of range")
    size = (int(hours) * 60 + int(minutes)) * 60
    return -size if text[0] == "-" else size


def format_rfc3339(instant_ns: int) -> str:
    """The instant in UTC with as many decimals as it needs: none, 3, 6 or 9. Years 1 to 9999, else ValueError."""
    seconds, fraction = divmod(instant_ns, NS_PER_S)
    days, second_of_day = divmod(seconds, 86_400)
    minute_of_day, second = divmod(second_of_day, 60)
    decimals = ""
    if fraction:
        decimals = f".{fraction:09d}"
        while decimals.endswith("000"):
            decimals = decimals[:-3]
    return f"{_date(days)}T{minute_of_day // 60:02d}:{minute_of_day % 60:02d}:{second:02d}{decimals}Z"


@lru_cache(maxsize=1024)
def _date(days: int) -> str:
    """``YYYY-MM-DD`` of a day number since 1970-01-01."""
    year = (days + _DAYS_TO_1970) * 400 // 146_097 + 1  # 146,097 days in 400 years: right or one too few
    if not 0 < year <= 9_999 + 1:
        raise ValueError("year out of range")
    if year < 9_999 and _days(year + 1, 1, 1) <= days:  # noqa: PLR2004 - the last year of RFC 3339
        year += 1
    rest = days - _days(year, 1, 1)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    month = 12
    while _DAYS_BEFORE_MONTH[month] + (leap and month > 2) > rest:  # noqa: PLR2004 - February
        month -= 1
    day = rest - _DAYS_BEFORE_MONTH[month] - (leap and month > 2) + 1  # noqa: PLR2004 - February
    if not 1 <= day <= 31:  # noqa: PLR2004 - beyond year 9999
        raise ValueError("year out of range")
    return f"{year:04d}-{month:02d}-{day:02d}"


def epoch_ns(number: float, unit: str) -> int:
    """Nanoseconds of an epoch number in ``epoch_s``, ``epoch_ms``, ``epoch_us`` or ``epoch_ns``.

    Integers are exact; a fraction (1687511428.896) is rounded to the microsecond, which is what a double can hold.
    Raises ValueError for infinity, not-a-number or an unknown unit.
    """
    factor = NS_PER_UNIT.get(unit)
    if factor is None:
        raise ValueError(f"unknown unit of time {unit!r}: one of {', '.join(NS_PER_UNIT)}")
    if isinstance(number, int):
        return number * factor
    try:
        return round(number * factor / 1_000) * 1_000
    except OverflowError:
        raise ValueError("not a finite number") from None
