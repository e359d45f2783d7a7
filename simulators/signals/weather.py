"""The one weather that all signals of a city share: the same for every caller, in any order of asking.

Model
- Temperature: a yearly and a daily cosine, and the anomaly of days as an AR(1) process (Richardson, Water Resour. Res.
  17 (1981) 182-190, the stochastic weather generator). A clear sky widens the daily swing.
- Rain: hours are wet or dry by a two-state Markov chain, depth of a wet hour is gamma distributed (Richardson 1981,
  there for days). The chain has no beginning: an hour looks back only until a draw decides whatever went before.
- Wind: Weibull distributed (the usual law of wind speed), correlated over hours, stronger in winter.
- Sun: elevation from declination and equation of time (Spencer 1971, as Fourier series), clear sky by Haurwitz
  (J. Meteor. 2 (1945) 154), clouds by Kasten and Czeplak (Solar Energy 24 (1980) 177): G = G0 (1 - 0.75 N^3.4).
- Humidity: dew point below the day's temperature by a depression that clouds make small; vapour pressure by FAO-56
  equation 11. Pressure: an AR(1) process.
Figures of `Climate` are those of a mild maritime city (Uccle, normals 1991-2020, rounded).

Laws: conditions hold for five minutes, rain for a whole UTC hour; so sums over both are exact.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from simulators.signals import Conditions, Weather
from simulators.signals.draws import Noise, Wander, gamma, normal_share
from simulators.signals.local_hours import DAY_NS, HOUR_NS, MINUTE_NS

SLOT_NS = 5 * MINUTE_NS
MOST_KEPT = 8192
YEAR_DAYS = 365.2425
LOWEST_SUN = 0.001
"""Sine of the elevation below which the sun gives nothing."""


@dataclass(frozen=True)
class Climate:
    """The city's climate; temperatures in °C, speeds in m/s.

    ``warmest_day``: day of the year (200 is 19 July; in the south 20). ``anomaly_*``: of a day against the season.
    ``wet_after_dry``, ``wet_after_wet``: chance of an hour being wet. ``summer_rain``: how much heavier a wet
    hour is in midsummer than on average (0.4: by 40 %); ``winter_wind`` likewise. ``dew_depression_c``: of a clear day.
    """

    latitude_deg: float = 50.85
    longitude_deg: float = 4.35
    mean_temperature_c: float = 10.8
    yearly_swing_c: float = 7.5
    warmest_day: float = 200.0
    daily_swing_c: float = 4.0
    anomaly_sigma_c: float = 3.2
    anomaly_persistence: float = 0.75
    wet_after_dry: float = 0.04
    wet_after_wet: float = 0.70
    wet_hour_mm: float = 0.8
    wet_hour_shape: float = 0.6
    summer_rain: float = 0.4
    wind_scale_m_s: float = 4.0
    wind_shape: float = 2.0
    winter_wind: float = 0.2
    prevailing_wind_deg: float = 230.0
    cloudiness: float = 0.65
    dew_depression_c: float = 8.0
    mean_pressure_hpa: float = 1015.0
    pressure_sigma_hpa: float = 9.0

    def __post_init__(self) -> None:
        if not 0 < self.wet_after_dry <= self.wet_after_wet < 1:
            raise ValueError("wet_after_dry and wet_after_wet: chances with 0 < wet_after_dry <= wet_after_wet < 1")


class CityWeather:
    """Weather of one city from one seed."""

    def __init__(self, climate: Climate, seed: int | str) -> None:
        self.climate = climate
        self._anomaly = Wander(f"{seed}/anomaly", DAY_NS, climate.anomaly_persistence)
        self._cloud = Wander(f"{seed}/cloud", 3 * HOUR_NS, 0.8)
        self._wind = Wander(f"{seed}/wind", 3 * HOUR_NS, 0.85)
        self._direction = Wander(f"{seed}/direction", 6 * HOUR_NS, 0.85)
        self._pressure = Wander(f"{seed}/pressure", 12 * HOUR_NS, 0.85)
        self._wet = Noise(f"{seed}/wet")
        self._depth = Noise(f"{seed}/depth")
        self._rain: dict[int, float] = {}
        self._kept: dict[int, Conditions] = {}
        # Quantile of the cloud process whose mean share of sky is the climate's cloudiness.
        self._cloud_shift = _normal_quantile(climate.cloudiness) * math.sqrt(1 + 1.5**2)

    def at(self, at_ns: int) -> Conditions:
        """Conditions of the five minutes that hold this moment."""
        slot = at_ns // SLOT_NS
        found = self._kept.get(slot)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept[slot] = self._conditions(slot * SLOT_NS + SLOT_NS // 2)
        return found

    def _conditions(self, at_ns: int) -> Conditions:
        climate = self.climate
        summer = math.cos(math.tau * (_day_of_year(at_ns) - climate.warmest_day) / YEAR_DAYS)
        rain_mm_h = self._rain_mm_h(at_ns // HOUR_NS, summer)
        cloud = normal_share(1.5 * self._cloud.at(at_ns) + self._cloud_shift)
        if rain_mm_h > 0:
            cloud = max(cloud, 0.85)
        day_c = climate.mean_temperature_c + climate.yearly_swing_c * summer
        day_c += climate.anomaly_sigma_c * self._anomaly.at(at_ns)
        swing_c = climate.daily_swing_c * (1 + 0.4 * summer) * (1.5 - 0.8 * cloud)
        solar_hour = (at_ns / HOUR_NS + climate.longitude_deg / 15) % 24
        temperature_c = day_c + swing_c * math.cos(math.tau * (solar_hour - 15) / 24)
        depression_c = climate.dew_depression_c * (0.75 + 0.25 * summer) * (1.1 - 0.8 * cloud)
        dew_c = day_c - (0.5 if rain_mm_h > 0 else depression_c)
        humidity = 100 * min(1.0, vapour_pressure_kpa(dew_c) / vapour_pressure_kpa(temperature_c))
        calm = 1 - normal_share(self._wind.at(at_ns))
        scale = climate.wind_scale_m_s * (1 - climate.winter_wind * summer)
        clear_w_m2 = clear_sky_w_m2(solar_elevation_deg(at_ns, climate.latitude_deg, climate.longitude_deg))
        return Conditions(
            temperature_c=temperature_c,
            humidity_percent=humidity,
            wind_m_s=scale * (-math.log(max(calm, 1e-12))) ** (1 / climate.wind_shape),
            rain_mm_h=rain_mm_h,
            solar_w_m2=clear_w_m2 * (1 - 0.75 * cloud**3.4),
            pressure_hpa=climate.mean_pressure_hpa + climate.pressure_sigma_hpa * self._pressure.at(at_ns),
            wind_direction_deg=(climate.prevailing_wind_deg + 70 * self._direction.at(at_ns)) % 360,
            cloud_share=cloud,
        )

    def _rain_mm_h(self, hour: int, summer: float) -> float:
        found = self._rain.get(hour)
        if found is None:
            if len(self._rain) >= MOST_KEPT:
                self._rain.clear()
            climate = self.climate
            found = 0.0
            if self._is_wet(hour):
                mean_mm = climate.wet_hour_mm * (1 + climate.summer_rain * summer)
                found = gamma(self._depth.generator(hour), mean_mm, climate.wet_hour_shape)
            self._rain[hour] = found
        return found

    def _is_wet(self, hour: int) -> bool:
        """Coupling from the past: a draw below both chances is wet, above both dry; else it is as the hour before."""
        while True:
            draw = self._wet.uniform(hour)
            if draw < self.climate.wet_after_dry:
                return True
            if draw >= self.climate.wet_after_wet:
                return False
            hour -= 1


def rain_mm(weather: Weather, from_ns: int, to_ns: int) -> float:
    """Depth of rain between two moments; exact, because rain holds for a whole UTC hour."""
    depth_mm = 0.0
    while from_ns < to_ns:
        until_ns = min(to_ns, (from_ns // HOUR_NS + 1) * HOUR_NS)
        depth_mm += weather.at(from_ns).rain_mm_h * ((until_ns - from_ns) / HOUR_NS)
        from_ns = until_ns
    return depth_mm


def vapour_pressure_kpa(temperature_c: float) -> float:
    """Saturation vapour pressure over water. Source: FAO-56, equation 11."""
    return 0.6108 * math.exp(17.27 * temperature_c / (temperature_c + 237.3))


def solar_elevation_deg(at_ns: int, latitude_deg: float, longitude_deg: float) -> float:
    """Height of the sun above the horizon. Source: Spencer, Search 2 (1971) 172; daily terms, so to 0.3 degrees."""
    sine_declination, cosine_declination, late_h = _sun_of_day(at_ns // DAY_NS)
    hours = at_ns % DAY_NS / HOUR_NS + longitude_deg / 15 + late_h
    latitude = math.radians(latitude_deg)
    sine = math.sin(latitude) * sine_declination
    sine += math.cos(latitude) * cosine_declination * math.cos(math.pi * (hours - 12) / 12)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


@lru_cache(maxsize=1024)
def _sun_of_day(day: int) -> tuple[float, float, float]:
    """Sine and cosine of the declination, and the equation of time in hours; ``day`` since 1970, at noon."""
    angle = math.tau * (_day_of_year(day * DAY_NS + DAY_NS // 2) - 1) / 365
    declination = (
        0.006918
        - 0.399912 * math.cos(angle)
        + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle)
        + 0.000907 * math.sin(2 * angle)
        - 0.002697 * math.cos(3 * angle)
        + 0.00148 * math.sin(3 * angle)
    )
    late = 0.000075 + 0.001868 * math.cos(angle) - 0.032077 * math.sin(angle)
    late -= 0.014615 * math.cos(2 * angle) + 0.040849 * math.sin(2 * angle)
    return math.sin(declination), math.cos(declination), late * 12 / math.pi


def clear_sky_w_m2(elevation_deg: float) -> float:
    """Global radiation under a clear sky. Source: Haurwitz 1945: 1098 cos z exp(-0.057 / cos z)."""
    cosine = math.sin(math.radians(elevation_deg))
    return 1098 * cosine * math.exp(-0.057 / cosine) if cosine > LOWEST_SUN else 0.0


def _day_of_year(at_ns: int) -> float:
    """1.0 at midnight of 1 January, counted in mean years: to a day, which is enough for the sun and the seasons."""
    return 1 + (at_ns / DAY_NS) % YEAR_DAYS


def _normal_quantile(share: float) -> float:
    """Deviation below which ``share`` of a standard normal population lies; by bisection."""
    low, high = -8.0, 8.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if normal_share(middle) < share else (low, middle)
    return (low + high) / 2
