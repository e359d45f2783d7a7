import random
from datetime import date, timedelta
from math import exp, log1p

import pytest

from pipelines.domains.cycling.normalise import DayCount, DayWeather, fit_weather, least_squares

MILD = DayWeather(18.0, 0.0, 2.0)


def year(*, noise: float = 0.0, seed: int = 7) -> list[DayCount]:
    generator = random.Random(seed)
    days = []
    for place in range(365):
        day = date(2027, 1, 1) + timedelta(days=place)
        weather = DayWeather(generator.uniform(-5, 32), max(0.0, generator.gauss(0, 4)), generator.uniform(0, 9))
        holiday = place % 60 == 5
        effect = 0.06 * weather.temperature_c - 0.001 * weather.temperature_c**2
        effect += -0.15 * log1p(weather.rain_mm) - 0.03 * weather.wind_m_s
        effect += -0.5 * (day.weekday() > 4) - 0.6 * holiday + generator.gauss(0, noise)
        days.append(DayCount(day, 500 * exp(effect), weather, holiday))
    return days


def test_the_model_finds_what_the_weather_did() -> None:
    model = fit_weather(year())
    found = (model.temperature, model.temperature_squared, model.rain, model.wind)
    assert found == pytest.approx((0.06, -0.001, -0.15, -0.03), rel=1e-6)
    assert model.r_squared == pytest.approx(1.0)
    assert model.days == 365


def test_noise_is_measured_and_does_not_bend_it_much() -> None:
    model = fit_weather(year(noise=0.1))
    assert model.rain == pytest.approx(-0.15, abs=0.03)
    assert model.residual == pytest.approx(0.1, abs=0.02)


def test_normalised_days_of_one_weekday_are_alike() -> None:
    days = year()
    model = fit_weather(days)
    mondays = [each for each in days if each.day.weekday() == 0 and not each.holiday]
    numbers = [model.normalised(each.number, each.weather, MILD) for each in mondays]
    assert max(numbers) / min(numbers) == pytest.approx(1.0, abs=1e-6)
    assert model.normalised(100.0, MILD, MILD) == pytest.approx(100.0)


def test_too_few_days_are_refused() -> None:
    with pytest.raises(ValueError, match="needs 60 days"):
        fit_weather(year()[:59])


def test_weather_that_never_varied_is_refused() -> None:
    days = [DayCount(each.day, each.number, DayWeather(10.0, 0.0, each.weather.wind_m_s)) for each in year()]
    with pytest.raises(ValueError, match="varies"):
        fit_weather(days)


def test_days_without_a_pass_are_left_out_and_a_holiday_that_never_came_has_no_effect() -> None:
    days = [DayCount(each.day, 0.0 if place % 50 == 0 else each.number, each.weather)
            for place, each in enumerate(year()) if not each.holiday]  # fmt: skip
    assert fit_weather(days).rain == pytest.approx(-0.15, rel=1e-6)


def test_least_squares_of_a_line_by_hand() -> None:
    """y = 1 + 2x, and a column that is twice another says nothing new."""
    coefficients, r_squared, residual = least_squares([[0.0, 1.0, 2.0], [0.0, 2.0, 4.0]], [1.0, 3.0, 5.0])
    assert coefficients == [pytest.approx(2.0), None]
    assert [r_squared, residual] == pytest.approx([1.0, 0.0])
    assert least_squares([[1.0, 1.0]], [2.0, 2.0])[0] == [None]
