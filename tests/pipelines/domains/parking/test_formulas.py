"""Published and hand-made check values of parking's formulas."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domains.parking.formulas import (
    bay_free_chance,
    erlang_b,
    lot_free_chance,
    turnover_per_bay,
    turnover_per_bay_hour,
    utilisation,
)


def test_turnover_and_utilisation_of_the_parking_study_example() -> None:
    # S = 60 bays, T = 10 h, V = 180 vehicles, D = 1.2 h (DOMAINS 3.1)
    assert turnover_per_bay(180, 60) == 3.0
    assert turnover_per_bay_hour(180, 60, 10) == pytest.approx(0.30)
    assert utilisation(180, 1.2, 60, 10) == pytest.approx(0.36)


def test_two_state_chain_with_a_stay_of_60_and_a_gap_of_20_minutes() -> None:
    chances = [bay_free_chance(1 / 20, 1 / 60, t, occupied=True) for t in (5, 10, 15)]
    assert chances == pytest.approx([0.0709, 0.1216, 0.1580], abs=5e-5)


def test_full_lot_of_20_with_load_15_by_uniformisation() -> None:
    # M/M/c/c, mean stay 60 min, full now (DOMAINS 3.1)
    chances = [lot_free_chance(20, 20, 15 / 60, 1 / 60, t) for t in (5, 10, 30)]
    assert chances == pytest.approx([0.6278, 0.7586, 0.8868], abs=5e-5)


def test_a_lot_forgets_its_state_and_settles_at_one_minus_erlang_b() -> None:
    assert erlang_b(20, 15) == pytest.approx(0.045593, abs=5e-7)
    for minutes in (1_000, 2_000):  # by uniformisation, and beyond it
        for taken in (0, 20):
            assert lot_free_chance(20, taken, 15 / 60, 1 / 60, minutes) == pytest.approx(0.95441, abs=1e-5)


def test_a_lot_of_one_bay_is_the_two_state_chain() -> None:
    for minutes in (1, 7, 45):
        for occupied in (False, True):
            chance = lot_free_chance(1, int(occupied), 0.05, 0.02, minutes)
            assert chance == pytest.approx(bay_free_chance(0.05, 0.02, minutes, occupied=occupied), abs=1e-6)


@given(st.integers(1, 12), st.floats(0, 3), st.floats(0.001, 1), st.floats(0, 90))
def test_chances_fall_as_bays_fill_and_rise_from_full_with_time(
    bays: int, arrivals: float, departures: float, minutes: float
) -> None:
    chances = [lot_free_chance(bays, taken, arrivals, departures, minutes) for taken in range(bays + 1)]
    assert all(-1e-6 <= chance <= 1 + 1e-6 for chance in chances)
    assert all(emptier >= fuller - 1e-6 for emptier, fuller in pairwise(chances))
    assert lot_free_chance(bays, bays, arrivals, departures, minutes + 5) >= chances[-1] - 1e-6
