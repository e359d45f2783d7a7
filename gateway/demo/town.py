"""The newest values of the town, sorted out for drawing."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from gateway.sinks.store.read import Latest
from pipelines.model import Value

ByName = Mapping[str, Latest]
"""Feature without its type, such as ``sluisstraat-07`` → its newest reading."""

NO_VALUES: ByName = {}


class Town(msgspec.Struct, frozen=True):
    """``newest``: (type of feature, property) → feature → newest reading, of whoever said it last."""

    newest: Mapping[tuple[str, str], ByName] = {}
    newest_ns: int = 0

    @classmethod
    def of(cls, latest: Sequence[Latest]) -> "Town":
        """Sort the store's newest values by what they are."""
        newest: dict[tuple[str, str], dict[str, Latest]] = {}
        for row in sorted(latest, key=attrgetter("reading.time_ns")):
            kind, _, name = row.series.feature.partition("/")
            newest.setdefault((kind, row.series.property), {})[name] = row
        measured = (row.reading.time_ns for row in latest if not row.series.derived)
        return cls(newest, max(measured, default=0))

    def of_kind(self, kind: str, name: str) -> ByName:
        """The newest readings of one property of all features of a kind, by feature, in order."""
        found = self.newest.get((kind, name), NO_VALUES)
        return {feature: found[feature] for feature in sorted(found)}

    def values(self, kind: str, name: str) -> list[Value]:
        """The same, values only."""
        return [row.reading.value for row in self.of_kind(kind, name).values()]

    def numbers(self, kind: str, name: str) -> list[float]:
        """The same, of a property that is a number."""
        return [float(value) for value in self.values(kind, name)]

    def where(self, name: str, value: Value) -> list[str]:
        """Features of any kind of which the property has this value now."""
        return sorted(
            feature
            for (_kind, property_), rows in self.newest.items()
            if property_ == name
            for feature, row in rows.items()
            if row.reading.value == value
        )


def streets(names: Iterable[str]) -> dict[str, list[str]]:
    """Features by street: ``sluisstraat-07`` stands in ``sluisstraat``."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(name.rpartition("-")[0], []).append(name)
    return found


def spoken(feature: str) -> str:
    """``sluisstraat-07`` as people say it: ``Sluisstraat 7``."""
    street, _, number = feature.rpartition("-")
    named = number.isdigit()
    title = (street if named else feature).replace("-", " ").title()
    return f"{title} {int(number)}" if named else title
