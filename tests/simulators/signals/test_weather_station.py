import statistics

import pytest

from simulators.signals.weather import CityWeather, Climate, rain_mm
from simulators.signals.weather_station import WeatherStations
from tests.simulated_site import at, live, numbers, said, truths

PERFECT = WeatherStations(error=0.0)


def test_rain_of_the_intervals_is_all_the_rain_there_was() -> None:
    reports = live("weather", PERFECT, days=60, seed=3)
    last = list(truths(reports, "rain_mm"))[-1]
    fell = rain_mm(CityWeather(Climate(), 3), at("2026-06-01T00:00"), last.at_ns + last.interval_ns)
    assert fell > 20
    assert sum(numbers(reports, "rain_mm")) == pytest.approx(fell)
    assert sum(said(reports, "precipitation")) == pytest.approx(fell, abs=0.1)


def test_a_perfect_station_is_off_by_its_rounding_and_a_real_one_by_its_class() -> None:
    perfect = live("weather", PERFECT, days=5)
    assert said(perfect, "temperature") == pytest.approx(numbers(perfect, "temperature_c"), abs=0.051)
    errors = []
    for seed in range(12):
        real = live("weather", WeatherStations(), days=0.5, seed=seed)
        off = zip(said(real, "temperature"), numbers(real, "temperature_c"), strict=True)
        errors.append(statistics.fmean(heard - true for heard, true in off))
    assert 0.08 < statistics.pstdev(errors) < 0.4


def test_gusts_are_stronger_than_the_wind() -> None:
    reports = live("weather", PERFECT, days=5)
    pairs = zip(said(reports, "wind_gust"), said(reports, "wind_speed"), strict=True)
    assert all(gust >= speed for gust, speed in pairs)


def test_every_model_tells_the_same_weather() -> None:
    plain = live("weather", PERFECT, days=2, profile="generic/json")
    dragino = live("weather", PERFECT, days=2, profile="dragino/wsc1-l")
    assert said(plain, "temperature_c") == said(dragino, "temperature")
    assert said(plain, "pressure_hpa") == said(dragino, "pressure")


def test_a_station_that_never_reports_is_refused() -> None:
    with pytest.raises(ValueError, match="report_min"):
        WeatherStations(report_min=0)
