"""Water meters of households and districts, with leaks.

Model: water is used in draws (a tap, a flush, a shower): their number in an interval is Poisson with a daily profile,
the litres of a draw are exponential (the rectangular pulse model of Buchberger and Wu, J. Hydraul. Eng. 121 (1995)
263). A leak begins as a Poisson process, runs day and night with a flow of its own, and is mended after some days.

Truth: ``water_l`` of each interval, exact; ``leak`` and ``leak_l_h`` from and to. The register counts whole litres.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.battery import Battery
from simulators.signals.draws import lognormal, poisson
from simulators.signals.incidents import Incidents
from simulators.signals.local_hours import HOUR_NS, MINUTE_NS, LocalHours, clock_of

Readings = dict[str, float | int | bool | str]
DRAW_HOURS = (
    *(0.20, 0.10, 0.06, 0.06, 0.10, 0.40, 1.30, 2.10, 1.80, 1.30, 1.10, 1.00),
    *(1.10, 1.00, 0.90, 0.90, 1.10, 1.50, 1.80, 1.60, 1.40, 1.30, 1.00, 0.60),
)
"""Draws at each local hour against their daily mean."""
LITRES_PER_PULSE = 1.0
U32 = 1 << 32


@dataclass(frozen=True)
class WaterMeters:
    """Water meters. ``households`` behind each meter: 1, or those of a district.

    ``litres_per_household_day``: 250 is about two persons in the Low Countries; ``litres_per_draw``: mean of a draw.
    ``register_digits``: digits of whole cubic metres; the register begins at 0 again after them.
    """

    households: int = 1
    litres_per_household_day: float = 250.0
    litres_per_draw: float = 7.0
    leaks_per_year: float = 0.5
    leak_l_h: float = 25.0
    leak_sigma: float = 0.6
    leak_days: float = 12.0
    register_digits: int = 5
    report_min: int = 60

    def __post_init__(self) -> None:
        if self.households < 1 or not 1 <= self.register_digits <= 6 or self.litres_per_draw <= 0:  # noqa: PLR2004  digits
            raise ValueError("households: at least 1; register_digits: 1 to 6; litres_per_draw: above 0")
        if self.report_min not in (15, 30, 60):
            raise ValueError(f"report_min: {self.report_min} is not 15, 30 or 60: an hour must be whole reports")


class WaterMeter:
    """One meter; it sends its register when an interval is over."""

    def __init__(self, device: SimulatedDevice, meters: WaterMeters, clock: LocalHours, rng: random.Random) -> None:
        self.device = device
        self._meters = meters
        self._clock = clock
        self._rng = rng
        self._battery = Battery(rng)
        self._interval_ns = meters.report_min * MINUTE_NS
        self._late_ns = int(rng.uniform(1, 30) * NS_PER_S)
        self._modulus_l = 10 ** (meters.register_digits + 3)
        self._register_l = rng.uniform(0, 0.5) * self._modulus_l
        scale = sum(DRAW_HOURS) / 24
        daily = meters.households * meters.litres_per_household_day / meters.litres_per_draw / scale
        self._draws_per_hour = [daily / 24 * hour for hour in DRAW_HOURS]
        self._leak = Incidents(rng, meters.leaks_per_year, mean_hours=meters.leak_days * 24)
        self._leak_l_h = 0.0

    def begin(self, at_ns: int) -> int:
        """First when the first whole interval has ended."""
        first_ns = -(-at_ns // self._interval_ns) * self._interval_ns
        self._leak.begin(first_ns)
        return first_ns + self._interval_ns + self._late_ns

    def report(self, at_ns: int) -> tuple[Report, int]:
        """The interval that has just ended."""
        end_ns = (at_ns - self._late_ns) // self._interval_ns * self._interval_ns
        start_ns = end_ns - self._interval_ns
        leaked_l, truth = self._leaked(start_ns, end_ns)
        hour = int(self._clock.at(start_ns).hour)
        draws = poisson(self._rng, self._draws_per_hour[hour] * self._interval_ns / HOUR_NS)
        used_l = self._rng.gammavariate(draws, self._meters.litres_per_draw) if draws else 0.0
        self._register_l = (self._register_l + used_l + leaked_l) % self._modulus_l
        truth.append(Truth(start_ns, self.device.feature, "water_l", used_l + leaked_l, self._interval_ns))
        port, readings = self._say(at_ns, int(self._register_l))
        return Report(at_ns, self.device, port, readings, tuple(truth)), at_ns + self._interval_ns

    def _leaked(self, start_ns: int, end_ns: int) -> tuple[float, list[Truth]]:
        """Litres lost in the interval; a leak that begins or ends within it runs for its part."""
        truth, litres, since_ns = [], 0.0, start_ns
        for moment, begins in self._leak.changes(end_ns):
            litres += self._leak_l_h * (moment - since_ns) / HOUR_NS
            since_ns = moment
            self._leak_l_h = lognormal(self._rng, self._meters.leak_l_h, self._meters.leak_sigma) if begins else 0.0
            truth.append(Truth(moment, self.device.feature, "leak", begins))
            truth.append(Truth(moment, self.device.feature, "leak_l_h", self._leak_l_h))
        return litres + self._leak_l_h * (end_ns - since_ns) / HOUR_NS, truth

    def _say(self, at_ns: int, litres: int) -> tuple[int, Readings]:
        match self.device.profile:
            case "minol-zenner/edc":
                return 1, {
                    "removed": False,
                    "battery_low": False,
                    "battery_end": False,
                    "hardware_fault": False,
                    "magnet": False,
                    "count": litres % U32,
                }
            case "milesight-iot/em300-di":
                return 85, {"battery": round(self._battery.percent(at_ns)), "pulse": litres % U32}
            case _:
                return 2, {"record": 1, "sensor": 33, "count": litres % U32}


PROFILES = ("minol-zenner/edc", "milesight-iot/em300-di", "talkpool/oy1320")


def build(
    site: Site, parameters: WaterMeters, rng: random.Random, _weather: Weather, zone: ZoneInfo
) -> Sequence[Signal]:
    """One meter for each device."""
    clock = clock_of(zone)
    return [WaterMeter(device, parameters, clock, random.Random(rng.random())) for device in site.devices]


def calibration(_parameters: WaterMeters) -> dict[str, tuple[float, float]]:
    """From pulses to cubic metres."""
    return {"water_m3": (LITRES_PER_PULSE / 1000, 0.0)}


def details(parameters: WaterMeters, _site: str, _index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each meter."""
    return {
        "register_digits": parameters.register_digits,
        "most_m3_h": max(5.0, 0.2 * parameters.households),
        "use": "household" if parameters.households == 1 else "other",
    }
