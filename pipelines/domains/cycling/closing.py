"""The end of a local day of an area: holes are filled, totals remembered, averages and profiles said."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import msgspec

from pipelines.domains import HOUR_NS, Site, said
from pipelines.domains.cycling import statements
from pipelines.domains.cycling.counter import DAY_NS, Area, Counter
from pipelines.domains.cycling.day import CAPTURE, Day
from pipelines.domains.cycling.filling import (
    HOURS_OF_WEEK,
    Filled,
    Look,
    day_factor,
    filled,
    look,
    without_impossible_zeros,
)
from pipelines.domains.cycling.formulas import MONTHS, WEEKDAYS, commute_index, weekend_ratio
from pipelines.domains.cycling.kinds import Kind
from pipelines.domains.cycling.settings import CounterDetails, CountSettings
from pipelines.domains.cycling.statements import Told, Voice
from pipelines.domains.local_time import day_bounds, local_date
from pipelines.model import Observation

_YEAR_DAYS = 365
_MONDAY = 0


class Closed(msgspec.Struct, frozen=True):
    """One counter's day as it is closed, beside its usual week."""

    voice: Voice
    counter: Counter
    day: Day
    seen: Look


def close_day(kind: Kind, area: Area, end_ns: int, site: Site) -> Iterator[Observation]:
    """The local day that ends at ``end_ns``, for every counter of the area that is still there."""
    settings = site.settings_as(kind.domain, CountSettings)
    begin_ns = day_bounds(end_ns - 1, site.zone)[0]
    present: dict[str, Closed] = {}
    for feature, counter in sorted(area.counters.items()):
        if counter.heard_ns >= end_ns - settings.give_up_days * DAY_NS:
            voice, day = voice_of(kind, feature, site), counter.day(begin_ns, end_ns)
            seen = look(day, counter.usual, site.zone, voice.factor)
            present[feature] = Closed(voice, counter, day, seen)
    _fill(present)
    today = local_date(end_ns, site.zone)
    counts: dict[str, Told] = {}
    for feature, closed in present.items():
        told = statements.told_of(closed.voice, closed.day)
        yield from _say_day(closed, told)
        note_total(closed.counter, closed.day, told, today - timedelta(days=1), settings.valid_hours)
        yield from _say_average(closed, today, end_ns, settings)
        if today.weekday() == _MONDAY:
            yield from _say_profile(feature, closed.counter, end_ns)
        counts[feature] = told
    if kind.section:
        yield from _say_sections(kind, area, counts, (begin_ns, end_ns), site)


def voice_of(kind: Kind, feature: str, site: Site) -> Voice:
    """How a counter is spoken of, by its files."""
    place = site.place(feature)
    details = place.details_as(CounterDetails)
    return Voice(kind, feature, details.factors, site.zone, details.counted_hours, place.location)


def _fill(present: dict[str, Closed]) -> None:
    """Give every counter's day its guesses. Each looks at the others as they were counted, never at a guess."""
    levels = {feature: closed.counter.usual.level() for feature, closed in present.items()}
    looks = {feature: closed.seen for feature, closed in present.items()}
    for feature, closed in present.items():
        factor = day_factor(feature, looks, levels)
        usual_today = levels[feature] * (1.0 if factor is None else factor)
        seen, blocked = without_impossible_zeros(closed.seen, closed.counter.usual, usual_today)
        for place in blocked:
            closed.day.covered_s[place] = 0
        present[feature] = msgspec.structs.replace(closed, seen=seen)
    looks = {feature: closed.seen for feature, closed in present.items()}
    for feature, closed in present.items():
        guess = filled(closed.seen, levels[feature], day_factor(feature, looks, levels))
        expected = closed.voice.expected(closed.day)
        closed.day.guess = [
            -1.0 if each is None or not wanted else each for each, wanted in zip(guess.hours, expected, strict=True)
        ]
        closed.day.known_by = guess.by
        closed.day.closed = True
        _learn(closed, guess)


def _say_day(closed: Closed, told: Told) -> Iterator[Observation]:
    """Hours that nobody has spoken of, hours that are filled in now, and the whole day."""
    day = closed.day
    for place, found in enumerate(told.hours):
        known = day.known(place)
        unsaid = not day.said >> place & 1
        if (found is not None and known < CAPTURE) or (unsaid and known > 0.0):
            yield from statements.hour(closed.voice, day, place)
    if any(told.hours):
        yield from statements.whole_day(closed.voice, day, told)


def _learn(closed: Closed, guess: Filled) -> None:
    """What the day teaches of the usual week and of the level."""
    usual, seen = closed.counter.usual, closed.seen
    for place, count in enumerate(seen.actual):
        if closed.day.spread >> place & 1:
            continue
        learnt = guess.hours[place] if count is None and guess.by == "neighbours" else count
        if learnt is not None:
            usual.remember(seen.hours_of_week[place], learnt)
    if (seen.ratio is not None and seen.share >= CAPTURE) or guess.by == "neighbours":
        usual.note(guess.ratio)


def note_total(counter: Counter, day: Day, told: Told, local_day: date, valid_hours: int) -> None:
    """Give the day's total to the annual average; again where it has changed.

    A day enters with enough counted hours, or filled with knowledge of that very day; the usual week alone is none. Of
    a counter that cannot count at all hours, as large a share of those that are expected of it is enough.
    """
    seen = sum(day.known(place) >= CAPTURE for place, wanted in enumerate(told.expected) if wanted)
    counted = seen * len(told.hours) >= valid_hours * sum(told.expected)
    share = told.share
    if share == 0 or (not counted and (day.known_by == "usual week" or share < 1)):
        return
    total = told.total([1.0] * len(told.hours))
    before, day.total = day.total, total
    if before < 0.0:
        counter.year.add(local_day, total, counted=counted)
    else:
        counter.year.correct(local_day, total - before)


def _say_average(closed: Closed, today: date, end_ns: int, settings: CountSettings) -> Iterator[Observation]:
    """The annual average as of now; its coverage is the share of the year's days that were counted."""
    feature, name = closed.voice.feature, closed.voice.kind.average
    average = closed.counter.year.average(today)
    if average is None:
        return
    counted, filled_days = closed.counter.year.days(today)
    if average.months >= settings.min_months:
        rough = filled_days > 0 or average.cells < MONTHS * WEEKDAYS
        yield statements.figure(feature, name, average.value, end_ns, 0, rough=rough)
    else:
        yield said.missing(feature, name, end_ns, end_ns)
    yield said.coverage(feature, counted / _YEAR_DAYS, end_ns, end_ns)


def _say_profile(feature: str, counter: Counter, end_ns: int) -> Iterator[Observation]:
    """What the usual week is like, once all of it is known."""
    week = [usual for hour in range(HOURS_OF_WEEK) if (usual := counter.usual.at(hour)) is not None]
    if len(week) == HOURS_OF_WEEK:
        for name, ratio in (("commute_index", commute_index(week)), ("weekend_ratio", weekend_ratio(week))):
            if ratio is not None:
                yield Observation(feature, name, round(ratio, 4), end_ns)


def _say_sections(
    kind: Kind, area: Area, counts: Mapping[str, Told], bounds: tuple[int, int], site: Site
) -> Iterator[Observation]:
    """All counters of one road together. A section of which one counter is gone is not said: half a road is no road."""
    sections: dict[str, dict[str, str]] = {}
    for feature in sorted(area.counters):
        details = site.place(feature).details_as(CounterDetails)
        if details.section:
            sections.setdefault(details.section, {})[feature] = details.direction
    for section, directions in sections.items():
        if all(feature in counts for feature in directions):
            name = f"{kind.section}/{section}"
            yield from _say_section(kind, name, [(directions[f], counts[f]) for f in directions], bounds)


def _say_section(
    kind: Kind, feature: str, members: list[tuple[str, Told]], bounds: tuple[int, int]
) -> Iterator[Observation]:
    """Each hour that all counters know or could estimate, and the day where they do so for all that any counts."""
    begin_ns, length_ns = bounds[0], bounds[1] - bounds[0]
    day: dict[str, float] = {"": 0.0, "forward": 0.0, "backward": 0.0}
    complete, rough_day = True, False
    for place, parts in enumerate(zip(*(told.hours for _, told in members), strict=True)):
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            complete = complete and not any(told.expected[place] for _, told in members)
            continue
        rough = any(part.rough for part in known)
        rough_day = rough_day or rough
        for (direction, _), part in zip(members, known, strict=True):
            day[direction] += part.number
        total = sum(part.number for part in known)
        yield statements.figure(feature, kind.section_count, total, begin_ns + place * HOUR_NS, HOUR_NS, rough=rough)
    if complete:
        yield statements.figure(feature, kind.section_count, sum(day.values()), begin_ns, length_ns, rough=rough_day)
        both = day["forward"] + day["backward"]
        if both > 0.0 and not day[""]:
            share = 100.0 * day["forward"] / both
            yield statements.figure(feature, "forward_percent", share, begin_ns, length_ns, rough=rough_day)
