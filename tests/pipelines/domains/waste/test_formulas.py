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


Z_80 = 1.2815516


@pytest.mark.parametrize(
    ("shape", "level", "z"),
    [
        # Percentage points of chi-square over two (Abramowitz and Stegun, table 26.8): twice the shape are its degrees.
        (1.0, 4.60517 / 2, Z_80),
        (1.0, 1.38629 / 2, 0.0),
        (1.0, 0.210720 / 2, -Z_80),
        (5.0, 15.9871 / 2, Z_80),
        (5.0, 9.34182 / 2, 0.0),
        (5.0, 4.86518 / 2, -Z_80),
    ],
)
def test_a_gamma_gain_reaches_its_quantiles(shape: float, level: float, z: float) -> None:
    assert gain_until_reached(level, 1.0, z) == pytest.approx(shape, rel=0.03)
    assert gain_until_reached(25 * level, 25.0, z) == pytest.approx(25 * shape, rel=0.03)


def test_what_is_full_needs_nothing_and_what_hardly_varies_needs_what_is_missing() -> None:
    assert gain_until_reached(0, 6.5, 1.28) == 0
    assert gain_until_reached(40, 0.001, 1.28) == pytest.approx(40, rel=0.01)


@given(st.floats(0.1, 100), st.floats(0.05, 50), st.floats(-5, 5), st.floats(0.01, 2))
def test_a_higher_chance_needs_more_gain_and_it_is_always_found(
    missing: float, spread: float, z: float, less: float
) -> None:
    gain = gain_until_reached(missing, spread, z)
    assert 0 < gain < gain_until_reached(missing, spread, z - less)
    shape = gain / spread
    assert shape ** (1 / 3) * (1 - 1 / (9 * shape) + z / (3 * shape**0.5)) == pytest.approx(
        (missing / spread) ** (1 / 3), abs=1e-5
    )
