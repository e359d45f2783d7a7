"""Reference evapotranspiration of a day. Pure.

Source of all, where no other is named: Allen, Pereira, Raes, Smith, "Crop evapotranspiration", FAO Irrigation and
Drainage Paper 56 (1998), by its equation numbers. Temperatures in °C, pressures in kPa, radiation in MJ/m² per day,
heights in m.
"""

from math import acos, cos, exp, log, pi, radians, sin, sqrt, tan

import msgspec

SOLAR_CONSTANT = 0.0820  # MJ/m² per minute, eq. 21
STEFAN_BOLTZMANN = 4.903e-9  # MJ/K⁴/m² per day, eq. 39
LEAST_CLOUDLESS = 0.05  # no cloud holds back more: ASCE standardized equation (2005), eq. 18
ALBEDO = 0.23  # of the reference grass, eq. 38
KELVIN = 273.16  # as eq. 39 has it
USUAL_WIND_M_S = 2.0
"""Where wind is not measured: the mean of over 2,000 stations (chapter 3, "Missing wind speed data")."""


class Day(msgspec.Struct, frozen=True):
    """A day's weather. ``radiation``: global, MJ/m² per day; ``wind_m_s``: mean at 2 m."""

    t_min: float
    t_max: float
    humidity_min: float
    humidity_max: float
    radiation: float
    wind_m_s: float


class Station(msgspec.Struct, frozen=True):
    """Where a station stands: degrees north, metres above the sea."""

    latitude: float
    altitude_m: float


def saturation_vapour_pressure(temperature_c: float) -> float:
    """kPa, eq. 11."""
    return 0.6108 * exp(17.27 * temperature_c / (temperature_c + 237.3))


def mean_saturation_vapour_pressure(t_min: float, t_max: float) -> float:
    """kPa, eq. 12."""
    return (saturation_vapour_pressure(t_min) + saturation_vapour_pressure(t_max)) / 2


def actual_vapour_pressure(day: Day) -> float:
    """Vapour pressure in kPa from the extremes of humidity, eq. 17: the most humid hour is the coldest."""
    coldest = saturation_vapour_pressure(day.t_min) * day.humidity_max
    warmest = saturation_vapour_pressure(day.t_max) * day.humidity_min
    return (coldest + warmest) / 200


def extraterrestrial_radiation(latitude: float, day_of_year: int) -> float:
    """MJ/m² per day above the atmosphere, eq. 21 to 25; 0 in the polar night."""
    angle = 2 * pi * day_of_year / 365
    distance = 1 + 0.033 * cos(angle)
    declination = 0.409 * sin(angle - 1.39)
    phi = radians(latitude)
    sunset = acos(min(max(-tan(phi) * tan(declination), -1.0), 1.0))
    height = sunset * sin(phi) * sin(declination) + cos(phi) * cos(declination) * sin(sunset)
    return max(24 * 60 / pi * SOLAR_CONSTANT * distance * height, 0.0)


def clear_sky_radiation(extraterrestrial: float, altitude_m: float) -> float:
    """MJ/m² per day on a cloudless day, eq. 37."""
    return (0.75 + 2e-5 * altitude_m) * extraterrestrial


def net_longwave_radiation(day: Day, clear_sky: float) -> float:
    """MJ/m² per day that the ground loses, eq. 39."""
    mean = ((day.t_max + KELVIN) ** 4 + (day.t_min + KELVIN) ** 4) / 2
    clearness = min(day.radiation / clear_sky, 1.0) if clear_sky > 0 else 0.0
    damp = 0.34 - 0.14 * sqrt(actual_vapour_pressure(day))
    cloudless = max(1.35 * clearness - 0.35, LEAST_CLOUDLESS)
    return STEFAN_BOLTZMANN * mean * damp * cloudless


def net_radiation(day: Day, station: Station, day_of_year: int) -> float:
    """MJ/m² per day, eq. 38 and 40."""
    clear_sky = clear_sky_radiation(extraterrestrial_radiation(station.latitude, day_of_year), station.altitude_m)
    return (1 - ALBEDO) * day.radiation - net_longwave_radiation(day, clear_sky)


def wind_at_2_m(wind_m_s: float, height_m: float) -> float:
    """m/s at 2 m from a measurement at ``height_m`` above short grass, eq. 47."""
    return wind_m_s * 4.87 / log(67.8 * height_m - 5.42)


def penman_monteith(day: Day, station: Station, day_of_year: int) -> float:
    """ET0 in mm per day, eq. 6 with 7, 8 and 13; never below 0."""
    mean = (day.t_min + day.t_max) / 2
    slope = 4098 * saturation_vapour_pressure(mean) / (mean + 237.3) ** 2
    pressure: float = 101.3 * ((293 - 0.0065 * station.altitude_m) / 293) ** 5.26
    gamma = 0.665e-3 * pressure
    deficit = mean_saturation_vapour_pressure(day.t_min, day.t_max) - actual_vapour_pressure(day)
    radiation = 0.408 * slope * net_radiation(day, station, day_of_year)
    wind: float = gamma * 900 / (mean + 273) * day.wind_m_s * deficit
    return max((radiation + wind) / (slope + gamma * (1 + 0.34 * day.wind_m_s)), 0.0)


def hargreaves(t_min: float, t_max: float, latitude: float, day_of_year: int) -> float:
    """ET0 in mm per day from temperature alone, eq. 52; 0.408 turns MJ/m² into mm."""
    extraterrestrial = 0.408 * extraterrestrial_radiation(latitude, day_of_year)
    return max(0.0023 * ((t_min + t_max) / 2 + 17.8) * sqrt(max(t_max - t_min, 0.0)) * extraterrestrial, 0.0)
