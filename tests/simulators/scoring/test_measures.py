"""Measures by hand: a known truth and a known estimate give a known score, and nothing gives none."""

import math

import pytest

from simulators.scoring.measures import (
    Matched,
    bias,
    brier,
    day_evening_night_db,
    energy_mean_db,
    largest_error,
    match,
    mean_absolute_error,
    percent_of_total,
    pinball,
    reliability_gap,
    together,
    total_error_percent,
)

PAIRS = [(12.0, 10.0), (7.0, 10.0), (20.0, 20.0)]


def test_errors_of_pairs() -> None:
    assert bias(PAIRS) == pytest.approx(-1 / 3)
    assert mean_absolute_error(PAIRS) == pytest.approx(5 / 3)
    assert largest_error(PAIRS) == 3.0
    assert percent_of_total(PAIRS) == pytest.approx(12.5)
    assert total_error_percent(PAIRS) == pytest.approx(-2.5)


@pytest.mark.parametrize("measure", [bias, mean_absolute_error, largest_error, percent_of_total, total_error_percent])
def test_of_nothing_there_is_no_error_not_even_none(measure: object) -> None:
    assert callable(measure)
    assert measure([]) is None
    assert brier([]) is None
    assert reliability_gap([]) is None
    assert pinball([], 0.5) is None


def test_errors_that_cancel_in_the_sum_do_not_cancel_in_the_sum_of_errors() -> None:
    assert total_error_percent([(8.0, 10.0), (12.0, 10.0)]) == 0
    assert percent_of_total([(8.0, 10.0), (12.0, 10.0)]) == 20


def test_brier_of_the_certain_the_wrong_and_the_undecided() -> None:
    assert brier([(1.0, True), (0.0, False)]) == 0
    assert brier([(1.0, False)]) == 1
    assert brier([(0.5, True), (0.5, False)]) == 0.25
    assert brier([(0.7, True), (0.2, False)]) == pytest.approx((0.09 + 0.04) / 2)


def test_reliability_is_of_the_frequency_that_followed_not_of_single_cases() -> None:
    fair = [(0.25, True)] + [(0.25, False)] * 3
    assert reliability_gap(fair) == 0
    assert reliability_gap([(0.95, happened) for happened in (True, False)]) == pytest.approx(0.45)
    mixed = [*fair, *((0.95, happened) for happened in (True, False))]
    assert reliability_gap(mixed) == pytest.approx(2 / 6 * 0.45)
    assert reliability_gap([(1.0, True)]) == 0


def test_pinball_costs_more_on_the_side_where_the_quantile_should_not_miss() -> None:
    assert pinball([(10.0, 12.0)], 0.9) == pytest.approx(1.8)
    assert pinball([(10.0, 8.0)], 0.9) == pytest.approx(0.2)
    assert pinball([(10.0, 12.0), (10.0, 8.0)], 0.5) == 1.0


def test_the_best_quantile_has_the_least_pinball_loss() -> None:
    came = [float(hour) for hour in range(101)]
    losses = {said: pinball([(said, each) for each in came], 0.9) for said in (50.0, 90.0, 100.0)}
    assert losses[90.0] == min(loss for loss in losses.values() if loss is not None)


def test_each_event_is_found_once_within_its_tolerance() -> None:
    found = match([100, 200, 300], [105, 106, 290, 900], early_ns=10, late_ns=20)
    assert found == Matched(3, 4, (5, -10))
    assert found.precision == 0.5
    assert found.recall == pytest.approx(2 / 3)


def test_events_said_later_are_found_less() -> None:
    true = [100, 200, 300]
    assert match(true, [one + 20 for one in true], early_ns=0, late_ns=20).recall == 1
    assert match(true, [one + 21 for one in true], early_ns=0, late_ns=20).recall == 0


def test_no_events_are_neither_right_nor_wrong() -> None:
    nothing = match([], [], early_ns=0, late_ns=1)
    assert (nothing.precision, nothing.recall) == (None, None)
    assert match([1], [], early_ns=0, late_ns=1).recall == 0
    assert together([nothing, Matched(2, 1, (7,))]) == Matched(2, 1, (7,))


def test_levels_add_by_their_energy() -> None:
    assert energy_mean_db([(60.0, 1.0), (60.0, 3.0)]) == pytest.approx(60)
    assert energy_mean_db([(60.0, 1.0), (70.0, 1.0)]) == pytest.approx(10 * math.log10((1e6 + 1e7) / 2))
    assert energy_mean_db([]) is None


def test_lden_of_equal_levels_is_six_decibels_above_them() -> None:
    # (12 + 4 * 10^0.5 + 8 * 10) / 24 = 4.3604; 10 lg of it is 6.395 dB
    assert day_evening_night_db(50, 50, 50) == pytest.approx(56.395, abs=0.001)
    assert day_evening_night_db(60, 55, 50) == pytest.approx(60.0)
