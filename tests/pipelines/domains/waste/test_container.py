"""A container's machine on weeks worked by hand."""

import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS, Place, Reading
from pipelines.domains.waste.container import ContainerMachine
from pipelines.domains.waste.settings import ContainerDetails, WasteSettings
from tests.pipelines.domains.fold import at, fold, of, series, site, values

BIN = "waste-container/B-1"
MONDAY = at("2026-06-01T00:00")
LEVEL = "fill_level_percent"


def hourly(*levels: float, begin_ns: int = MONDAY) -> list[tuple[int, float]]:
    return [(begin_ns + hour * HOUR_NS, level) for hour, level in enumerate(levels)]


def collections(points: list[tuple[int, float]], *extra: Reading) -> list[float]:
    said = fold(ContainerMachine(), [*series(BIN, LEVEL, points), *extra], site(), until=points[-1][0] + 1)
    return [(one.time_ns - MONDAY) / HOUR_NS for one in of(said, "collected")]


def test_a_collection_is_said_at_the_first_of_two_low_readings() -> None:
    said = fold(ContainerMachine(), series(BIN, LEVEL, hourly(60, 62, 64, 3, 5, 7)), site(), until=MONDAY + 9 * HOUR_NS)
    (collected,) = of(said, "collected")
    assert collected.time_ns == MONDAY + 3 * HOUR_NS
    assert collected.value is True
    assert values(said, "collected_percent") == [pytest.approx(62 - 4)]  # medians: of 60, 62, 64 and of 3, 5


def test_one_low_reading_is_a_slip() -> None:
    assert collections(hourly(60, 62, 3, 64, 66, 68)) == []


def test_a_small_container_that_is_emptied_below_fifteen_counts_too() -> None:
    assert collections(hourly(24, 26, 27, 2, 4, 5)) == [3]


def test_noise_around_fifteen_per_cent_is_no_collection() -> None:
    assert collections(hourly(16, 17, 14, 16, 13, 17, 14)) == []


def test_it_fills_again_before_the_second_low_reading() -> None:
    assert collections(hourly(45, 46, 46, 11, 20, 22)) == [3]


def test_paper_that_lies_across_for_two_readings_is_neither_level_nor_collection() -> None:
    said = fold(
        ContainerMachine(), series(BIN, LEVEL, hourly(30, 31, 92, 94, 33, 34)), site(), until=MONDAY + 9 * HOUR_NS
    )
    assert of(said, "collected") == []
    assert max(values(said, "fill_level_clean_percent")) < 40


def test_a_jump_that_lasts_is_a_level() -> None:
    said = fold(ContainerMachine(), series(BIN, LEVEL, hourly(30, 31, 92, 94, 93)), site(), until=MONDAY + 9 * HOUR_NS)
    assert values(said, "fill_level_clean_percent")[-1] == 93


def test_an_open_lid_seen_as_a_level_out_of_range_is_nothing() -> None:
    assert collections(hourly(50, 51, -40, -60, 52, 53)) == []


def test_levels_of_a_tilted_container_are_not_believed_and_the_tilt_comes_with_the_same_frame() -> None:
    tilted = [Reading(MONDAY + hour * HOUR_NS, "device", BIN, "tilted", 2 <= hour <= 4) for hour in range(7)]
    assert collections(hourly(50, 51, 3, 4, 5, 52, 53), *tilted) == []


def test_what_burned_was_not_collected() -> None:
    fire = Reading(MONDAY + 2 * HOUR_NS, "device", BIN, "fire", value=True)
    hot = Reading(MONDAY + 2 * HOUR_NS, "device", BIN, "temperature_c", 64.0)
    points = hourly(80, 81, 80, 40, 41, 42)
    assert collections(points, fire) == []
    assert collections(points, hot) == []
    assert collections(points) == [3]


def test_a_collection_during_a_long_silence_is_estimated() -> None:
    points = [*hourly(40, 41, 42), *hourly(24, 25, 26, begin_ns=MONDAY + 12 * HOUR_NS)]
    said = fold(ContainerMachine(), series(BIN, LEVEL, points), site(), until=MONDAY + 20 * HOUR_NS)
    (collected,) = of(said, "collected")
    assert (collected.time_ns, collected.quality, collected.reason) == (MONDAY + 12 * HOUR_NS, "estimated", "gap")


def test_with_its_depth_written_down_the_level_comes_from_the_distance() -> None:
    places = {BIN: Place("street", None, ContainerDetails(empty_mm=1250, full_mm=250, dead_zone_mm=100))}
    distances = series(BIN, "distance_mm", hourly(1000, 950, 50, 900))
    levels = series(BIN, LEVEL, hourly(99, 99, 99, 99))
    said = fold(ContainerMachine(), [*distances, *levels], site(places), until=MONDAY + 9 * HOUR_NS)
    assert values(said, "fill_level_clean_percent") == [25, 27.5, 30]


def weeks(count: int, *, per_day: float = 24.0, emptied_at: float = 96.0) -> list[tuple[int, float]]:
    """Filled evenly by hour, emptied when full."""
    level, points = 2.0, []
    for hour in range(count * 168):
        points.append((MONDAY + hour * HOUR_NS, round(level, 1)))
        level += per_day / 24
        if level > emptied_at:
            level = 2.0
    return points


def test_an_even_filling_is_foretold_to_the_hour() -> None:
    points = weeks(4)
    said = fold(ContainerMachine(), series(BIN, LEVEL, points), site(), until=points[-1][0] + 1)
    levels = dict(points)
    late = [one for one in of(said, "time_to_full_p50_h") if one.time_ns > MONDAY + 14 * 24 * HOUR_NS]
    assert late
    for one in late:
        needed_h = max(0.0, 90 - levels[one.time_ns])
        assert one.value == pytest.approx(needed_h, abs=2.5)
    for name in ("p10", "p90"):
        assert len(of(said, f"time_to_full_{name}_h")) == len(of(said, "time_to_full_p50_h"))


def test_quantiles_are_in_order_and_narrow_where_nothing_surprises() -> None:
    points = weeks(6)
    said = fold(ContainerMachine(), series(BIN, LEVEL, points), site(), until=points[-1][0] + 1)
    p10, p50, p90 = (values(said, f"time_to_full_{name}_h") for name in ("p10", "p50", "p90"))
    assert all(a <= b <= c for a, b, c in zip(p10, p50, p90, strict=True))
    early = [c - a for a, c, b in zip(p10, p90, p50, strict=True) if 40 < b < 50]
    assert early[-1] < early[0] / 2
    assert values(said, "time_to_full_held_percent")[-1] > 80


def test_a_day_tells_overflow_and_rate_and_how_much_of_it_is_known() -> None:
    points = hourly(*[50 + 4 * hour for hour in range(13)], *[100.0] * 12)
    said = fold(ContainerMachine(), series(BIN, LEVEL, points), site(), until=MONDAY + 40 * HOUR_NS)
    day = 24 * HOUR_NS
    assert values(said, "coverage_percent", day) == [pytest.approx(100)]
    (overflow,) = of(said, "overflow_h", day)
    assert 10.5 <= float(overflow.value) <= 12.5
    (rate,) = of(said, "fill_rate_percent_day", day)
    assert 40 < float(rate.value) < 97


def test_a_day_known_to_less_than_three_quarters_has_no_value() -> None:
    points = hourly(*range(20, 35))
    said = fold(ContainerMachine(), series(BIN, LEVEL, points), site(), until=MONDAY + 40 * HOUR_NS)
    (overflow,) = of(said, "overflow_h")
    assert overflow.quality == "missing"
    assert values(said, "coverage_percent") == [pytest.approx(100 * 14 / 24)]


def test_days_of_23_and_25_hours_are_whole_days() -> None:
    for day, hours in (("2026-03-29T00:00", 23), ("2026-10-25T00:00", 25)):
        begin_ns = at(day)
        points = hourly(*[20 + hour / 2 for hour in range(30)], begin_ns=begin_ns)
        said = fold(ContainerMachine(), series(BIN, LEVEL, points), site(), until=begin_ns + 35 * HOUR_NS)
        assert values(said, "coverage_percent", hours * HOUR_NS) == [pytest.approx(100)]


def test_what_overflows_is_not_learnt_as_standing_still() -> None:
    level, points = 2.0, []
    for hour in range(6 * 168):
        points.append((MONDAY + hour * HOUR_NS, min(100.0, level)))
        level = level + 2 if hour % 120 != 119 else 2.0  # full after two days, emptied after five
    said = fold(ContainerMachine(), series(BIN, LEVEL, points), site(), until=points[-1][0] + 1)
    empty = [one for one in of(said, "time_to_full_p50_h") if 40 < float(one.value) < 60]
    assert empty
    assert all(math.isclose(float(one.value), 44, abs_tol=8) for one in empty[-3:])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.floats(-20, 120)), min_size=1, max_size=60, unique_by=lambda point: point[0]
    )
)
def test_hostile_levels_never_break_it_and_a_restart_changes_nothing(points: list[tuple[int, float]]) -> None:
    readings = series(BIN, LEVEL, [(MONDAY + hour * HOUR_NS, level) for hour, level in points])
    until = MONDAY + int(timedelta(days=12).total_seconds()) * 10**9
    said = fold(ContainerMachine(), readings, site(), until=until)
    assert said == fold(ContainerMachine(), readings, site(), until=until, restarts=True)
    for one in said.values():
        if one.property.endswith("_percent"):
            assert 0 <= float(one.value) <= 100 + 1e-9


def test_settings_move_the_thresholds() -> None:
    where = site(settings={"waste": WasteSettings(drop_percent=60, empty_below_percent=1)})
    said = fold(ContainerMachine(), series(BIN, LEVEL, hourly(60, 62, 64, 10, 11)), where, until=MONDAY + 9 * HOUR_NS)
    assert of(said, "collected") == []
