import itertools
import math
import random
import statistics

import pytest

from simulators.signals.weather import (
    SLOT_NS,
    CityWeather,
    Climate,
    clear_sky_w_m2,
    rain_mm,
    solar_elevation_deg,
    vapour_pressure_kpa,
)
from tests.simulated_site import CALM, DAY_NS, at

HOUR_NS = 3_600_000_000_000
START = at("2026-01-01T00:00")


@pytest.fixture(scope="module")
def year() -> list[tuple[float, float, float, float, float]]:
    """A year of hours of one weather: temperature, rain, wind, sun, humidity."""
    weather = CityWeather(Climate(), 3)
    hours = [weather.at(START + hour * HOUR_NS) for hour in range(8_760)]
    return [(now.temperature_c, now.rain_mm_h, now.wind_m_s, now.solar_w_m2, now.humidity_percent) for now in hours]


def test_weather_is_the_same_in_whatever_order_it_is_asked() -> None:
    moments = [START + number * 7_777 * 10**9 for number in range(1_500)]
    in_order = CityWeather(Climate(), 1)
    shuffled = CityWeather(Climate(), 1)
    known = {moment: in_order.at(moment) for moment in moments}
    random.Random(5).shuffle(moments)
    assert {moment: shuffled.at(moment) for moment in moments} == known
    assert CityWeather(Climate(), 2).at(START) != known[START]


def test_conditions_hold_for_five_minutes_and_rain_for_an_hour() -> None:
    weather = CityWeather(Climate(), 1)
    assert weather.at(START) is weather.at(START + SLOT_NS - 1)
    assert weather.at(START) != weather.at(START + SLOT_NS)
    for hour in range(200):
        moment = START + hour * HOUR_NS
        assert weather.at(moment).rain_mm_h == weather.at(moment + HOUR_NS - 1).rain_mm_h


def test_a_year_has_the_climate_it_was_given(year: list[tuple[float, ...]]) -> None:
    climate = Climate()
    temperatures, rain, wind, sun, humidity = zip(*year, strict=True)
    assert statistics.fmean(temperatures) == pytest.approx(climate.mean_temperature_c, abs=1.0)
    assert statistics.fmean(temperatures[4_300:4_900]) > statistics.fmean(temperatures[:600]) + 9
    wet_share = climate.wet_after_dry / (climate.wet_after_dry + 1 - climate.wet_after_wet)
    assert sum(hour > 0 for hour in rain) / 8_760 == pytest.approx(wet_share, abs=0.02)
    assert sum(rain) == pytest.approx(wet_share * 8_760 * climate.wet_hour_mm, rel=0.15)
    weibull_mean = climate.wind_scale_m_s * math.gamma(1 + 1 / climate.wind_shape)
    assert statistics.fmean(wind) == pytest.approx(weibull_mean, rel=0.08)
    assert 900 < sum(sun) / 1_000 < 1_300  # kWh/m2 a year: what the Low Countries have
    assert 65 < statistics.fmean(humidity) < 90
    assert max(humidity) <= 100


def test_an_hour_is_wet_after_a_wet_one_as_often_as_the_chain_says(year: list[tuple[float, ...]]) -> None:
    wet = [hour[1] > 0 for hour in year]
    after_wet = [now for before, now in itertools.pairwise(wet) if before]
    after_dry = [now for before, now in itertools.pairwise(wet) if not before]
    assert statistics.fmean(after_wet) == pytest.approx(0.70, abs=0.05)
    assert statistics.fmean(after_dry) == pytest.approx(0.04, abs=0.01)


def test_rain_between_two_moments_is_the_sum_of_its_hours() -> None:
    weather = CityWeather(Climate(), 3)
    whole = rain_mm(weather, START, START + 60 * DAY_NS)
    cuts = sorted(random.Random(1).randrange(START, START + 60 * DAY_NS) for _ in range(50))
    edges = [START, *cuts, START + 60 * DAY_NS]
    assert sum(rain_mm(weather, since, until) for since, until in itertools.pairwise(edges)) == pytest.approx(whole)
    assert whole == pytest.approx(sum(weather.at(START + hour * HOUR_NS).rain_mm_h for hour in range(60 * 24)))


def test_a_climate_without_rain_has_none() -> None:
    assert rain_mm(CityWeather(CALM, 1), START, START + 90 * DAY_NS) == 0.0


@pytest.mark.parametrize(
    ("moment", "elevation_deg"),
    [
        ("2026-06-21T11:44", 90 - 50.85 + 23.44),  # noon of the solstice at 4.35 degrees east
        ("2026-12-21T11:41", 90 - 50.85 - 23.44),
        ("2026-03-20T11:50", 90 - 50.85),
        ("2026-06-21T23:44", 50.85 + 23.44 - 90),
    ],
)
def test_the_sun_stands_where_geometry_puts_it(moment: str, elevation_deg: float) -> None:
    assert solar_elevation_deg(at(moment), 50.85, 4.35) == pytest.approx(elevation_deg, abs=0.35)


def test_a_clear_sky_gives_what_haurwitz_found() -> None:
    assert clear_sky_w_m2(90) == pytest.approx(1098 * math.exp(-0.057))
    assert clear_sky_w_m2(-1) == 0.0


def test_vapour_pressure_is_that_of_the_table() -> None:
    assert vapour_pressure_kpa(20.0) == pytest.approx(2.338, abs=0.001)  # FAO-56, annex 2, table 2.3
    assert vapour_pressure_kpa(1.0) == pytest.approx(0.657, abs=0.001)


def test_a_climate_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="wet_after_dry"):
        Climate(wet_after_dry=0.9, wet_after_wet=0.5)
