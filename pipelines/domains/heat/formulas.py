"""Formulas of heat stress. All temperatures in °C unless their name says otherwise."""

from math import exp


def wbgt_indoors(wet_bulb_c: float, globe_c: float) -> float:
    """Wet bulb globe temperature without sun. Source: ISO 7243:2017, natural wet bulb and black globe."""
    return 0.7 * wet_bulb_c + 0.3 * globe_c


def wbgt_outdoors(wet_bulb_c: float, globe_c: float, air_c: float) -> float:
    """Wet bulb globe temperature in the sun. Source: ISO 7243:2017."""
    return 0.7 * wet_bulb_c + 0.2 * globe_c + 0.1 * air_c


def vapour_pressure_kpa(air_c: float, humidity_percent: float) -> float:
    """Pressure of water vapour. Source: FAO-56, equations 11 and 19 (Tetens)."""
    return humidity_percent / 100.0 * 0.6108 * exp(17.27 * air_c / (air_c + 237.3))


def wbgt_simple(air_c: float, vapour_kpa: float) -> float:
    """A rough WBGT without globe, for moderate sun and light wind; overestimates clouds and nights.

    Source: Australian Bureau of Meteorology, simplified WBGT after the American College of Sports Medicine (1984).
    """
    return 0.567 * air_c + 3.93 * vapour_kpa + 3.94


def humidex(air_c: float, vapour_kpa: float) -> float:
    """Humidex. Source: Masterton and Richardson, Environment Canada (1979): T + 5/9 (e - 10), e in hPa."""
    return air_c + 5.0 / 9.0 * (10.0 * vapour_kpa - 10.0)


def radiant_temperature_c(globe_c: float, air_c: float, wind_m_s: float) -> float:
    """Mean radiant temperature of a standard globe of 150 mm, emissivity 0.95, forced convection.

    Source: ISO 7726:1998, annex B. ``wind_m_s`` at the globe.
    """
    fourth = (globe_c + 273.0) ** 4 + 1.1e8 * wind_m_s**0.6 / (0.95 * 0.15**0.4) * (globe_c - air_c)
    return float(max(fourth, 0.0) ** 0.25 - 273.0)
