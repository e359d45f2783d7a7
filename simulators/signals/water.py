"""Water level of a brook, canal or rain basin, and the ultrasonic sensor that looks down on it.

Model: a linear reservoir (Maillet; any hydrology text): what rain brings is stored and leaves in proportion, so that a
shower raises the level at once and it falls exponentially with ``recession_h``. Rain holds for whole hours, which makes
the solution exact. A base level swings with the season.
Report: distance from the sensor, with noise; a share of readings is a reflection from something nearer.

Truth: ``water_level_m`` above the local datum at each report.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.battery import ALKALINE, Battery
from simulators.signals.local_hours import DAY_NS, HOUR_NS, MINUTE_NS

Readings = dict[str, float | int | bool | str]
WETTEST_DAY = 20
SPIN_UP_RECESSIONS = 6


@dataclass(frozen=True)
class WaterLevels:
    """Level gauges. ``rise_m_per_mm``: rise by a millimetre of rain in no time; ``sensor_m``: where the sensor hangs.

    ``alert_m``, ``danger_m``: the operator's thresholds. ``place_spread``: how much gauges differ in their response.
    """

    base_m: float = 0.60
    season_m: float = 0.12
    rise_m_per_mm: float = 0.045
    recession_h: float = 9.0
    place_spread: float = 0.25
    sensor_m: float = 4.0
    alert_m: float = 1.2
    danger_m: float = 1.6
    noise_mm: float = 4.0
    reflections_share: float = 0.002
    report_min: float = 15.0

    def __post_init__(self) -> None:
        if min(self.recession_h, self.report_min) <= 0 or self.sensor_m <= self.base_m:
            raise ValueError("recession_h and report_min: above 0; sensor_m: above base_m")


class LevelGauge:
    """One gauge."""

    def __init__(self, device: SimulatedDevice, levels: WaterLevels, weather: Weather, rng: random.Random) -> None:
        self.device = device
        self._levels = levels
        self._weather = weather
        self._rng = rng
        self._battery = Battery(rng)
        self._rise = levels.rise_m_per_mm * (1 + rng.uniform(-1, 1) * levels.place_spread)
        self._recession_h = levels.recession_h * (1 + rng.uniform(-1, 1) * levels.place_spread)
        self._stored_m = 0.0
        self._lived_to_ns = 0

    def begin(self, at_ns: int) -> int:
        """As the rain of the days before left it."""
        self._lived_to_ns = at_ns - int(SPIN_UP_RECESSIONS * self._recession_h) * HOUR_NS
        self._live_until(at_ns)
        return at_ns + int(self._rng.uniform(0, self._levels.report_min) * MINUTE_NS)

    def report(self, at_ns: int) -> tuple[Report, int]:
        """The level now."""
        self._live_until(at_ns)
        levels = self._levels
        season = math.cos(math.tau * (at_ns / DAY_NS % 365.2425 - WETTEST_DAY) / 365.2425)
        level_m = levels.base_m + levels.season_m * season + self._stored_m
        truth = (Truth(at_ns, self.device.feature, "water_level_m", level_m),)
        distance_mm = (levels.sensor_m - level_m) * 1000 + self._rng.gauss(0, levels.noise_mm)
        if self._rng.random() < levels.reflections_share:
            distance_mm *= self._rng.uniform(0.2, 0.7)
        port, readings = self._say(at_ns, max(0, round(distance_mm)))
        next_ns = at_ns + int((levels.report_min * 60 + self._rng.uniform(-5, 5)) * NS_PER_S)
        return Report(at_ns, self.device, port, readings, truth), next_ns

    def _live_until(self, at_ns: int) -> None:
        """Rain in, outflow: exact for rain that holds until the hour ends."""
        while self._lived_to_ns < at_ns:
            until_ns = min(at_ns, (self._lived_to_ns // HOUR_NS + 1) * HOUR_NS)
            kept = math.exp(-(until_ns - self._lived_to_ns) / HOUR_NS / self._recession_h)
            inflow_m_h = self._weather.at(self._lived_to_ns).rain_mm_h * self._rise
            self._stored_m = self._stored_m * kept + inflow_m_h * self._recession_h * (1 - kept)
            self._lived_to_ns = until_ns

    def _say(self, at_ns: int, distance_mm: int) -> tuple[int, Readings]:
        match self.device.profile:
            case "decentlab/dl-mbx":
                return 1, {
                    "device_id": int(self.device.dev_eui[-4:], 16),
                    "distance": distance_mm,
                    "valid_samples": 10,
                    "battery": self._battery.volts(at_ns, ALKALINE),
                }
            case _:
                return 85, {"battery": round(self._battery.percent(at_ns)), "distance": distance_mm}


PROFILES = ("decentlab/dl-mbx", "milesight-iot/em500-udl")


def build(
    site: Site, parameters: WaterLevels, rng: random.Random, weather: Weather, _zone: ZoneInfo
) -> Sequence[Signal]:
    """One gauge for each device."""
    return [LevelGauge(device, parameters, weather, random.Random(rng.random())) for device in site.devices]


def calibration(parameters: WaterLevels) -> dict[str, tuple[float, float]]:
    """From the distance in mm to the level above the datum."""
    return {"water_level_m": (-0.001, parameters.sensor_m)}


def details(parameters: WaterLevels, _site: str, _index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each gauge."""
    return {
        "reference_m": parameters.sensor_m,
        "alert_m": parameters.alert_m,
        "danger_m": parameters.danger_m,
    }
