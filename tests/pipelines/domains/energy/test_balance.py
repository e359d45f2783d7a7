"""A building: its use and production of a day from three registers, never netted; what is unknown is not said."""

import pytest

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.energy.balance import ConnectionBalance
from pipelines.domains.energy.details import MeterDetails
from pipelines.domains.energy.formulas import self_consumption, self_sufficiency
from pipelines.domains.runner import gone_for
from tests.pipelines.domains.fold import at, fold, of, series, site, values

GRID, PANELS = "electricity-meter/grid", "electricity-meter/panels"
IMPORT, EXPORT = "energy_import_kwh", "energy_export_kwh"
BEGIN = at("2026-07-06T00:00")
DAY = 24 * HOUR_NS


def building(**panels: str) -> Site:
    return site(
        {
            GRID: Place(details=MeterDetails(connection="school")),
            PANELS: Place(details=MeterDetails(connection="school", role="production", **panels)),  # type: ignore[arg-type]
            "electricity-meter/other": Place(details=MeterDetails(connection="library")),
        }
    )


def hourly(feature: str, name: str, start: float, a_day: float, hours: int = 25) -> list[Reading]:
    return series(feature, name, [(BEGIN + hour * HOUR_NS, start + a_day * hour / 24) for hour in range(hours)])


def test_a_day_by_hand_10_kwh_produced_4_exported_6_imported() -> None:
    readings = hourly(GRID, IMPORT, 100, 6) + hourly(GRID, EXPORT, 50, 4) + hourly(PANELS, EXPORT, 900, 10)
    said = fold(ConnectionBalance(), readings, building(), restarts=True)
    assert values(said, "energy_production_interval_kwh", DAY) == [pytest.approx(10)]
    assert values(said, "energy_own_use_interval_kwh", DAY) == [pytest.approx(6)]
    assert values(said, "energy_use_interval_kwh", DAY) == [pytest.approx(12)]
    assert values(said, "self_consumption_percent", DAY) == [pytest.approx(60)]
    assert values(said, "self_sufficiency_percent", DAY) == [pytest.approx(50)]
    assert {(one.feature, one.quality) for one in said.values()} == {("connection/school", "ok")}


def test_the_panels_may_count_in_the_other_register() -> None:
    readings = hourly(GRID, IMPORT, 100, 6) + hourly(GRID, EXPORT, 50, 4) + hourly(PANELS, IMPORT, 900, 10)
    said = fold(ConnectionBalance(), readings, building(counts_in=IMPORT), restarts=True)
    assert values(said, "self_consumption_percent") == [pytest.approx(60)]


def test_a_day_waits_for_the_register_that_comes_last() -> None:
    panels = series(PANELS, EXPORT, [(BEGIN, 0.0), (BEGIN + 30 * HOUR_NS, 12.5)])
    readings = hourly(GRID, IMPORT, 100, 6, 40) + hourly(GRID, EXPORT, 50, 4, 40) + panels
    said = fold(ConnectionBalance(), readings, building())
    (production,) = of(said, "energy_production_interval_kwh")
    assert production.value == pytest.approx(10)
    assert production.quality == "estimated"


def test_nothing_is_said_while_a_register_is_not_known() -> None:
    assert not fold(ConnectionBalance(), hourly(GRID, IMPORT, 100, 6) + hourly(PANELS, EXPORT, 9, 9), building())


def test_half_a_day_is_too_little() -> None:
    half = hourly(PANELS, EXPORT, 900, 10)[12:]
    readings = hourly(GRID, IMPORT, 100, 6) + hourly(GRID, EXPORT, 50, 4) + half
    said = fold(ConnectionBalance(), readings, building())
    assert {one.quality for one in said.values() if one.property != "coverage_percent"} == {"missing"}
    assert values(said, "coverage_percent") == [50.0]


def test_a_day_without_sun_has_no_self_consumption_and_its_sufficiency_is_nothing() -> None:
    readings = hourly(GRID, IMPORT, 100, 6) + hourly(GRID, EXPORT, 50, 0) + hourly(PANELS, EXPORT, 900, 0)
    said = fold(ConnectionBalance(), readings, building())
    assert not of(said, "self_consumption_percent")
    assert values(said, "self_sufficiency_percent") == [0.0]


def test_days_that_stay_incomplete_are_forgotten_in_the_end() -> None:
    machine, where = ConnectionBalance(), building()
    state = machine.begin("school", where)
    for reading in hourly(GRID, IMPORT, 100, 6, 60 * 24):
        machine.take(state, reading, where)
    assert len(state.days) == 40


def test_a_meter_without_a_connection_belongs_nowhere() -> None:
    (reading,) = series("electricity-meter/lone", IMPORT, [(BEGIN, 1.0)])
    assert ConnectionBalance().key(reading, building()) is None


def test_shares_by_their_definitions() -> None:
    assert (self_consumption(10, 4), self_consumption(0, 0)) == (0.6, None)
    assert (self_sufficiency(6, 10, 4), self_sufficiency(0, 0, 0)) == (0.5, None)


def test_a_building_without_panels_has_no_balance() -> None:
    where = site({GRID: Place(details=MeterDetails(connection="school"))})
    assert not fold(ConnectionBalance(), hourly(GRID, IMPORT, 100, 6) + hourly(GRID, EXPORT, 50, 0), where)


def test_a_doubtful_reading_is_not_there() -> None:
    reading = Reading(BEGIN, "device", GRID, IMPORT, 1.0, "suspect")
    assert reading.quality in gone_for(ConnectionBalance())
