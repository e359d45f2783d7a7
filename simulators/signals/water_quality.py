"""A water quality probe: temperature, acidity and turbidity of a pond or brook.

Model: water follows the air with a lag of two days and does not freeze; rain washes in turbidity, which settles with
a half-life of eight hours; acidity swings with the day, as algae take up carbon dioxide in the sun. Assumptions.
Report: the probe fouls: turbidity grows by ``fouling_ntu_per_day`` until somebody cleans it on ``cleaning_days``.

Truth: the three quantities at each report, and ``cleaned`` when it happened.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.local_hours import DAY_NS, HOUR_NS, MINUTE_NS

SETTLING_HALF_LIFE_H = 8.0
LAG_H = 48.0


@dataclass(frozen=True)
class WaterProbes:
    """Probes. ``cleaning_days``: how often somebody cleans one."""

    ph: float = 7.7
    ph_swing: float = 0.25
    turbidity_ntu: float = 6.0
    turbidity_per_mm: float = 9.0
    fouling_ntu_per_day: float = 0.15
    cleaning_days: float = 30.0
    report_min: float = 30.0

    def __post_init__(self) -> None:
        if min(self.cleaning_days, self.report_min) <= 0:
            raise ValueError("cleaning_days and report_min: above 0")


class WaterProbe:
    """One probe; it speaks JSON with vocabulary names."""

    def __init__(self, device: SimulatedDevice, probes: WaterProbes, weather: Weather, rng: random.Random) -> None:
        self.device = device
        self._probes = probes
        self._weather = weather
        self._rng = rng
        self._water_c = 0.0
        self._washed_ntu = 0.0
        self._lived_to_ns = 0
        self._cleaned_ns = 0

    def begin(self, at_ns: int) -> int:
        """As a week of this weather left it, cleaned at some time before."""
        self._lived_to_ns = (at_ns - 7 * DAY_NS) // HOUR_NS * HOUR_NS
        self._water_c = max(0.5, self._weather.at(self._lived_to_ns).temperature_c)
        self._cleaned_ns = at_ns - int(self._rng.random() * self._probes.cleaning_days * DAY_NS)
        self._live_until(at_ns)
        return at_ns + int(self._rng.uniform(0, self._probes.report_min) * MINUTE_NS)

    def report(self, at_ns: int) -> tuple[Report, int]:
        """The water now, and what the fouled probe says of it."""
        self._live_until(at_ns)
        probes, feature = self._probes, self.device.feature
        truth = []
        if at_ns - self._cleaned_ns > probes.cleaning_days * DAY_NS:
            self._cleaned_ns = at_ns
            truth.append(Truth(at_ns, feature, "cleaned", value=True))
        now = self._weather.at(at_ns)
        ph = probes.ph + probes.ph_swing * (math.tanh(now.solar_w_m2 / 400) - 0.35)
        turbidity = probes.turbidity_ntu + self._washed_ntu
        truth += [
            Truth(at_ns, feature, "water_temperature_c", self._water_c),
            Truth(at_ns, feature, "ph", ph),
            Truth(at_ns, feature, "turbidity_ntu", turbidity),
        ]
        fouling = probes.fouling_ntu_per_day * (at_ns - self._cleaned_ns) / DAY_NS
        readings: dict[str, float | int | bool | str] = {
            "water_temperature_c": round(self._water_c + self._rng.gauss(0, 0.05), 2),
            "ph": round(ph + self._rng.gauss(0, 0.02), 2),
            "turbidity_ntu": round(max(0.0, turbidity + fouling + self._rng.gauss(0, 0.2)), 2),
        }
        next_ns = at_ns + int((probes.report_min * 60 + self._rng.uniform(-5, 5)) * NS_PER_S)
        return Report(at_ns, self.device, 1, readings, tuple(truth)), next_ns

    def _live_until(self, at_ns: int) -> None:
        while self._lived_to_ns + HOUR_NS <= at_ns:
            now = self._weather.at(self._lived_to_ns)
            self._water_c = max(0.5, self._water_c + (now.temperature_c - self._water_c) / LAG_H)
            self._washed_ntu *= 0.5 ** (1 / SETTLING_HALF_LIFE_H)
            self._washed_ntu += now.rain_mm_h * self._probes.turbidity_per_mm
            self._lived_to_ns += HOUR_NS


PROFILES = ("generic/json",)


def build(
    site: Site, parameters: WaterProbes, rng: random.Random, weather: Weather, _zone: ZoneInfo
) -> Sequence[Signal]:
    """One probe for each device."""
    return [WaterProbe(device, parameters, weather, random.Random(rng.random())) for device in site.devices]
