"""The truth file in memory, by quantity and feature, in order of time."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from simulators.signals import Truth
from simulators.truth import read_truth


class Truths:
    """What was true. ``begin_ns``, ``end_ns``: of the first and the last moment that is known."""

    def __init__(self, truths: Iterable[Truth]) -> None:
        found: dict[str, dict[str, list[Truth]]] = defaultdict(lambda: defaultdict(list))
        begin_ns, end_ns = 1 << 63, 0
        for truth in truths:
            begin_ns, end_ns = min(begin_ns, truth.at_ns), max(end_ns, truth.at_ns + truth.interval_ns)
            found[truth.quantity][truth.feature].append(truth)
        for features in found.values():
            for told in features.values():
                told.sort(key=_at)
        self.begin_ns, self.end_ns = min(begin_ns, end_ns), end_ns
        self._found = found

    @classmethod
    def read(cls, path: Path) -> "Truths":
        """Of a file. Raises OSError; msgspec.DecodeError for a file that is none."""
        return cls(read_truth(path))

    def of(self, quantity: str) -> Mapping[str, Sequence[Truth]]:
        """By feature; empty where nothing was told of the quantity."""
        return self._found.get(quantity, {})

    def heard_until_ns(self, feature: str) -> int:
        """Until when its device lived: what happens after that nobody can tell, and is not asked of anybody."""
        deaths = self.of("device_dead").get(feature, ())
        return deaths[0].at_ns if deaths else self.end_ns


def _at(truth: Truth) -> int:
    return truth.at_ns


def within(told: Sequence[Truth], since_ns: int, until_ns: int) -> Sequence[Truth]:
    """Those that begin in ``[since_ns, until_ns)``."""
    return told[bisect_left(told, since_ns, key=_at) : bisect_left(told, until_ns, key=_at)]


def latest(told: Sequence[Truth], at_ns: int) -> Truth | None:
    """The newest that begins at or before a moment."""
    place = bisect_right(told, at_ns, key=_at)
    return told[place - 1] if place else None


def nearest(told: Sequence[Truth], at_ns: int, *, within_ns: int) -> Truth | None:
    """The nearest in time, None where none is near enough."""
    place = bisect_left(told, at_ns, key=_at)
    around = told[max(0, place - 1) : place + 1]
    best = min(around, key=lambda truth: abs(truth.at_ns - at_ns), default=None)
    return best if best is not None and abs(best.at_ns - at_ns) <= within_ns else None


def whole_sum(told: Sequence[Truth], since_ns: int, until_ns: int) -> float | None:
    """Sum of interval truths that cover ``[since_ns, until_ns)`` without a hole; None where one is missing."""
    inside = within(told, since_ns, until_ns)
    covered_ns = sum(truth.interval_ns for truth in inside)
    if not inside or inside[-1].at_ns + inside[-1].interval_ns > until_ns or covered_ns != until_ns - since_ns:
        return None
    return sum(float(truth.value) for truth in inside)
