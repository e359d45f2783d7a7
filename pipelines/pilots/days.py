"""The daily values that KPIs are made of: by property and local day, one value for each feature."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from pipelines.model import Quality

COUNTED: frozenset[Quality] = frozenset(("ok", "estimated", "suspect"))
"""Qualities with a value. A machine has already left out what is not known well enough (``missing``)."""


class DayValue(msgspec.Struct, frozen=True, gc=False):
    """What one feature's day was; ``value`` None where too little of the day is known."""

    day: date
    feature: str
    property: str
    value: float | None


class Days(msgspec.Struct):
    """Values by (property, day), each with its feature; and the same of properties that only say "missing"."""

    values: dict[tuple[str, date], list[tuple[str, float]]]
    missing: dict[tuple[str, date], int]

    @classmethod
    def of(cls, rows: Iterable[DayValue]) -> "Days":
        """Sort rows into days."""
        values: dict[tuple[str, date], list[tuple[str, float]]] = {}
        missing: dict[tuple[str, date], int] = {}
        for row in rows:
            key = (row.property, row.day)
            if row.value is None:
                missing[key] = missing.get(key, 0) + 1
            else:
                values.setdefault(key, []).append((row.feature, row.value))
        return cls(values, missing)

    def at(self, name: str, day: date) -> list[float]:
        """The values of a property on a day."""
        return [value for _, value in self.values.get((name, day), ())]

    def coverage(self, names: Iterable[str], day: date) -> float:
        """Share of the features' days that have a value, over properties: 0 where nothing was said at all."""
        there = sum(len(self.values.get((name, day), ())) for name in names)
        gone = sum(self.missing.get((name, day), 0) for name in names)
        return there / (there + gone) if there else 0.0

    def features(self, name: str) -> Mapping[str, int]:
        """Every feature of a property with the number of its days."""
        found: dict[str, int] = {}
        for (of, _), rows in self.values.items():
            if of == name:
                for feature, _ in rows:
                    found[feature] = found.get(feature, 0) + 1
        return found
