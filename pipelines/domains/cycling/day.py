"""One local day of one counter, in quarters of an hour: what passed, and for how much of the time that is known."""

from collections.abc import Callable, Iterator

import msgspec

from pipelines.domains import HOUR_NS, QUARTER_NS
from pipelines.domains.cycling.meter import Span

QUARTERS = HOUR_NS // QUARTER_NS
CAPTURE = 0.75
"""Share of an hour or quarter that must be known. Source: the rule of Directive 2008/50/EC for hourly means."""

WHOLE = 0.99
"""From here on an interval counts as fully known; less is scaled up and marked estimated."""

_FINE_NS = QUARTER_NS * 4 // 3
COARSE_NS = 6 * QUARTER_NS
FINE, COARSE, SPREAD = 0, 1, 2
"""Grain: the span that told of a quarter was at most 20 min, at most 90 min, or longer: then only its sum is known."""


class Day(msgspec.Struct):
    """Quarters of ``[begin_ns, end_ns)``; ``said`` has a bit for each hour that was spoken of.

    ``guess``: once the day is closed, what would have passed in each hour by the counter's usual week (-1: unknown).
    """

    begin_ns: int
    end_ns: int
    counted: list[float]
    covered_ns: list[int]
    grain: list[int]
    said: int = 0
    closed: bool = False
    guess: list[float] = []

    def hours(self) -> int:
        """23, 24 or 25."""
        return len(self.counted) // QUARTERS

    def coverage(self) -> float:
        """Share of the day that is known."""
        return min(1.0, sum(self.covered_ns) / (self.end_ns - self.begin_ns))

    def hour(self, place: int) -> tuple[float, float, int]:
        """Count of an hour as far as known, share known, coarsest grain."""
        first = place * QUARTERS
        last = first + QUARTERS
        known = sum(self.covered_ns[first:last]) / HOUR_NS
        return sum(self.counted[first:last]), min(1.0, known), max(self.grain[first:last])


def new_day(begin_ns: int, end_ns: int) -> Day:
    """A day of which nothing is known yet."""
    quarters = (end_ns - begin_ns) // QUARTER_NS
    return Day(begin_ns, end_ns, [0.0] * quarters, [0] * quarters, [FINE] * quarters)


def lay(day: Day, span: Span, weigh: Callable[[int], float] | None = None) -> Iterator[int]:
    """Put a span's count into the day's quarters, and yield the quarters it touches.

    Within 90 min it is spread evenly; a longer one by ``weigh(begin of quarter)``, the usual number of that time, of
    the whole span, which may lie partly in other days. A span without count makes what it covers unknown.
    """
    length_ns = span.end_ns - span.begin_ns
    grain = FINE if length_ns <= _FINE_NS else COARSE if length_ns <= COARSE_NS else SPREAD
    total = weight_of(span, weigh) if weigh is not None and grain == SPREAD else 0.0
    first = max(0, (span.begin_ns - day.begin_ns) // QUARTER_NS)
    last = min(len(day.counted), -((day.begin_ns - span.end_ns) // QUARTER_NS))
    for place in range(first, last):
        start_ns = day.begin_ns + place * QUARTER_NS
        overlap_ns = min(span.end_ns, start_ns + QUARTER_NS) - max(span.begin_ns, start_ns)
        if span.number is None:
            day.counted[place], day.covered_ns[place] = 0.0, 0
        else:
            share = overlap_ns / length_ns
            if weigh is not None and total > 0.0:
                share = weigh(start_ns) * (overlap_ns / QUARTER_NS) / total
            day.counted[place] += span.number * share
            day.covered_ns[place] += overlap_ns
            day.grain[place] = max(day.grain[place], grain)
        yield place


def weight_of(span: Span, weigh: Callable[[int], float]) -> float:
    """The usual number of a whole span: the sum of ``weigh`` over its quarters."""
    total, at_ns = 0.0, span.begin_ns - span.begin_ns % QUARTER_NS
    while at_ns < span.end_ns:
        overlap_ns = min(span.end_ns, at_ns + QUARTER_NS) - max(span.begin_ns, at_ns)
        total += weigh(at_ns) * overlap_ns / QUARTER_NS
        at_ns += QUARTER_NS
    return total
