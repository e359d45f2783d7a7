from datetime import date
from typing import Any

import pytest

from pipelines.domains import HOUR_NS, Reading
from pipelines.domains.heat.formulas import (
    humidex,
    radiant_temperature_c,
    vapour_pressure_kpa,
    wbgt_indoors,
    wbgt_outdoors,
    wbgt_simple,
)
from pipelines.domains.heat.stress import HeatMachine
from pipelines.domains.heat.utci import utci
from pipelines.domains.local_time import bounds_of
from tests.pipelines.domains.fold import BRUSSELS, at, fold, of, site

STATION = "weather-station/market"
TEN_MIN_NS = HOUR_NS // 6


def readings(begin_ns: int, end_ns: int, **constants: float) -> list[Reading]:
    """Every ten minutes; the first, at the begin, speaks for nothing."""
    times = range(begin_ns, end_ns + 1, TEN_MIN_NS)
    return [Reading(time_ns, "box", STATION, name, value) for name, value in constants.items() for time_ns in times]


def test_wbgt_has_the_published_check_values() -> None:
    """Check values: pythermalcomfort, documentation of wbgt (ISO 7243)."""
    assert wbgt_indoors(25.0, 32.0) == pytest.approx(27.1)
    assert wbgt_outdoors(25.0, 32.0, 20.0) == pytest.approx(25.9)


@pytest.mark.parametrize(("air_c", "expected_c"), [(25.0, 24.73), (27.0, 26.57)])
def test_utci_has_the_published_check_values(air_c: float, expected_c: float) -> None:
    """Check values: tests of pythermalcomfort, after Bröde et al. 2012: wind 1 m/s, radiation 1 K above, 1.5 kPa."""
    assert utci(air_c, 1.0, 1.0, 1.5) == pytest.approx(expected_c, abs=0.006)


def test_utci_is_silent_outside_its_range_and_takes_calm_as_half_a_metre_a_second() -> None:
    assert utci(51.0, 1.0, 0.0, 1.0) is None
    assert utci(30.0, 1.0, 71.0, 1.0) is None
    assert utci(30.0, 1.0, 0.0, 5.1) is None
    assert utci(30.0, 0.0, 0.0, 1.0) == utci(30.0, 0.5, 0.0, 1.0)
    assert utci(0.0, 30.0, 0.0, 0.3) == utci(0.0, 17.0, 0.0, 0.3)


def test_vapour_pressure_and_humidex() -> None:
    assert vapour_pressure_kpa(25.0, 100.0) == pytest.approx(3.168, abs=0.001)  # FAO-56, table 2.3
    assert humidex(30.0, 2.0) == pytest.approx(35.56, abs=0.01)
    assert wbgt_simple(30.0, 2.0) == pytest.approx(28.81)


def test_a_globe_as_warm_as_the_air_sees_walls_as_warm_as_the_air() -> None:
    assert radiant_temperature_c(30.0, 30.0, 2.0) == pytest.approx(30.0)
    assert radiant_temperature_c(45.0, 30.0, 1.0) > 60.0


def test_with_globe_and_wet_bulb_the_wbgt_is_measured() -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(
        begin_ns, begin_ns + HOUR_NS, temperature_c=20.0, humidity_percent=60.0, globe_temperature_c=32.0,
        wet_bulb_temperature_c=25.0, wind_speed_m_s=2.0,
    )  # fmt: skip
    said = fold(HeatMachine(), measured, site(), until=begin_ns + 2 * HOUR_NS)
    (wbgt,) = of(said, "wbgt_c", HOUR_NS)
    assert (wbgt.value, wbgt.quality, wbgt.time_ns) == (25.9, "ok", begin_ns)
    (index,) = of(said, "utci_c")
    assert index.quality == "ok"
    assert index.value > 25.0  # type: ignore[operator]  # a gauge


def test_without_globe_it_is_estimated() -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(begin_ns, begin_ns + HOUR_NS, temperature_c=30.0, humidity_percent=50.0, wind_speed_m_s=2.0)
    said = fold(HeatMachine(), measured, site(), until=begin_ns + 2 * HOUR_NS)
    qualities = {one.property: one.quality for one in said.values()}
    assert qualities == {"wbgt_c": "estimated", "humidex_c": "ok", "heat_coverage_percent": "ok", "utci_c": "estimated"}


def test_an_hour_of_40_minutes_says_nothing() -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(begin_ns, begin_ns + 4 * TEN_MIN_NS, temperature_c=30.0, humidity_percent=50.0)
    assert not of(fold(HeatMachine(), measured, site(), until=begin_ns + 3 * HOUR_NS), "wbgt_c")


@pytest.mark.parametrize("day", [date(2026, 7, 6), date(2026, 3, 29), date(2026, 10, 25)])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_hot_day_has_hours_above_25(day: date, restarts: bool) -> None:
    begin_ns, end_ns = bounds_of(day, BRUSSELS)
    noon_ns = begin_ns + 12 * HOUR_NS
    cool = {"temperature_c": 15.0, "humidity_percent": 50.0}
    hot = {"temperature_c": 34.0, "humidity_percent": 50.0}
    measured = readings(begin_ns - HOUR_NS, noon_ns, **cool) + readings(
        noon_ns + TEN_MIN_NS, noon_ns + 4 * HOUR_NS, **hot
    )
    measured += readings(noon_ns + 4 * HOUR_NS + TEN_MIN_NS, end_ns + HOUR_NS, **cool)
    said = _last_of_a_time(measured, end_ns + HOUR_NS, restarts=restarts)
    hours = next(one for one in of(said, "wbgt_above_25_h") if one.time_ns == begin_ns)
    assert (hours.value, hours.quality, hours.interval_ns) == (4.0, "estimated", end_ns - begin_ns)
    whole = [one.value for one in of(said, "heat_coverage_percent", end_ns - begin_ns) if one.time_ns == begin_ns]
    assert whole == [100.0]


def _last_of_a_time(measured: list[Reading], until: int, *, restarts: bool) -> dict[Any, Any]:
    unique = {(one.time_ns, one.property): one for one in measured}
    return fold(HeatMachine(), list(unique.values()), site(), until=until, restarts=restarts)


def test_a_doubtful_value_is_not_measured() -> None:
    machine = HeatMachine()
    state = machine.begin(STATION, site())
    reading = Reading(at("2026-07-06T12:00"), "box", STATION, "temperature_c", 55.0, "suspect")
    assert machine.take(state, reading, site()) == ()
    assert state == machine.begin(STATION, site())


def test_a_day_of_few_hours_does_not_say_how_long_it_was_hot() -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(begin_ns, begin_ns + 4 * HOUR_NS, temperature_c=34.0, humidity_percent=50.0)
    (day,) = of(fold(HeatMachine(), measured, site(), until=begin_ns + 24 * HOUR_NS), "wbgt_above_25_h")
    assert (day.value, day.quality) == (0.0, "missing")


def test_a_day_with_globe_and_wet_bulb_needs_no_reserve() -> None:
    begin_ns, end_ns = bounds_of(date(2026, 7, 6), BRUSSELS)
    hot = {"temperature_c": 30.0, "humidity_percent": 50.0, "globe_temperature_c": 40.0, "wet_bulb_temperature_c": 25.0}
    measured = readings(begin_ns, end_ns, **hot)
    (day,) = of(fold(HeatMachine(), measured, site(), until=end_ns + HOUR_NS), "wbgt_above_25_h")
    assert (day.value, day.quality) == (24.0, "ok")
