"""What would have been counted while a counter was silent or blocked: its usual week, times what the day was like.

    usual     median of the hour of the week over its last 8 weeks
    level     median ratio of actual to usual over the counter's last 14 days: the season since then
    day       actual over usual of the same day: its own, where it knows enough of it, else its neighbours' median ratio
              to their level: weather, holidays, events
    filled    usual * (own ratio of the day, else level * neighbours' day)

Source of the method: day-of-year factors of neighbouring counters do as well as random forests and are robust to large
gaps (Transportation Research Record, 2021, 10.1177/03611981211027161); the hour-of-week median is the fallback.

A run of zeros is what a counter truly saw, unless so many usually pass in those hours that nobody passing cannot be:
at night and in the rain a zero is a zero.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.domains.cycling.day import CAPTURE, Day
from pipelines.domains.cycling.formulas import middle
from pipelines.domains.local_time import hour_of_week

HOURS_OF_WEEK = 168
_WEEKS = 8
_DAYS_OF_LEVEL = 14
_ENOUGH = 20.0
"""A ratio means something from so many usual passes on; below, chance decides."""

_OWN_SHARE = 0.3
"""A day's own ratio is used when the counter knows hours in which so much of the day usually passes."""

_IMPOSSIBLE_ZERO = 40.0
"""No pass where so many are usual: impossible also on days that vary far more than Poisson."""


class Usual(msgspec.Struct):
    """A counter's usual week: the last counts of each hour of the week, and recent days' ratios to it."""

    hours: list[list[int]] = msgspec.field(default_factory=lambda: [[] for _ in range(HOURS_OF_WEEK)])
    ratios: list[float] = []
    zeros_expected: float = 0.0

    def at(self, hour: int) -> float | None:
        """The usual count of an hour of the week; of a young counter the same hour of like days; None: unknown."""
        seen = self.hours[hour]
        if len(seen) > 1:
            return middle(seen)
        return middle(alike) if (alike := seen + self._of_like_days(hour)) else None

    def _of_like_days(self, hour: int) -> list[int]:
        weekend = hour >= 5 * 24
        days = range(5, 7) if weekend else range(5)
        return [count for day in days if day != hour // 24 for count in self.hours[24 * day + hour % 24]]

    def remember(self, hour: int, count: float) -> None:
        """Note a counted hour."""
        seen = self.hours[hour]
        seen.append(round(count))
        del seen[:-_WEEKS]

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
    weekly = [hour_of_week(day.begin_ns + place * HOUR_NS, zone) for place in range(day.hours())]
    expected = [usual.at(hour) for hour in weekly]
    actual: list[float | None] = []
    for place in range(day.hours()):
        count, known, _ = day.hour(place)
        known_enough = known >= CAPTURE
        actual.append(count / known * factor_of(day.begin_ns + place * HOUR_NS) if known_enough else None)
    return _ratioed(actual, expected, weekly)


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


def filled(seen: Look, level: float, neighbours: float | None) -> Sequence[float | None]:
    """What would have been counted in each hour of the day; None where nothing is usual yet."""
    if seen.ratio is not None and seen.share >= _OWN_SHARE:
        factor = seen.ratio
    else:
        factor = level * (1.0 if neighbours is None else neighbours)
    return [None if usual is None else usual * factor for usual in seen.expected]
