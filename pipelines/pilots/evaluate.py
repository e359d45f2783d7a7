"""A KPI over the pilot's days against its baseline and target: figure, interval, verdict.

Verdicts, first that holds
- ``insufficient data``: fewer than 14 usable days, or less than 75 % of the days usable;
- ``target reached``: the whole interval lies beyond the target; ``target met`` where only the figure does;
- ``better``, ``worse``: the interval of the difference to the baseline does not hold zero;
- ``no change shown``: it does; ``no baseline``: there is nothing to compare with.
An indicator that is neither better high nor low is ``for context``, whatever its change.

A baseline that people wrote down is a number without spread: the difference then has the spread of the pilot alone.
A season is not the pilot's doing: where baseline and pilot share no months of the year, the evaluation says so.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from pipelines.pilots.bootstrap import Interval, Pair, difference_of, interval_of, ratio
from pipelines.pilots.days import Days
from pipelines.pilots.kpi import Kpi

DAYS_ENOUGH = 14
COVERAGE_ENOUGH = 0.75

Verdict = Literal[
    "insufficient data",
    "target reached",
    "target met",
    "better",
    "worse",
    "no change shown",
    "no baseline",
    "for context",
]


class Span(msgspec.Struct, frozen=True):
    """Local days, both included."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """Each of them."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def months(self) -> set[int]:
        """The months of the year it touches."""
        return {day.month for day in self.days}


class Aim(msgspec.Struct, frozen=True):
    """What the city agreed on. ``baseline`` as a number with its ``source``, where no baseline days are recorded."""

    baseline: float | None = None
    source: str = ""
    target: float | None = None


class Measured(msgspec.Struct, frozen=True):
    """A KPI over a span: ``usable`` of ``days`` days went into ``value``."""

    days: int
    usable: int
    value: float | None
    interval: Interval | None
    course: tuple[tuple[date, float | None], ...]
    """The figure of each single day, None where the day was not usable."""
    guessed: int = 0
    """Of the usable days those with a value that is estimated or doubtful."""

    @property
    def coverage(self) -> float:
        """Share of usable days."""
        return self.usable / self.days if self.days else 0.0


class Evaluation(msgspec.Struct, frozen=True):
    """One KPI of one pilot."""

    kpi: Kpi
    aim: Aim
    pilot: Measured
    baseline: Measured | None
    change: float | None
    change_interval: Interval | None
    verdict: Verdict
    cautions: tuple[str, ...]

    @property
    def baseline_value(self) -> float | None:
        """By recorded days where there are any, else as written down."""
        return self.baseline.value if self.baseline and self.baseline.value is not None else self.aim.baseline


def evaluate(kpi: Kpi, days: Days, span: Span, *, aim: Aim, before: Span | None) -> Evaluation:
    """The KPI over the pilot's span, held against the days ``before`` or the written baseline."""
    now = _measure(kpi, days, span)
    then = _measure(kpi, days, before) if before else None
    change, interval = _change(kpi, now, then, aim)
    verdict = _verdict(kpi, now.measured, change, interval, aim)
    baseline = then.measured if then else None
    return Evaluation(kpi, aim, now.measured, baseline, change, interval, verdict, _cautions(span, before, baseline))


class _Sample(msgspec.Struct, frozen=True):
    """What was measured over a span, and the days that it is made of."""

    measured: Measured
    pairs: Sequence[Pair]


def _measure(kpi: Kpi, days: Days, span: Span) -> _Sample:
    pairs: list[Pair] = []
    course: list[tuple[date, float | None]] = []
    guessed = 0
    for day in span.days:
        pair = kpi.pair(days, day) if _good_enough(kpi, days, day, span.first) else None
        if pair is not None:
            pairs.append(pair)
            guessed += days.is_guessed(kpi.properties, day)
        single = ratio([pair]) if pair else None
        course.append((day, None if single is None else kpi.shown(single)))
    value = ratio(pairs)
    shown = None if value is None else kpi.shown(value)
    interval = interval_of(pairs, kpi.id, kpi.shown)
    return _Sample(Measured(len(course), len(pairs), shown, interval, tuple(course), guessed), pairs)


def _good_enough(kpi: Kpi, days: Days, day: date, span_first: date) -> bool:
    """At least three quarters of the features have a value, of what the KPI needs every day."""
    needed = [kpi.watched] if kpi.watched else list(kpi.properties)
    return days.coverage(needed, day, span_first=span_first) >= COVERAGE_ENOUGH


def _change(kpi: Kpi, now: _Sample, then: _Sample | None, aim: Aim) -> tuple[float | None, Interval | None]:
    value, own = now.measured.value, now.measured.interval
    if value is None:
        return None, None
    if then is not None and then.measured.value is not None:
        return value - then.measured.value, difference_of(then.pairs, now.pairs, kpi.id, kpi.shown)
    if aim.baseline is None:
        return None, None
    interval = Interval(own.low - aim.baseline, own.high - aim.baseline, own.block_days) if own else None
    return value - aim.baseline, interval


def _verdict(kpi: Kpi, measured: Measured, change: float | None, interval: Interval | None, aim: Aim) -> Verdict:
    if measured.usable < DAYS_ENOUGH or measured.coverage < COVERAGE_ENOUGH or measured.value is None:
        return "insufficient data"
    if aim.target is not None and kpi.better != "context":
        sign = 1 if kpi.better == "higher" else -1
        own = measured.interval
        if own and min(sign * (own.low - aim.target), sign * (own.high - aim.target)) >= 0:
            return "target reached"
        if sign * (measured.value - aim.target) >= 0:
            return "target met"
    if kpi.better == "context" or change is None or interval is None:
        return "for context" if kpi.better == "context" else "no baseline"
    if interval.low <= 0 <= interval.high:
        return "no change shown"
    return "better" if (change > 0) == (kpi.better == "higher") else "worse"


def _cautions(span: Span, before: Span | None, baseline: Measured | None) -> tuple[str, ...]:
    found = []
    if before and baseline and baseline.usable:
        if not before.months() & span.months():
            found.append("baseline and pilot share no month of the year: the season is part of the difference")
        if baseline.usable < DAYS_ENOUGH or baseline.coverage < COVERAGE_ENOUGH:
            found.append(f"the baseline rests on {baseline.usable} of {baseline.days} days")
    elif before:
        found.append("no usable day in the baseline's span")
    return tuple(found)
