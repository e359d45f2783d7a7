"""Doors of cabinets and rooms that are watched: who opens them when, and who meddles with the sensor.

Model: openings are a Poisson process, mostly in working hours, and last exponentially long; a door is sometimes left
open for hours. Tampering is rare and lasts until somebody puts the sensor back. Assumptions.

Truth: ``door_open`` and ``tamper`` from and to.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.battery import Battery
from simulators.signals.incidents import Incidents
from simulators.signals.local_hours import HOUR_NS, MINUTE_NS, LocalHours, clock_of

Readings = dict[str, float | int | bool | str]
WORK = (7, 18)
SATURDAY = 5
SHORTEST_S = 4.0


@dataclass(frozen=True)
class Doors:
    """Watched doors. ``off_hours_factor``: openings at night and on weekends against working hours."""

    openings_per_day: float = 3.0
    off_hours_factor: float = 0.03
    open_min: float = 4.0
    left_open_share: float = 0.01
    left_open_hours: float = 6.0
    tampers_per_year: float = 0.5
    tamper_hours: float = 20.0
    heartbeat_min: float = 180.0

    def __post_init__(self) -> None:
        if min(self.open_min, self.left_open_hours, self.heartbeat_min) <= 0:
            raise ValueError("open_min, left_open_hours and heartbeat_min: above 0")


class Door:
    """One door."""

    def __init__(self, device: SimulatedDevice, doors: Doors, clock: LocalHours, rng: random.Random) -> None:
        self.device = device
        self._doors = doors
        self._clock = clock
        self._rng = rng
        self._battery = Battery(rng)
        self._tamper = Incidents(rng, doors.tampers_per_year, mean_hours=doors.tamper_hours)
        self._open = False
        self._change_ns = 0

    def begin(self, at_ns: int) -> int:
        """Closed at first."""
        self._tamper.begin(at_ns)
        self._change_ns = self._next_opening_ns(at_ns)
        return at_ns + int(self._rng.uniform(0, 60) * NS_PER_S)

    def report(self, at_ns: int) -> tuple[Report, int]:
        """A change of the door or of the sensor, or that it is still there."""
        feature, truth = self.device.feature, []
        while self._change_ns <= at_ns:
            self._open = not self._open
            truth.append(Truth(self._change_ns, feature, "door_open", self._open))
            self._change_ns = (
                self._closing_ns(self._change_ns) if self._open else self._next_opening_ns(self._change_ns)
            )
        truth += [Truth(moment, feature, "tamper", begins) for moment, begins in self._tamper.changes(at_ns)]
        heartbeat_ns = at_ns + int(self._doors.heartbeat_min * MINUTE_NS)
        next_ns = min(heartbeat_ns, self._change_ns, self._tamper.next_ns)
        port, readings = self._say(at_ns)
        return Report(at_ns, self.device, port, readings, tuple(truth)), max(next_ns, at_ns + 1)

    def _closing_ns(self, at_ns: int) -> int:
        if self._rng.random() < self._doors.left_open_share:
            return at_ns + int(self._rng.expovariate(1 / self._doors.left_open_hours) * HOUR_NS) + MINUTE_NS
        return at_ns + int((SHORTEST_S + self._rng.expovariate(1 / self._doors.open_min) * 60) * NS_PER_S)

    def _next_opening_ns(self, at_ns: int) -> int:
        """By thinning: draw at the working hours' rate, keep by the hour's share of it."""
        per_hour = self._doors.openings_per_day / (WORK[1] - WORK[0])
        if per_hour <= 0:
            return at_ns + 1_000_000 * HOUR_NS
        while True:
            at_ns += 1 + int(self._rng.expovariate(per_hour) * HOUR_NS)
            _, weekday, hour = self._clock.at(at_ns)
            at_work = weekday < SATURDAY and WORK[0] <= hour < WORK[1]
            if at_work or self._rng.random() < self._doors.off_hours_factor:
                return at_ns

    def _say(self, at_ns: int) -> tuple[int, Readings]:
        meddled = self._tamper.since_ns is not None
        if self.device.profile == "milesight-iot/ws301":
            return 85, {
                "battery": round(self._battery.percent(at_ns)),
                "door": "open" if self._open else "closed",
                "mounting": "removed" if meddled else "mounted",
            }
        return 1, {
            "door_open": self._open,
            "tamper": meddled,
            "battery_percent": round(self._battery.percent(at_ns)),
        }


PROFILES = ("milesight-iot/ws301", "generic/json")


def build(site: Site, parameters: Doors, rng: random.Random, _weather: Weather, zone: ZoneInfo) -> Sequence[Signal]:
    """One door for each device."""
    clock = clock_of(zone)
    return [Door(device, parameters, clock, random.Random(rng.random())) for device in site.devices]
