"""One probe in the water: can its acidity, turbidity and temperature be believed? Told when the answer changes."""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.daily import WHOLE, Day, Days
from pipelines.domains.register import MIN_CAPTURE
from pipelines.domains.said import coverage, estimated, missing, of_interval
from pipelines.domains.water.details import WaterSettings
from pipelines.model import Observation
from pipelines.vocabulary import Domain

PH, TURBIDITY, TEMPERATURE = "ph", "turbidity_ntu", "water_temperature_c"
CHECK = {PH: "ph_check", TURBIDITY: "turbidity_check", TEMPERATURE: "water_temperature_check"}
HIGHEST = {TURBIDITY: "turbidity_max_ntu", TEMPERATURE: "water_temperature_max_c"}

SHORTEST_NS = HOUR_NS // 12
"""Two readings that are closer than this count as five minutes apart: noise is no rate."""
LONGEST_NS = 6 * HOUR_NS
"""After a longer silence any value within range can be right."""


class Bounds(msgspec.Struct, frozen=True):
    """What a quantity can be, and how far it can move in an hour (None: anywhere)."""

    low: float
    high: float
    change: float | None
    stuck_ns: int


class Course(msgspec.Struct, array_like=True):
    """What the sensor says and since when; the last believed value; a jump that waits for a second reading like it."""

    same: float
    same_since_ns: int
    time_ns: int = 0
    value: float | None = None
    jumped: float | None = None
    check: str = "ok"


class QualityState(msgspec.Struct, array_like=True):
    """By property: three. ``days``: of what could be believed; ``judged``: of all that was said, believed or not."""

    feature: str
    courses: dict[str, Course] = {}
    days: dict[str, Days] = {}
    judged: dict[str, Days] = {}


class Quality:
    """Key: the probe. An event when a check changes; a probe begins as one that can be believed. Days too."""

    producer = "water-quality"
    version = 2
    features = frozenset({"water-quality"})
    properties = frozenset(CHECK)
    state = QualityState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The probe. Doubtful readings are taken: they are what is judged here."""
        return reading.feature

    def begin(self, key: str, site: Site) -> QualityState:
        """Nothing read yet."""
        return QualityState(key)

    def due_ns(self, state: QualityState, site: Site) -> int:
        """A while after the day's end: a silent probe is somebody else's matter."""
        return min((days.due_ns for days in (*state.days.values(), *state.judged.values())), default=NEVER_NS)

    def pass_time(self, state: QualityState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Says each day that is over."""
        return list(_over(state, to_ns)) if to_ns >= self.due_ns(state, site) else ()

    def take(self, state: QualityState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Judges one reading; says the check if it is another than before."""
        value = reading.value
        if not isinstance(value, float):
            return ()
        bounds = _bounds(site.settings_as(Domain.WATER, WaterSettings))[reading.property]
        course = state.courses.get(reading.property)
        if course is None:
            course = state.courses[reading.property] = Course(value, reading.time_ns)
        check = _check(course, reading.time_ns, value, bounds)
        believed = check == "ok"
        judged = state.judged.setdefault(reading.property, Days())
        judged.add(reading.time_ns, float(believed), site.zone)
        if believed:
            state.days.setdefault(reading.property, Days()).add(reading.time_ns, value, site.zone)
        if check == course.check:
            return ()
        course.check = check
        return (Observation(state.feature, CHECK[reading.property], check, reading.time_ns),)


def _over(state: QualityState, to_ns: int) -> Iterator[Observation]:
    """Means and extremes of what could be believed, and for how much of the time that is."""
    for name in sorted(state.days):
        for day in state.days[name].over(to_ns):
            values = {name: round(day.mean, 3)}
            if name in HIGHEST:
                values[HIGHEST[name]] = day.high
            say = of_interval if day.share >= WHOLE else estimated
            for said, value in values.items():
                if day.share < MIN_CAPTURE:
                    yield missing(state.feature, said, day.begin_ns, day.end_ns)
                else:
                    yield say(state.feature, said, value, day.begin_ns, day.end_ns)
    shares: dict[tuple[int, int], list[Day]] = {}
    for name in sorted(state.judged):
        for day in state.judged[name].over(to_ns):
            shares.setdefault((day.begin_ns, day.end_ns), []).append(day)
    for span, judged in shares.items():
        yield coverage(state.feature, min(day.share for day in judged), *span)
        believed = sum(day.weighted for day in judged) / sum(day.known_ns for day in judged)
        yield of_interval(state.feature, "water_checks_ok_percent", round(100 * believed, 2), *span)


def _bounds(settings: WaterSettings) -> dict[str, Bounds]:
    stuck_ns = round(settings.stuck_after_h * HOUR_NS)
    return {
        PH: Bounds(settings.ph_low, settings.ph_high, settings.ph_change, stuck_ns),
        TURBIDITY: Bounds(
            settings.turbidity_low_ntu, settings.turbidity_high_ntu, settings.turbidity_change_ntu, stuck_ns
        ),
        TEMPERATURE: Bounds(
            settings.temperature_low_c, settings.temperature_high_c, settings.temperature_change_c, stuck_ns
        ),
    }


def _check(course: Course, time_ns: int, value: float, bounds: Bounds) -> str:
    """One word. A jump that the next reading repeats is where the water is now."""
    if value != course.same:
        course.same, course.same_since_ns = value, time_ns
    if not bounds.low <= value <= bounds.high:
        return "range"
    believed = course.value is None or _fits(course.value, value, time_ns - course.time_ns, bounds)
    again = course.jumped is not None and _fits(course.jumped, value, time_ns - course.time_ns, bounds)
    if not believed and not again:
        course.jumped = value
        return "rate"
    course.time_ns, course.value, course.jumped = time_ns, value, None
    return "stuck" if time_ns - course.same_since_ns >= bounds.stuck_ns else "ok"


def _fits(before: float, value: float, length_ns: int, bounds: Bounds) -> bool:
    if bounds.change is None or length_ns > LONGEST_NS:
        return True
    return abs(value - before) <= bounds.change * max(length_ns, SHORTEST_NS) / HOUR_NS
