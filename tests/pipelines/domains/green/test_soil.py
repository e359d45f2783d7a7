"""A day of soil: its means, what is missing, one word; of two sensors the drier counts; half a day is too little."""

import pytest

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.green.details import SoilDetails
from pipelines.domains.green.soil import SoilWater
from tests.pipelines.domains.fold import at, fold, of, series, site, values

TREE, PARCEL = "tree/7", "parcel/north"
BEGIN = at("2026-07-06T00:00")
DAY = 24 * HOUR_NS


def ground(feature: str = TREE, **details: float | str) -> Site:
    return site({feature: Place(details=SoilDetails(**details))})  # type: ignore[arg-type]


def hourly(name: str, value: float, feature: str = TREE, hours: int = 24, begin: int = BEGIN) -> list[Reading]:
    return series(feature, name, [(begin + hour * HOUR_NS, value) for hour in range(hours)])


def test_a_tree_that_lacks_36_mm_of_78_is_moist() -> None:
    readings = hourly("soil_moisture_percent", 19.0) + hourly("soil_temperature_c", 18.0)
    said = fold(SoilWater(), readings, ground(), until=BEGIN + DAY, restarts=True)
    assert values(said, "soil_depletion_mm", DAY) == [36.0]
    assert values(said, "soil_water_state", DAY) == ["moist"]
    assert values(said, "soil_moisture_percent", DAY) == [19.0]
    assert values(said, "soil_temperature_c", DAY) == [18.0]
    assert values(said, "coverage_percent", DAY) == [100.0]


def test_a_parcel_is_worked_out_the_same_way_with_its_own_soil() -> None:
    where = ground(PARCEL, soil="sandy_loam", root_depth_m=1.0, field_capacity=0.22, wilting_point=0.1)
    said = fold(SoilWater(), hourly("soil_moisture_percent", 12.0, PARCEL), where, until=BEGIN + DAY)
    assert values(said, "soil_depletion_mm") == [100.0]
    assert values(said, "soil_water_state") == ["very_dry"]


def test_a_tension_alone_tells_both_by_the_retention_curve() -> None:
    said = fold(SoilWater(), hourly("soil_tension_kpa", 33.0), ground(), until=BEGIN + DAY)
    assert values(said, "soil_depletion_mm") == [pytest.approx(0, abs=0.01)]
    assert values(said, "soil_water_state") == ["moist"]


def test_of_two_sensors_the_drier_counts() -> None:
    readings = hourly("soil_moisture_percent", 25.0) + hourly("soil_tension_kpa", 90.0)
    said = fold(SoilWater(), readings, ground(), until=BEGIN + DAY)
    assert values(said, "soil_water_state") == ["dry"]
    (lacks,) = values(said, "soil_depletion_mm")
    assert lacks > 30


def test_it_is_the_days_last_reading_that_tells_what_is_missing() -> None:
    readings = [
        *hourly("soil_moisture_percent", 19.0),
        Reading(BEGIN + DAY - 1, "d", TREE, "soil_moisture_percent", 25.0),
    ]
    assert values(fold(SoilWater(), readings, ground(), until=BEGIN + DAY), "soil_depletion_mm") == [0.0]


def test_half_a_day_is_too_little_and_a_reading_every_six_hours_is_enough() -> None:
    half = fold(SoilWater(), hourly("soil_moisture_percent", 19.0, hours=12), ground(), until=BEGIN + DAY)
    assert {one.quality for one in half.values() if one.property != "coverage_percent"} == {"missing"}
    assert values(half, "coverage_percent") == [50.0]
    slow = series(TREE, "soil_moisture_percent", [(BEGIN + part * 6 * HOUR_NS, 19.0) for part in range(4)])
    assert values(fold(SoilWater(), slow, ground(), until=BEGIN + DAY), "soil_depletion_mm") == [36.0]


def test_each_local_day_is_one_also_when_the_clock_changes() -> None:
    begin = at("2026-10-24T00:00")
    readings = hourly("soil_moisture_percent", 19.0, hours=73, begin=begin)
    said = fold(SoilWater(), readings, ground(), until=begin + 4 * DAY)
    assert [one.interval_ns // HOUR_NS for one in of(said, "soil_depletion_mm")][:3] == [24, 25, 24]


def test_temperature_alone_makes_no_water() -> None:
    said = fold(SoilWater(), hourly("soil_temperature_c", 18.0), ground(), until=BEGIN + DAY)
    assert {one.property for one in said.values()} == {"soil_temperature_c", "coverage_percent"}
