"""Formulas of traffic counting: annual averages, profiles, robust middles. Pure; each names its source."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

MONTHS = 12
WEEKDAYS = 7


class Average(NamedTuple):
    """An annual average of a day, and from how many of the 12 months and the 84 cells of month and weekday."""

    value: float
    months: int
    cells: int


def annual_average(days: Iterable[tuple[date, float]]) -> Average | None:
    """AADB or AADT of one year's daily totals; None without any day. See ``average_of_cells``."""
    cells: dict[int, dict[int, list[float]]] = {}
    for day, total in days:
        cells.setdefault(day.month, {}).setdefault(day.weekday(), []).append(total)
    return average_of_cells([sum(each) / len(each) for each in month.values()] for month in cells.values())


def average_of_cells(months: Iterable[Sequence[float]]) -> Average | None:
    """Mean over 12 months of the mean over 7 weekdays of the mean of the days' totals, which are given.

    Source: AASHTO Guidelines for Traffic Data Programs (2009), annual average daily traffic. The relaxed form, for
    counters with gaps: a weekday that a month lacks is left out of the month's mean, a month that is not there out of
    the year's; ``months`` and ``cells`` tell how far it was relaxed.
    """
    present = [weekdays for weekdays in months if weekdays]
    if not present:
        return None
    value = sum(sum(weekdays) / len(weekdays) for weekdays in present) / len(present)
    return Average(value, len(present), sum(map(len, present)))


def commute_index(week: Sequence[float]) -> float | None:
    """AMI of 168 usual hours from Monday midnight: weekdays 7 to 9 h over weekdays 11 to 13 h; None without midday.

    Above 1 a counter sees commuters. Source: Miranda-Moreno et al., Transportation Research Record 2339 (2013).
    """
    working = [week[24 * day : 24 * day + 24] for day in range(5)]
    midday = sum(sum(hours[11:13]) for hours in working)
    return sum(sum(hours[7:9]) for hours in working) / midday if midday > 0.0 else None


def weekend_ratio(week: Sequence[float]) -> float | None:
    """WWI of 168 usual hours from Monday midnight: mean day of the weekend over mean weekday. Source: as AMI."""
    working, weekend = sum(week[:120]) / 5, sum(week[120:]) / 2
    return weekend / working if working > 0.0 else None


def middle(values: Sequence[float]) -> float:
    """The median. Raises IndexError of nothing."""
    ranked = sorted(values)
    half, odd = divmod(len(ranked), 2)
    return ranked[half] if odd else (ranked[half - 1] + ranked[half]) / 2


def quantile(ranked: Sequence[float], share: float) -> float:
    """A quantile of sorted values, linear between its neighbours (Hyndman and Fan's seventh). Raises IndexError."""
    place = (len(ranked) - 1) * share
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (place - below)
