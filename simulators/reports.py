"""What all devices of a city report, in order of time: each signal is asked when it wants to be asked.

A city that goes live may have devices that reported less often before (``past_report_min``): their signals are asked so
often until then, as if somebody had shortened the interval on that day. What they tell of the time since the last
asking, such as rain, they tell of all of it.
"""

import heapq
import random
from collections.abc import Callable, Iterator

from simulators.city.settle import City
from simulators.signals import Report, Signal

Ask = Callable[[int], tuple[Report, int]]
MINUTE_NS = 60 * 10**9


def signals(city: City) -> Iterator[tuple[Signal, float | None]]:
    """The signals of every place, and how often they were asked before the city went live.

    Each has a generator of its own: what else is in the city does not touch them.
    """
    for place in city.places:
        first = place.site.devices[0].feature if place.site.devices else place.site.name
        rng = random.Random(f"{city.scenario.seed}/{place.kind_name}/{first}")
        past_min = place.site.devices[0].past_report_min if place.site.devices else None
        for signal in place.kind.build(place.site, place.parameters, rng, city.weather, city.zone):
            yield signal, past_min


def reports(city: City, start_ns: int, end_ns: int | None = None, *, live_ns: int | None = None) -> Iterator[Report]:
    """Reports from ``start_ns`` on, up to but without ``end_ns``; without end if that is None.

    ``live_ns``: from when on the city is live.
    """
    due: list[tuple[int, int, Ask]] = []
    for order, (signal, past_min) in enumerate(signals(city)):
        seldom = past_min is not None and live_ns is not None
        ask = seldom_until(signal.report, int((past_min or 0) * MINUTE_NS), live_ns or 0) if seldom else signal.report
        due.append((signal.begin(start_ns), order, ask))
    heapq.heapify(due)
    replace = heapq.heapreplace
    while due:
        at_ns, order, ask = due[0]
        if end_ns is not None and at_ns >= end_ns:
            return
        report, next_ns = ask(at_ns)
        replace(due, (next_ns, order, ask))
        yield report


def seldom_until(ask: Ask, apart_ns: int, live_ns: int) -> Ask:
    """Ask a signal only so often until the city is live, and then as it wants, in the step that it had."""

    def seldom(at_ns: int) -> tuple[Report, int]:
        report, next_ns = ask(at_ns)
        later_ns = at_ns + apart_ns
        if later_ns <= next_ns or next_ns >= live_ns:
            return report, next_ns
        if later_ns >= live_ns:
            step_ns = next_ns - at_ns
            later_ns = next_ns + -(-(live_ns - next_ns) // step_ns) * step_ns
        return report, later_ns

    return seldom
