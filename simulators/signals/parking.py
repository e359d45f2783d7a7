"""Parking bays with a sensor each, in two worlds.

``parking_mmcc``: each rule's bays are an M/M/c/c system with rates by local hour (Xiao, Lou and Frisby, Transp. Res. B
112 (2018) 19-39 model occupancy so), and the truth knows the chance of a free bay in 5, 10, 15 and 30 minutes.
``parking_overdispersed`` breaks what estimators assume: stays are lognormal, whole days are busier or calmer than
their kind by a gamma factor, and sensors fail together: an outage takes a share of the street's bays, which then
go on saying what they last saw, or say nothing.

Who parks longer than the rule allows is whoever's draw is that long: with the defaults 7 % of ordinary stays.
A sensor sees a change ``detection_s`` after it, and says every ``heartbeat_min`` that it is still there.

Bays of a site, in order of its devices: loading, then disabled, then ordinary ones.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.battery import Battery
from simulators.signals.local_hours import MINUTE_NS, QUARTER_NS, LocalHours, clock_of
from simulators.signals.parking_sensors import SPEAK, Failures, Readings, Sight
from simulators.signals.parking_street import BayChange, DayFactors, Pool, Rate, Stays, Street
from simulators.signals.parking_truth import StreetTruth

Hours = tuple[float, ...]
MOST_KEPT = 672
"""A week of quarter hours."""

WEEKDAY_LOAD: Hours = (
    *(0.45, 0.40, 0.38, 0.36, 0.36, 0.40, 0.50, 0.65, 0.80, 0.92, 1.00, 1.05),
    *(1.00, 0.95, 0.92, 0.90, 0.92, 1.00, 0.95, 0.85, 0.75, 0.65, 0.58, 0.50),
)
SATURDAY_LOAD: Hours = (
    *(0.50, 0.45, 0.40, 0.38, 0.38, 0.38, 0.42, 0.50, 0.65, 0.85, 1.05, 1.20),
    *(1.20, 1.15, 1.15, 1.10, 1.05, 0.95, 0.85, 0.75, 0.68, 0.62, 0.58, 0.54),
)
SUNDAY_LOAD: Hours = (
    *(0.52, 0.48, 0.45, 0.42, 0.42, 0.42, 0.42, 0.42, 0.45, 0.50, 0.55, 0.60),
    *(0.62, 0.62, 0.65, 0.65, 0.65, 0.62, 0.60, 0.58, 0.55, 0.52, 0.50, 0.48),
)
LOADING_LOAD: Hours = (
    *(0.02, 0.02, 0.02, 0.02, 0.05, 0.15, 0.40, 0.70, 0.90, 0.95, 0.90, 0.70),
    *(0.50, 0.50, 0.45, 0.40, 0.35, 0.30, 0.20, 0.15, 0.10, 0.05, 0.03, 0.02),
)


@dataclass(frozen=True)
class ParkingMmcc:
    """A street of bays.

    Loads are Erlang per bay at each local hour: arrivals per hour times mean stay in hours, per bay; 1.0 would fill
    the street if nobody had to drive on. Holidays are not known.
    """

    weekday_load: Hours = WEEKDAY_LOAD
    saturday_load: Hours = SATURDAY_LOAD
    sunday_load: Hours = SUNDAY_LOAD
    mean_stay_min: float = 45.0
    max_stay_min: float = 120.0
    loading_bays: int = 0
    loading_load: Hours = LOADING_LOAD
    loading_mean_stay_min: float = 12.0
    loading_max_stay_min: float = 30.0
    disabled_bays: int = 0
    disabled_load: float = 0.35
    disabled_mean_stay_min: float = 75.0
    heartbeat_min: float = 60.0
    detection_s: float = 8.0

    def __post_init__(self) -> None:
        for name in ("weekday_load", "saturday_load", "sunday_load", "loading_load"):
            if len(getattr(self, name)) != 24:  # noqa: PLR2004  hours of a day
                raise ValueError(f"{name}: {len(getattr(self, name))} numbers. Give 24, one for each hour")
        if min(self.mean_stay_min, self.loading_mean_stay_min, self.disabled_mean_stay_min, self.heartbeat_min) <= 0:
            raise ValueError("mean stays and heartbeat_min: above 0")


@dataclass(frozen=True)
class ParkingOverdispersed(ParkingMmcc):
    """The same street in a world that breaks the estimators' assumptions.

    ``day_dispersion``: coefficient of variation of the days' factor. ``failures_per_month``: joint failures of
    ``failure_share`` of the bays, for ``failure_days`` on average.
    """

    stay_sigma: float = 0.8
    day_dispersion: float = 0.25
    failures_per_month: float = 1.0
    failure_share: float = 0.25
    failure_days: float = 1.5
    failure: Literal["stuck", "silent"] = "stuck"


class Bay:
    """One bay: what happens in it, and what its sensor says of that."""

    def __init__(
        self,
        device: SimulatedDevice,
        bay: int,
        street: Street,
        parameters: ParkingMmcc,
        rng: random.Random,
        *,
        rule: str,
        max_stay_min: float,
        failures: Failures | None,
    ) -> None:
        self.device = device
        self._bay = bay
        self._street = street
        self._rng = rng
        self._speak = SPEAK[device.profile]
        self._battery = Battery(rng)
        self._failures = failures
        self._silent = isinstance(parameters, ParkingOverdispersed) and parameters.failure == "silent"
        self._heartbeat_ns = int(parameters.heartbeat_min * MINUTE_NS)
        self._detection_ns = int(parameters.detection_s * NS_PER_S)
        self._rule = rule
        self._max_stay_min = max_stay_min
        self._began_ns = 0
        self._said: bool | None = None
        self._failed = False
        self._occupied = False

    def begin(self, at_ns: int) -> int:
        """Says at first where it stands, within five seconds; then at a phase of its own."""
        self._street.begin(at_ns)
        self._began_ns = at_ns
        self._occupied = self._bay in self._street.taken_at_begin
        return at_ns + int(self._rng.uniform(0, 5) * NS_PER_S)

    def report(self, at_ns: int) -> tuple[Report, int]:
        """A change that the sensor has seen, or that it is still there."""
        truth = self._first_truth() if self._said is None else []
        for change in self._street.changes(self._bay, at_ns - self._detection_ns):
            truth += self._truth(change)
            self._occupied = change.occupied
        failed = self._failures is not None and self._failures.failed(self._bay, at_ns)
        if failed != self._failed:
            self._failed = failed
            truth.append(Truth(at_ns, self.device.feature, "sensor_failed", failed))
        f_port, readings = self._say(at_ns, changed=bool(truth) and self._said is not None)
        heartbeat_ns = at_ns + self._heartbeat_ns
        change_ns = self._street.next_change_ns(self._bay, heartbeat_ns)
        next_ns = heartbeat_ns if change_ns is None else min(heartbeat_ns, change_ns + self._detection_ns)
        return Report(at_ns, self.device, f_port, readings, tuple(truth)), max(next_ns, at_ns + 1)

    def _say(self, at_ns: int, *, changed: bool) -> tuple[int, Readings | None]:
        """What goes on the air; a stuck sensor repeats itself when it is time, a silent one does not even that."""
        if self._failed:
            if changed or self._silent:
                return 0, None
        else:
            self._said = self._occupied
        return self._speak(Sight(at_ns, bool(self._said), changed, self._battery))

    def _first_truth(self) -> list[Truth]:
        feature, begin_ns = self.device.feature, self._began_ns
        return [
            Truth(begin_ns, feature, "bay_rule", self._rule),
            Truth(begin_ns, feature, "max_stay_min", self._max_stay_min),
            Truth(begin_ns, feature, "occupied", self._bay in self._street.taken_at_begin),
        ]

    def _truth(self, change: BayChange) -> list[Truth]:
        feature, at_ns, since_ns = self.device.feature, change.at_ns, change.since_ns
        truth = [Truth(at_ns, feature, "occupied", change.occupied)]
        if not change.occupied and since_ns:
            truth.append(Truth(since_ns, feature, "stay_min", (at_ns - since_ns) / MINUTE_NS, at_ns - since_ns))
            over_min = (at_ns - since_ns) / MINUTE_NS - self._max_stay_min
            if over_min > 0:
                allowed_ns = since_ns + int(self._max_stay_min * MINUTE_NS)
                truth.append(Truth(allowed_ns, feature, "overstay_min", over_min, at_ns - allowed_ns))
        return truth


def build(
    site: Site, parameters: ParkingMmcc, rng: random.Random, _weather: Weather, zone: ZoneInfo
) -> Sequence[Signal]:
    """One signal for each bay, and the street's own truth. Both worlds: the parameters say which."""
    clock = clock_of(zone)
    bays = len(site.devices)
    if parameters.loading_bays + parameters.disabled_bays > bays:
        raise ValueError(f"{site.name}: more loading and disabled bays than the {bays} that there are")
    odd = parameters if isinstance(parameters, ParkingOverdispersed) else None
    factors = DayFactors(f"{rng.random()}", odd.day_dispersion if odd else 0.0, clock)
    pools = _pools(parameters, bays, clock, factors, rng)
    street = Street(bays, pools)
    failures = _failures(odd, bays, rng) if odd else None
    signals: list[Signal] = []
    for bay, device in enumerate(site.devices):
        rule = _rule(parameters, bay)
        max_stay_min = _most_min(parameters, rule)
        own = random.Random(rng.random())
        signals.append(
            Bay(device, bay, street, parameters, own, rule=rule, max_stay_min=max_stay_min, failures=failures)
        )
    signals.append(StreetTruth(site, street, bays, knows_chances=odd is None))
    return signals


def _failures(parameters: ParkingOverdispersed, bays: int, rng: random.Random) -> Failures:
    return Failures(
        bays,
        random.Random(rng.random()),
        per_month=parameters.failures_per_month,
        share=parameters.failure_share,
        mean_days=parameters.failure_days,
    )


def _rule(parameters: ParkingMmcc, bay: int) -> str:
    if bay < parameters.loading_bays:
        return "loading"
    return "disabled" if bay < parameters.loading_bays + parameters.disabled_bays else "ordinary"


def _pools(
    parameters: ParkingMmcc, bays: int, clock: LocalHours, factors: DayFactors, rng: random.Random
) -> list[Pool]:
    """The pools that have bays."""
    weekday, saturday, sunday = parameters.weekday_load, parameters.saturday_load, parameters.sunday_load
    week = (*([weekday] * 5), saturday, sunday)
    loading = (*([parameters.loading_load] * 6), (0.02,) * 24)
    disabled = ((parameters.disabled_load,) * 24,) * 7
    sigma = parameters.stay_sigma if isinstance(parameters, ParkingOverdispersed) else 0.0
    rows: tuple[tuple[str, Sequence[Sequence[float]], float], ...] = (
        ("loading", loading, parameters.loading_mean_stay_min),
        ("disabled", disabled, parameters.disabled_mean_stay_min),
        ("ordinary", week, parameters.mean_stay_min),
    )
    pools = []
    for rule, loads, mean_min in rows:
        own = [bay for bay in range(bays) if _rule(parameters, bay) == rule]
        if own:
            rate = _rate(loads, len(own) / mean_min, clock, factors)
            pools.append(Pool(rule, own, Stays(mean_min, sigma), rate, random.Random(rng.random())))
    return pools


def _rate(loads: Sequence[Sequence[float]], per_load: float, clock: LocalHours, factors: DayFactors) -> Rate:
    kept: dict[int, float] = {}

    def rate(at_ns: int) -> float:
        quarter = at_ns // QUARTER_NS
        found = kept.get(quarter)
        if found is None:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            _, weekday, hour = clock.at(at_ns)
            found = kept[quarter] = loads[weekday][int(hour)] * per_load * factors.at(at_ns)
        return found

    return rate


def details(parameters: ParkingMmcc, _site: str, index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each bay."""
    rule = _rule(parameters, index)
    return {"category": rule, "max_stay_min": _most_min(parameters, rule)}


def _most_min(parameters: ParkingMmcc, rule: str) -> float:
    """Who may stay longest: disabled drivers twice the street's time, an assumption."""
    match rule:
        case "loading":
            return parameters.loading_max_stay_min
        case "disabled":
            return 2 * parameters.max_stay_min
        case _:
            return parameters.max_stay_min
