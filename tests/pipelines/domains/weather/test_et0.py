"""Evapotranspiration of a day from a station's readings: the day of FAO-56's example, measured every ten minutes."""

from math import cos, pi

import pytest

from pipelines.domains import HOUR_NS, Place, Reading
from pipelines.domains.weather.et0 import Et0, StationDetails
from pipelines.model import Location
from tests.pipelines.domains.fold import at, fold, of, series, site, values

STATION = "weather-station/uccle"
BEGIN = at("2026-07-06T00:00")
STEP = HOUR_NS // 6
DAY = 24 * HOUR_NS
UCCLE = site(
    {STATION: Place(location=Location(4.35, 50.8, 100.0), details=StationDetails(anemometer_m=10.0))},
)


def of_the_day(name: str, low: float, high: float, begin: int = BEGIN, steps: int = 144) -> list[Reading]:
    """A wave from ``low`` at midnight to ``high`` at noon and back; both are met exactly."""
    middle, half = (low + high) / 2, (high - low) / 2
    points = [(begin + n * STEP, middle - half * cos(2 * pi * n / 144)) for n in range(steps)]
    return series(STATION, name, [(time_ns, min(max(value, low), high)) for time_ns, value in points])


def uccle() -> list[Reading]:
    """FAO-56, Example 18; 22.07 MJ/m² in a day are 255.4 W/m² on the mean."""
    temperature = of_the_day("temperature_c", 12.3, 21.5)
    humidity = [
        Reading(one.time_ns, one.device, one.feature, "humidity_percent", 84 - (float(one.value) - 12.3) / 9.2 * 21)
        for one in temperature
    ]
    radiation = of_the_day("solar_radiation_w_m2", 0.0, 2 * 22.07 / 0.0864)
    return temperature + humidity + radiation + of_the_day("wind_speed_m_s", 10 / 3.6, 10 / 3.6)


def test_the_day_of_fao_56_example_18_by_its_readings() -> None:
    said = fold(Et0(), uccle(), UCCLE, until=BEGIN + DAY, restarts=True)
    (one,) = of(said, "et0_mm")
    assert one.value == pytest.approx(3.88, abs=0.005)
    assert (one.quality, one.time_ns, one.interval_ns) == ("ok", BEGIN, DAY)
    assert values(said, "et0_coverage_percent") == [100.0]


def test_a_day_is_said_by_time_alone_and_only_when_it_is_over() -> None:
    assert not fold(Et0(), uccle(), UCCLE, until=BEGIN + DAY - 1)


def test_without_wind_it_is_an_estimate_and_near() -> None:
    readings = [one for one in uccle() if one.property != "wind_speed_m_s"]
    (one,) = of(fold(Et0(), readings, UCCLE, until=BEGIN + DAY), "et0_mm")
    assert (one.quality, one.reason) == ("estimated", "gap")
    assert one.value == pytest.approx(3.86, abs=0.03)


def test_from_temperature_alone_it_is_hargreaves_estimate() -> None:
    readings = [one for one in uccle() if one.property == "temperature_c"]
    (one,) = of(fold(Et0(), readings, UCCLE, until=BEGIN + DAY), "et0_mm")
    assert one.quality == "estimated"
    assert one.value == pytest.approx(0.0023 * (16.9 + 17.8) * 9.2**0.5 * 41.09 * 0.408, abs=0.01)


def test_below_three_quarters_of_the_day_there_is_no_value() -> None:
    readings = of_the_day("temperature_c", 12.3, 21.5, steps=17 * 6)
    said = fold(Et0(), readings, UCCLE, until=BEGIN + DAY)
    assert [one.quality for one in of(said, "et0_mm")] == ["missing"]
    assert values(said, "et0_coverage_percent") == [70.83]


def test_each_local_day_has_its_own_value_also_when_the_clock_changes() -> None:
    begin = at("2026-10-24T00:00")
    readings = of_the_day("temperature_c", 5.0, 15.0, begin, steps=3 * 144 + 6)
    said = fold(Et0(), readings, UCCLE, until=begin + 3 * DAY + HOUR_NS)
    assert [one.interval_ns // HOUR_NS for one in of(said, "et0_mm")] == [24, 25, 24]


def test_a_station_of_which_nobody_knows_where_it_stands_is_of_no_use() -> None:
    (reading, *_) = uccle()
    assert Et0().key(reading, site()) is None
    assert Et0().key(reading, UCCLE) == STATION
