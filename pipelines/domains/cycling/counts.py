"""The machine of counters: quarters, hours and local days without holes, averages, profiles. One area is one key.

An hour is said as soon as it is known. At the end of the day, an hour after midnight, what is missing of it is filled
in from the counter's usual week and from what the day was like at its neighbours: the counters of its area.
"""

from collections.abc import Iterable, Iterator

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.cycling import statements
from pipelines.domains.cycling.closing import close_day, note_total, voice_of
from pipelines.domains.cycling.counter import (
    CLOSES_AFTER_NS,
    DAY_NS,
    LEAVES_AFTER_NS,
    Area,
    Counter,
    days_of,
    stood_still,
    weigher,
)
from pipelines.domains.cycling.day import COARSE_NS, FINE_NS, Day, lay, lay_fine
from pipelines.domains.cycling.kinds import Kind
from pipelines.domains.cycling.meter import Span, passed
from pipelines.domains.cycling.settings import CounterDetails, CountSettings
from pipelines.domains.cycling.statements import Voice
from pipelines.domains.local_time import day_bounds, local_date
from pipelines.model import Observation

_LONGEST_SPAN_NS = 8 * DAY_NS
"""What a register counted in a longer silence can be put into no day."""


class CountMachine:
    """Counts of one kind of counter; see the head of the file."""

    version = 2
    state = Area
    key_bytes = 2 << 20
    """Two days of an area with some 80 counters that report each quarter."""
    followed_ns = 28 * DAY_NS
    """So long a silent area's days are still filled: what nobody counted is not nothing."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.producer = f"{kind.domain}-{kind.count}"
        self.features = frozenset((kind.feature,))
        self.properties = frozenset((kind.register, kind.interval))

    def key(self, reading: Reading, site: Site) -> str | None:
        """The area, for its counters fill each other's gaps; a counter without an area stands alone."""
        return site.place(reading.feature).area or reading.feature

    def begin(self, key: str, site: Site) -> Area:
        """An area without counters."""
        return Area()

    def due_ns(self, state: Area, site: Site) -> int:
        """An hour after the day's end."""
        return state.closes_ns if state.closes_ns >= 0 else NEVER_NS

    def pass_time(self, state: Area, to_ns: int, site: Site) -> Iterable[Observation]:
        """Close every local day that is over for an hour."""
        if state.closes_ns < 0 or to_ns < state.closes_ns:
            return ()
        said: list[Observation] = []
        while 0 <= state.closes_ns <= to_ns:
            end_ns = state.closes_ns - CLOSES_AFTER_NS
            said.extend(close_day(self.kind, state, end_ns, site))
            gone = [f for f, counter in state.counters.items() if counter.heard_ns < end_ns - LEAVES_AFTER_NS]
            for feature in gone:
                del state.counters[feature]
            state.closes_ns = day_bounds(end_ns, site.zone)[1] + CLOSES_AFTER_NS if state.counters else -1
        return said

    def take(self, state: Area, reading: Reading, site: Site) -> Iterable[Observation]:
        """Lay what passed into the counter's days; say the quarters and hours that are over by it."""
        if reading.quality == "suspect":
            return ()
        feature = reading.feature
        counter = state.counters.get(feature)
        if counter is None:
            counter = state.counters[feature] = Counter()
        details = site.place(feature).details_as(CounterDetails)
        span = passed(counter.meter, reading, self.kind, details)
        counter.heard_ns = reading.time_ns
        if state.closes_ns < 0:
            state.closes_ns = day_bounds(reading.time_ns, site.zone)[1] + CLOSES_AFTER_NS
        if span is None:
            return ()
        voice = voice_of(self.kind, feature, site)
        if span.hangs:
            return self._forget(counter, voice, span)
        if span.end_ns - span.begin_ns > _LONGEST_SPAN_NS or stood_still(counter, span, site):
            return ()
        return self._lay(counter, voice, span, site)

    def _lay(self, counter: Counter, voice: Voice, span: Span, site: Site) -> list[Observation]:
        said: list[Observation] = []
        length_ns = span.end_ns - span.begin_ns
        if length_ns <= FINE_NS:
            for begin_ns, counted, known in lay_fine(counter.quarters, span):
                said.extend(statements.quarter(voice, begin_ns, counted, known))
        weigh = weigher(counter.usual, site) if length_ns > COARSE_NS else None
        for day in days_of(counter, span, site):
            over = (span.end_ns - day.begin_ns) // HOUR_NS
            for place in lay(day, span, weigh):
                if place < over:
                    said.extend(statements.hour(voice, day, place))
            if day.closed:
                said.extend(self._say_again(counter, voice, day, site))
        return said

    def _say_again(self, counter: Counter, voice: Voice, day: Day, site: Site) -> Iterator[Observation]:
        """A register told after midnight what had passed before: the closed day has another total."""
        told = statements.told_of(voice, day)
        settings = site.settings_as(self.kind.domain, CountSettings)
        note_total(counter, day, told, local_date(day.begin_ns, site.zone), settings.valid_hours)
        return statements.whole_day(voice, day, told)

    def _forget(self, counter: Counter, voice: Voice, span: Span) -> list[Observation]:
        """A sensor that hangs: the hours since it does are not known, whatever was said of them."""
        said: list[Observation] = []
        for day in counter.days:
            if day.closed or day.end_ns <= span.begin_ns:
                continue
            day.forget(span.begin_ns, span.end_ns)
            for place in range(len(day.counted)):
                if day.said >> place & 1 and day.begin_ns + (place + 1) * HOUR_NS > span.begin_ns:
                    said.extend(statements.hour(voice, day, place))
        return said
