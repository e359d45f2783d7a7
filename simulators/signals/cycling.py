"""Counters at the roadside: what passes in each interval, and what the device says of it.

Truth: the exact count of each interval, also by direction (``…_forward``, ``…_backward``); ``register_reset`` where a
register was set to 0. The model is in ``counting.py``; bicycles, people and vehicles differ in figures and words.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.battery import LITHIUM, Battery
from simulators.signals.counting import BicycleCounters, Counters, PeopleCounters, Register, Section
from simulators.signals.draws import poisson
from simulators.signals.local_hours import HOUR_NS, MINUTE_NS, clock_of

Readings = dict[str, float | int | bool | str]
LATEST_S = 40.0
"""A device sends so many seconds after its interval ends, at most; each at a phase of its own."""
U16 = 1 << 16


class Passed(NamedTuple):
    """What a device has counted: in the interval, and since its start by direction."""

    at_ns: int
    forward: int
    backward: int
    total_forward: int
    total_backward: int
    register: int
    frame: int


def words(parameters: Counters) -> str:
    """The vocabulary's word for what is counted."""
    if isinstance(parameters, BicycleCounters):
        return "bicycle"
    return "people" if isinstance(parameters, PeopleCounters) else "vehicle"


@dataclass(frozen=True)
class Side:
    """Which part of a cross-section a device counts."""

    forward: bool
    backward: bool


class Counter:
    """One counting device."""

    def __init__(
        self, device: SimulatedDevice, section: Section, parameters: Counters, rng: random.Random, side: Side
    ) -> None:
        self.device = device
        self._section = section
        self._side = side
        self._rng = rng
        self._battery = Battery(rng)
        self._interval_ns = parameters.report_min * MINUTE_NS
        self._late_ns = int(rng.uniform(1, LATEST_S) * NS_PER_S)
        self._register = Register(parameters, rng)
        self._words = words(parameters)
        self._cumulative = parameters.register == "cumulative"
        self._totals = [rng.randrange(U16), rng.randrange(U16)]
        self._frame = 0
        self._quantity = f"{self._words}_count_interval"
        self._ahead, self._back = f"{self._quantity}_forward", f"{self._quantity}_backward"

    def begin(self, at_ns: int) -> int:
        """First when the first whole interval has ended."""
        return -(-at_ns // self._interval_ns) * self._interval_ns + self._interval_ns + self._late_ns

    def report(self, at_ns: int) -> tuple[Report, int]:
        """The interval that has just ended."""
        end_ns = (at_ns - self._late_ns) // self._interval_ns * self._interval_ns
        start_ns = end_ns - self._interval_ns
        hourly = self._section.expected_per_hour(start_ns + self._interval_ns // 2)
        share = self._interval_ns / HOUR_NS
        forward = poisson(self._rng, hourly[0] * share) if self._side.forward else 0
        backward = poisson(self._rng, hourly[1] * share) if self._side.backward else 0
        feature = self.device.feature
        truth = [Truth(start_ns, feature, self._quantity, forward + backward, self._interval_ns)]
        if self._side.forward and self._side.backward:
            truth.append(Truth(start_ns, feature, self._ahead, forward, self._interval_ns))
            truth.append(Truth(start_ns, feature, self._back, backward, self._interval_ns))
        if self._register.add(forward + backward, self._interval_ns):
            truth.append(Truth(end_ns, feature, "register_reset", value=True))
        self._totals[0] += forward
        self._totals[1] += backward
        self._frame += 1
        port, readings = self._say(
            Passed(at_ns, forward, backward, self._totals[0], self._totals[1], self._register.number, self._frame)
        )
        return Report(at_ns, self.device, port, readings, tuple(truth)), at_ns + self._interval_ns

    def _say(self, passed: Passed) -> tuple[int, Readings]:
        match self.device.profile:
            case "parametric/pcr2":
                return 14, _pcr2(passed)
            case "imbuildings/people-counter":
                return 26, _imbuildings(passed, self._battery)
            case "nwave/ncc405fm":
                return 1, {"counter": passed.register % U16}
            case _ if self._cumulative:
                return 1, {f"{self._words}_count": passed.register}
            case _:
                return 1, {self._quantity: passed.forward + passed.backward}


def _pcr2(passed: Passed) -> Readings:
    return {
        "ltr": passed.forward,
        "rtl": passed.backward,
        "ltr_sum": passed.total_forward % U16,
        "rtl_sum": passed.total_backward % U16,
        "solar_battery": 4050,
        "solar_power": 0,
        "cpu_temperature": 25.0,
    }


def _imbuildings(passed: Passed, battery: Battery) -> Readings:
    return {
        "status": 0,
        "battery": battery.volts(passed.at_ns, LITHIUM),
        "a_now": passed.forward,
        "b_now": passed.backward,
        "sensor_status": 0,
        "a": passed.total_forward % U16,
        "b": passed.total_backward % U16,
        "frame": passed.frame % 256,
    }


PROFILES = {
    "bicycle": ("generic/json",),
    "people": ("parametric/pcr2", "imbuildings/people-counter", "generic/json"),
    "vehicle": ("nwave/ncc405fm", "generic/json"),
}
"""No LoRaWAN profile maps a reading to bicycles."""


def build(site: Site, parameters: Counters, rng: random.Random, weather: Weather, zone: ZoneInfo) -> Sequence[Signal]:
    """One counter for each device; two of one section where they count directions."""
    clock = clock_of(zone)
    signals: list[Signal] = []
    section = None
    for index, device in enumerate(site.devices):
        side = side_of(parameters, index)
        if section is None or side.forward:
            section = Section(parameters, rng, weather, clock)
        signals.append(Counter(device, section, parameters, random.Random(rng.random()), side))
    return signals


def side_of(parameters: Counters, index: int) -> Side:
    """What the device of this number counts."""
    if parameters.counts == "all":
        return Side(forward=True, backward=True)
    return Side(forward=index % 2 == 0, backward=index % 2 == 1)


def details(parameters: Counters, site: str, index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each counter."""
    known: dict[str, float | int | bool | str] = {"interval_min": float(parameters.report_min)}
    if parameters.register == "cumulative":
        known["register_max"] = float(parameters.register_max)
    if parameters.counts == "directions":
        known["section"] = f"{site}-{index // 2 + 1}"
        known["direction"] = "forward" if index % 2 == 0 else "backward"
    return known
