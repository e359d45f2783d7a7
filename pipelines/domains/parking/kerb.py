"""A street's bays from frames to believed turns, in order of time. See the package's head for what is believed.

``hear_frame`` and ``hear_state`` take readings; ``advance`` lets time pass and yields what has become certain, each
``hold_ns`` (of the settings) after it happened: so signs, ends of quarters and silences are met in their true order,
whatever the steps.
"""

from collections.abc import Iterator
from datetime import tzinfo

import msgspec

from pipelines.domains import HOUR_NS, Site
from pipelines.domains.local_time import hour_of_week, quarter_of
from pipelines.domains.parking.bays import (
    QUARTERS_KEPT,
    SHORTEST_BELIEF_NS,
    Bay,
    Kerb,
    Quarter,
    Sign,
    believed_ns,
    count,
    forget,
    hear,
    hear_beat,
    recolour,
)
from pipelines.domains.parking.gaps import Guess, explain
from pipelines.domains.parking.settings import BayDetails, ParkingSettings
from pipelines.domains.parking.stuck import LEARNING_NS, RECORD_KEPT, stands_too_long, watch
from pipelines.model import NS_PER_S

TOGETHER_NS = 2 * NS_PER_S


class Turn(msgspec.Struct, frozen=True):
    """A bay changed to ``occupied`` at ``at_ns``; the state before began at ``since_ns`` (0: unknown).

    ``gap``: frames were lost before it; then ``at_ns`` is the middle of the time in which it must have happened.
    """

    at_ns: int
    bay: str
    occupied: bool
    since_ns: int
    gap: bool = False


class Vanished(msgspec.Struct, frozen=True):
    """A bay whose state (``occupied``, since ``since_ns``) is not believed any longer, being silent or stuck."""

    at_ns: int
    bay: str
    occupied: bool
    since_ns: int
    stuck: bool


class Appeared(msgspec.Struct, frozen=True):
    """A bay's state is known again, or for the first time; nobody saw it begin. ``stuck``: it was thought to be."""

    at_ns: int
    bay: str
    occupied: bool
    stuck: bool = False


class QuarterOver(msgspec.Struct, frozen=True):
    """``kerb.quarters[-2]`` is complete, but for frames not heard yet; the next one has begun."""

    end_ns: int


Event = Turn | Vanished | Appeared | QuarterOver


def hear_frame(kerb: Kerb, name: str, device: str, *, f_cnt: float, at_ns: int, site: Site) -> None:
    """A frame of a bay's sensor with its counter: were frames lost before it?"""
    bay = _bay(kerb, name, at_ns, site)
    if device == bay.device and f_cnt > bay.f_cnt + 1 and bay.heard_ns:
        bay.gap_from_ns = bay.gap_from_ns or bay.heard_ns
        bay.lost += int(f_cnt - bay.f_cnt) - 1
    bay.device, bay.f_cnt = device, f_cnt
    hear(bay, at_ns)


def hear_state(kerb: Kerb, name: str, *, occupied: bool, at_ns: int, site: Site) -> None:
    """A sensor's word on its bay. What says nothing new is only heard."""
    bay = _bay(kerb, name, at_ns, site)
    if bay.heard_ns != at_ns:
        hear(bay, at_ns)
    gap_from_ns, bay.gap_from_ns = bay.gap_from_ns, 0
    lost, bay.lost = bay.lost, 0
    flips = bay.raw is not None and bay.raw is not occupied
    if not flips and not gap_from_ns and bay.before_ns:
        hear_beat(bay)
    if bay.known and not flips and not gap_from_ns:
        return
    sign = Sign(at_ns, name, occupied, gap_from_ns, lost)
    if flips:
        _compare(kerb, sign)
    bay.raw = occupied
    kerb.signs.append(sign)


def _compare(kerb: Kerb, sign: Sign) -> None:
    """End this bay's sign before, and see who else flips at the same moment."""
    ended = False
    for other in reversed(kerb.signs):
        if other.bay == sign.bay:
            if not ended and not other.until_ns:
                other.until_ns = sign.at_ns
            ended = True
        elif sign.at_ns - other.at_ns <= TOGETHER_NS and other.occupied is sign.occupied:
            other.together += 1
            sign.together += 1


def _bay(kerb: Kerb, name: str, at_ns: int, site: Site) -> Bay:
    bay = kerb.bays.get(name)
    if bay is None:
        details = site.place(name).details_as(BayDetails)
        bay = kerb.bays[name] = Bay(details.pool)
        if not kerb.quarters:
            _open_quarter(kerb, quarter_of(at_ns), site.zone)
            kerb.begun_ns = kerb.counted_ns = at_ns
    return bay


def advance(kerb: Kerb, to_ns: int, site: Site, settings: ParkingSettings) -> Iterator[Event]:
    """Settle everything up to ``to_ns`` less the hold. To be exhausted; the caller handles each event in turn."""
    until_ns = to_ns - settings.hold_ns
    signs = kerb.signs
    while kerb.quarters:
        end_ns = kerb.quarters[-1].end_ns
        at_ns = signs[0].at_ns if signs else end_ns
        if min(end_ns, at_ns) > until_ns:
            return
        if end_ns <= at_ns:
            yield from _end_quarter(kerb, end_ns, site.zone, settings)
        else:
            yield from _settle(kerb, signs.pop(0), settings)


def _end_quarter(kerb: Kerb, end_ns: int, zone: tzinfo, settings: ParkingSettings) -> Iterator[Event]:
    count(kerb, end_ns)
    quarter = kerb.quarters[-1]
    longest_ns = _longest_ns(settings)
    for name, bay in kerb.bays.items():
        if (vanished := _accrue(kerb, name, bay, end_ns, longest_ns)) is not None:
            yield vanished
    for rates, tally in zip(kerb.rates, quarter.pools, strict=True):
        rates.learn(quarter.slot, tally)
    if hour_of_week(end_ns, zone) != quarter.slot:
        yield from _end_hour(kerb, end_ns, settings)
    _open_quarter(kerb, end_ns, zone)
    yield QuarterOver(end_ns)


def _open_quarter(kerb: Kerb, begin_ns: int, zone: tzinfo) -> None:
    slot = hour_of_week(begin_ns, zone)
    if not kerb.quarters or kerb.quarters[-1].slot != slot:
        for rates in kerb.rates:
            rates.begin_hour(slot)
        kerb.pace = [rates.pace(slot) for rates in kerb.rates]
    kerb.learnt = [rates.learnt() for rates in kerb.rates]
    kerb.quarters.append(Quarter(begin_ns, slot))
    del kerb.quarters[:-QUARTERS_KEPT]


def _end_hour(kerb: Kerb, end_ns: int, settings: ParkingSettings) -> Iterator[Event]:
    """Who has stood still for too long?"""
    watched = end_ns - kerb.begun_ns >= LEARNING_NS
    learnt = [rates.learnt() for rates in kerb.rates]
    for name, bay in kerb.bays.items():
        if bay.sure:
            watch(bay, kerb.pace[bay.pool], end_ns)
            if watched and learnt[bay.pool] and stands_too_long(bay, end_ns, settings.stuck_after_h):
                since_ns = bay.since_ns
                forget(kerb, bay, since_ns, end_ns)
                _leave(kerb, bay, end_ns)
                bay.stuck = True
                yield Vanished(end_ns, name, bay.occupied, since_ns, stuck=True)


def _settle(kerb: Kerb, sign: Sign, settings: ParkingSettings) -> Iterator[Event]:
    bay, at_ns = kerb.bays[sign.bay], sign.at_ns
    if (vanished := _accrue(kerb, sign.bay, bay, at_ns, _longest_ns(settings))) is not None:
        yield vanished
    if sign.gap_from_ns and bay.sure:
        guess = explain(bay, sign, kerb.pace[bay.pool])
        if guess is not None:
            yield from _follow(kerb, bay, sign, guess)
            return
        forget(kerb, bay, sign.gap_from_ns, at_ns)
    was_stuck = bay.stuck and sign.occupied is not bay.occupied
    if was_stuck or not bay.known:
        bay.known, bay.stuck, bay.occupied = True, False, sign.occupied
        bay.since_ns, bay.hazard = 0, 0.0
        bay.clear_ns = bay.watched_ns = at_ns
        _enter(kerb, bay, at_ns)
        yield Appeared(at_ns, sign.bay, sign.occupied, was_stuck)
    elif not bay.stuck and sign.occupied is not bay.occupied and _lasted(sign, settings):
        middle_ns = (sign.gap_from_ns + at_ns) // 2 if sign.gap_from_ns else at_ns
        yield _turn(kerb, sign.bay, bay, middle_ns, gap=bool(sign.gap_from_ns), certain=not sign.gap_from_ns)


def _follow(kerb: Kerb, bay: Bay, sign: Sign, guess: Guess) -> Iterator[Event]:
    """A frame was lost, and what it said is known well enough."""
    if guess.what == "still":
        return
    count(kerb, sign.at_ns)
    at_ns = max(guess.at_ns, bay.clear_ns)
    recolour(kerb, bay, at_ns, sign.at_ns)
    yield _turn(kerb, sign.bay, bay, at_ns, gap=True, certain=True)
    if guess.what == "visit":
        yield _turn(kerb, sign.bay, bay, sign.at_ns, gap=True, certain=True)


def _lasted(sign: Sign, settings: ParkingSettings) -> bool:
    disturbed = sign.together >= settings.flips_together
    dwell_s = settings.disturbed_dwell_s if disturbed else settings.min_dwell_s
    return not sign.until_ns or sign.until_ns - sign.at_ns >= dwell_s * NS_PER_S


def _turn(kerb: Kerb, name: str, bay: Bay, at_ns: int, *, gap: bool, certain: bool) -> Turn:
    """The bay changes. ``certain``: the time before it counts, and so does the change for the rates."""
    turn = Turn(at_ns, name, not bay.occupied, bay.since_ns, gap)
    count(kerb, bay.accrued_ns)
    kerb.taken[bay.pool] += 1 if turn.occupied else -1
    if certain:
        tally = kerb.quarters[-1].pools[bay.pool]
        if turn.occupied:
            tally.arrivals += 1
            bay.arrivals += 1
        else:
            tally.departures += 1
            bay.departures += 1
    watch(bay, kerb.pace[bay.pool], bay.accrued_ns)
    bay.longest_hazard = max(RECORD_KEPT * bay.longest_hazard, bay.hazard)
    bay.hazard = 0.0
    bay.occupied, bay.since_ns = turn.occupied, at_ns
    return turn


def _longest_ns(settings: ParkingSettings) -> int:
    """The longest a silent bay is believed."""
    return int(settings.longest_silence_h * HOUR_NS)


def _accrue(kerb: Kerb, name: str, bay: Bay, to_ns: int, longest_ns: int) -> Vanished | None:
    """Count a bay's time up to an instant of the quarter under way, unless it has been silent for too long."""
    vanished = None
    if bay.known and not bay.stuck:
        silent_ns = to_ns - bay.heard_ns
        if silent_ns > SHORTEST_BELIEF_NS and silent_ns > believed_ns(bay, longest_ns):
            vanished = _vanish(kerb, name, bay, to_ns)
        elif bay.occupied:
            kerb.quarters[-1].pools[bay.pool].occupied_ns += to_ns - bay.accrued_ns
        else:
            kerb.quarters[-1].pools[bay.pool].free_ns += to_ns - bay.accrued_ns
    bay.accrued_ns = to_ns
    return vanished


def _vanish(kerb: Kerb, name: str, bay: Bay, to_ns: int) -> Vanished:
    forget(kerb, bay, bay.heard_ns, bay.accrued_ns)  # nothing came after it: that was only presumed
    _leave(kerb, bay, to_ns)
    bay.known = False
    return Vanished(bay.heard_ns, name, bay.occupied, bay.since_ns, stuck=False)


def _enter(kerb: Kerb, bay: Bay, at_ns: int) -> None:
    count(kerb, at_ns)
    kerb.sure[bay.pool] += 1
    kerb.taken[bay.pool] += bay.occupied


def _leave(kerb: Kerb, bay: Bay, at_ns: int) -> None:
    count(kerb, at_ns)
    kerb.sure[bay.pool] -= 1
    kerb.taken[bay.pool] -= bay.occupied
