"""Soil under trees and in parcels, with a sensor in the root zone of each.

The balance is in ``soil.py``: hourly, by the shared weather, with rain that crowns and pavement keep off, and watering
rounds on their weekdays. A round gives each plant its litres (``always``), or only where the soil needs it (``need``).
Soil temperature follows the air with the lag and damping of one layer.

Truth, at each report: ``soil_moisture_percent``, ``soil_tension_kpa``, ``soil_depletion_mm``; when it happened:
``watered_l``; of each local day: ``needs_water`` (at any hour of it) and ``reference_evaporation_mm``.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.battery import Battery
from simulators.signals.local_hours import DAY_NS, HOUR_NS, MINUTE_NS, LocalHours, clock_of
from simulators.signals.soil import RETENTION, RootZone, SoilClass, reference_evaporation_mm
from simulators.signals.soil_sensors import SPEAK, Ground

SOIL_LAG_NS = 2 * DAY_NS
MOST_KEPT = 2048
"""Hours kept: more than plants live through before the city begins."""
LEAFLESS_MONTHS = (11, 12, 1, 2, 3)
"""Of the northern hemisphere."""


@dataclass(frozen=True)
class Trees:
    """Young street trees. ``rooted_m2``: area that a plant drinks from; ``rain_share``: of rain that reaches it.

    ``soils``: classes (sand, sandy_loam, loam, clay_loam), dealt to the devices in turn. ``readily``: share of the
    available water that may go before the plant suffers (FAO-56: p). ``leafless_factor``: of the crop factor from
    November to March. ``rounds``: ``always`` waters on each of ``round_days``,
    ``need`` only where the readily available water is gone, ``none`` never. ``moisture_bias_percent``: sigma of a
    sensor's own offset.
    """

    soils: tuple[SoilClass, ...] = ("sandy_loam", "loam")
    rooted_m2: float = 6.0
    root_depth_m: float = 0.6
    crop_factor: float = 1.0
    leafless_factor: float = 0.3
    readily: float = 0.5
    rain_share: float = 0.6
    drain_days: float = 1.5
    rounds: Literal["always", "need", "none"] = "always"
    round_days: tuple[int, ...] = (1, 4)
    round_hour: float = 6.0
    round_spread_min: float = 180.0
    round_months: tuple[int, ...] = (5, 6, 7, 8, 9)
    litres: float = 80.0
    moisture_bias_percent: float = 1.0
    moisture_noise_percent: float = 0.15
    report_min: float = 60.0

    def __post_init__(self) -> None:
        if min(self.rooted_m2, self.root_depth_m, self.drain_days, self.report_min) <= 0 or not self.soils:
            raise ValueError("rooted_m2, root_depth_m, drain_days and report_min: above 0; soils: at least one")
        if not 0 < self.readily < 1:
            raise ValueError("readily: between 0 and 1")
        if any(not 0 <= day < 7 for day in self.round_days) or any(not 1 <= month <= 12 for month in self.round_months):  # noqa: PLR2004  days, months
            raise ValueError("round_days: weekdays from 0 to 6; round_months: 1 to 12")


@dataclass(frozen=True)
class Parcels(Trees):
    """Farm parcels: a square metre at a time, open to the rain, watered where needed."""

    soils: tuple[SoilClass, ...] = ("loam",)
    rooted_m2: float = 100.0
    crop_factor: float = 0.9
    rain_share: float = 1.0
    rounds: Literal["always", "need", "none"] = "need"
    round_days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    litres: float = 1500.0


class Hour(NamedTuple):
    """What the sky does to all plants of a site in one hour; ``day``: the local date when it is over."""

    evaporation_mm: float
    rain_mm: float
    temperature_c: float
    day: int


class Sky:
    """The hours of the shared weather, each worked out once for all plants of a site."""

    def __init__(self, weather: Weather, clock: LocalHours) -> None:
        self._weather = weather
        self._clock = clock
        self._kept: dict[int, Hour] = {}

    def hour(self, hour_ns: int) -> Hour:
        """The hour that begins at this moment."""
        found = self._kept.get(hour_ns)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            now = self._weather.at(hour_ns + HOUR_NS // 2)
            evaporation_mm = reference_evaporation_mm(now.temperature_c, now.solar_w_m2, now.pressure_hpa, 3600)
            day = self._clock.at(hour_ns + HOUR_NS).day
            found = self._kept[hour_ns] = Hour(evaporation_mm, now.rain_mm_h, now.temperature_c, day)
        return found


class Plant:
    """One plant and the sensor in its soil."""

    def __init__(
        self,
        device: SimulatedDevice,
        trees: Trees,
        soil: SoilClass,
        *,
        clock: LocalHours,
        sky: Sky,
        rng: random.Random,
    ) -> None:
        self.device = device
        self._trees = trees
        self._clock = clock
        self._sky = sky
        self._rng = rng
        self._speak = SPEAK[device.profile]
        self._battery = Battery(rng)
        self._bias_percent = rng.gauss(0, trees.moisture_bias_percent)
        self._place_on_round = rng.random()
        self._zone = RootZone(
            soil,
            depth_m=trees.root_depth_m,
            crop_factor=trees.crop_factor * rng.uniform(0.85, 1.15),
            readily=trees.readily,
            drain_days=trees.drain_days,
        )
        self._lived_to_ns = 0
        self._round_ns = 0
        self._day = 0
        self._evaporated_mm = 0.0
        self._needed = False
        self._leaves = 1.0
        self._soil_c = 0.0

    def begin(self, at_ns: int) -> int:
        """The soil as a fortnight of this weather left it."""
        self._lived_to_ns = (at_ns - 14 * DAY_NS) // HOUR_NS * HOUR_NS
        self._soil_c = self._sky.hour(self._lived_to_ns).temperature_c
        self._round_ns = self._next_round_ns(self._lived_to_ns)
        self._day = self._clock.at(self._lived_to_ns).day
        self._leaves = self._leaves_of(self._day)
        self._live_until(at_ns)
        return at_ns + int(self._rng.uniform(0, 1) * self._trees.report_min * MINUTE_NS)

    def report(self, at_ns: int) -> tuple[Report, int]:
        """Live through the hours since, then measure."""
        truth = self._live_until(at_ns)
        feature, zone = self.device.feature, self._zone
        moisture_percent = zone.content * 100
        tension_kpa = zone.retention.tension_kpa(zone.content)
        truth.append(Truth(at_ns, feature, "soil_moisture_percent", moisture_percent))
        truth.append(Truth(at_ns, feature, "soil_tension_kpa", tension_kpa))
        truth.append(Truth(at_ns, feature, "soil_depletion_mm", zone.depletion_mm))
        measured = moisture_percent + self._bias_percent + self._rng.gauss(0, self._trees.moisture_noise_percent)
        ground = Ground(
            at_ns=at_ns,
            device_id=int(self.device.dev_eui[-4:], 16),
            moisture_percent=max(0.0, measured),
            tension_kpa=tension_kpa * (1 + self._rng.gauss(0, 0.03)),
            temperature_c=self._soil_c,
            battery=self._battery,
        )
        port, readings = self._speak(ground)
        jitter_s = self._rng.uniform(-15, 15)
        next_ns = at_ns + int((self._trees.report_min * 60 + jitter_s) * NS_PER_S)
        return Report(at_ns, self.device, port, readings, tuple(truth)), next_ns

    def _live_until(self, at_ns: int) -> list[Truth]:
        """Whole hours only: rain holds for one, and a root zone is slower than that."""
        truth = []
        while self._lived_to_ns + HOUR_NS <= at_ns:
            hour_ns = self._lived_to_ns
            if self._round_ns < hour_ns + HOUR_NS:
                truth += self._watered()
            hour = self._sky.hour(hour_ns)
            self._live_an_hour(hour)
            self._lived_to_ns = hour_ns + HOUR_NS
            if hour.day != self._day:
                truth += self._day_over(hour.day)
        return truth

    def _live_an_hour(self, hour: Hour) -> None:
        zone = self._zone
        self._evaporated_mm += hour.evaporation_mm
        if hour.rain_mm:
            zone.add_mm(hour.rain_mm * self._trees.rain_share)
        zone.dry(hour.evaporation_mm * self._leaves, HOUR_NS)
        self._needed = self._needed or zone.needs_water
        self._soil_c += (hour.temperature_c - self._soil_c) * (HOUR_NS / SOIL_LAG_NS)

    def _watered(self) -> list[Truth]:
        """What the round brings when it comes by."""
        moment, self._round_ns = self._round_ns, self._next_round_ns(self._round_ns)
        if self._trees.rounds == "need" and not self._zone.needs_water:
            return []
        self._zone.add_mm(self._trees.litres / self._trees.rooted_m2)
        return [Truth(moment, self.device.feature, "watered_l", self._trees.litres)]

    def _day_over(self, day: int) -> list[Truth]:
        since_ns, until_ns = self._clock.instant(self._day, 0), self._clock.instant(day, 0)
        feature, span_ns = self.device.feature, until_ns - since_ns
        truth = [
            Truth(since_ns, feature, "needs_water", self._needed, span_ns),
            Truth(since_ns, feature, "reference_evaporation_mm", self._evaporated_mm, span_ns),
        ]
        self._day, self._needed, self._evaporated_mm = day, False, 0.0
        self._leaves = self._leaves_of(day)
        return truth

    def _leaves_of(self, day: int) -> float:
        return self._trees.leafless_factor if self._clock.month(day) in LEAFLESS_MONTHS else 1.0

    def _next_round_ns(self, at_ns: int) -> int:
        """When the watering lorry comes by next; each plant has its place on the round."""
        trees = self._trees
        if trees.rounds == "none" or not trees.round_days or not trees.round_months:
            return at_ns + 100_000 * DAY_NS
        day = self._clock.at(at_ns).day
        while True:
            if (day + 3) % 7 in trees.round_days and self._clock.month(day) in trees.round_months:
                moment = self._clock.instant(day, trees.round_hour)
                moment += int(self._place_on_round * trees.round_spread_min * MINUTE_NS)
                if moment > at_ns:
                    return moment
            day += 1


def build(site: Site, parameters: Trees, rng: random.Random, weather: Weather, zone: ZoneInfo) -> Sequence[Signal]:
    """One signal for each plant; soils are dealt in turn."""
    clock = clock_of(zone)
    sky = Sky(weather, clock)
    signals: list[Signal] = []
    for index, device in enumerate(site.devices):
        own = random.Random(rng.random())
        soil = parameters.soils[index % len(parameters.soils)]
        signals.append(Plant(device, parameters, soil, clock=clock, sky=sky, rng=own))
    return signals


def details(parameters: Trees, _site: str, index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each plant; all that a round gives stays in the root zone."""
    soil = parameters.soils[index % len(parameters.soils)]
    return {
        "soil": soil,
        "field_capacity": RETENTION[soil].field_capacity,
        "wilting_point": RETENTION[soil].wilting_point,
        "root_depth_m": parameters.root_depth_m,
        "area_m2": parameters.rooted_m2,
        "depletion_share": parameters.readily,
        "efficiency": 1.0,
    }
