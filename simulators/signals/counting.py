"""How many pass a cross-section: bicycles, people or motor vehicles, by direction.

Model: the expected number of a quarter hour is the place's daily mean times factors of season, weekday, hour, weather,
growth, the day's own whim and events; the count is Poisson around it, so that days are overdispersed, as counts are.
- Hours: a commuter's profile with two peaks and a leisure profile with one hump; weekends are mostly leisure.
- Weather is log-linear in temperature, its square, rain and wind (the form that weather normalisation of cycle counts
  uses; the coefficients are assumptions of its usual size).
- Commuters go forward in the morning and backward in the evening by ``forward_share_morning`` and its complement.
- Growth is exponential from 1 January 2026. Events are whole local days with ``event_factor``.

Laws: quarters begin on UTC quarter hours; the two directions of a cross-section share its days, never their draws.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulators.signals import Weather
from simulators.signals.draws import Noise, gamma
from simulators.signals.local_hours import DAY_NS, LocalHours

Shares = tuple[float, ...]

COMMUTER: Shares = (
    *(0.3, 0.2, 0.1, 0.1, 0.3, 1.0, 3.5, 10.5, 13.0, 5.5, 3.0, 3.0),
    *(4.0, 3.8, 3.8, 5.5, 9.5, 12.0, 8.5, 5.0, 3.0, 2.0, 1.5, 0.9),
)
LEISURE: Shares = (
    *(0.6, 0.4, 0.3, 0.2, 0.2, 0.4, 0.8, 1.8, 3.5, 5.5, 7.5, 8.5),
    *(8.0, 9.0, 10.0, 10.0, 9.0, 7.5, 5.5, 4.0, 3.0, 2.2, 1.5, 0.9),
)
GROWTH_FROM_DAY = 20_454
"""1 January 2026, in days since 1970."""
NOON = 12
SUMMER_PEAK_DAY = 172
SATURDAY = 5


@dataclass(frozen=True)
class Counters:
    """Counters of one kind of traffic. Shares of hours need not sum to anything; they are scaled.

    ``mean_daily``: both directions, over a year of average weather. ``place_sigma``: how places differ (lognormal).
    ``temperature_effect``, ``temperature_square_effect``: per K from 12 °C in the logarithm; ``rain_effect`` per mm/h,
    ``wind_effect`` per m/s above 4. ``day_dispersion``: coefficient of variation of a day's whim.
    ``counts``: each device counts ``all``, or devices alternate between ``forward`` and ``backward`` of a section.
    ``register``: a device sends the count of the ``interval`` or a ``cumulative`` number that begins again after
    ``register_max``, and ``resets_per_year`` times out of turn.
    """

    mean_daily: float = 1800.0
    place_sigma: float = 0.4
    weekday_factors: Shares = (1.08, 1.14, 1.12, 1.12, 1.06, 0.78, 0.70)
    summer_swing: float = 0.18
    weekday_commuters: float = 0.75
    weekend_commuters: float = 0.15
    commuter_hours: Shares = COMMUTER
    leisure_hours: Shares = LEISURE
    forward_share_morning: float = 0.66
    temperature_effect: float = 0.025
    temperature_square_effect: float = -0.0012
    rain_effect: float = -0.22
    wind_effect: float = -0.03
    day_dispersion: float = 0.10
    growth_per_year: float = 0.05
    events_per_year: float = 5.0
    event_factor: float = 1.7
    counts: Literal["all", "directions"] = "all"
    register: Literal["interval", "cumulative"] = "interval"
    register_max: int = 999_999
    resets_per_year: float = 0.0
    report_min: int = 15

    def __post_init__(self) -> None:
        if len(self.commuter_hours) != 24 or len(self.leisure_hours) != 24 or len(self.weekday_factors) != 7:  # noqa: PLR2004  hours, days
            raise ValueError("commuter_hours, leisure_hours: 24 numbers; weekday_factors: 7, Monday first")
        if min(sum(self.commuter_hours), sum(self.leisure_hours), sum(self.weekday_factors)) <= 0:
            raise ValueError("commuter_hours, leisure_hours, weekday_factors: each with something above 0")
        if self.report_min not in (5, 15, 60):
            raise ValueError(f"report_min: {self.report_min} is not 5, 15 or 60: an hour must be whole reports")


@dataclass(frozen=True)
class BicycleCounters(Counters):
    """Cycle counters: loops or tubes in a cycle track."""


@dataclass(frozen=True)
class PeopleCounters(Counters):
    """People counters of a shopping street: later hours, Saturdays, less weather."""

    mean_daily: float = 4200.0
    weekday_factors: Shares = (0.85, 0.88, 0.95, 0.95, 1.10, 1.45, 0.82)
    weekday_commuters: float = 0.30
    weekend_commuters: float = 0.0
    temperature_effect: float = 0.012
    rain_effect: float = -0.12
    wind_effect: float = -0.01
    growth_per_year: float = 0.0


@dataclass(frozen=True)
class VehicleCounters(Counters):
    """Motor vehicles at an entry or on a lane: hardly any weather."""

    mean_daily: float = 5200.0
    weekday_factors: Shares = (1.05, 1.08, 1.09, 1.09, 1.11, 0.86, 0.72)
    summer_swing: float = -0.03
    temperature_effect: float = 0.0
    temperature_square_effect: float = 0.0
    rain_effect: float = 0.01
    wind_effect: float = 0.0
    day_dispersion: float = 0.05
    growth_per_year: float = 0.01
    register: Literal["interval", "cumulative"] = "cumulative"
    register_max: int = 65_535


class Section:
    """One cross-section of a road; what is expected there at any moment, per hour and direction."""

    def __init__(self, parameters: Counters, rng: random.Random, weather: Weather, clock: LocalHours) -> None:
        self._parameters = parameters
        self._weather = weather
        self._clock = clock
        self._days = Noise(f"{rng.random()}")
        self._day_factors: dict[int, float] = {}
        place = math.exp(rng.gauss(0, parameters.place_sigma) - parameters.place_sigma**2 / 2)
        mean_daily = parameters.mean_daily * place / (sum(parameters.weekday_factors) / 7)
        self._hours = [self._weekly(day, mean_daily) for day in range(7)]

    def expected_per_hour(self, at_ns: int) -> tuple[float, float]:
        """Passages per hour at this moment, forward and backward."""
        day, weekday, hour = self._clock.at(at_ns)
        forward, backward = self._hours[weekday][int(hour)]
        factor = self._day_factor(day) * self._weather_factor(at_ns)
        return forward * factor, backward * factor

    def _weekly(self, weekday: int, mean_daily: float) -> list[tuple[float, float]]:
        """Passages of each hour of that weekday, by direction, with all other factors at 1."""
        parameters = self._parameters
        commuters = parameters.weekend_commuters if weekday >= SATURDAY else parameters.weekday_commuters
        daily = mean_daily * parameters.weekday_factors[weekday]
        commuting, leisure = _scaled(parameters.commuter_hours), _scaled(parameters.leisure_hours)
        hours = []
        for hour in range(24):
            to_work = commuters * daily * commuting[hour]
            for_fun = (1 - commuters) * daily * leisure[hour]
            ahead = parameters.forward_share_morning if hour < NOON else 1 - parameters.forward_share_morning
            hours.append((ahead * to_work + for_fun / 2, (1 - ahead) * to_work + for_fun / 2))
        return hours

    def _day_factor(self, day: int) -> float:
        found = self._day_factors.get(day)
        if found is None:
            parameters = self._parameters
            days = day - GROWTH_FROM_DAY
            season = 1 + parameters.summer_swing * math.cos(math.tau * (days % 365.2425 - SUMMER_PEAK_DAY) / 365.2425)
            growth = math.exp(math.log1p(parameters.growth_per_year) * days / 365.2425)
            rng = self._days.generator(day)
            whim = gamma(rng, 1.0, parameters.day_dispersion**-2) if parameters.day_dispersion else 1.0
            event = parameters.event_factor if rng.random() < parameters.events_per_year / 365.2425 else 1.0
            found = self._day_factors[day] = season * growth * whim * event
        return found

    def _weather_factor(self, at_ns: int) -> float:
        parameters = self._parameters
        now = self._weather.at(at_ns)
        warmer = now.temperature_c - 12
        return math.exp(
            parameters.temperature_effect * warmer
            + parameters.temperature_square_effect * warmer * warmer
            + parameters.rain_effect * min(now.rain_mm_h, 6.0)
            + parameters.wind_effect * max(0.0, now.wind_m_s - 4)
        )


class Register:
    """A counting register: it begins again at 0 after its last number, and when somebody resets it."""

    def __init__(self, parameters: Counters, rng: random.Random) -> None:
        self._numbers = parameters.register_max + 1
        self._resets_per_ns = parameters.resets_per_year / (365.2425 * DAY_NS)
        self._rng = rng
        self.number = rng.randrange(self._numbers)

    def add(self, count: int, over_ns: int) -> bool:
        """Count on; returns whether it was reset during the interval, which loses what it had."""
        self.number = (self.number + count) % self._numbers
        if self._resets_per_ns and self._rng.random() < self._resets_per_ns * over_ns:
            self.number = 0
            return True
        return False


def _scaled(shares: Sequence[float]) -> list[float]:
    total = sum(shares)
    return [share / total for share in shares]
