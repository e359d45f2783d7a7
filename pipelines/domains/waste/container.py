"""The machine of one container: its level, its collections, how fast it fills, and when it will be full.

The readings of one frame belong together (a tilt spoils the level measured with it), so a frame is judged when time has
passed it. State: some 4 kB.
"""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.local_time import day_bounds, local
from pipelines.domains.waste import days, full
from pipelines.domains.waste.cleaning import Believed, Levels, believe
from pipelines.domains.waste.days import Day, day_of
from pipelines.domains.waste.filling import Filling
from pipelines.domains.waste.formulas import level_percent, middle
from pipelines.domains.waste.full import Full
from pipelines.domains.waste.settings import ContainerDetails, WasteSettings
from pipelines.model import Observation, Quality, QualityReason

FORECAST_NS = 3 * HOUR_NS
NO_LEVEL = -1_000.0
BURNING_C = 50.0
SATURATED_PERCENT = 97.0
"""From here on a container may take what its level does not show: nothing is learnt of its filling."""


class ContainerState(msgspec.Struct):
    """``frame_ns``: the frame that waits to be judged (0: none), with ``percent`` its level (or NO_LEVEL).

    ``at_ns``, ``level``, ``hull``: the last believed level, and the highest since the container was emptied.
    """

    feature: str = ""
    frame_ns: int = 0
    percent: float = NO_LEVEL
    hot: bool = False
    tilted: bool = False
    lid_open: bool = False
    at_ns: int = 0
    level: float = 0.0
    hull: float = 0.0
    day_ns: int = 0
    foretold_ns: int = 0
    levels: Levels = msgspec.field(default_factory=Levels)
    filling: Filling = msgspec.field(default_factory=Filling)
    full: Full = msgspec.field(default_factory=Full)
    days: list[Day] = []


class ContainerMachine:
    """Key: the container."""

    producer = "waste-container"
    version = 2
    features = frozenset({"waste-container"})
    properties = frozenset({"distance_mm", "fill_level_percent", "fire", "lid_open", "temperature_c", "tilted"})
    state = ContainerState
    lateness_ns = 48 * HOUR_NS

    def key(self, reading: Reading, site: Site) -> str | None:
        """The container itself."""
        return reading.feature

    def begin(self, key: str, site: Site) -> ContainerState:
        """Nothing is known yet."""
        return ContainerState(feature=key)

    def due_ns(self, state: ContainerState, site: Site) -> int:
        """Right after the frame that waits, or when the oldest day is closed."""
        settings = site.settings_as("waste", WasteSettings)
        closes_ns = _closes_ns(state.days[0], settings) if state.days else NEVER_NS
        return min(state.frame_ns + 1, closes_ns) if state.frame_ns else closes_ns

    def pass_time(self, state: ContainerState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Judge the frame that time has passed; close the days that nothing can be added to any more."""
        settings = site.settings_as("waste", WasteSettings)
        waits = state.frame_ns and to_ns > state.frame_ns
        if not waits and not (state.days and to_ns >= _closes_ns(state.days[0], settings)):
            return ()
        return list(_pass(state, to_ns, site, settings))

    def take(self, state: ContainerState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Note a reading of the frame under way."""
        state.frame_ns = reading.time_ns
        value = reading.value
        match reading.property:
            case "distance_mm":
                percent = _from_distance(float(value), site.place(reading.feature).details_as(ContainerDetails))
                state.percent = percent if percent is not None else state.percent
            case "fill_level_percent":
                if site.place(reading.feature).details_as(ContainerDetails).empty_mm is None:
                    state.percent = float(value)
            case "temperature_c":
                state.hot |= float(value) >= BURNING_C
            case "fire":
                state.hot |= bool(value)
            case "tilted":
                state.tilted = bool(value)
            case _:
                state.lid_open = bool(value)
        return ()


def _from_distance(distance_mm: float, details: ContainerDetails) -> float | None:
    if details.empty_mm is None or details.empty_mm <= details.full_mm:
        return None
    return level_percent(
        distance_mm, empty_mm=details.empty_mm, full_mm=details.full_mm, dead_zone_mm=details.dead_zone_mm
    )


def _closes_ns(day: Day, settings: WasteSettings) -> int:
    """A level is known for a while after a reading, so the first of the next day still tells of this one."""
    return day.end_ns + int(settings.longest_gap_h * HOUR_NS)


def _pass(state: ContainerState, to_ns: int, site: Site, settings: WasteSettings) -> Iterator[Observation]:
    if state.frame_ns and to_ns > state.frame_ns:
        yield from _close_days(state, state.frame_ns, settings)
        yield from _judge(state, site, settings)
    yield from _close_days(state, to_ns, settings)


def _close_days(state: ContainerState, to_ns: int, settings: WasteSettings) -> Iterator[Observation]:
    while state.days and to_ns >= _closes_ns(state.days[0], settings):
        yield from days.say(state.days.pop(0), state.feature, settings, state.full.coverage)


def _judge(state: ContainerState, site: Site, settings: WasteSettings) -> Iterator[Observation]:
    at_ns, percent = state.frame_ns, state.percent
    if state.hot:
        state.levels.burned_ns = at_ns
    spoilt = state.tilted or state.lid_open or percent == NO_LEVEL
    state.frame_ns, state.percent, state.hot = 0, NO_LEVEL, False
    if spoilt:
        return
    begin_ns = day_bounds(at_ns, site.zone)[0]
    if begin_ns != state.day_ns:
        state.day_ns = begin_ns
        state.filling.begin_day(local(at_ns, site.zone).weekday())
    believed = believe(state.levels, at_ns, percent, settings)
    match believed.what:
        case "held":
            return
        case "emptied":
            yield from _emptied(state, believed, at_ns, site, settings)
        case _:
            _rise(state, believed, site, settings)
    yield Observation(state.feature, "fill_level_clean_percent", state.level, at_ns)
    yield from _foretell(state, at_ns, site, settings)


def _emptied(
    state: ContainerState, believed: Believed, at_ns: int, site: Site, settings: WasteSettings
) -> Iterator[Observation]:
    """A collection, at the first low reading; what was known of the level holds until then."""
    emptied_ns = believed.at_ns
    quality: Quality = "estimated" if believed.gap else "ok"
    reason: QualityReason = "gap" if believed.gap else ""
    taken = max(0.0, believed.before - believed.level)
    yield Observation(state.feature, "collected", value=True, time_ns=emptied_ns, quality=quality, reason=reason)
    yield Observation(state.feature, "collected_percent", taken, emptied_ns, quality=quality, reason=reason)
    full.empty(state.full, emptied_ns)
    state.filling.end_stretch()
    _know(state, emptied_ns, state.level, site, settings)
    days.break_off(day_of(state.days, emptied_ns, site.zone))
    state.at_ns, state.level, state.hull = emptied_ns, believed.level, believed.level
    _know(state, at_ns, believed.level, site, settings)
    state.at_ns, state.foretold_ns = at_ns, 0


def _rise(state: ContainerState, believed: Believed, site: Site, settings: WasteSettings) -> None:
    at_ns, level = believed.at_ns, believed.level
    if state.at_ns:
        gained = max(0.0, level - state.hull)
        if at_ns - state.at_ns > settings.longest_gap_h * HOUR_NS:
            state.filling.break_off()  # it may have been emptied and have filled again
        elif state.level < SATURATED_PERCENT:
            gained += state.filling.beyond_the_brim() if level >= SATURATED_PERCENT else 0.0
            state.filling.gain(state.at_ns, at_ns, gained, site.zone)
        full.reach(state.full, level, state.at_ns, state.level, at_ns)
        _know(state, at_ns, level, site, settings)
    days.note(day_of(state.days, at_ns, site.zone), at_ns, level)
    state.at_ns, state.level, state.hull = at_ns, level, max(state.hull, level)


def _know(state: ContainerState, to_ns: int, level: float, site: Site, settings: WasteSettings) -> None:
    if state.at_ns and to_ns - state.at_ns <= settings.longest_gap_h * HOUR_NS:
        days.know(state.days, (state.at_ns, to_ns), (state.level, level), settings.overflow_percent, site.zone)


def _foretell(state: ContainerState, at_ns: int, site: Site, settings: WasteSettings) -> Iterator[Observation]:
    """Every three hours, and after a collection."""
    if not state.filling.learnt or at_ns - state.foretold_ns < FORECAST_NS:
        return
    state.foretold_ns = at_ns
    # The median stands one reading back: each of the three is carried on to now.
    carried = [level + state.filling.between(then_ns, at_ns, site.zone) for then_ns, level in state.levels.recent]
    level = max(state.level, middle(carried))
    hours = full.foretell(state.full, state.filling, at_ns, level, full_percent=settings.full_percent, zone=site.zone)
    for name, value in zip(("p10", "p50", "p90"), hours, strict=True):
        yield Observation(state.feature, f"time_to_full_{name}_h", value, at_ns)
