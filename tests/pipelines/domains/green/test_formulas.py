"""Water in soil: FAO-56's figures, retention that agrees with irrigation practice, words that follow the guideline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domains.green import formulas as f

LOAM = f.SOILS["loam"]


@pytest.mark.parametrize(
    ("soil", "share", "available_mm", "readily_mm"),
    [((0.15, 0.06, 0.4), 0.3, 36, 11), ((0.32, 0.15, 0.8), 0.4, 136, 54), ((0.35, 0.23, 1.2), 0.55, 144, 79)],
    ids=["onion on loamy sand", "tomato on silt", "maize on silty clay"],
)
def test_fao_56_example_36_readily_available_water(
    soil: tuple[float, float, float], share: float, available_mm: float, readily_mm: float
) -> None:
    found_mm = f.total_available_water(*soil)
    assert found_mm == pytest.approx(available_mm)
    assert round(f.readily_available_water(found_mm, share)) == readily_mm


def test_a_tree_by_hand() -> None:
    """fc 0.25, 0.6 m deep, at 0.19: 36 mm are missing; 3 m² at 80 % take 135 L."""
    missing_mm = f.depletion(0.25, 0.19, 0.6)
    assert missing_mm == pytest.approx(36)
    assert f.litres(missing_mm, 3.0, 0.8) == pytest.approx(135)
    assert f.depletion(0.25, 0.30, 0.6) == 0


def test_van_genuchten_at_its_ends() -> None:
    assert f.retained(LOAM, 0) == 0.43
    assert f.retained(LOAM, 1e7) == pytest.approx(0.078, abs=0.001)


def test_half_of_the_available_water_is_gone_where_irrigation_practice_has_it() -> None:
    """Loam at about 84 kPa, sandy loam at about 40: within a fifth."""
    for name, kpa in (("loam", 84), ("sandy_loam", 40)):
        soil = f.SOILS[name]  # type: ignore[index]
        full, empty = soil.field_capacity, soil.wilting_point
        half = (full + empty) / 2
        assert (
            f.water_content_at(soil, 0.8 * kpa, full, empty) > half > f.water_content_at(soil, 1.2 * kpa, full, empty)
        )


@given(st.sampled_from(sorted(f.SOILS)), st.floats(0, 3_000), st.floats(0, 3_000))
def test_drier_soil_never_holds_more(name: f.SoilClass, one: float, other: float) -> None:
    soil = f.SOILS[name]
    low, high = sorted((one, other))
    assert f.retained(soil, low) >= f.retained(soil, high) >= soil.residual
    assert f.water_content_at(soil, high, 0.3, 0.1) >= 0.1


def test_the_two_points_of_the_soil_at_hand_are_kept() -> None:
    for soil in f.SOILS.values():
        assert f.water_content_at(soil, soil.capacity_kpa, 0.3, 0.1) == pytest.approx(0.3)
        assert f.water_content_at(soil, f.WILTING_KPA, 0.3, 0.1) == pytest.approx(0.1)


def test_words_by_tension_are_irrometers() -> None:
    words = [f.word_for_tension(kpa, 60) for kpa in (5, 20, 45, 80, 150)]
    assert words == ["saturated", "wet", "moist", "dry", "very_dry"]
    assert f.word_for_tension(28, 25) == "dry"


def test_words_by_what_is_missing() -> None:
    """TAW 78, RAW 39: wet to 19.5, moist to 39, dry to 58.5."""
    words = [f.word_for_depletion(0.25, 0.25, 78, missing, 0.5) for missing in (0, 19, 20, 38, 40, 58, 60)]
    assert words == ["wet", "wet", "moist", "moist", "dry", "dry", "very_dry"]
    assert f.word_for_depletion(0.3, 0.25, 78, 0, 0.5) == "saturated"


def test_every_class_has_room_between_its_points() -> None:
    for soil in f.SOILS.values():
        assert soil.residual <= soil.wilting_point < soil.field_capacity <= soil.saturated
