"""Air at the roadside: background, traffic and wind; and what a low-cost sensor makes of it.

Truth
- PM2.5: a regional background that lasts for days (lognormal, higher in winter and in calm), and traffic's share,
  diluted by the wind. PM10: PM2.5 and coarse dust, which rain lays.
- NO2: background and traffic, diluted likewise. Ozone: what sun and warmth make of the sum of oxidants, less the NO2
  that stands for titrated ozone (Clapp and Jenkin, Atmos. Environ. 35 (2001) 6391: Ox = O3 + NO2).
- Dilution: concentration goes with 1/(wind + 1): a box model with a floor for traffic's own turbulence.
Figures are assumptions of the size that north-west European street stations measure.

Report: particles are weighed optically with the water on them, by kappa-Köhler growth (Petters and Kreidenweis, Atmos.
Chem. Phys. 7 (2007) 1961; as a correction of low-cost sensors Crilley et al., Atmos. Meas. Tech. 11 (2018) 709):
1 + (kappa/1.65) a/(1 - a) with a the relative humidity; then the sensor's own gain, offset and noise.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Conditions, Report, Signal, Site, Truth, Weather
from simulators.signals.air_sensors import SPEAK, Air
from simulators.signals.battery import Battery
from simulators.signals.draws import Wander
from simulators.signals.local_hours import DAY_NS, HOUR_NS, MINUTE_NS, LocalHours, clock_of
from simulators.signals.weather import SLOT_NS

TRAFFIC_HOURS = (
    *(0.25, 0.15, 0.12, 0.12, 0.20, 0.55, 1.05, 1.75, 1.80, 1.40, 1.20, 1.20),
    *(1.25, 1.25, 1.30, 1.45, 1.70, 1.80, 1.55, 1.20, 0.90, 0.70, 0.55, 0.40),
)
"""Traffic against its daily mean at each local hour of a working day."""
WEEKEND_TRAFFIC = 0.7
SATURDAY = 5
MOST_HUMID = 0.90
"""Growth runs away towards saturation; sensors' heated inlets keep it below."""


@dataclass(frozen=True)
class AirStations:
    """Air sensors in a street. Concentrations in µg/m³; ``*_traffic_ug_m3``: added on average at a wind of 3 m/s.

    ``kappa``: hygroscopicity of the particles; ``gain_sigma``, ``offset_ug_m3``, ``noise_share``: how sensors differ
    from the truth and from each other.
    """

    pm25_background_ug_m3: float = 9.0
    background_sigma: float = 0.45
    winter_share: float = 0.35
    pm25_traffic_ug_m3: float = 3.0
    coarse_ug_m3: float = 6.0
    no2_background_ug_m3: float = 10.0
    no2_traffic_ug_m3: float = 16.0
    oxidant_ug_m3: float = 72.0
    kappa: float = 0.35
    gain_sigma: float = 0.12
    offset_ug_m3: float = 0.8
    noise_share: float = 0.05
    report_min: float = 10.0

    def __post_init__(self) -> None:
        if self.report_min <= 0:
            raise ValueError("report_min: above 0")


class Concentrations(NamedTuple):
    """True concentrations, µg/m³."""

    pm25: float
    pm10: float
    no2: float
    o3: float


class _Street(NamedTuple):
    """What five minutes have in common all along the street; concentrations without traffic, µg/m³."""

    busy: float
    dilution: float
    pm25: float
    dust: float
    no2: float
    oxidant: float


class StreetAir:
    """The air that all stations of a site breathe."""

    def __init__(self, stations: AirStations, weather: Weather, clock: LocalHours, seed: str) -> None:
        self._stations = stations
        self._weather = weather
        self._clock = clock
        self._background = Wander(f"{seed}/background", DAY_NS, 0.7)
        self._dust = Wander(f"{seed}/dust", 6 * HOUR_NS, 0.7)
        self._slot = -1
        self._shared = _Street(0.0, 1.0, 0.0, 0.0, 0.0, 0.0)

    def at(self, at_ns: int, now: Conditions, *, traffic: float) -> Concentrations:
        """Concentrations at this moment; ``traffic`` is the place's own share of the street's."""
        slot = at_ns // SLOT_NS
        if slot != self._slot:
            self._slot, self._shared = slot, self._street(slot * SLOT_NS, now)
        shared, stations = self._shared, self._stations
        busy = traffic * shared.busy
        pm25 = shared.pm25 + stations.pm25_traffic_ug_m3 * busy * shared.dilution
        no2 = shared.no2 + stations.no2_traffic_ug_m3 * busy * shared.dilution
        return Concentrations(pm25, pm25 + shared.dust * (0.5 + 0.5 * busy), no2, max(2.0, shared.oxidant - no2))

    def _street(self, at_ns: int, now: Conditions) -> "_Street":
        stations = self._stations
        day, weekday, hour = self._clock.at(at_ns)
        dilution = 4 / (now.wind_m_s + 1)
        sigma = stations.background_sigma
        season = 1 + stations.winter_share * math.cos(math.tau * (day % 365.2425 - 15) / 365.2425)
        regional = math.exp(sigma * self._background.at(at_ns) - sigma * sigma / 2)
        stagnant = season * math.sqrt(dilution)
        settled = 0.3 if now.rain_mm_h > 0 else 1.0
        return _Street(
            busy=_between_hours(hour) * (WEEKEND_TRAFFIC if weekday >= SATURDAY else 1.0),
            dilution=dilution,
            pm25=stations.pm25_background_ug_m3 * regional * stagnant,
            dust=stations.coarse_ug_m3 * math.exp(0.4 * self._dust.at(at_ns)) * settled,
            no2=stations.no2_background_ug_m3 * stagnant,
            oxidant=stations.oxidant_ug_m3 + 0.035 * now.solar_w_m2 + 1.2 * max(0.0, now.temperature_c - 15),
        )


class AirStation:
    """One station: true air, biased sensor."""

    def __init__(
        self, device: SimulatedDevice, stations: AirStations, air: StreetAir, weather: Weather, rng: random.Random
    ) -> None:
        self.device = device
        self._stations = stations
        self._air = air
        self._weather = weather
        self._rng = rng
        self._speak = SPEAK[device.profile]
        self._battery = Battery(rng)
        self._traffic = rng.uniform(0.5, 1.5)
        self._gain = [math.exp(rng.gauss(0, stations.gain_sigma)) for _ in Concentrations._fields]
        self._offset = [rng.gauss(0, stations.offset_ug_m3) for _ in Concentrations._fields]

    def begin(self, at_ns: int) -> int:
        """Each at a phase of its own."""
        return at_ns + int(self._rng.uniform(0, self._stations.report_min) * MINUTE_NS)

    def report(self, at_ns: int) -> tuple[Report, int]:
        """The air now."""
        now = self._weather.at(at_ns)
        true = self._air.at(at_ns, now, traffic=self._traffic)
        feature = self.device.feature
        truth = (
            Truth(at_ns, feature, "pm25_ug_m3", true.pm25),
            Truth(at_ns, feature, "pm10_ug_m3", true.pm10),
            Truth(at_ns, feature, "no2_ug_m3", true.no2),
            Truth(at_ns, feature, "o3_ug_m3", true.o3),
        )
        wet = growth(self._stations.kappa, now.humidity_percent)
        pm25, pm10 = self._measured(0, true.pm25 * wet), self._measured(1, true.pm10 * wet)
        seen = Air(
            at_ns=at_ns,
            device_id=int(self.device.dev_eui[-4:], 16),
            pm25=pm25,
            pm10=max(pm25, pm10),
            no2=self._measured(2, true.no2),
            o3=self._measured(3, true.o3),
            temperature_c=now.temperature_c + self._rng.gauss(0, 0.2),
            humidity_percent=min(100.0, max(1.0, now.humidity_percent + self._rng.gauss(0, 1.5))),
            pressure_hpa=now.pressure_hpa + self._rng.gauss(0, 0.1),
            battery=self._battery,
        )
        port, readings = self._speak(seen)
        next_ns = at_ns + int((self._stations.report_min * 60 + self._rng.uniform(-3, 3)) * NS_PER_S)
        return Report(at_ns, self.device, port, readings, truth), next_ns

    def _measured(self, index: int, true: float) -> float:
        noise = 1 + self._rng.gauss(0, self._stations.noise_share)
        return max(0.0, true * self._gain[index] * noise + self._offset[index])


def growth(kappa: float, humidity_percent: float) -> float:
    """How much heavier particles weigh with their water; 1 when dry. Source: Crilley et al. 2018, equation 4."""
    activity = min(MOST_HUMID, humidity_percent / 100)
    return 1 + kappa / 1.65 * activity / (1 - activity)


def _between_hours(hour: float) -> float:
    """Traffic of the moment: hours run into each other."""
    before = int(hour - 0.5) % 24
    share = (hour - 0.5) % 1
    return TRAFFIC_HOURS[before] * (1 - share) + TRAFFIC_HOURS[(before + 1) % 24] * share


def build(
    site: Site, parameters: AirStations, rng: random.Random, weather: Weather, zone: ZoneInfo
) -> Sequence[Signal]:
    """One station for each device, all in the same air."""
    air = StreetAir(parameters, weather, clock_of(zone), f"{rng.random()}")
    return [AirStation(device, parameters, air, weather, random.Random(rng.random())) for device in site.devices]
