"""Waste's formulas against values worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domains.waste.formulas import gain_until_reached, level_percent, monotone_hull, theil_sen


def test_a_level_is_the_share_of_the_way_from_floor_to_full() -> None:
    # DOMAINS 3.2: (H_empty - d) / (H_empty - H_full); 1250 mm to the floor, full at 250 mm
    assert level_percent(1250, empty_mm=1250, full_mm=250) == 0
    assert level_percent(750, empty_mm=1250, full_mm=250) == 50
    assert level_percent(200, empty_mm=1250, full_mm=250) == 100


def test_a_distance_in_the_dead_zone_or_beyond_the_floor_is_no_level() -> None:
    assert level_percent(149, empty_mm=1250, full_mm=250, dead_zone_mm=150) is None
    assert level_percent(1250 * 1.05, empty_mm=1250, full_mm=250) == 0
    assert level_percent(1250 * 1.05 + 1, empty_mm=1250, full_mm=250) is None


def test_theil_sen_is_not_moved_by_one_slip() -> None:
    points = [(0.0, 10.0), (1.0, 12.0), (2.0, 14.0), (3.0, 90.0), (4.0, 18.0)]
    assert theil_sen(points) == pytest.approx(2.0)
    assert theil_sen([(1.0, 5.0)]) is None
    assert theil_sen([(1.0, 5.0), (1.0, 9.0)]) is None


def test_the_hull_only_rises() -> None:
    assert monotone_hull([3, 5, 4, 4, 7]) == [3, 5, 5, 5, 7]


def test_half_of_all_fillings_are_full_when_the_missing_part_is_expected() -> None:
    assert gain_until_reached(40, 6.5, 0) == pytest.approx(40)
    assert gain_until_reached(0, 6.5, 1.28) == 0


@given(st.floats(0.1, 100), st.floats(0.05, 50), st.floats(-4, 4))
def test_the_quantile_is_where_the_gain_has_its_deviation(missing: float, spread: float, z: float) -> None:
    gain = gain_until_reached(missing, spread, z)
    assert (missing - gain) == pytest.approx(z * (spread * gain) ** 0.5, abs=1e-6)
