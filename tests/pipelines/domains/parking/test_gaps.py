"""What one lost frame can have said, by hand."""

import math

import pytest

from pipelines.domains import HOUR_NS, Place, Reading
from pipelines.domains.parking.bays import Bay, Sign
from pipelines.domains.parking.gaps import Guess, explain
from pipelines.domains.parking.rates import Pace
from pipelines.domains.parking.street import StreetMachine
from tests.pipelines.domains.fold import at, fold, of, site

MIN = 60 * 10**9
T0 = 1_000 * HOUR_NS
EVEN = Pace(1 / 30, 1 / 30, 1 / 30)


def bay(*, occupied: bool = True, beat_min: float = 60, longest_min: float = 60) -> Bay:
    return Bay(occupied=occupied, beat_ns=int(beat_min * MIN), habit_ns=int(longest_min * MIN))


def gap(minutes: float, *, occupied: bool, lost: int = 1) -> Sign:
    return Sign(T0 + int(minutes * MIN), "parking-spot/1", occupied, T0, lost)


def test_two_beats_with_the_same_state_are_a_lost_beat() -> None:
    assert explain(bay(), gap(120, occupied=True), EVEN) == Guess("still")
    assert explain(bay(), gap(118, occupied=True), EVEN) == Guess("still")


def test_the_same_state_sooner_than_that_is_a_change_and_one_back() -> None:
    guess = explain(bay(), gap(40, occupied=True), EVEN)
    assert guess == Guess("visit", T0 + 20 * MIN)  # equal rates: in the middle


def test_who_leaves_seldom_and_comes_back_at_once_has_left_late() -> None:
    # mean of an exponential of rate -1/2 a minute cut at 40: 40 - 2 + 40 / (e^20 - 1)
    quick = Pace(arrivals=0.52, departures=0.02, lot_arrivals=0.1)
    guess = explain(bay(), gap(40, occupied=True), quick)
    assert guess is not None
    assert (guess.at_ns - T0) / MIN == pytest.approx(38, abs=1e-3)
    slow = explain(bay(occupied=False), gap(40, occupied=False), quick)
    assert slow is not None
    assert (slow.at_ns - T0) / MIN == pytest.approx(2, abs=1e-3)


def test_the_other_state_between_one_beat_and_two_is_a_change_now_or_a_beat_ago() -> None:
    guess = explain(bay(), gap(90, occupied=False), EVEN)
    assert guess == Guess("turn", T0 + 60 * MIN)  # even odds: half a beat ago
    sure = explain(bay(), gap(90, occupied=False), Pace(0.0, 1.0, 0.0))
    assert sure is not None
    assert sure.at_ns == pytest.approx(T0 + 30 * MIN, abs=MIN / 1000)
    assert math.isfinite(sure.at_ns)


@pytest.mark.parametrize(
    ("sensor", "sign"),
    [
        (bay(), gap(40, occupied=True, lost=2)),
        (bay(), gap(40, occupied=False)),  # sooner than a beat: two changes cannot make one
        (bay(), gap(200, occupied=False)),
        (bay(beat_min=10), gap(40, occupied=True)),  # speaks on the clock, whatever happened before
        (Bay(), gap(40, occupied=True)),  # never beats
    ],
)
def test_what_does_not_follow_is_not_explained(sensor: Bay, sign: Sign) -> None:
    assert explain(sensor, sign, EVEN) is None


def test_a_lost_departure_and_the_next_arrival_are_two_parkings() -> None:
    begin_ns = at("2026-06-01T00:00")
    minutes = [
        (0, False),
        (60, False),
        (120, False),
        (150, True),
        (180, False),
        (200, True),
        (230, False),
        (290, False),
    ]
    readings = []
    for f_cnt, (minute, occupied) in enumerate(minutes):
        if minute != 180:  # the departure is lost
            at_ns = begin_ns + minute * MIN
            readings.append(Reading(at_ns, "box", "parking-spot/1", "f_cnt", float(f_cnt)))
            readings.append(Reading(at_ns, "box", "parking-spot/1", "occupied", occupied))
    said = fold(StreetMachine(), readings, site({"parking-spot/1": Place("s")}), until=begin_ns + 12 * HOUR_NS)
    first, second = of(said, "stay_min")
    assert 0 < float(first.value) < 50
    assert (first.quality, first.reason) == ("estimated", "gap")
    assert second.value == pytest.approx(30)
    coverage = {one.time_ns: one.value for one in of(said, "coverage_percent", HOUR_NS)}
    assert coverage[begin_ns + 2 * HOUR_NS] == pytest.approx(100)
