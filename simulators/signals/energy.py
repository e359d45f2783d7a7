"""Electricity of buildings: what they use, what their panels make, and the registers at the border with the grid.

Model: use is a base and a daily profile, with a gamma whim for each five minutes; panels give their peak power times
radiation over 1000 W/m² times a performance ratio (IEC 61724), in the shared sun. Within five minutes both are constant
and netted: the meter sees either import or export, as a meter that sums its phases does.
Registers count whole watt-hours and show kWh; after ``register_digits`` they begin at 0 again. A meter exchange
leaves a new meter at 0, in the middle of a quarter.

Truth, each quarter hour and exact, in kWh: ``import_kwh``, ``export_kwh``, ``load_kwh``, ``production_kwh``; load is
production + import - export. ``meter_exchanged`` when it happened. With ``production_meter`` devices alternate
between the border and the panels of one building.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.draws import gamma
from simulators.signals.incidents import Incidents
from simulators.signals.local_hours import MINUTE_NS, QUARTER_NS, LocalHours, clock_of
from simulators.signals.weather import SLOT_NS

Readings = dict[str, float | int | bool | str]
Hours = tuple[float, ...]
OFFICE_HOURS: Hours = (
    *(0.45, 0.42, 0.42, 0.42, 0.45, 0.55, 0.80, 1.20, 1.60, 1.75, 1.80, 1.80),
    *(1.70, 1.75, 1.75, 1.65, 1.50, 1.20, 0.90, 0.75, 0.65, 0.60, 0.55, 0.50),
)
SATURDAY = 5
MOST_KEPT = 96
"""A day of quarters: no meter of a building lags behind the other by more."""
SLOT_H = SLOT_NS / (60 * MINUTE_NS)


@dataclass(frozen=True)
class ElectricityMeters:
    """Meters of buildings, one or two each. ``use_kwh_day``: of a working day; ``weekend_factor``: of a weekend's day.

    ``pv_kwp``: peak power of the panels, 0 for none. ``use_shape``: of the gamma whim of five minutes.
    ``start_kwh``: where the import register stands at first; negative: somewhere in the lower half.
    """

    use_kwh_day: float = 120.0
    use_hours: Hours = OFFICE_HOURS
    weekend_factor: float = 0.45
    use_shape: float = 12.0
    size_spread: float = 0.3
    pv_kwp: float = 30.0
    performance_ratio: float = 0.82
    production_meter: bool = False
    register_digits: int = 6
    start_kwh: float = -1.0
    exchanges_per_year: float = 0.0
    report_min: int = 15

    def __post_init__(self) -> None:
        if len(self.use_hours) != 24:  # noqa: PLR2004  hours of a day
            raise ValueError(f"use_hours: {len(self.use_hours)} numbers. Give 24, one for each hour")
        if self.report_min not in (15, 30, 60):
            raise ValueError(f"report_min: {self.report_min} is not 15, 30 or 60: quarters must be whole")
        if not 3 <= self.register_digits <= 9:  # noqa: PLR2004  what meters have
            raise ValueError(f"register_digits: {self.register_digits} is not 3 to 9")


class Flows(NamedTuple):
    """Watt-hours of a span."""

    imported: int
    exported: int
    used: int
    produced: int


class Building:
    """One building: what flows in five minutes, the same for whoever asks."""

    def __init__(self, meters: ElectricityMeters, weather: Weather, clock: LocalHours, rng: random.Random) -> None:
        self._meters = meters
        self._weather = weather
        self._clock = clock
        self._rng = random.Random(rng.random())
        self._kept: dict[int, Flows] = {}
        self.size = 1 + rng.uniform(-1, 1) * meters.size_spread
        self._hours_sum = sum(meters.use_hours)

    def quarter(self, start_ns: int) -> Flows:
        """What flows in the quarter hour from there; its meters ask quarter by quarter, one soon after the other."""
        found = self._kept.get(start_ns)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept[start_ns] = self._flow(start_ns)
        return found

    def _flow(self, start_ns: int) -> Flows:
        """The sum of three times five minutes; whole watt-hours, so that nothing is ever lost in a sum."""
        meters, rng = self._meters, self._rng
        _, weekday, hour = self._clock.at(start_ns)
        share = meters.use_hours[int(hour)] / self._hours_sum
        day_kwh = meters.use_kwh_day * self.size * (meters.weekend_factor if weekday >= SATURDAY else 1.0)
        mean_wh = day_kwh * share * 1000 * SLOT_H
        imported = exported = used = produced = 0
        for slot_ns in range(start_ns, start_ns + QUARTER_NS, SLOT_NS):
            use = round(gamma(rng, mean_wh, meters.use_shape))
            solar_w_m2 = self._weather.at(slot_ns).solar_w_m2
            make = round(meters.pv_kwp * self.size * solar_w_m2 * meters.performance_ratio * SLOT_H)
            imported += max(0, use - make)
            exported += max(0, make - use)
            used += use
            produced += make
        return Flows(imported, exported, used, produced)


class Register:
    """Watt-hours that begin at 0 again after the last number."""

    def __init__(self, digits: int, start_wh: int) -> None:
        self._modulus: int = 10 ** (digits + 3)
        self.wh: int = start_wh % self._modulus

    def add(self, wh: int) -> None:
        """Count on."""
        self.wh = (self.wh + wh) % self._modulus

    @property
    def kwh(self) -> float:
        """As the display shows it, with three decimals."""
        return round(self.wh / 1000, 3)


class ElectricityMeter:
    """One meter: at the border with the grid, or at the panels."""

    def __init__(
        self,
        device: SimulatedDevice,
        meters: ElectricityMeters,
        building: Building,
        rng: random.Random,
        *,
        panels: bool,
    ) -> None:
        self.device = device
        self._meters = meters
        self._building = building
        self._panels = panels
        lower_half = rng.uniform(0, 0.5) * 10**meters.register_digits
        start_kwh = meters.start_kwh if meters.start_kwh >= 0 else lower_half
        self._imported = Register(meters.register_digits, round(start_kwh * 1000))
        self._exported = Register(meters.register_digits, round(lower_half * 400))
        self._interval_ns = meters.report_min * MINUTE_NS
        self._late_ns = int(rng.uniform(1, 12) * NS_PER_S)
        self._exchange = Incidents(rng, meters.exchanges_per_year, mean_hours=0.1)

    def begin(self, at_ns: int) -> int:
        """Tells where the registers stand, at the end of the interval under way; what comes after is counted."""
        first_ns = -(-at_ns // self._interval_ns) * self._interval_ns
        self._counted_to_ns = first_ns
        self._exchange.begin(first_ns)
        return first_ns + self._late_ns

    def report(self, at_ns: int) -> tuple[Report, int]:
        """Count the quarters that have ended, and tell the registers."""
        truth: list[Truth] = []
        last = Flows(0, 0, 0, 0)
        end_ns = (at_ns - self._late_ns) // self._interval_ns * self._interval_ns
        while self._counted_to_ns < end_ns:
            start_ns = self._counted_to_ns
            last = self._building.quarter(start_ns)
            truth += self._count(last, start_ns)
            self._counted_to_ns = start_ns + QUARTER_NS
        return Report(at_ns, self.device, 1, self._say(last), tuple(truth)), at_ns + self._interval_ns

    def _count(self, flows: Flows, start_ns: int) -> list[Truth]:
        feature = self.device.feature
        imported, exported = (0, flows.produced) if self._panels else (flows.imported, flows.exported)
        truth = []
        exchanged = [moment for moment, begins in self._exchange.changes(start_ns + QUARTER_NS) if begins]
        self._imported.add(imported)
        self._exported.add(exported)
        for moment in exchanged:
            share = (start_ns + QUARTER_NS - moment) / QUARTER_NS
            self._imported.wh, self._exported.wh = round(imported * share), round(exported * share)
            truth.append(Truth(moment, feature, "meter_exchanged", value=True))
        if self._panels:
            truth.append(Truth(start_ns, feature, "production_kwh", flows.produced / 1000, QUARTER_NS))
            return truth
        for quantity, wh in (
            ("import_kwh", flows.imported),
            ("export_kwh", flows.exported),
            ("load_kwh", flows.used),
            ("production_kwh", flows.produced),
        ):
            truth.append(Truth(start_ns, feature, quantity, wh / 1000, QUARTER_NS))
        return truth

    def _say(self, last: Flows) -> Readings:
        power_w = (0 if self._panels else last.imported) * 4
        export_w = (last.produced if self._panels else last.exported) * 4
        if self.device.profile == "dsmr/p1":
            return {
                "energy_import": self._imported.kwh,
                "energy_export": self._exported.kwh,
                "power_import": power_w / 1000,
                "power_export": export_w / 1000,
            }
        return {
            "energy_import_kwh": self._imported.kwh,
            "energy_export_kwh": self._exported.kwh,
            "power_w": power_w,
            "power_export_w": export_w,
        }


PROFILES = ("generic/json", "dsmr/p1")


def build(
    site: Site, parameters: ElectricityMeters, rng: random.Random, weather: Weather, zone: ZoneInfo
) -> Sequence[Signal]:
    """One meter for each device; with ``production_meter`` two of each building, border first."""
    clock = clock_of(zone)
    signals: list[Signal] = []
    building = None
    for index, device in enumerate(site.devices):
        panels = parameters.production_meter and index % 2 == 1
        if building is None or not panels:
            building = Building(parameters, weather, clock, rng)
        own = random.Random(rng.random())
        signals.append(ElectricityMeter(device, parameters, building, own, panels=panels))
    return signals


def details(parameters: ElectricityMeters, site: str, index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each meter."""
    known: dict[str, float | int | bool | str] = {"register_digits": parameters.register_digits}
    if parameters.production_meter:
        known["connection"] = f"{site}-{index // 2 + 1}"
        known["role"] = "production" if index % 2 else "grid"
    return known
