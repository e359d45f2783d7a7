"""Sound at the roadside: a day, evening and night pattern, events, and the energy that a sound meter sums.

Model: the steady level of an interval is that of its period (day 07-19, evening 19-23, night 23-07 local, Directive
2002/49/EC), moved by an hourly and a slow whim; rain and wind above 5 m/s add their own noise. Events (a siren, a
moped, a party) come as a Poisson process and add energy for as long as they last.

Truth: ``laeq_db`` of each interval, the exact energy mean of all its seconds; ``la_event_db`` where an event happened.
The report is that level, with the meter's tolerance and its resolution of 0.1 dB.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.signals import Report, Signal, Site, Truth, Weather
from simulators.signals.battery import Battery
from simulators.signals.draws import Wander, poisson
from simulators.signals.local_hours import DAY_NS, HOUR_NS, MINUTE_NS, LocalHours, clock_of

Readings = dict[str, float | int | bool | str]
DAY_HOURS = (7, 19)
EVENING_END = 23
SATURDAY = 5
WIND_NOISE_M_S = 5.0


@dataclass(frozen=True)
class SoundMeters:
    """Sound meters along a street. Levels in dB(A).

    ``whim_db``: sigma of the steady level's wandering; ``place_db``: how places differ. ``events_per_hour``: of day,
    evening and night; ``event_db`` and ``event_sigma_db``: of the level while one lasts, ``event_s`` on average.
    ``tolerance_db``: sigma of a meter's own error (class 1: 0.5).
    """

    day_db: float = 62.0
    evening_db: float = 59.0
    night_db: float = 52.0
    weekend_db: float = -1.5
    whim_db: float = 1.2
    place_db: float = 2.0
    events_per_hour: tuple[float, ...] = (2.0, 1.5, 0.5)
    event_db: float = 78.0
    event_sigma_db: float = 5.0
    event_s: float = 12.0
    tolerance_db: float = 0.5
    report_min: int = 15

    def __post_init__(self) -> None:
        if len(self.events_per_hour) != 3:  # noqa: PLR2004  day, evening, night
            raise ValueError("events_per_hour: 3 numbers, of day, evening and night")
        if self.report_min not in (1, 5, 10, 15, 60):
            raise ValueError(f"report_min: {self.report_min} is not 1, 5, 10, 15 or 60: an hour must be whole reports")


class SoundMeter:
    """One meter; it sends the energy mean of each interval when that is over."""

    def __init__(
        self,
        device: SimulatedDevice,
        meters: SoundMeters,
        *,
        clock: LocalHours,
        weather: Weather,
        rng: random.Random,
    ) -> None:
        self.device = device
        self._meters = meters
        self._clock = clock
        self._weather = weather
        self._rng = rng
        self._battery = Battery(rng)
        self._place_db = rng.gauss(0, meters.place_db)
        self._error_db = rng.gauss(0, meters.tolerance_db)
        self._whim = Wander(f"{rng.random()}/hour", HOUR_NS, 0.5)
        self._slow = Wander(f"{rng.random()}/day", DAY_NS, 0.5)
        self._interval_ns = meters.report_min * MINUTE_NS
        self._late_ns = int(rng.uniform(1, 20) * NS_PER_S)

    def begin(self, at_ns: int) -> int:
        """First when the first whole interval has ended."""
        return -(-at_ns // self._interval_ns) * self._interval_ns + self._interval_ns + self._late_ns

    def report(self, at_ns: int) -> tuple[Report, int]:
        """The interval that has just ended."""
        end_ns = (at_ns - self._late_ns) // self._interval_ns * self._interval_ns
        start_ns = end_ns - self._interval_ns
        seconds = self._interval_ns / NS_PER_S
        steady_db, per_hour = self._expected(start_ns + self._interval_ns // 2)
        energy = 10 ** (steady_db / 10) * seconds
        truth = []
        loudest_db = steady_db + abs(self._rng.gauss(6, 2))
        for _ in range(poisson(self._rng, per_hour * self._interval_ns / HOUR_NS)):
            level_db = self._rng.gauss(self._meters.event_db, self._meters.event_sigma_db)
            lasts_s = min(seconds, self._rng.expovariate(1 / self._meters.event_s))
            energy += 10 ** (level_db / 10) * lasts_s
            loudest_db = max(loudest_db, level_db + 3)
            truth.append(Truth(start_ns, self.device.feature, "la_event_db", level_db, self._interval_ns))
        laeq_db = 10 * math.log10(energy / seconds)
        truth.append(Truth(start_ns, self.device.feature, "laeq_db", laeq_db, self._interval_ns))
        port, readings = self._say(at_ns, laeq_db + self._error_db, loudest_db + self._error_db)
        return Report(at_ns, self.device, port, readings, tuple(truth)), at_ns + self._interval_ns

    def _expected(self, at_ns: int) -> tuple[float, float]:
        """Steady level and events an hour at this moment."""
        meters = self._meters
        _, weekday, hour = self._clock.at(at_ns)
        period = 0 if DAY_HOURS[0] <= hour < DAY_HOURS[1] else 1 if DAY_HOURS[1] <= hour < EVENING_END else 2
        level_db = (meters.day_db, meters.evening_db, meters.night_db)[period] + self._place_db
        if weekday >= SATURDAY:
            level_db += meters.weekend_db
        level_db += meters.whim_db * (0.6 * self._whim.at(at_ns) + 0.8 * self._slow.at(at_ns))
        now = self._weather.at(at_ns)
        if now.rain_mm_h > 0 or now.wind_m_s > WIND_NOISE_M_S:
            other_db = 44 + 6 * math.log10(1 + now.rain_mm_h) + 2.2 * max(0.0, now.wind_m_s - WIND_NOISE_M_S)
            level_db = 10 * math.log10(10 ** (level_db / 10) + 10 ** (other_db / 10))
        return level_db, meters.events_per_hour[period]

    def _say(self, at_ns: int, laeq_db: float, loudest_db: float) -> tuple[int, Readings]:
        laeq_db, loudest_db = round(laeq_db, 1), round(max(loudest_db, laeq_db), 1)
        match self.device.profile:
            case "milesight-iot/ws302":
                return 85, {
                    "battery": round(self._battery.percent(at_ns)),
                    "frequency_weighting": "A",
                    "time_weighting": "fast",
                    "level": round(laeq_db + self._rng.gauss(0, 2), 1),
                    "level_mean": laeq_db,
                    "level_maximum": loudest_db,
                }
            case "elsys/ers-sound":
                return 5, {"soundPeak": round(loudest_db), "soundAvg": round(laeq_db)}
            case _:
                return 1, {"laeq_db": laeq_db, "lamax_db": loudest_db}


PROFILES = ("milesight-iot/ws302", "generic/json", "elsys/ers-sound")


def build(
    site: Site, parameters: SoundMeters, rng: random.Random, weather: Weather, zone: ZoneInfo
) -> Sequence[Signal]:
    """One meter for each device."""
    clock = clock_of(zone)
    return [
        SoundMeter(device, parameters, clock=clock, weather=weather, rng=random.Random(rng.random()))
        for device in site.devices
    ]
