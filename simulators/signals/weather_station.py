"""A weather station in the shared weather. Truth: the conditions at each report and ``rain_mm`` since the last one.

Gusts are 1.5 times the mean wind, give or take (a usual gust factor over towns); the sensor's errors are those of its
class: 0.2 °C, 2 %, 0.3 m/s, 5 % of radiation, 5 % of rain.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Conditions, Report, Signal, Site, Truth, Weather
from simulators.signals.battery import ALKALINE, Battery
from simulators.signals.local_hours import MINUTE_NS
from simulators.signals.weather import rain_mm, vapour_pressure_kpa

Readings = dict[str, float | int | bool | str]
GUST_FACTOR = 1.5
TIP_MM = 0.1
"""A gauge counts in drops or tips of this size; the rest waits for the next report."""


@dataclass(frozen=True)
class WeatherStations:
    """Weather stations. ``error``: how far from the truth a station is, in units of its class."""

    report_min: float = 10.0
    error: float = 1.0

    def __post_init__(self) -> None:
        if self.report_min <= 0:
            raise ValueError("report_min: above 0")


class WeatherStation:
    """One station."""

    def __init__(
        self, device: SimulatedDevice, stations: WeatherStations, weather: Weather, rng: random.Random
    ) -> None:
        self.device = device
        self._stations = stations
        self._weather = weather
        self._rng = rng
        self._battery = Battery(rng)
        self._warm_c, self._moist_percent = rng.gauss(0, 0.2), rng.gauss(0, 2)
        self._catch = 1 + rng.gauss(0, 0.05) * stations.error
        self._last_ns = 0
        self._in_gauge_mm = 0.0

    def begin(self, at_ns: int) -> int:
        """Each at a phase of its own."""
        self._last_ns = at_ns
        return at_ns + int(self._rng.uniform(0, self._stations.report_min) * MINUTE_NS)

    def report(self, at_ns: int) -> tuple[Report, int]:
        """Now, and the rain since the last time."""
        now = self._weather.at(at_ns)
        fell_mm = rain_mm(self._weather, self._last_ns, at_ns)
        feature, since_ns, self._last_ns = self.device.feature, self._last_ns, at_ns
        truth = (
            Truth(at_ns, feature, "temperature_c", now.temperature_c),
            Truth(at_ns, feature, "humidity_percent", now.humidity_percent),
            Truth(at_ns, feature, "pressure_hpa", now.pressure_hpa),
            Truth(at_ns, feature, "wind_speed_m_s", now.wind_m_s),
            Truth(at_ns, feature, "solar_radiation_w_m2", now.solar_w_m2),
            Truth(since_ns, feature, "rain_mm", fell_mm, at_ns - since_ns),
        )
        port, readings = self._say(at_ns, self._measured(now), self._tipped_mm(fell_mm))
        return Report(at_ns, self.device, port, readings, truth), at_ns + int(
            (self._stations.report_min * 60 + self._rng.uniform(-3, 3)) * NS_PER_S
        )

    def _tipped_mm(self, fell_mm: float) -> float:
        self._in_gauge_mm += fell_mm * self._catch
        tips = int(self._in_gauge_mm / TIP_MM)
        self._in_gauge_mm -= tips * TIP_MM
        return round(tips * TIP_MM, 1)

    def _measured(self, now: Conditions) -> Conditions:
        noise, error = self._rng.gauss, self._stations.error
        return Conditions(
            temperature_c=now.temperature_c + error * (self._warm_c + noise(0, 0.05)),
            humidity_percent=min(100.0, max(1.0, now.humidity_percent + error * (self._moist_percent + noise(0, 0.5)))),
            wind_m_s=max(0.0, now.wind_m_s + error * noise(0, 0.3)),
            rain_mm_h=now.rain_mm_h,
            solar_w_m2=max(0.0, now.solar_w_m2 * (1 + error * noise(0, 0.05))),
            pressure_hpa=now.pressure_hpa + error * noise(0, 0.1),
            wind_direction_deg=(now.wind_direction_deg + noise(0, 12)) % 360,
            cloud_share=now.cloud_share,
        )

    def _say(self, at_ns: int, now: Conditions, fell_mm: float) -> tuple[int, Readings]:
        match self.device.profile:
            case "decentlab/dl-atm41":
                gust_m_s = now.wind_m_s * (GUST_FACTOR + self._rng.uniform(-0.2, 0.3))
                return 1, _atm41(self.device, now, fell_mm=fell_mm, gust_m_s=gust_m_s) | {
                    "battery": self._battery.volts(at_ns, ALKALINE)
                }
            case "dragino/wsc1-l":
                return 2, _wsc1(now, fell_mm) | {"battery": self._battery.volts(at_ns)}
            case _:
                return 1, _plain(now, fell_mm)


def _atm41(device: SimulatedDevice, now: Conditions, *, fell_mm: float, gust_m_s: float) -> Readings:
    air_kpa = vapour_pressure_kpa(now.temperature_c) * now.humidity_percent / 100
    return {
        "device_id": int(device.dev_eui[-4:], 16),
        "solar_radiation": round(now.solar_w_m2),
        "precipitation": fell_mm,
        "lightning_strikes": 0,
        "lightning_distance": 0,
        "wind_speed": round(now.wind_m_s, 2),
        "wind_direction": round(now.wind_direction_deg, 1) % 360,
        "wind_gust": round(gust_m_s, 2),
        "temperature": round(now.temperature_c, 1),
        "vapour_pressure": round(air_kpa, 2),
        "pressure": round(now.pressure_hpa / 10, 2),
        "humidity": round(now.humidity_percent, 1),
        "internal_temperature": round(now.temperature_c + 0.4, 1),
        "tilt_x": 0.3,
        "tilt_y": -0.2,
        "compass": 0,
        "wind_north": 0.0,
        "wind_east": 0.0,
    }


def _wsc1(now: Conditions, fell_mm: float) -> Readings:
    return {
        "wind_speed": round(now.wind_m_s, 1),
        "wind_direction": round(now.wind_direction_deg, 1) % 360,
        "raining": int(fell_mm > 0),
        "temperature": round(now.temperature_c, 1),
        "humidity": round(now.humidity_percent, 1),
        "pressure": round(now.pressure_hpa, 1),
        "rain": fell_mm,
        "radiation": round(now.solar_w_m2, 1),
    }


def _plain(now: Conditions, fell_mm: float) -> Readings:
    return {
        "temperature_c": round(now.temperature_c, 1),
        "humidity_percent": round(now.humidity_percent, 1),
        "pressure_hpa": round(now.pressure_hpa, 1),
        "wind_speed_m_s": round(now.wind_m_s, 1),
        "wind_direction_deg": round(now.wind_direction_deg) % 360,
        "solar_radiation_w_m2": round(now.solar_w_m2),
        "rain_mm": fell_mm,
    }


def details(_parameters: WeatherStations, _site: str, _index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each station: the shared wind is that of the usual mast."""
    return {"anemometer_m": 10.0}


PROFILES = ("decentlab/dl-atm41", "dragino/wsc1-l", "generic/json")


def build(
    site: Site, parameters: WeatherStations, rng: random.Random, weather: Weather, _zone: ZoneInfo
) -> Sequence[Signal]:
    """One station for each device."""
    return [WeatherStation(device, parameters, weather, random.Random(rng.random())) for device in site.devices]
