"""What is said of a counter's quarters, hours and days: value, quality, coverage, and the sensor's own number."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from pipelines.domains import HOUR_NS, QUARTER_NS, said
from pipelines.domains.cycling.day import CAPTURE, WHOLE, Day
from pipelines.domains.cycling.expected import expected_hours
from pipelines.domains.cycling.kinds import Kind
from pipelines.domains.cycling.settings import factor_at
from pipelines.model import Location, Observation

_DECIMALS = 3


class HourCount(NamedTuple):
    """One hour's calibrated number; ``factor`` is in it. ``rough``: partly or wholly estimated."""

    number: float
    factor: float
    rough: bool


class Told(NamedTuple):
    """What is told of each hour of a day, and of which hours that is expected of the counter."""

    hours: list[HourCount | None]
    expected: tuple[bool, ...]

    @property
    def share(self) -> float:
        """Of the expected hours, those of which something is told."""
        wanted = sum(self.expected)
        known = sum(each is not None for each, is_wanted in zip(self.hours, self.expected, strict=True) if is_wanted)
        return known / wanted if wanted else 0.0

    def total(self, factors: Sequence[float]) -> float:
        """Of the whole day, each hour's number divided by its factor.

        The expected hours are scaled up; what was seen in others is added as it is.
        """
        inside = beside = 0.0
        for each, is_wanted, factor in zip(self.hours, self.expected, factors, strict=True):
            if each is not None and is_wanted:
                inside += each.number / factor
            elif each is not None:
                beside += each.number / factor
        return inside / self.share + beside


class Voice(NamedTuple):
    """Of whom is spoken, in which words, with which history of calibrations, and when it can count."""

    kind: Kind
    feature: str
    factors: str
    zone: tzinfo
    counted_hours: str = ""
    location: Location | None = None

    def expected(self, day: Day) -> tuple[bool, ...]:
        """For each hour of the day whether the counter is expected to count."""
        return expected_hours(day.begin_ns, day.end_ns, self.counted_hours, self.location, self.zone)

    def factor(self, at_ns: int) -> float:
        """The calibration that holds at an instant."""
        return factor_at(self.factors, at_ns, self.zone) if self.factors else 1.0


def figure(feature: str, name: str, value: float, begin_ns: int, interval_ns: int, *, rough: bool) -> Observation:
    """A number of an interval, to a thousandth; where it is rough it says so."""
    rounded = round(value, _DECIMALS)
    if rough:
        return Observation(feature, name, rounded, begin_ns, "gateway", "estimated", "gap", interval_ns)
    return Observation(feature, name, rounded, begin_ns, interval_ns=interval_ns)


def quarter(voice: Voice, begin_ns: int, counted: float, known: float) -> Iterator[Observation]:
    """One quarter of an hour, of which a share is known."""
    if known >= CAPTURE:
        value = counted / known * voice.factor(begin_ns)
        yield figure(voice.feature, voice.kind.count, value, begin_ns, QUARTER_NS, rough=known < WHOLE)


def hour_count(voice: Voice, day: Day, place: int) -> HourCount | None:
    """An hour as counted, scaled to the whole hour; else, in a closed day, as it would have been; else None."""
    known = day.known(place)
    factor = voice.factor(day.begin_ns + place * HOUR_NS)
    if known >= CAPTURE:
        rough = known < WHOLE or bool(day.spread >> place & 1)
        return HourCount(day.counted[place] / known * factor, factor, rough)
    if day.guess and day.guess[place] >= 0.0:
        return HourCount(day.counted[place] * factor + day.guess[place] * (1.0 - known), factor, rough=True)
    return None


def told_of(voice: Voice, day: Day) -> Told:
    """Every hour of a day."""
    return Told([hour_count(voice, day, place) for place in range(len(day.counted))], voice.expected(day))


def hour(voice: Voice, day: Day, place: int) -> Iterator[Observation]:
    """One hour with its coverage; where there is a history of calibrations, with the sensor's own number too."""
    begin_ns = day.begin_ns + place * HOUR_NS
    day.said |= 1 << place
    found = hour_count(voice, day, place)
    if found is None:
        yield said.missing(voice.feature, voice.kind.count, begin_ns, begin_ns + HOUR_NS)
    else:
        yield figure(voice.feature, voice.kind.count, found.number, begin_ns, HOUR_NS, rough=found.rough)
        if voice.factors:
            counted = found.number / found.factor
            yield figure(voice.feature, voice.kind.counted, counted, begin_ns, HOUR_NS, rough=found.rough)
    yield said.coverage(voice.feature, day.known(place), begin_ns, begin_ns + HOUR_NS)


def whole_day(voice: Voice, day: Day, told: Told) -> Iterator[Observation]:
    """The day's total. With hours of which nothing can be said it is scaled up from 75 % on; below, it is missing."""
    length_ns = day.end_ns - day.begin_ns
    if told.share < CAPTURE:
        yield said.missing(voice.feature, voice.kind.count, day.begin_ns, day.end_ns)
    else:
        rough = told.share < 1.0 or any(each.rough for each in told.hours if each is not None)
        ones = [1.0] * len(told.hours)
        yield figure(voice.feature, voice.kind.count, told.total(ones), day.begin_ns, length_ns, rough=rough)
        if voice.factors:
            factors = [1.0 if each is None else each.factor for each in told.hours]
            yield figure(voice.feature, voice.kind.counted, told.total(factors), day.begin_ns, length_ns, rough=rough)
    yield said.coverage(voice.feature, day.coverage(told.expected), day.begin_ns, day.end_ns)
