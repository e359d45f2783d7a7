"""What the clocks in the street show, by arithmetic: the zone is asked once per quarter hour of city time."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S

MINUTE_NS = 60 * NS_PER_S
QUARTER_NS = 15 * MINUTE_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
MOST_KEPT = 4096


class LocalTime(NamedTuple):
    """``day``: days since 1970-01-01 of the local date. ``weekday``: 0 is Monday. ``hour``: with its fraction."""

    day: int
    weekday: int
    hour: float


class LocalHours:
    """Local time of one zone. Offsets of zones change on quarter hours only (IANA tz database, since 1972)."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._offsets: dict[int, int] = {}

    def at(self, at_ns: int) -> LocalTime:
        """Date, weekday and hour of the street's clocks."""
        offset_ns = self._offsets.get(at_ns // QUARTER_NS)
        day, rest = divmod(at_ns + (self._offset_ns(at_ns) if offset_ns is None else offset_ns), DAY_NS)
        return LocalTime(day, (day + 3) % 7, rest / HOUR_NS)

    def instant(self, day: int, hour: float) -> int:
        """When the street's clocks show ``hour`` (0 to 24) of that day; an hour skipped in spring: one later."""
        midnight = datetime.combine(date(1970, 1, 1) + timedelta(days=day), datetime.min.time())
        shown = (midnight + timedelta(hours=hour)).replace(tzinfo=self.zone)
        return int(shown.astimezone(UTC).timestamp()) * NS_PER_S

    def month(self, day: int) -> int:
        """1 to 12 of that day."""
        return (date(1970, 1, 1) + timedelta(days=day)).month

    def _offset_ns(self, at_ns: int) -> int:
        quarter = at_ns // QUARTER_NS
        if len(self._offsets) >= MOST_KEPT:
            self._offsets.clear()
        offset = datetime.fromtimestamp(quarter * 900, UTC).astimezone(self.zone).utcoffset()
        found = self._offsets[quarter] = int((offset or timedelta()).total_seconds()) * NS_PER_S
        return found


@lru_cache(maxsize=64)
def clock_of(zone: ZoneInfo) -> LocalHours:
    """The clock of that zone, the same for every site: it remembers offsets, nothing else."""
    return LocalHours(zone)
