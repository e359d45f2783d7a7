"""Sound, spikes, slopes and nights, by hand."""

import pytest

from pipelines.domains import HOUR_NS
from pipelines.domains.water.formulas import NightLimit, compensated_m, hampel, level_m, rise_mm_h, speed_of_sound


def test_the_speed_of_sound_at_20_degrees() -> None:
    """343.4 m/s; tables say 343.2 for dry air."""
    assert speed_of_sound(20.0) == pytest.approx(343.42)


def test_in_colder_air_sound_is_slower_so_the_way_was_shorter() -> None:
    assert compensated_m(2.0, 20.0, 20.0) == 2.0
    assert compensated_m(2.0, -10.0, 20.0) == pytest.approx(2 * 325.24 / 343.42)
    assert level_m(5.0, 2.0) == 3.0


def test_hampel_of_seven_values_by_hand() -> None:
    """Median 2.0; distances 1, .5, 0, 0, .5, 1, 7 have the median 0.5; 3 x 1.4826 x 0.5."""
    assert hampel([1.0, 1.5, 2.0, 2.0, 2.5, 3.0, 9.0]) == pytest.approx((2.0, 2.2239))


def test_still_water_knows_no_spike_below_five_centimetres() -> None:
    assert hampel([1.0] * 7) == (1.0, 0.05)


def test_the_slope_of_a_straight_rise() -> None:
    points = [(n * HOUR_NS // 4, 1.0 + 0.03 * n) for n in range(5)]
    assert rise_mm_h(points) == pytest.approx(120)
    assert rise_mm_h(points[:1]) is None


def test_a_night_limit_needs_three_nights_and_stands_three_sigmas_above() -> None:
    limit = NightLimit()
    assert limit.of([10.0, 10.0]) is None
    assert limit.of([10.0, 20.0, 30.0]) == pytest.approx(20 + 3 * 10)
    assert limit.of([0.0, 0.0, 0.0]) == pytest.approx(6)
    assert limit.of([100.0, 100.0, 100.0]) == pytest.approx(100 + 3 * 10)
