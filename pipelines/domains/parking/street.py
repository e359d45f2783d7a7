"""The machine of a street: occupancy, stays, overstays, stuck bays and the chance of a free bay.

    Appeared, Turn, Vanished, QuarterOver ─▶ stays · occupancy · forecast ─▶ what is said

State: some 150 bytes a bay, eight hours of quarters (3 kB) and a week's table of rates (4 kB) for each pool of bays.
"""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import assert_never

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, QUARTER_NS, Reading, Site
from pipelines.domains.local_time import day_bounds, hour_of
from pipelines.domains.parking import forecast, occupancy, stays
from pipelines.domains.parking.bays import ORDINARY, Kerb, Quarter
from pipelines.domains.parking.forecast import Forecast
from pipelines.domains.parking.kerb import (
    Appeared,
    Event,
    QuarterOver,
    Turn,
    Vanished,
    advance,
    hear_frame,
    hear_state,
)
from pipelines.domains.parking.occupancy import Board
from pipelines.domains.parking.settings import OPEN_TO_ALL, BayDetails, ParkingSettings
from pipelines.domains.parking.stays import Stays
from pipelines.model import Observation

FEATURE = "street-parking"
LATENESS_NS = 48 * HOUR_NS


class StreetState(msgspec.Struct):
    """One street. ``bays_named`` and ``ordinary_named``: how many the operator's files name, counted once a day."""

    kerb: Kerb = msgspec.field(default_factory=Kerb)
    stays: Stays = msgspec.field(default_factory=Stays)
    forecast: Forecast = msgspec.field(default_factory=Forecast)
    name: str = ""
    bays_named: int = 0
    ordinary_named: int = 0


class StreetMachine:
    """Key: the street (``area`` of its bays' devices), written so that a feature can carry its name."""

    producer = "parking-street"
    version = 2
    features = frozenset({"parking-spot"})
    properties = frozenset({"occupied", "f_cnt"})
    state = StreetState
    lateness_ns = LATENESS_NS

    def key(self, reading: Reading, site: Site) -> str | None:
        """The bay's street; bays without one are one street with the pilot's name."""
        return street_name(site.place(reading.feature).area or site.pilot)

    def begin(self, key: str, site: Site) -> StreetState:
        """Nothing is known yet but what the files name."""
        state = StreetState(name=key)
        _count_bays(state, site)
        return state

    def due_ns(self, state: StreetState, site: Site) -> int:
        """The first of: the end of the quarter, a sign and an overstay, once it has settled."""
        kerb, due = state.kerb, state.stays.due
        first_ns = kerb.quarters[-1].end_ns if kerb.quarters else NEVER_NS
        if kerb.signs and kerb.signs[0].at_ns < first_ns:
            first_ns = kerb.signs[0].at_ns
        if due and due[0][0] < first_ns:
            first_ns = due[0][0]
        return first_ns + site.settings_as("parking", ParkingSettings).hold_ns

    def pass_time(self, state: StreetState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Settle what has lasted its dwell, and close quarters, hours and days."""
        if to_ns < self.due_ns(state, site):
            return ()
        return _settle(state, to_ns, site, site.settings_as("parking", ParkingSettings))

    def take(self, state: StreetState, reading: Reading, site: Site) -> Iterable[Observation]:
        """A frame or a state: it is settled when its dwell is over."""
        if reading.property == "f_cnt":
            f_cnt = float(reading.value)
            hear_frame(state.kerb, reading.feature, reading.device, f_cnt=f_cnt, at_ns=reading.time_ns, site=site)
        else:
            occupied = bool(reading.value)
            hear_state(state.kerb, reading.feature, occupied=occupied, at_ns=reading.time_ns, site=site)
        return ()


@lru_cache(maxsize=4_096)
def street_name(area: str) -> str:
    """An area's name as the local name of a feature: what a feature cannot carry becomes a hyphen."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._~-") else "-" for letter in area)
    return kept[:64]


def _count_bays(state: StreetState, site: Site) -> None:
    state.bays_named = state.ordinary_named = 0
    for feature, place in site.places.items():
        if feature.startswith("parking-spot/") and street_name(place.area or site.pilot) == state.name:
            state.bays_named += 1
            state.ordinary_named += place.details_as(BayDetails).category in OPEN_TO_ALL


def _board(state: StreetState, settings: ParkingSettings) -> Board:
    bays = max(state.bays_named, len(state.kerb.bays))
    return Board(f"{FEATURE}/{state.name}", bays, settings.min_capture_percent / 100)


def _settle(state: StreetState, to_ns: int, site: Site, settings: ParkingSettings) -> list[Observation]:
    said: list[Observation] = []
    due = state.stays.due
    for event in advance(state.kerb, to_ns, site, settings):
        at_ns = event.end_ns if isinstance(event, QuarterOver) else event.at_ns
        if due and due[0][0] <= at_ns:
            said += stays.overstays(state.stays, at_ns)
        forecast.fall_due(state.forecast, state.kerb, at_ns)
        if isinstance(event, Turn):
            said += _turned(state, event, site, settings)
        else:
            said += _handle(state, event, site, settings)
    said += stays.overstays(state.stays, to_ns - settings.hold_ns)
    return said


def _turned(state: StreetState, turn: Turn, site: Site, settings: ParkingSettings) -> list[Observation]:
    """A car came or left; of all events the usual one."""
    said: list[Observation] = []
    if turn.occupied:
        stays.arrive(state.stays, turn.bay, turn.at_ns, site, settings)
    else:
        said += stays.leave(state.stays, turn.bay, turn.at_ns, gap=turn.gap, site=site, settings=settings)
    if settings.bay_forecasts == "on change":
        said += forecast.foretell_bay(state.forecast, state.kerb, turn)
    return said


def _handle(state: StreetState, event: Event, site: Site, settings: ParkingSettings) -> Iterator[Observation]:
    match event:
        case Turn():
            yield from _turned(state, event, site, settings)
        case Appeared(at_ns, bay, occupied, stuck):
            if occupied:
                state.stays.since[bay] = 0
            if stuck:
                yield Observation(bay, "bay_stuck", value=False, time_ns=at_ns)
        case Vanished(at_ns, bay, _, _, stuck):
            yield from stays.lose(state.stays, bay, at_ns, site.zone)
            forecast.lose_bay(state.forecast, event)
            if stuck:
                yield Observation(bay, "bay_stuck", value=True, time_ns=at_ns)
        case QuarterOver(end_ns):
            yield from _say(state, end_ns, site, settings)
        case _ as never:
            assert_never(never)


def _say(state: StreetState, end_ns: int, site: Site, settings: ParkingSettings) -> Iterator[Observation]:
    """A quarter is over: what comes next, and what has become certain of the past."""
    kerb, board = state.kerb, _board(state, settings)
    forecast.bays_fall_due(state.forecast, kerb, end_ns)
    span = day_bounds(end_ns - QUARTER_NS, site.zone)
    if end_ns == span[1]:
        yield from state.forecast.score.say(board.feature, forecast.BRIER, span)
        yield from state.forecast.bay_score.say(board.feature, forecast.BAY_BRIER, span)
    ordinary = max(state.ordinary_named, sum([bay.pool == ORDINARY for bay in kerb.bays.values()]))
    least = int(board.least * ordinary)
    yield from forecast.foretell(state.forecast, kerb, board.feature, end_ns, bays=least)
    past = -2 - math.ceil(settings.certain_after_min / 15)
    if len(kerb.quarters) >= -past:
        yield from _say_past(state, kerb.quarters[past], board, site)


def _say_past(state: StreetState, quarter: Quarter, board: Board, site: Site) -> Iterator[Observation]:
    """A quarter, and the hour and the day that end with it."""
    yield from occupancy.say_quarter(board, quarter)
    if quarter.end_ns == hour_of(quarter.end_ns):
        yield from occupancy.say_hour(board, state.kerb, quarter.end_ns - HOUR_NS)
    day = state.stays.day(quarter.begin_ns, site.zone)
    occupancy.add_to_day(board, day, quarter)
    span = day_bounds(quarter.begin_ns, site.zone)
    if quarter.end_ns == span[1]:
        yield from occupancy.say_day(board, day, span)
        _count_bays(state, site)
