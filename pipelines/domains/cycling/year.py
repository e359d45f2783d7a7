"""A year of daily totals as the annual average needs them: per month and weekday a sum and how many days."""

from datetime import date

import msgspec

from pipelines.domains.cycling.formulas import MONTHS, WEEKDAYS, Average, average_of_cells


class Month(msgspec.Struct, array_like=True):
    """``index`` is 12 * year + month - 1; sums and numbers of days by weekday; how many of the days were filled."""

    index: int
    sums: list[float]
    days: list[int]
    filled: int = 0


class Year(msgspec.Struct, array_like=True):
    """The last twelve months and the one that runs, oldest first."""

    months: list[Month] = []

    def add(self, day: date, total: float, *, counted: bool) -> None:
        """Add a day's total. ``counted``: by the sensor, not filled. Of a month long past nothing is kept."""
        index = _index(day)
        if not self.months or self.months[-1].index < index:
            self.months.append(Month(index, [0.0] * WEEKDAYS, [0] * WEEKDAYS))
            self.months = [month for month in self.months if month.index >= index - MONTHS]
        for month in self.months:
            if month.index == index:
                month.sums[day.weekday()] += total
                month.days[day.weekday()] += 1
                month.filled += not counted

    def correct(self, day: date, by: float) -> None:
        """A day that was added has another total."""
        for month in self.months:
            if month.index == _index(day):
                month.sums[day.weekday()] += by

    def average(self, today: date) -> Average | None:
        """The annual average of the twelve months before ``today``."""
        return average_of_cells(
            [total / days for total, days in zip(month.sums, month.days, strict=True) if days]
            for month in self._twelve(today)
        )

    def days(self, today: date) -> tuple[int, int]:
        """Days that were counted, and filled, in the twelve months before ``today``."""
        months = self._twelve(today)
        filled = sum(month.filled for month in months)
        return sum(sum(month.days) for month in months) - filled, filled

    def _twelve(self, today: date) -> list[Month]:
        """A month that still runs does not replace the same month of last year."""
        running = _index(today)
        months = [month for month in self.months if running - MONTHS <= month.index <= running]
        if len(months) > 1 and months[0].index == running - MONTHS and months[-1].index == running:
            del months[-1]
        return months


def _index(day: date) -> int:
    return 12 * day.year + day.month - 1
