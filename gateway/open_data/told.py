"""What may be told of a feature, read from the store in the order in which it could be judged.

    pages ─▶ by the end of the interval, short before long, parts before totals ─▶ may it be said ─▶ small counts
          ─▶ only then: the period, properties and channels that were asked for

Laws
- Counts are judged with everything around them, not only with what was asked for: a reader who cuts the day at noon
  must not be told a total whose hidden parts lie outside the cut. So what is told of a value never depends on the
  question; a test asks for all kinds of cuts.
- Memory is flat: a page of each series of one feature, and two days of counts.
- ``None`` is yielded now and then where nothing is told: whoever reads may do something else in between.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush, merge
from itertools import groupby

import msgspec

from gateway.open_data.city import OpenPilot, Thing
from gateway.sinks.open_topics.editor import PASSING, STATES_OF_QUARTERS
from gateway.sinks.store.pages import Pages, Row, Series
from pipelines.domains import HOUR_NS
from pipelines.model import Observation
from pipelines.open_data.channels import BY_NAME, Channel, Tier, period_of
from pipelines.open_data.counts import Counts
from pipelines.open_data.privacy import COUNTS, FOLLOWERS, Subject
from pipelines.vocabulary import PROPERTIES

SURROUNDING_NS = 26 * HOUR_NS
"""Longer than the longest interval that is published, a local day of 25 hours."""
BREATH_ROWS = 1_000
NEWEST_LOOKED_AT = 64
EARLIEST_NS = -(1 << 62)
LATEST_NS = 1 << 62

AGGREGATES = frozenset(name for name in BY_NAME if name.startswith("agg-"))
SINGLE = frozenset({"obs", "event"})

SeriesOf = Mapping[str, Sequence[Series]]
"""Feature → its series."""


class Question(msgspec.Struct, frozen=True):
    """What is asked: values that begin in ``[from_ns, to_ns)``, of these channels, for one tier.

    ``properties``: None is all of them. ``until_ns``: what ended later is not told yet.
    """

    tier: Tier
    channels: frozenset[str] = AGGREGATES | SINGLE
    from_ns: int = EARLIEST_NS
    to_ns: int = LATEST_NS
    properties: frozenset[str] | None = None
    until_ns: int = LATEST_NS

    def is_about(self, one: Observation) -> bool:
        """Whether an observation is an answer."""
        if not self.from_ns <= one.time_ns < self.to_ns or not self.wants(one.property):
            return False
        if one.time_ns + one.interval_ns > self.until_ns:
            return False
        channel = channel_of(one.property, one.interval_ns)
        return channel is not None and channel.name in self.channels and self.tier in channel.tiers

    def wants(self, name: str) -> bool:
        """Whether a property was asked for."""
        return self.properties is None or name in self.properties


def channel_of(name: str, interval_ns: int) -> Channel | None:
    """The channel of the topics that a value goes out on; None for what the vocabulary does not know."""
    row = PROPERTIES.get(name)
    if row is None:
        return None
    period = period_of(interval_ns)
    return BY_NAME[f"agg-{period}" if period else "event" if row.event and not interval_ns else "obs"]


def may_be_told(subject: Subject, name: str) -> bool:
    """Whether a property can be said of a feature at all, as a reading or as a sum of an hour."""
    return subject.may_say(name, 0) or subject.may_say(name, HOUR_NS)


def told(pages: Pages, pilot: OpenPilot, thing: Thing, series: SeriesOf, question: Question) -> Iterator[Row | None]:
    """The answers of one feature, by the end of their intervals."""
    own = [one for one in series.get(thing.feature, ()) if may_be_told(thing.subject, one.property)]
    asked = {one.property for one in own if question.wants(one.property)}
    if not asked:
        return
    counted = any(name in COUNTS or name in FOLLOWERS for name in asked)
    if counted:
        asked |= {FOLLOWERS[name] for name in asked if name in FOLLOWERS}
        own += [one for part in thing.subject.parts for one in series.get(part, ()) if one.property in asked & COUNTS]
    read = [one for one in own if one.property in asked]
    around = SURROUNDING_NS if counted else 0
    streams = [
        by_end(pages.rows(one, from_ns=question.from_ns - around, to_ns=question.to_ns + around)) for one in read
    ]
    counts = Counts() if counted else None
    rows = 0
    for group in _together(merge(*streams, key=lambda row: _order(thing, row))):
        subject = pilot.subject(group[0].observation.feature)
        said = [row for row in group if subject.may_say(row.observation.property, row.observation.interval_ns)]
        if counts is not None and said and said[0].observation.interval_ns:
            judged = counts.screen(subject, [row.observation for row in said])
            said = [Row(one, row.revision) for one, row in zip(judged, said, strict=True)]
        if subject is thing.subject:
            yield from (row for row in said if question.is_about(row.observation))
        rows += len(group)
        if rows >= BREATH_ROWS:
            rows = 0
            yield None


class Asker(msgspec.Struct, frozen=True):
    """Who asks for states: a tier, and until when things are told by now."""

    tier: Tier
    until_ns: int


def newest(pages: Pages, pilot: OpenPilot, thing: Thing, series: SeriesOf, asker: Asker) -> dict[str, Observation]:
    """Of each property how it stands, as far as a tier may know: its state, else its newest interval.

    A time in the future is no state.
    """
    latest: dict[str, tuple[bool, Row]] = {}
    for one in series.get(thing.feature, ()):
        for is_state, question in _candidates(pages, thing, one, asker):
            rows = [row for row in told(pages, pilot, thing, series, question) if row is not None]
            if rows:
                held = latest.get(one.property)
                if held is None or (is_state, *_age(rows[-1])) > (held[0], *_age(held[1])):
                    latest[one.property] = is_state, rows[-1]
                break
    return {name: row.observation for name, (_, row) in latest.items()}


def _candidates(pages: Pages, thing: Thing, series: Series, asker: Asker) -> list[tuple[bool, Question]]:
    """What to ask for, best first: the newest value that is a state, and the newest of an interval."""
    name, best = series.property, dict[bool, Question]()
    if not may_be_told(thing.subject, name):
        return []
    for time_ns, interval_ns in pages.newest(series, before_ns=asker.until_ns, count=NEWEST_LOOKED_AT):
        is_state = _is_state(thing, name, interval_ns)
        own = channel_of(name, interval_ns)
        if own is None or is_state in best or time_ns + interval_ns > asker.until_ns:
            continue
        channel = BY_NAME["state"] if is_state else own
        if asker.tier not in channel.tiers or not (is_state or interval_ns):
            continue
        # what a state holds comes from a channel that its reader need not be allowed to read
        best[is_state] = Question("partner", frozenset({own.name}), time_ns, time_ns + 1, frozenset({name}))
    return sorted(best.items(), reverse=True, key=lambda found: found[0])


def _is_state(thing: Thing, name: str, interval_ns: int) -> bool:
    """Whether the topic of states would take it: what holds until the next, and the newest quarter of a counter."""
    if interval_ns:
        is_counter = thing.feature.partition("/")[0] in STATES_OF_QUARTERS
        return is_counter and name in COUNTS and period_of(interval_ns) == "15m"
    return name not in PASSING


def by_end(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows in order of their begin, put in order of their end; what is still open is held."""
    held: list[tuple[int, int, int, Row]] = []
    for number, row in enumerate(rows):
        one = row.observation
        while held and held[0][0] < one.time_ns:
            yield heappop(held)[3]
        heappush(held, (one.time_ns + one.interval_ns, one.interval_ns, number, row))
    while held:
        yield heappop(held)[3]


def _order(thing: Thing, row: Row) -> tuple[int, int, bool, str]:
    """Short intervals before long ones that end with them, the parts of a total before the total."""
    one = row.observation
    return one.time_ns + one.interval_ns, one.interval_ns, one.feature == thing.feature, one.feature


def _together(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows of one feature and interval; of several values of one property the highest revision."""

    def interval(row: Row) -> tuple[int, int, str]:
        one = row.observation
        return one.time_ns, one.interval_ns, one.feature

    for _, group in groupby(rows, interval):
        highest: dict[str, Row] = {}
        for row in group:
            held = highest.get(row.observation.property)
            if held is None or row.revision > held.revision:
                highest[row.observation.property] = row
        yield list(highest.values())


def _age(row: Row) -> tuple[int, int]:
    return row.observation.time_ns, row.revision


def wanted_things(things: Iterable[Thing], entities: Collection[str], areas: Collection[str]) -> Iterator[Thing]:
    """Those with one of the names and in one of the areas; an empty collection is any."""
    wanted = {area.casefold() for area in areas}
    for thing in things:
        if (not entities or thing.id in entities) and (not wanted or thing.area.casefold() in wanted):
            yield thing
