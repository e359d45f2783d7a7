"""The daily values that KPIs are made of: by property and local day, one value for each feature."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import msgspec

from pipelines.model import Quality

COUNTED: frozenset[Quality] = frozenset(("ok", "estimated", "suspect"))
"""Qualities with a value. A machine has already left out what is not known well enough (``missing``)."""
REPEATS = ("watering-round/",)
"""Features whose values are the sum of others' in the same pilot: they would be counted twice."""


class DayValue(msgspec.Struct, frozen=True, gc=False):
    """What one feature's day was; ``value`` None where too little of the day is known.

    ``guessed``: the value is estimated or doubtful; it counts, and the report says on how many days.
    """

    day: date
    feature: str
    property: str
    value: float | None
    guessed: bool = False


class Days(msgspec.Struct):
    """Values by (property, day), each with its feature.

    ``told``: by property the first and the last day on which a feature was told of, with a value or as missing.
    ``guessed``: where some value is estimated or doubtful.
    """

    values: dict[tuple[str, date], list[tuple[str, float]]]
    told: dict[str, dict[str, tuple[date, date]]]
    guessed: frozenset[tuple[str, date]] = frozenset()

    @classmethod
    def of(cls, rows: Iterable[DayValue]) -> "Days":
        """Sort rows into days."""
        values: dict[tuple[str, date], list[tuple[str, float]]] = {}
        told: dict[str, dict[str, tuple[date, date]]] = {}
        guessed = set()
        for row in rows:
            if row.feature.startswith(REPEATS):
                continue
            of_property = told.setdefault(row.property, {})
            first, last = of_property.get(row.feature, (row.day, row.day))
            of_property[row.feature] = min(first, row.day), max(last, row.day)
            if row.value is not None:
                values.setdefault((row.property, row.day), []).append((row.feature, row.value))
                if row.guessed:
                    guessed.add((row.property, row.day))
        return cls(values, told, frozenset(guessed))

    def at(self, name: str, day: date) -> list[float]:
        """The values of a property on a day."""
        return [value for _, value in self.values.get((name, day), ())]

    def coverage(self, names: Collection[str], day: date, *, span_first: date) -> float:
        """Share of the expected features that have a value, over properties: 0 where none is expected.

        Once told of within the span, a feature is expected every day from its first: one whose device died lacks a
        value, it does not leave the count. ``span_first``: first day of the span; what ended before it is gone.
        """
        there = sum(len(self.values.get((name, day), ())) for name in names)
        spans = [span for name in names for span in self.told.get(name, {}).values()]
        expected = sum(first <= day and last >= span_first for first, last in spans)
        return there / expected if expected else 0.0

    def is_guessed(self, names: Iterable[str], day: date) -> bool:
        """Whether any value of the day is estimated or doubtful."""
        return any((name, day) in self.guessed for name in names)

    def features(self, name: str) -> Mapping[str, int]:
        """Every feature of a property with the number of its days."""
        found: dict[str, int] = {}
        for (of, _), rows in self.values.items():
            if of == name:
                for feature, _ in rows:
                    found[feature] = found.get(feature, 0) + 1
        return found
