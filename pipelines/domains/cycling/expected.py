"""Which hours of a day a counter is expected to count: all of them, those with daylight, or those it was set to.

A camera without light of its own sees nobody at night. Its day is what passed in the hours in which it can count; the
others are neither missing nor filled in.
"""

import re
from datetime import tzinfo
from functools import lru_cache

from pipelines.domains import HOUR_NS
from pipelines.domains.light.sun import daylight
from pipelines.domains.local_time import local
from pipelines.model import Location

DAYLIGHT = "daylight"
_SPAN = re.compile(r"(\d{1,2})-(\d{1,2})")
_HOURS = 24


@lru_cache(maxsize=4_096)
def read_hours(text: str) -> tuple[int, int] | None:
    """``6-20`` as (6, 20); None for ``daylight`` and for nothing. Raises ValueError in the operator's words."""
    if text in ("", DAYLIGHT):
        return None
    found = _SPAN.fullmatch(text)
    hours = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 0 <= hours[0] < hours[1] <= _HOURS:
        raise ValueError(f"counted_hours: '{text[:40]}' is no span of local hours; write daylight, or 6-20")
    return hours


@lru_cache(maxsize=4_096)
def expected_hours(begin_ns: int, end_ns: int, text: str, location: Location | None, zone: tzinfo) -> tuple[bool, ...]:
    """For each hour of a local day whether it is expected.

    By daylight: those that lie between sunrise and sunset; where nobody knows the place, all.
    """
    begins = range(begin_ns, end_ns, HOUR_NS)
    if (span := read_hours(text)) is not None:
        return tuple(span[0] <= local(at_ns, zone).hour < span[1] for at_ns in begins)
    if text == DAYLIGHT and location is not None:
        rises_ns, sets_ns = daylight(begin_ns, location.latitude, location.longitude)
        return tuple(rises_ns <= at_ns and at_ns + HOUR_NS <= sets_ns for at_ns in begins)
    return (True,) * len(begins)
