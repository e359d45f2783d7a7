import math

import pytest

from simulators.signals.soil import RETENTION, WILTING_KPA, RootZone, SoilClass, reference_evaporation_mm

HOUR_NS = 3_600_000_000_000


def zone(soil: SoilClass = "loam") -> RootZone:
    return RootZone(soil, depth_m=1.0, crop_factor=1.0, readily=0.5, drain_days=2.0)


@pytest.mark.parametrize("soil", RETENTION)
def test_content_and_tension_are_each_other_s_inverse(soil: SoilClass) -> None:
    retention = RETENTION[soil]
    for tension in (12.0, 50.0, 300.0, 1_499.0):
        assert retention.tension_kpa(retention.content(tension)) == pytest.approx(tension, rel=1e-6)
    assert retention.tension_kpa(0.0) == WILTING_KPA
    assert retention.content(0.001) == retention.saturated


def test_a_loam_is_at_its_published_points_where_fao_56_puts_them() -> None:
    """FAO-56, table 19, loam: field capacity 0.20 to 0.30, wilting point 0.07 to 0.17; 33 and 1,500 kPa."""
    loam = RETENTION["loam"]
    assert loam.tension_kpa(0.25) == pytest.approx(33.0)
    assert loam.content(1_500.0) == pytest.approx(0.12)
    assert loam.tension_kpa(0.18) == pytest.approx(33 * (0.25 / 0.18) ** (math.log(1_500 / 33) / math.log(0.25 / 0.12)))


def test_evaporation_of_a_summer_day_is_some_millimetres() -> None:
    """20 °C, 1013 hPa, 250 W/m2 for a day: s = 0.1447, psychrometric constant 0.0674 kPa/K (FAO-56, annex 2)."""
    expected = 0.65 * 0.1447 / (0.1447 + 0.0674) * 250 * 86_400 / 2.45e6
    assert reference_evaporation_mm(20.0, 250.0, 1013.0, 86_400) == pytest.approx(expected, rel=0.002)
    assert reference_evaporation_mm(20.0, 0.0, 1013.0, 86_400) == 0.0


def test_water_is_neither_made_nor_lost() -> None:
    soil = zone()
    before, added, left = soil.water_mm, 0.0, 0.0
    for hour in range(2_000):
        given = 12.0 if hour % 97 == 0 else 0.0
        added += given - soil.add_mm(given)
        left += soil.dry(0.3, HOUR_NS)
    assert soil.water_mm == pytest.approx(before + added - left)
    assert added > 100


def test_below_the_readily_available_water_use_falls_in_proportion() -> None:
    """FAO-56, equation 84: Ks = (TAW - Dr) / ((1 - p) TAW)."""
    soil = zone()
    soil.water_mm = 0.25 * soil.available_mm
    needs = [soil.needs_water]
    assert soil.dry(1.0, HOUR_NS) == pytest.approx(0.25 / 0.5)
    soil.water_mm = 0.75 * soil.available_mm
    needs.append(soil.needs_water)
    assert soil.dry(1.0, HOUR_NS) == pytest.approx(1.0)
    assert needs == [True, False]


def test_what_is_above_field_capacity_drains_by_half_lives() -> None:
    soil = zone()
    soil.add_mm(30.0)
    above = soil.water_mm - soil.available_mm
    soil.dry(0.0, 2 * 24 * HOUR_NS)
    assert soil.water_mm - soil.available_mm == pytest.approx(above * math.exp(-1))
    assert soil.depletion_mm == 0.0


def test_full_pores_take_no_more() -> None:
    soil = zone()
    assert soil.add_mm(1_000.0) > 500
    assert soil.content == pytest.approx(soil.retention.saturated)
    assert soil.add_mm(5.0) == 5.0
