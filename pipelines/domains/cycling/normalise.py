"""Weather normalisation of daily counts: how many would have passed in reference weather. For reports, not a machine.

    log(count) = b0 + b1 T + b2 T² + b3 log(1 + rain) + b4 wind + weekday + holiday + error
    normalised = observed * f(reference weather) / f(actual weather)

Weekday and holiday stay as they were: only weather is taken out. The model is a log-linear regression of daily counts
on weather, as usual in the literature on cycling and weather. Limits: at least 60 days with count and weather; days on
which nobody passed have no logarithm and are left out; what changes with the season for other reasons (school) ends up
in the temperature.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from math import exp, log, log1p, sqrt

import msgspec

LEAST_DAYS = 60
_TINY_PIVOT = 1e-9
"""A standardised column that earlier columns explain to this share carries nothing of its own."""


class DayWeather(msgspec.Struct, frozen=True):
    """A day's mean temperature, sum of rain and mean wind speed."""

    temperature_c: float
    rain_mm: float
    wind_m_s: float


class DayCount(msgspec.Struct, frozen=True):
    """A local day's count with its weather."""

    day: date
    number: float
    weather: DayWeather
    holiday: bool = False


class WeatherModel(msgspec.Struct, frozen=True):
    """Fitted coefficients of temperature (°C), its square, log(1 + mm of rain) and wind (m/s); how well they fit.

    ``r_squared`` is of the logarithms, with weekdays and holidays; ``residual`` their standard error.
    """

    temperature: float
    temperature_squared: float
    rain: float
    wind: float
    days: int
    r_squared: float
    residual: float

    def effect(self, weather: DayWeather) -> float:
        """What the weather does to the count: f, up to a factor that cancels out."""
        return exp(sum(b * x for b, x in zip(self._coefficients(), _weather_terms(weather), strict=True)))

    def normalised(self, observed: float, actual: DayWeather, reference: DayWeather) -> float:
        """What would have passed in reference weather."""
        return observed * self.effect(reference) / self.effect(actual)

    def _coefficients(self) -> tuple[float, float, float, float]:
        return self.temperature, self.temperature_squared, self.rain, self.wind


def fit_weather(days: Iterable[DayCount]) -> WeatherModel:
    """Fit the model by least squares. Raises ValueError when there are too few days or the weather never varied."""
    usable = [each for each in days if each.number > 0.0]
    if len(usable) < LEAST_DAYS:
        raise ValueError(
            f"weather normalisation needs {LEAST_DAYS} days with counts and weather, there are {len(usable)}"
        )
    columns = list(zip(*(_terms(each) for each in usable), strict=True))
    logs = [log(each.number) for each in usable]
    coefficients, r_squared, residual = least_squares(columns, logs)
    if any(each is None for each in coefficients[:4]):
        raise ValueError("weather normalisation needs weather that varies; one of its quantities never did")
    temperature, squared, rain, wind = (each or 0.0 for each in coefficients[:4])
    return WeatherModel(temperature, squared, rain, wind, len(usable), r_squared, residual)


def _weather_terms(weather: DayWeather) -> tuple[float, float, float, float]:
    return weather.temperature_c, weather.temperature_c**2, log1p(max(0.0, weather.rain_mm)), weather.wind_m_s


def _terms(each: DayCount) -> tuple[float, ...]:
    weekday = each.day.weekday()
    dummies = [float(weekday == other) for other in range(1, 7)]
    return (*_weather_terms(each.weather), *dummies, float(each.holiday))


def least_squares(
    columns: Sequence[Sequence[float]], wanted: Sequence[float]
) -> tuple[list[float | None], float, float]:
    """Coefficients of columns that explain ``wanted`` best, beside a constant; then R² and the residual's error.

    Columns are standardised and made orthogonal one after the other (modified Gram-Schmidt), which loses no digits
    where T and T² nearly say the same. None for a column that says nothing new: a holiday that never came.
    """
    number = len(wanted)
    mean = sum(wanted) / number
    rest = [value - mean for value in wanted]
    total = sum(value * value for value in rest)
    basis: list[tuple[int, list[float], float, dict[int, float]]] = []
    for place, column in enumerate(columns):
        centre = sum(column) / number
        vector = [value - centre for value in column]
        spread = sqrt(sum(value * value for value in vector))
        made_of: dict[int, float] = {}
        for other, unit, _, _ in basis:
            made_of[other] = _project(vector, unit)
        length = sqrt(sum(value * value for value in vector))
        if spread == 0.0 or length <= _TINY_PIVOT * spread:
            continue
        unit = [value / length for value in vector]
        made_of[place] = length
        basis.append((place, unit, _project(rest, unit), made_of))
    coefficients: list[float | None] = [None] * len(columns)
    for at in range(len(basis) - 1, -1, -1):
        place, _, share, made_of = basis[at]
        later = sum(up[3][place] * (coefficients[up[0]] or 0.0) for up in basis[at + 1 :])
        coefficients[place] = (share - later) / made_of[place]
    left = sum(value * value for value in rest)
    freedom = max(1, number - 1 - len(basis))
    return coefficients, 1.0 - left / total if total > 0.0 else 0.0, sqrt(left / freedom)


def _project(vector: list[float], unit: list[float]) -> float:
    """Take what lies along ``unit`` out of the vector, and return how much it was."""
    share = sum(a * b for a, b in zip(vector, unit, strict=True))
    for place, value in enumerate(unit):
        vector[place] -= share * value
    return share
