"""What all devices of a city report, in order of time: each signal is asked when it wants to be asked."""

import heapq
import random
from collections.abc import Callable, Iterator

from simulators.city.settle import City
from simulators.signals import Report, Signal

Ask = Callable[[int], tuple[Report, int]]


def signals(city: City) -> Iterator[Signal]:
    """The signals of every place, each with a generator of its own: what else is in the city does not touch them."""
    for place in city.places:
        first = place.site.devices[0].feature if place.site.devices else place.site.name
        rng = random.Random(f"{city.scenario.seed}/{place.kind_name}/{first}")
        yield from place.kind.build(place.site, place.parameters, rng, city.weather, city.zone)


def reports(city: City, start_ns: int, end_ns: int | None = None) -> Iterator[Report]:
    """Reports from ``start_ns`` on, up to but without ``end_ns``; without end if that is None."""
    due: list[tuple[int, int, Ask]] = [
        (signal.begin(start_ns), order, signal.report) for order, signal in enumerate(signals(city))
    ]
    heapq.heapify(due)
    replace = heapq.heapreplace
    while due:
        at_ns, order, ask = due[0]
        if end_ns is not None and at_ns >= end_ns:
            return
        report, next_ns = ask(at_ns)
        replace(due, (next_ns, order, ask))
        yield report
