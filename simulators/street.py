"""Signals of one street, with their truth: parking bays and bins as event-driven models.

Parking bay: an alternating renewal process. A free bay fills by a hazard that makes the share of taken time equal the
hour's ``demand``: share = stay / (stay + free), so free = stay * (1 - share) / share on average; the hazard changes
with the hour, and an hour without demand fills no bay. Stays are lognormal around the mean, as measured stays are,
with a sigma of 0.8.
Bin: fill grows by gamma increments with the weekday's mean and a shape of 2 per report, and falls to 2 % at
a collection.

Each signal yields ``Change(at_ns, device, readings, truth)`` in order of time; nothing here knows a network.
"""

import heapq
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S, local
from simulators.scenario import BinStreet, ParkingStreet, Scenario, SimulatedDevice

STAY_SIGMA = 0.8
GAMMA_SHAPE = 2.0
EMPTY_PERCENT = 2.0
MOST_DEMAND = 0.97
"""A street is never wholly full: someone is always just leaving."""
LONGEST_FREE_MIN = 7 * 24 * 60.0


@dataclass(frozen=True)
class Change:
    """Something a device reports: vendor readings for its profile's encoder, and what is true."""

    at_ns: int
    device: SimulatedDevice
    f_port: int
    readings: dict[str, float | int | bool | str]
    truth: dict[str, float | bool]


@dataclass(order=True)
class _Due:
    at_ns: int
    order: int
    source: "Bay | Bin" = field(compare=False)


class Bay:
    """One bay: taken or free, and when it next changes or says that it is still there."""

    def __init__(self, device: SimulatedDevice, street: ParkingStreet, zone: ZoneInfo, *, rng: random.Random) -> None:
        self.device = device
        self._street = street
        self._zone = zone
        self._rng = rng
        self._taken = False
        self._change_ns = 0

    def begin(self, at_ns: int) -> int:
        """Start in the hour's typical state; returns when to ask first."""
        self._taken = self._rng.random() < self._demand(at_ns)
        self._change_ns = at_ns + self._until_change_ns(at_ns)
        return at_ns + int(self._rng.uniform(0, 5) * NS_PER_S)  # each says where it stands at first

    def report(self, at_ns: int) -> tuple[Change, int]:
        """What the sensor says at this moment, and when to ask again."""
        f_port = 2  # heartbeat
        if at_ns >= self._change_ns:
            self._taken = not self._taken
            self._change_ns = at_ns + self._until_change_ns(at_ns)
            f_port = 1
        change = Change(at_ns, self.device, f_port, {"occupied": self._taken}, {"occupied": self._taken})
        heartbeat_ns = at_ns + int(self._street.heartbeat_min * 60 * NS_PER_S)
        return change, min(self._change_ns, heartbeat_ns)

    def _demand(self, at_ns: int) -> float:
        return min(MOST_DEMAND, self._street.demand[local(at_ns, self._zone).hour])

    def _until_change_ns(self, at_ns: int) -> int:
        if self._taken:
            mu = math.log(self._street.mean_stay_min) - STAY_SIGMA**2 / 2
            minutes = self._rng.lognormvariate(mu, STAY_SIGMA)
        else:
            minutes = self._minutes_free(at_ns)
        return int(max(minutes, 0.2) * 60 * NS_PER_S)

    def _minutes_free(self, at_ns: int) -> float:
        """The time at which the hazard, summed over the hours, reaches an exponential draw: exact for any demand."""
        left = self._rng.expovariate(1.0)
        minutes = 0.0
        while minutes < LONGEST_FREE_MIN:
            now_ns = at_ns + int(minutes * 60 * NS_PER_S)
            demand = self._demand(now_ns)
            hazard = demand / (1 - demand) / self._street.mean_stay_min
            rest_min = 60 - now_ns / NS_PER_S / 60 % 60  # every time zone's hours end on a quarter: close enough
            if left <= hazard * rest_min:
                return minutes + left / hazard
            left -= hazard * rest_min
            minutes += rest_min
        return minutes


class Bin:
    """One bin with an ultrasonic sensor under its lid."""

    def __init__(self, device: SimulatedDevice, street: BinStreet, zone: ZoneInfo, *, rng: random.Random) -> None:
        self.device = device
        self._street = street
        self._zone = zone
        self._rng = rng
        self._popularity = rng.uniform(0.5, 1.7)
        self._fill_percent = rng.uniform(EMPTY_PERCENT, 70)
        self._battery_percent = rng.uniform(80, 100)
        self._collected_on = ""

    def begin(self, at_ns: int) -> int:
        """First report within five seconds: the operator wants to see the street at once. Today's round may be over."""
        now = local(at_ns, self._zone)
        if now.weekday() in self._street.collect_days and now.hour + now.minute / 60 >= self._street.collect_hour:
            self._collected_on = now.date().isoformat()
        return at_ns + int(self._rng.uniform(0, 5) * NS_PER_S)

    def report(self, at_ns: int) -> tuple[Change, int]:
        """Fill a little, be collected when it is time, measure."""
        street = self._street
        now = local(at_ns, self._zone)
        share_of_day = street.report_min / 1440
        mean = street.fill_per_day_percent[now.weekday()] * self._popularity * share_of_day
        self._fill_percent = min(100.0, self._fill_percent + self._rng.gammavariate(GAMMA_SHAPE, mean / GAMMA_SHAPE))
        hour = now.hour + now.minute / 60
        today = now.date().isoformat()
        if now.weekday() in street.collect_days and hour >= street.collect_hour and self._collected_on != today:
            self._collected_on = today
            if self._fill_percent >= street.skip_below_percent:
                self._fill_percent = EMPTY_PERCENT
        self._battery_percent = max(0.0, self._battery_percent - 0.0004)
        span_mm = street.depth_mm - street.full_mm
        distance_mm = street.depth_mm - self._fill_percent / 100 * span_mm + self._rng.gauss(0, 6)
        temperature_c = 11 + 6 * math.sin((hour - 9) / 24 * math.tau) + self._rng.gauss(0, 0.3)
        readings: dict[str, float | int | bool | str] = {
            "battery": round(self._battery_percent),
            "temperature": round(temperature_c, 1),
            "distance": max(0, round(distance_mm)),
            "position": "normal",
        }
        change = Change(at_ns, self.device, 85, readings, {"fill_level_percent": self._fill_percent})
        jitter_s = self._rng.uniform(-20, 20)
        return change, at_ns + int((street.report_min * 60 + jitter_s) * NS_PER_S)


def changes(scenario: Scenario, start_ns: int) -> Iterator[Change]:
    """All reports of the street in order of time, without end."""
    zone = ZoneInfo(scenario.timezone)
    rng = random.Random(scenario.seed)
    sources: list[Bay | Bin] = [
        Bay(device, scenario.parking, zone, rng=random.Random(rng.random())) for device in scenario.parking_devices()
    ]
    sources += [Bin(device, scenario.bins, zone, rng=random.Random(rng.random())) for device in scenario.bin_devices()]
    due = [_Due(source.begin(start_ns), order, source) for order, source in enumerate(sources)]
    heapq.heapify(due)
    while due:
        item = due[0]
        change, next_ns = item.source.report(item.at_ns)
        heapq.heapreplace(due, _Due(next_ns, item.order, item.source))
        yield change
