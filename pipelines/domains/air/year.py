"""Twelve months of hourly means, as sums by month and pollutant."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from pipelines.domains.air.formulas import Pollutant

MONTHS = 12
_YEAR_HOURS = 8_766


class Month(msgspec.Struct, array_like=True):
    """``index`` is 12 * year + month - 1; by pollutant the sum of valid hourly means, and their number."""

    index: int
    sums: dict[Pollutant, float] = {}
    hours: dict[Pollutant, int] = {}


class AnnualMean(NamedTuple):
    """A mean of twelve months, and the share of their hours that it rests on."""

    mean_ug_m3: float
    capture: float


class Year(msgspec.Struct, array_like=True):
    """The last months, oldest first."""

    months: list[Month] = []

    def add(self, day: date, means: Mapping[Pollutant, Mapping[int, float]]) -> None:
        """Add a local day's hourly means."""
        index = 12 * day.year + day.month - 1
        if not self.months or self.months[-1].index < index:
            self.months = [month for month in self.months if month.index > index - MONTHS]
            self.months.append(Month(index))
        month = self.months[-1]
        for pollutant, hours in means.items():
            month.sums[pollutant] = month.sums.get(pollutant, 0.0) + sum(hours.values())
            month.hours[pollutant] = month.hours.get(pollutant, 0) + len(hours)

    def means(self, first_of_month: date) -> dict[Pollutant, AnnualMean]:
        """By pollutant, the mean of the twelve months that end before this day."""
        index = 12 * first_of_month.year + first_of_month.month - 1
        months = [month for month in self.months if index - MONTHS <= month.index < index]
        found: dict[Pollutant, AnnualMean] = {}
        for pollutant in sorted({each for month in months for each in month.hours}):
            hours = sum(month.hours.get(pollutant, 0) for month in months)
            total = sum(month.sums.get(pollutant, 0.0) for month in months)
            found[pollutant] = AnnualMean(total / hours, min(1.0, hours / _YEAR_HOURS))
        return found
