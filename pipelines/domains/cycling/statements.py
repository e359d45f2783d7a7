"""What is said of a counter's quarters, hours and days: value, quality, coverage, and the sensor's own number."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from pipelines.domains import HOUR_NS, QUARTER_NS, Site
from pipelines.domains.cycling.day import CAPTURE, FINE, SPREAD, WHOLE, Day
from pipelines.domains.cycling.kinds import Kind
from pipelines.domains.cycling.settings import CounterDetails, factor_at
from pipelines.model import Observation

_DECIMALS = 3
Factor = Callable[[int], float]
"""The calibration that holds at an instant."""


class HourCount(NamedTuple):
    """One hour's calibrated number; ``factor`` is in it. ``rough``: partly or wholly estimated."""

    number: float
    factor: float
    rough: bool


class Voice(msgspec.Struct, frozen=True):
    """Of whom is spoken, in which words, and with which calibration. ``raw``: the sensor's own number is said too."""

    kind: Kind
    feature: str
    factor_of: Factor
    raw: bool


def voice_of(kind: Kind, feature: str, site: Site) -> Voice:
    """The voice of a counter; with a history of calibrations the sensor's own number stands beside the calibrated."""
    factors = site.place(feature).details_as(CounterDetails).factors
    return Voice(kind, feature, lambda at_ns: factor_at(factors, at_ns, site.zone), bool(factors))


def figure(feature: str, name: str, value: float, begin_ns: int, interval_ns: int, *, rough: bool) -> Observation:
    """A number of an interval, to a thousandth; where it is rough it says so."""
    rounded = round(value, _DECIMALS)
    if rough:
        return Observation(feature, name, rounded, begin_ns, "gateway", "estimated", "gap", interval_ns)
    return Observation(feature, name, rounded, begin_ns, interval_ns=interval_ns)


def missing(feature: str, name: str, begin_ns: int, interval_ns: int) -> Observation:
    """Too little is known for a value."""
    return Observation(feature, name, 0.0, begin_ns, "gateway", "missing", "gap", interval_ns)


def coverage(feature: str, share: float, begin_ns: int, interval_ns: int) -> Observation:
    """How much of the interval is known by counting."""
    percent = round(100.0 * share, _DECIMALS)
    return Observation(feature, "coverage_percent", percent, begin_ns, interval_ns=interval_ns)


def quarters(voice: Voice, day: Day, places: list[int], to_ns: int) -> Iterator[Observation]:
    """Each of these quarters that is over and known finely enough."""
    for place in places:
        begin_ns = day.begin_ns + place * QUARTER_NS
        known = day.covered_ns[place] / QUARTER_NS
        if begin_ns + QUARTER_NS <= to_ns and day.grain[place] == FINE and known >= CAPTURE:
            number = day.counted[place] / min(1.0, known) * voice.factor_of(begin_ns)
            yield figure(voice.feature, voice.kind.count, number, begin_ns, QUARTER_NS, rough=known < WHOLE)


def hour_count(day: Day, place: int, factor_of: Factor) -> HourCount | None:
    """An hour as counted, scaled to the whole hour; else, in a closed day, as it would have been; else None."""
    counted, known, grain = day.hour(place)
    factor = factor_of(day.begin_ns + place * HOUR_NS)
    if known >= CAPTURE:
        return HourCount(counted / known * factor, factor, known < WHOLE or grain == SPREAD)
    if day.guess and day.guess[place] >= 0.0:
        return HourCount(counted * factor + day.guess[place] * (1.0 - known), factor, rough=True)
    return None


def hour(voice: Voice, day: Day, place: int) -> Iterator[Observation]:
    """One hour with its coverage."""
    begin_ns = day.begin_ns + place * HOUR_NS
    day.said |= 1 << place
    found = hour_count(day, place, voice.factor_of)
    if found is None:
        yield missing(voice.feature, voice.kind.count, begin_ns, HOUR_NS)
    else:
        yield figure(voice.feature, voice.kind.count, found.number, begin_ns, HOUR_NS, rough=found.rough)
        if voice.raw:
            counted = found.number / found.factor
            yield figure(voice.feature, voice.kind.counted, counted, begin_ns, HOUR_NS, rough=found.rough)
    yield coverage(voice.feature, day.hour(place)[1], begin_ns, HOUR_NS)


def whole_day(voice: Voice, day: Day, hours: list[HourCount | None]) -> Iterator[Observation]:
    """The day's total. With hours of which nothing can be said it is scaled up from 75 % on; below, it is missing."""
    length_ns = day.end_ns - day.begin_ns
    known = [each for each in hours if each is not None]
    share = len(known) / len(hours)
    if share < CAPTURE:
        yield missing(voice.feature, voice.kind.count, day.begin_ns, length_ns)
    else:
        rough = share < 1.0 or any(each.rough for each in known)
        total = sum(each.number for each in known) / share
        yield figure(voice.feature, voice.kind.count, total, day.begin_ns, length_ns, rough=rough)
        if voice.raw:
            counted = sum(each.number / each.factor for each in known) / share
            yield figure(voice.feature, voice.kind.counted, counted, day.begin_ns, length_ns, rough=rough)
    yield coverage(voice.feature, day.coverage(), day.begin_ns, length_ns)
