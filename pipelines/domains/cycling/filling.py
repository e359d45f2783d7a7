"""What would have been counted while a counter was silent or blocked: its usual week, times what the day was like.

    usual     median of the hour of the week over its last 6 weeks
    level     median ratio of actual to usual over the counter's last 14 days: the season since then
    day       actual over usual of the same day: its own, where it knows enough of it, else its neighbours' median ratio
              to their level: weather, holidays, events
    filled    usual * (own ratio of the day, else level * neighbours' day)

Source of the method: day-of-year factors of neighbouring counters do as well as random forests and are robust to large
gaps (Transportation Research Record, 2021, 10.1177/03611981211027161); the hour-of-week median is the fallback.

A day that is filled by its neighbours also teaches the counter's usual week and level, so that they follow the season
through a long outage as the neighbours' do.

A run of zeros is what a counter truly saw, unless so many usually pass in those hours that nobody passing cannot be:
at night and in the rain a zero is a zero.
"""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from struct import Struct
from typing import Literal

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.domains.cycling.day import CAPTURE, Day
from pipelines.domains.cycling.formulas import middle
from pipelines.domains.local_time import hour_of_week

HOURS_OF_WEEK = 168
_USUAL_DAY = 24
_WEEKEND = 5 * _USUAL_DAY
_six = Struct("<6H")
_BYTES = 12
_NONE = 0xFFFF
_DAYS_OF_LEVEL = 14
_ENOUGH = 20.0
"""A ratio means something from so many usual passes on; below, chance decides."""

_OWN_SHARE = 0.3
"""A day's own ratio is used when the counter knows hours in which so much of the day usually passes."""

_IMPOSSIBLE_ZERO = 40.0
"""No pass where so many are usual: impossible also on days that vary far more than Poisson."""


class Usual(msgspec.Struct, array_like=True):
    """A counter's usual week: the last six counts of each hour of the week, and recent days' ratios to it.

    ``hours`` holds unsigned 16-bit numbers, little endian, six an hour, oldest first: 2 kB where a list takes five
    times as much, for the state is kept at every rung of the runner's ladder.
    """

    hours: bytearray = msgspec.field(default_factory=lambda: bytearray(b"\xff" * (HOURS_OF_WEEK * _BYTES)))
    ratios: list[float] = []
    zeros_expected: float = 0.0

    def at(self, hour: int) -> float | None:
        """The usual count of an hour of the week; of a young counter the same hour of like days; None: unknown."""
        seen = self._seen(hour)
        if len(seen) > 1:
            return middle(seen)
        days = range(5, 7) if hour >= _WEEKEND else range(5)
        alike = [count for day in days for count in self._seen(24 * day + hour % 24)]
        return middle(alike) if alike else None

    def _seen(self, hour: int) -> list[int]:
        return [count for count in _six.unpack_from(self.hours, hour * _BYTES) if count != _NONE]

    def remember(self, hour: int, count: float) -> None:
        """Note a counted hour."""
        first, last = hour * _BYTES, (hour + 1) * _BYTES
        self.hours[first:last] = self.hours[first + 2 : last] + min(round(count), _NONE - 1).to_bytes(2, "little")

    def level(self) -> float:
        """How recent days compare with the usual week; 1 while unknown."""
        return middle(self.ratios) if self.ratios else 1.0

    def note(self, ratio: float) -> None:
        """Note a day's ratio of actual to usual."""
        self.ratios.append(ratio)
        del self.ratios[:-_DAYS_OF_LEVEL]


class Look(msgspec.Struct, frozen=True):
    """A day beside a counter's usual week: per hour what was counted (None: not known) and what is usual."""

    actual: list[float | None]
    expected: list[float | None]
    hours_of_week: list[int]
    ratio: float | None
    share: float


def look(day: Day, usual: Usual, zone: tzinfo, factor_of: Callable[[int], float]) -> Look:
    """Compare a day's known hours, calibrated, with the usual week."""
    weekly = hours_of_week(day, zone)
    expected = [usual.at(hour) for hour in weekly]
    actual: list[float | None] = []
    for place, count in enumerate(day.counted):
        known = day.known(place)
        factor = factor_of(day.begin_ns + place * HOUR_NS)
        actual.append(count / known * factor if known >= CAPTURE else None)
    return _ratioed(actual, expected, weekly)


def hours_of_week(day: Day, zone: tzinfo) -> list[int]:
    """Which hour of the week each hour of the day is; only days of 23 and 25 hours need asking one by one."""
    hours = len(day.counted)
    first = hour_of_week(day.begin_ns, zone)
    if hours == _USUAL_DAY:
        return list(range(first, first + hours))
    return [hour_of_week(day.begin_ns + place * HOUR_NS, zone) for place in range(hours)]


def _ratioed(actual: list[float | None], expected: list[float | None], weekly: list[int]) -> Look:
    both = [(a, e) for a, e in zip(actual, expected, strict=True) if a is not None and e is not None]
    usual = sum(e for _, e in both)
    whole = sum(e for e in expected if e is not None)
    ratio = sum(a for a, _ in both) / usual if usual >= _ENOUGH else None
    return Look(actual, expected, weekly, ratio, usual / whole if whole > 0.0 else 0.0)


def without_impossible_zeros(seen: Look, usual: Usual, day_factor: float) -> tuple[Look, frozenset[int]]:
    """The look without hours of an impossible run of zeros, and which those are; the run goes on into tomorrow."""
    blocked: set[int] = set()
    run: list[int] = []
    expected_in_run = usual.zeros_expected
    for place, count in enumerate(seen.actual):
        if count is None:
            continue  # silence neither makes a run nor breaks it
        if count > 0.0:
            run, expected_in_run = [], 0.0
            continue
        run.append(place)
        expected_in_run += (seen.expected[place] or 0.0) * day_factor
        if expected_in_run >= _IMPOSSIBLE_ZERO:
            blocked.update(run)
    usual.zeros_expected = min(expected_in_run, 2 * _IMPOSSIBLE_ZERO)
    if not blocked:
        return seen, frozenset()
    actual = [None if place in blocked else count for place, count in enumerate(seen.actual)]
    return _ratioed(actual, seen.expected, seen.hours_of_week), frozenset(blocked)


def day_factor(name: str, looks: Mapping[str, Look], levels: Mapping[str, float]) -> float | None:
    """What the day was like at a counter's neighbours: median of their ratios to their level; None without any."""
    ratios = [
        one.ratio / levels[other]
        for other, one in looks.items()
        if other != name and one.ratio is not None and levels[other] > 0.0
    ]
    return middle(ratios) if ratios else None


class Filled(msgspec.Struct, frozen=True):
    """What would have been counted in each hour of a day (None: nothing is usual yet), and the day's ratio to usual.

    ``by``: whether the day itself was known, by the counter's own hours or by its neighbours, or only the usual week.
    """

    hours: list[float | None]
    ratio: float
    by: Literal["own hours", "neighbours", "usual week"]


def filled(seen: Look, level: float, neighbours: float | None) -> Filled:
    """Fill a day; see the head of the file."""
    by: Literal["own hours", "neighbours", "usual week"]
    if seen.ratio is not None and seen.share >= _OWN_SHARE:
        by, factor = "own hours", seen.ratio
    elif neighbours is not None:
        by, factor = "neighbours", level * neighbours
    else:
        by, factor = "usual week", level
    return Filled([None if usual is None else usual * factor for usual in seen.expected], factor, by)
