import statistics
from dataclasses import replace
from itertools import pairwise

import pytest

from simulators.signals import Conditions
from simulators.signals.water import WaterLevels, calibration, details
from tests.simulated_site import at, live, numbers, said, truths

HOUR_NS = 3_600_000_000_000
EXACT = WaterLevels(noise_mm=0.0, reflections_share=0.0, season_m=0.0, place_spread=0.0)


class OneShower:
    """Twenty millimetres between noon and one o'clock of the first day; nothing else, ever."""

    def at(self, at_ns: int) -> Conditions:
        falls = at("2026-06-01T12:00") <= at_ns < at("2026-06-01T13:00")
        return Conditions(15.0, 80.0, 3.0, 20.0 if falls else 0.0, 100.0, 1013.0)


def test_a_shower_raises_the_level_and_it_falls_by_its_recession() -> None:
    levels = list(truths(live("water_level", EXACT, days=3, weather=OneShower()), "water_level_m"))
    stored = {truth.at_ns: float(truth.value) - EXACT.base_m for truth in levels}
    assert max(value for moment, value in stored.items() if moment < at("2026-06-01T12:00")) == 0.0
    top = max(stored.values())
    # an hour of inflow, some of which leaves within it: 9 h (1 - exp(-1/9)) of 20 mm
    assert top == pytest.approx(20 * 0.045 * 9 * (1 - 2.718281828 ** (-1 / 9)), rel=0.03)
    falling = [(moment, value) for moment, value in stored.items() if moment > at("2026-06-01T13:00")]
    for (before, high), (after, low) in pairwise(falling):
        assert low / high == pytest.approx(2.718281828 ** (-(after - before) / HOUR_NS / 9.0), rel=1e-6)


def test_what_rain_brings_leaves_again() -> None:
    """The integral of a linear reservoir's outflow is its inflow: the mean stored level is rain times recession."""
    reports = live("water_level", replace(EXACT, report_min=15.0), days=20, weather=OneShower())
    levels = [level - EXACT.base_m for level in numbers(reports, "water_level_m")]
    assert statistics.fmean(levels) * 20 * 24 == pytest.approx(20 * 0.045 * 9.0, rel=0.01)


def test_a_calibrated_distance_is_the_level() -> None:
    factor, offset = calibration(EXACT)["water_level_m"]
    reports = live("water_level", EXACT, days=10)
    levels = [distance * factor + offset for distance in said(reports, "distance")]
    assert levels == pytest.approx(numbers(reports, "water_level_m"), abs=0.00051)
    assert details(EXACT, "brook", 0)["reference_m"] == EXACT.sensor_m


def test_some_readings_are_reflections_from_something_nearer() -> None:
    reports = live("water_level", replace(EXACT, reflections_share=0.05), days=30, weather=OneShower())
    true_mm = [(EXACT.sensor_m - level) * 1000 for level in numbers(reports, "water_level_m")]
    wrong = [heard < 0.75 * true for heard, true in zip(said(reports, "distance"), true_mm, strict=True)]
    assert statistics.fmean(wrong) == pytest.approx(0.05, abs=0.015)


def test_a_sensor_below_the_water_is_refused() -> None:
    with pytest.raises(ValueError, match="sensor_m"):
        WaterLevels(sensor_m=0.1)
