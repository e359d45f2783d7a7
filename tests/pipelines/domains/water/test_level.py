"""A gauge: spikes that are passed over, floods that are not, states that do not flutter, time that is left."""

import pytest

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.water.details import LevelDetails
from pipelines.domains.water.level import Level
from tests.pipelines.domains.fold import at, fold, of, series, site, values

GAUGE = "water-level/dijle-3"
BEGIN = at("2026-11-03T00:00")
STEP = HOUR_NS // 12


def gauge(**details: float | str) -> Site:
    return site({GAUGE: Place(details=LevelDetails(**details))})  # type: ignore[arg-type]


def levels(*values: float, step: int = STEP) -> list[Reading]:
    return series(GAUGE, "water_level_m", [(BEGIN + n * step, value) for n, value in enumerate(values)])


RIVER = {"alert_m": 3.0, "danger_m": 4.0, "hysteresis_m": 0.1}


def test_a_level_is_the_height_of_the_sensor_less_the_distance() -> None:
    readings = series(GAUGE, "distance_mm", [(BEGIN, 2_000.0), (BEGIN + STEP, 1_990.0)])
    said = fold(Level(), readings, gauge(reference_m=5.0), restarts=True)
    assert values(said, "water_level_m") == [3.0, 3.01]


def test_a_distance_without_a_height_means_nothing() -> None:
    assert not fold(Level(), series(GAUGE, "distance_mm", [(BEGIN, 2_000.0)]), gauge())


def test_a_distance_measured_with_an_assumed_speed_of_sound_is_corrected_while_the_air_is_known() -> None:
    readings = series(GAUGE, "temperature_c", [(BEGIN, -10.0)])
    readings += series(GAUGE, "distance_mm", [(BEGIN + STEP, 2_000.0), (BEGIN + 4 * HOUR_NS, 2_000.0)])
    said = fold(Level(), readings, gauge(reference_m=5.0, sound="assumed"))
    assert values(said, "water_level_m") == [pytest.approx(5 - 2 * 325.24 / 343.42, abs=1e-4), 3.0]
    assert values(fold(Level(), readings, gauge(reference_m=5.0)), "water_level_m") == [3.0, 3.0]


def test_a_gauge_that_says_the_level_itself_is_believed_over_its_distance() -> None:
    readings = levels(1.0, 1.01) + series(GAUGE, "distance_mm", [(BEGIN + STEP // 2, 4_900.0)])
    said = fold(Level(), readings, gauge(reference_m=5.0))
    assert values(said, "water_level_m") == [1.0, 1.01]


def test_a_single_spike_is_replaced_and_raises_no_state() -> None:
    said = fold(Level(), levels(1.0, 1.0, 1.01, 1.0, 6.0, 1.01, 1.0), gauge(**RIVER), restarts=True)
    spike = of(said, "water_level_m")[4]
    assert (spike.value, spike.quality, spike.reason) == (1.0, "estimated", "spike")
    assert not of(said, "flood_state")


def test_a_sudden_flood_is_believed_with_its_second_reading_and_both_are_said_as_they_were() -> None:
    said = fold(Level(), levels(1.0, 1.0, 1.0, 1.0, 3.2, 3.4, 3.6, 3.8), gauge(**RIVER), restarts=True)
    assert values(said, "water_level_m") == [1.0, 1.0, 1.0, 1.0, 3.2, 3.4, 3.6, 3.8]
    assert {one.quality for one in of(said, "water_level_m")} == {"ok"}
    (flood,) = of(said, "flood_state")
    assert (flood.value, flood.time_ns) == ("alert", BEGIN + 5 * STEP)


def test_two_spikes_to_different_sides_are_both_passed_over() -> None:
    said = fold(Level(), levels(2.0, 2.0, 2.0, 2.0, 9.0, 0.5, 2.0), gauge(**RIVER))
    assert values(said, "water_level_m") == [2.0] * 7


def test_a_state_is_entered_by_two_readings_and_left_below_the_hysteresis() -> None:
    course = [2.95, 3.02, 2.98, 3.03, 3.04, 2.95, 2.93, 2.89, 2.93, 2.88, 2.87]
    said = fold(Level(), levels(*course), gauge(**RIVER), restarts=True)
    assert [(one.value, (one.time_ns - BEGIN) // STEP) for one in of(said, "flood_state")] == [
        ("alert", 4),
        ("normal", 10),
    ]


def test_danger_is_reached_and_left_by_way_of_alert() -> None:
    rise = [round(2.8 + 0.1 * n, 2) for n in range(16)]
    said = fold(Level(), levels(*rise, *reversed(rise), 2.7), gauge(**RIVER))
    assert values(said, "flood_state") == ["alert", "danger", "alert", "normal"]


def test_the_rise_and_the_time_that_is_left_follow_from_the_last_hour() -> None:
    said = fold(Level(), levels(*[round(1.0 + 0.01 * n, 2) for n in range(25)]), gauge(**RIVER), restarts=True)
    assert values(said, "water_level_rate_mm_h")[-1] == pytest.approx(120, abs=0.1)
    assert values(said, "time_to_alert_min")[-1] == pytest.approx((3.0 - 1.24) / 0.12 * 60, abs=1)
    assert values(said, "time_to_danger_min")[-1] == pytest.approx((4.0 - 1.24) / 0.12 * 60, abs=1)


def test_falling_or_standing_water_arrives_nowhere() -> None:
    said = fold(Level(), levels(*[2.9 - 0.01 * n for n in range(20)]), gauge(**RIVER))
    assert not of(said, "time_to_alert_min")
    assert values(said, "water_level_rate_mm_h")[-1] == pytest.approx(-120, abs=0.1)


def test_a_gauge_that_reports_every_other_hour_has_a_rise_too() -> None:
    said = fold(Level(), levels(1.0, 1.02, 1.06, step=2 * HOUR_NS), gauge(**RIVER))
    assert values(said, "water_level_rate_mm_h") == [pytest.approx(10), pytest.approx(20)]


def test_without_thresholds_there_is_a_level_and_no_state() -> None:
    said = fold(Level(), levels(1.0, 9.0, 9.0, 9.0), gauge())
    assert {one.property for one in said.values()} == {"water_level_m", "water_level_rate_mm_h"}


def test_a_second_reading_of_one_instant_changes_nothing() -> None:
    twice = [*levels(1.0, 1.1), Reading(BEGIN, "other", GAUGE, "water_level_m", 7.0)]
    assert values(fold(Level(), twice, gauge(**RIVER)), "water_level_m") == [1.0, 1.1]


def test_a_day_tells_how_high_it_stood_and_for_how_long_above_its_thresholds() -> None:
    day = 24 * HOUR_NS
    course = [1.0] * 12 + [2.0] * 120 + [3.5] * 36 + [4.5] * 24 + [1.5] * 120
    readings = series(GAUGE, "water_level_m", [(BEGIN + (n - 12) * STEP, level) for n, level in enumerate(course)])
    said = fold(Level(), readings, gauge(**RIVER), until=BEGIN + day + HOUR_NS, restarts=True)
    found = {one.property: one for one in said.values() if (one.time_ns, one.interval_ns) == (BEGIN, day)}
    assert (found["water_level_min_m"].value, found["water_level_max_m"].value) == (1.5, 4.5)
    assert found["flood_alert_h"].value == pytest.approx(5.0, abs=0.2)
    assert found["flood_danger_h"].value == pytest.approx(2.0, abs=0.2)
    assert found["coverage_percent"].value == pytest.approx(100, abs=2)


def test_a_gauge_without_thresholds_has_no_hours_above_them_and_half_a_day_no_extremes() -> None:
    said = fold(Level(), levels(*[1.0] * 150), gauge(), until=BEGIN + 26 * HOUR_NS)
    assert [one.quality for one in of(said, "water_level_max_m")] == ["missing"]
    assert not of(said, "flood_alert_h")
