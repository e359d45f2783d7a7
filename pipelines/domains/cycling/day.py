"""One local day of one counter, hour by hour: what passed, and for how much of the time that is known."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec

from pipelines.domains import HOUR_NS, QUARTER_NS
from pipelines.domains.cycling.meter import Span
from pipelines.model import NS_PER_S

CAPTURE = 0.75
"""Share of an interval that must be known. Source: the rule of Directive 2008/50/EC for hourly means."""

WHOLE = 0.99
"""From here on an interval counts as fully known; less is scaled up and marked estimated."""

FINE_NS = QUARTER_NS * 4 // 3
"""Spans of at most 20 min make quarters."""

COARSE_NS = 6 * QUARTER_NS
"""Of a span of more than 90 min only the sum is known, not how it lies in its hours."""

_HOUR_S = 3_600


class Day(msgspec.Struct, array_like=True):
    """Hours of ``[begin_ns, end_ns)``; a day has 23, 24 or 25.

    ``counted`` as the sensor says; ``covered_s`` seconds of which that is known; ``spread``, ``said``: a bit for each
    hour whose count was shared out, and that was spoken of. Once the day is closed, ``guess`` is what would have passed
    by the usual week (-1: unknown), ``total`` what the day gave to the annual average (-1: nothing),
    and ``known_by`` what the guess rests on.
    """

    begin_ns: int
    end_ns: int
    counted: list[float]
    covered_s: list[int]
    spread: int = 0
    said: int = 0
    guess: list[float] = []
    closed: bool = False
    total: float = -1.0
    known_by: Literal["own hours", "neighbours", "usual week"] = "usual week"

    def coverage(self, expected: Sequence[bool]) -> float:
        """Share of the expected hours that is known."""
        wanted = [covered_s for covered_s, each in zip(self.covered_s, expected, strict=True) if each]
        return min(1.0, sum(wanted) / (len(wanted) * _HOUR_S)) if wanted else 0.0

    def known(self, place: int) -> float:
        """Share of an hour that is known."""
        return min(1.0, self.covered_s[place] / _HOUR_S)

    def forget(self, begin_ns: int, end_ns: int) -> None:
        """What was said of these hours is not to be believed."""
        for place in range(max(0, (begin_ns - self.begin_ns) // HOUR_NS), len(self.counted)):
            if self.begin_ns + place * HOUR_NS >= end_ns:
                break
            self.counted[place], self.covered_s[place] = 0.0, 0


def new_day(begin_ns: int, end_ns: int) -> Day:
    """A day of which nothing is known yet. A zone that is not whole hours from UTC has whole hours in its days too."""
    hours = (end_ns - begin_ns) // HOUR_NS
    return Day(begin_ns, end_ns, [0.0] * hours, [0] * hours)


def lay(day: Day, span: Span, weigh: Callable[[int], float] | None = None) -> Iterator[int]:
    """Put a span's number into the day's hours, and yield the hours it touches.

    Evenly, or by ``weigh(begin of hour)``, the usual number of that hour.
    """
    length_ns = span.end_ns - span.begin_ns
    first = max(0, (span.begin_ns - day.begin_ns) // HOUR_NS)
    if weigh is None and span.end_ns <= day.begin_ns + (first + 1) * HOUR_NS and span.begin_ns >= day.begin_ns:
        day.counted[first] += span.number  # the usual case: within one hour
        day.covered_s[first] += round(length_ns / NS_PER_S)
        yield first
        return
    total = weight_of(span, weigh) if weigh is not None else 0.0
    last = min(len(day.counted), -((day.begin_ns - span.end_ns) // HOUR_NS))
    for place in range(first, last):
        start_ns = day.begin_ns + place * HOUR_NS
        overlap_ns = min(span.end_ns, start_ns + HOUR_NS) - max(span.begin_ns, start_ns)
        if total > 0.0 and weigh is not None:
            share = weigh(start_ns) * overlap_ns / HOUR_NS / total
        else:
            share = overlap_ns / length_ns
        day.counted[place] += span.number * share
        day.covered_s[place] += round(overlap_ns / NS_PER_S)
        if length_ns > COARSE_NS:
            day.spread |= 1 << place
        yield place


def weight_of(span: Span, weigh: Callable[[int], float]) -> float:
    """The usual number of a whole span: ``weigh`` over its hours, which begin on the hour."""
    total, at_ns = 0.0, span.begin_ns - span.begin_ns % HOUR_NS
    while at_ns < span.end_ns:
        overlap_ns = min(span.end_ns, at_ns + HOUR_NS) - max(span.begin_ns, at_ns)
        total += weigh(at_ns) * overlap_ns / HOUR_NS
        at_ns += HOUR_NS
    return total


class Quarters(msgspec.Struct, array_like=True):
    """The newest quarters of an hour that fine spans told of: begin, number, nanoseconds known."""

    begins_ns: list[int] = []
    counted: list[float] = []
    covered_ns: list[int] = []


_QUARTERS_KEPT = 3


def lay_fine(quarters: Quarters, span: Span) -> Iterator[tuple[int, float, float]]:
    """Put a fine span into its quarters; yield (begin, number, share known) of each that is over by its end."""
    at_ns = span.begin_ns - span.begin_ns % QUARTER_NS
    length_ns = span.end_ns - span.begin_ns
    while at_ns < span.end_ns:
        overlap_ns = min(span.end_ns, at_ns + QUARTER_NS) - max(span.begin_ns, at_ns)
        if not quarters.begins_ns or quarters.begins_ns[-1] < at_ns:
            quarters.begins_ns.append(at_ns)
            quarters.counted.append(0.0)
            quarters.covered_ns.append(0)
        if at_ns in quarters.begins_ns:
            place = quarters.begins_ns.index(at_ns)
            quarters.counted[place] += span.number * overlap_ns / length_ns
            quarters.covered_ns[place] += overlap_ns
            if at_ns + QUARTER_NS <= span.end_ns:
                yield at_ns, quarters.counted[place], min(1.0, quarters.covered_ns[place] / QUARTER_NS)
        at_ns += QUARTER_NS
    del quarters.begins_ns[:-_QUARTERS_KEPT], quarters.counted[:-_QUARTERS_KEPT], quarters.covered_ns[:-_QUARTERS_KEPT]
