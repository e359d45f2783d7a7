"""Street lights of one group: on from dusk to dawn, dimmed in the small hours, and sometimes dark.

Model: the group's controller switches where the sun passes an elevation, and dims by local time. A lamp fails as a
Poisson process and is mended after some days; its driver then draws ``driver_w`` while the lamp should burn.

Truth: ``lamp_level_percent`` at each change of the group's level (what the lamp should do), ``lamp_failed`` from and
to, ``energy_kwh`` of each night, exact.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.incidents import Incidents
from simulators.signals.local_hours import DAY_NS, HOUR_NS, MINUTE_NS, LocalHours, clock_of
from simulators.signals.weather import solar_elevation_deg

SEARCH_NS = 10 * MINUTE_NS


@dataclass(frozen=True)
class StreetLights:
    """Lamps. ``switch_elevation_deg``: of the sun; ``dim_from``, ``dim_to``: local hours over midnight."""

    rating_w: float = 42.0
    switch_elevation_deg: float = -3.0
    dim_from: float = 23.0
    dim_to: float = 5.5
    dim_percent: float = 50.0
    failures_per_year: float = 0.3
    mend_days: float = 9.0
    driver_w: float = 1.5
    report_min: float = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.dim_percent <= 100 or min(self.rating_w, self.report_min) <= 0:  # noqa: PLR2004  per cent
            raise ValueError("dim_percent: 0 to 100; rating_w and report_min: above 0")


class Controller:
    """What all lamps of the group should do, and when that changes; each change is searched once."""

    def __init__(self, lights: StreetLights, clock: LocalHours, *, latitude: float, longitude: float) -> None:
        self._lights = lights
        self._clock = clock
        self._latitude, self._longitude = latitude, longitude
        self._last: tuple[int, int] = (1, 0)

    def level_percent(self, at_ns: int) -> float:
        """Dimming level at this moment; 0 by day."""
        if not self._dark(at_ns):
            return 0.0
        hour = self._clock.at(at_ns).hour
        lights = self._lights
        late = (hour - lights.dim_from) % 24 < (lights.dim_to - lights.dim_from) % 24
        return lights.dim_percent if late else 100.0

    def next_change_ns(self, at_ns: int) -> int:
        """When the level changes next, to the second."""
        since, until = self._last
        if since <= at_ns < until:
            return until
        level = self.level_percent(at_ns)
        after = at_ns + SEARCH_NS
        while self.level_percent(after) == level and after < at_ns + 2 * DAY_NS:
            after += SEARCH_NS
        before = after - SEARCH_NS
        while after - before > NS_PER_S:
            middle = (before + after) // 2
            before, after = (middle, after) if self.level_percent(middle) == level else (before, middle)
        self._last = (at_ns, after)
        return after

    def _dark(self, at_ns: int) -> bool:
        elevation = solar_elevation_deg(at_ns, self._latitude, self._longitude)
        return elevation < self._lights.switch_elevation_deg


class Lamp:
    """One lamp; it reports when it is switched and now and then."""

    def __init__(
        self, device: SimulatedDevice, lights: StreetLights, controller: Controller, rng: random.Random
    ) -> None:
        self.device = device
        self._lights = lights
        self._controller = controller
        self._rng = rng
        self._rating_w = lights.rating_w * (1 + rng.gauss(0, 0.01))
        self._failure = Incidents(rng, lights.failures_per_year, mean_hours=lights.mend_days * 24)
        self._level = -1.0
        self._burnt_to_ns = 0
        self._night_since_ns = 0
        self._night_wh = 0.0
        self._register_wh = rng.uniform(0, 400_000)

    def begin(self, at_ns: int) -> int:
        """Says where it stands within a report's time."""
        self._failure.begin(at_ns)
        self._burnt_to_ns = self._night_since_ns = at_ns
        self._level = self._controller.level_percent(at_ns)
        self._change_ns = self._controller.next_change_ns(at_ns)
        return min(self._change_ns, at_ns + int(self._rng.uniform(0, self._lights.report_min) * MINUTE_NS))

    def report(self, at_ns: int) -> tuple[Report, int]:
        """Burn until now; switch when it is time."""
        feature, truth = self.device.feature, []
        for moment, begins in self._failure.changes(at_ns):
            self._burn_until(moment, failed=not begins)
            truth.append(Truth(moment, feature, "lamp_failed", begins))
        failed = self._failure.since_ns is not None
        self._burn_until(at_ns, failed=failed)
        if at_ns >= self._change_ns:
            before, self._level = self._level, self._controller.level_percent(at_ns)
            self._change_ns = self._controller.next_change_ns(at_ns)
            truth.append(Truth(at_ns, feature, "lamp_level_percent", self._level))
            if self._level and not before:
                self._night_since_ns, self._night_wh = at_ns, 0.0
            elif before and not self._level:
                span_ns = at_ns - self._night_since_ns
                truth.append(Truth(self._night_since_ns, feature, "energy_kwh", self._night_wh / 1000, span_ns))
        readings: dict[str, float | int | bool | str] = {
            "switched_on": self._level > 0,
            "lamp_level_percent": self._level,
            "power_w": round(self._power_w(failed=failed) * (1 + self._rng.gauss(0, 0.005)), 1),
            "energy_import_kwh": round(self._register_wh / 1000, 3),
        }
        jitter_s = self._rng.uniform(-10, 10)
        next_ns = min(self._change_ns, at_ns + int((self._lights.report_min * 60 + jitter_s) * NS_PER_S))
        return Report(at_ns, self.device, 1, readings, tuple(truth)), max(next_ns, at_ns + 1)

    def _power_w(self, *, failed: bool) -> float:
        if not self._level:
            return 0.0
        return self._lights.driver_w if failed else self._rating_w * self._level / 100

    def _burn_until(self, at_ns: int, *, failed: bool) -> None:
        wh = self._power_w(failed=failed) * (at_ns - self._burnt_to_ns) / HOUR_NS
        self._night_wh += wh
        self._register_wh += wh
        self._burnt_to_ns = at_ns


def details(parameters: StreetLights, _site: str, _index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each lamp."""
    return {"rated_w": parameters.rating_w}


PROFILES = ("generic/json",)


def build(
    site: Site, parameters: StreetLights, rng: random.Random, _weather: Weather, zone: ZoneInfo
) -> Sequence[Signal]:
    """One lamp for each device, all under one controller."""
    first = site.devices[0]
    clock = clock_of(zone)
    controller = Controller(parameters, clock, latitude=first.latitude, longitude=first.longitude)
    return [Lamp(device, parameters, controller, random.Random(rng.random())) for device in site.devices]
