"""A probe: told when it says what cannot be, jumps or sticks, and when it can be believed again."""

import pytest

from pipelines.domains import HOUR_NS, QUARTER_NS
from pipelines.domains.water.details import WaterSettings
from pipelines.domains.water.quality import Quality
from tests.pipelines.domains.fold import at, fold, of, series, site, values

PROBE = "water-quality/lock"
BEGIN = at("2026-06-01T00:00")


def told(name: str, course: list[float], step: int = QUARTER_NS, **limits: float) -> list[tuple[str, int]]:
    where = site(settings={"water": WaterSettings(**limits)})
    readings = series(PROBE, name, [(BEGIN + n * step, value) for n, value in enumerate(course)])
    said = fold(Quality(), readings, where, restarts=True)
    return [(str(one.value), (one.time_ns - BEGIN) // step) for one in said.values() if not one.interval_ns]


def test_a_probe_that_can_be_believed_has_nothing_told_of_it() -> None:
    assert told("ph", [7.0 + 0.01 * (n % 5) for n in range(300)]) == []


def test_what_cannot_be_is_told_and_its_end_too() -> None:
    assert told("ph", [7.1, 2.0, 2.1, 7.1, 7.2]) == [("range", 1), ("ok", 3)]
    assert told("water_temperature_c", [12.0, 40.0, 12.1]) == [("range", 1), ("ok", 2)]


def test_a_first_value_out_of_range_does_not_make_the_next_a_jump() -> None:
    assert told("ph", [1.0, 7.0]) == [("range", 0), ("ok", 1)]


def test_one_jump_is_told_and_a_jump_that_stays_is_believed() -> None:
    assert told("ph", [7.0, 9.0, 7.0, 7.1]) == [("rate", 1), ("ok", 2)]
    assert told("ph", [7.0, 9.0, 9.0, 9.1]) == [("rate", 1), ("ok", 2)]


def test_after_a_long_silence_any_value_within_range_can_be_right() -> None:
    assert told("ph", [6.0, 9.0], step=7 * HOUR_NS) == []


def test_a_value_that_never_moves_for_a_day_is_stuck_until_it_does() -> None:
    assert told("ph", [7.0] * 100 + [7.01]) == [("stuck", 96), ("ok", 100)]


def test_rain_may_make_turbidity_jump_unless_a_pilot_says_otherwise() -> None:
    course = [5.0, 400.0, 6.0]
    assert told("turbidity_ntu", course) == []
    assert told("turbidity_ntu", course, turbidity_change_ntu=50.0) == [("rate", 1), ("ok", 2)]


def test_each_property_is_judged_by_itself() -> None:
    readings = series(PROBE, "ph", [(BEGIN, 20.0)]) + series(PROBE, "turbidity_ntu", [(BEGIN, 5.0)])
    said = fold(Quality(), readings, site())
    assert values(said, "ph_check") == ["range"]
    assert not of(said, "turbidity_check")


def test_a_day_is_of_what_can_be_believed_and_says_for_how_long_that_is() -> None:
    day = 24 * HOUR_NS
    points = [(BEGIN + n * QUARTER_NS, 30.0 if 40 <= n < 64 else 4.0 + n % 2) for n in range(-4, 104)]
    limits = WaterSettings(turbidity_high_ntu=20.0)
    readings = series(PROBE, "turbidity_ntu", points)
    said = fold(Quality(), readings, site(settings={"water": limits}), until=BEGIN + day + HOUR_NS, restarts=True)
    found = {one.property: one for one in said.values() if (one.time_ns, one.interval_ns) == (BEGIN, day)}
    assert found["turbidity_ntu"].value == pytest.approx(4.5, abs=0.01)
    assert (found["turbidity_max_ntu"].value, found["turbidity_max_ntu"].quality) == (5.0, "estimated")
    assert found["water_checks_ok_percent"].value == pytest.approx(75.0, abs=0.1)
    assert found["coverage_percent"].value == 100.0


def test_a_day_of_which_too_little_can_be_believed_has_no_mean() -> None:
    readings = series(PROBE, "ph", [(BEGIN + n * HOUR_NS, 2.0 if n > 12 else 7.0 + n % 3 / 10) for n in range(27)])
    said = fold(Quality(), readings, site(), until=BEGIN + 26 * HOUR_NS)
    assert [one.quality for one in of(said, "ph", 24 * HOUR_NS)] == ["missing"]
    (believed,) = values(said, "water_checks_ok_percent")
    assert believed == pytest.approx(50, abs=3)
