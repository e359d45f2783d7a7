"""The KPIs that every pilot of a domain gets, as formulas over daily values. To add one: a row, and its test.

A KPI of a span of days = sum over days of ``top`` / sum over days of ``bottom``, times ``factor``. Without a ``bottom``
it is the mean of a day. A term takes one property's values of a day, over all features, as their sum, mean or
number. Levels in decibel are averaged as energies, never as numbers. A share of a span is a ratio of sums too: the mean
of daily shares would count a dark day as much as a bright one.
"""

import math
from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from pipelines.pilots.bootstrap import Pair
from pipelines.pilots.days import Days
from pipelines.vocabulary import PROPERTIES, Domain

How = Literal["sum", "mean", "count", "energy"]
Better = Literal["higher", "lower", "context"]
Level = Literal["input", "process", "output", "outcome", "impact"]
"""The five kinds of indicator of Huovila et al. 2019 (Cities 89)."""


class Term(msgspec.Struct, frozen=True):
    """What one day gives: a property, and how its features become one number. Those in ``also`` are added to it."""

    property: str
    how: How = "sum"
    also: tuple[str, ...] = ()

    def of(self, days: Days, day: date) -> float | None:
        """The number of a day; None where no feature has a value. Nothing counted is 0 once something was watched."""
        parts = [self._of(name, days, day) for name in (self.property, *self.also)]
        known = [part for part in parts if part is not None]
        return math.fsum(known) if len(known) == len(parts) else None

    def _of(self, name: str, days: Days, day: date) -> float | None:
        values = days.at(name, day)
        match self.how:
            case "count":
                return float(len(values))
            case _ if not values:
                return None
            case "sum":
                return math.fsum(values)
            case "mean":
                return math.fsum(values) / len(values)
            case "energy":
                return math.fsum(10 ** (value / 10) for value in values) / len(values)


class Kpi(msgspec.Struct, frozen=True):
    """One row. ``watched``: a property that shows on which days the devices watched (for what only happens)."""

    id: str
    domain: Domain
    title: str
    unit: str
    better: Better
    top: Term
    bottom: Term | None = None
    factor: float = 1.0
    level: Level = "outcome"
    digits: int = 1
    watched: str = ""

    def pair(self, days: Days, day: date) -> Pair | None:
        """Numerator and denominator of a day; None where the day cannot be used."""
        if self.watched and not days.at(self.watched, day):
            return None
        top = self.top.of(days, day)
        bottom = self.bottom.of(days, day) if self.bottom else 1.0
        if top is None and (self.watched or (self.bottom and bottom == 0)):
            top = 0.0  # they watched, and there was nothing
        return None if top is None or bottom is None else (top * self.factor, bottom)

    def shown(self, ratio: float) -> float:
        """The figure of a ratio of sums: the same, but a level where energies were averaged."""
        return 10 * math.log10(ratio) if self.top.how == "energy" and ratio > 0 else ratio

    @property
    def properties(self) -> tuple[str, ...]:
        """What it is made of."""
        return tuple(name for term in (self.top, self.bottom) if term for name in (term.property, *term.also))

    @property
    def formula(self) -> str:
        """In words for the annex."""
        top = " + ".join(_WORDS[self.top.how].format(name) for name in (self.top.property, *self.top.also))
        below = f" / {_WORDS[self.bottom.how].format(self.bottom.property)}" if self.bottom else " per day"
        return top + below + (f" x {self.factor:g}" if self.factor != 1 else "")


_WORDS: Mapping[How, str] = {
    "sum": "sum of {}",
    "mean": "mean of {}",
    "count": "number of {}",
    "energy": "energy mean of {}",
}


def own_kpi(name: str, *, domain: Domain, title: str, better: Better, unit: str = "") -> Kpi:
    """The KPI of a pilot that names a property: the mean of a day; of a flag the share of readings, in per cent.

    Raises KeyError for an unknown property.
    """
    row = PROPERTIES[name]
    how: How = "energy" if row.unit == "dB" else "mean"
    factor, shown = (100.0, "%") if row.kind == "flag" else (1.0, unit or row.unit)
    return Kpi(f"mean-{name}", domain, title or row.title, shown, better, Term(name, how), factor=factor)
