"""Evapotranspiration: the example that FAO-56 works out for Uccle, and what must hold anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domains.weather import formulas as f

# FAO-56, Example 18: Uccle (Brussels), 50°48' N, 100 m, 6 July; 9.25 h of sunshine give 22.07 MJ/m²; 10 km/h at 10 m.
UCCLE = f.Station(50.8, 100.0)
JULY_6 = 187
DAY = f.Day(12.3, 21.5, 63.0, 84.0, 22.07, f.wind_at_2_m(10 / 3.6, 10.0))


def test_fao_56_example_18_uccle() -> None:
    above = f.extraterrestrial_radiation(UCCLE.latitude, JULY_6)
    clear = f.clear_sky_radiation(above, UCCLE.altitude_m)
    assert above == pytest.approx(41.09, abs=0.005)
    assert clear == pytest.approx(30.90, abs=0.005)
    assert f.net_longwave_radiation(DAY, clear) == pytest.approx(3.71, abs=0.005)
    assert f.net_radiation(DAY, UCCLE, JULY_6) == pytest.approx(13.28, abs=0.005)
    assert f.actual_vapour_pressure(DAY) == pytest.approx(1.409, abs=0.0005)
    assert f.mean_saturation_vapour_pressure(DAY.t_min, DAY.t_max) == pytest.approx(1.997, abs=0.0005)
    assert f.penman_monteith(DAY, UCCLE, JULY_6) == pytest.approx(3.880, abs=0.0005)


def test_fao_56_example_14_wind_at_another_height() -> None:
    assert f.wind_at_2_m(3.2, 10.0) == pytest.approx(2.4, abs=0.05)
    assert f.wind_at_2_m(3.2, 2.0) == pytest.approx(3.2, abs=0.005)


def test_fao_56_example_8_radiation_above_the_atmosphere() -> None:
    """3 September, 20° S: 32.2 MJ/m² per day."""
    assert f.extraterrestrial_radiation(-20.0, 246) == pytest.approx(32.2, abs=0.05)


def test_fao_56_example_20_hargreaves_beside_missing_data() -> None:
    """Lyon, July: 14.8 to 26.6 °C at 45.72° N, Ra 40.6 MJ/m²; eq. 52 gives 5.0 mm per day, Penman-Monteith 4.6."""
    assert f.hargreaves(14.8, 26.6, 45.72, 196) == pytest.approx(5.0, abs=0.05)


@given(
    st.tuples(st.floats(-30, 40), st.floats(0, 25), st.floats(1, 100), st.floats(0, 400), st.floats(0, 20)),
    st.floats(-90, 90),
    st.integers(1, 366),
)
def test_any_weather_gives_a_number_that_a_day_can_evaporate(
    weather: tuple[float, float, float, float, float], latitude: float, day_of_year: int
) -> None:
    t_min, span, humidity, watts, wind = weather
    day = f.Day(t_min, t_min + span, humidity / 2, humidity, watts * 0.0864, wind)
    assert 0 <= f.penman_monteith(day, f.Station(latitude, 0.0), day_of_year) < 60
    assert 0 <= f.hargreaves(t_min, t_min + span, latitude, day_of_year) < 30


def test_refet_fallon_2015_07_01_by_another_standard_is_within_a_hundredth() -> None:
    """The check of the RefET package, by the ASCE equation with its own clear sky: 7.942232 mm in Fallon, Nevada.

    66.65 to 102.80 °F, vapour 1.20 kPa, 674.07 langleys, 4.80 mph at 3 m, 1208.5 m high.
    """
    t_min, t_max = (66.65 - 32) / 1.8, (102.80 - 32) / 1.8
    humidity = 100 * 1.20 / f.mean_saturation_vapour_pressure(t_min, t_max)
    day = f.Day(t_min, t_max, humidity, humidity, 674.07 * 0.041868, f.wind_at_2_m(4.80 * 0.44704, 3.0))
    assert f.actual_vapour_pressure(day) == pytest.approx(1.20)
    assert f.penman_monteith(day, f.Station(39.4575, 1208.5), 182) == pytest.approx(7.942232, rel=0.01)
