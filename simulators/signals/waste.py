"""Bins and containers with a sensor under the lid.

Model: what is thrown in until the next report is a gamma draw with the weekday's mean and the bin's own popularity (a
gamma process, the usual model of wear and of filling), slow by night. A round comes by schedule, on its weekdays and
hour, or by fill, the morning after a bin has reached its threshold; either leaves a bin below its least fill.
- Bridging: paper or a box lies across the bin: one or two reports see it nearly full, then it sinks.
- Fire: the temperature rises by 8 °C a minute, the sensor alarms at 60 °C and reports each minute; half of the content
  burns, and the bin cools slowly. Tilt: the bin lies on its side until somebody sets it up; the sensor says so at once.
- A lid left open makes the sensor see the street: the reading is the empty distance and more.
All of these are assumptions, chosen to be what the cleaning of fill levels must survive.

Truth: ``fill_level_percent`` at each report; ``collected`` (per cent taken away) when it happened; ``overflow_percent``
of an interval; ``fire``, ``tilted`` and ``lid_open`` from and to.
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
from simulators.signals.draws import gamma
from simulators.signals.incidents import Incidents
from simulators.signals.local_hours import DAY_NS, MINUTE_NS, LocalHours, LocalTime, clock_of
from simulators.signals.waste_sensors import SPEAK, Inside

EMPTY_PERCENT = 2.0
LID_OPEN_MM = 900
"""How much farther than the floor a sensor sees past an open lid."""
FIRE_RISE_C_PER_MIN = 8.0
FIRE_TOP_C = 68.0
FIRE_ALARM_C = 60.0
FIRE_COOLING_MIN = 40.0
BRIDGED_PERCENT = (86.0, 97.0)
FULL_PERCENT = 90.0
MORNING = 6
YEAR_MIN = 525_960


@dataclass(frozen=True)
class Bins:
    """A site of bins. ``fill_per_day_percent``: Monday to Sunday, of a bin of average popularity.

    ``depth_mm``: from lid to floor; ``full_mm``: distance that counts as full. ``round``: ``schedule`` or ``fill``.
    A scheduled round leaves a bin below ``skip_below_percent``, one by fill below ``collect_at_percent``.
    ``increment_shape``: of the gamma draw of one day (4: a coefficient of variation of 0.5). ``night_factor``: of what
    is thrown in before 6 o'clock, against the day. ``*_per_year``: per bin.
    """

    depth_mm: float = 1250.0
    full_mm: float = 250.0
    fill_per_day_percent: tuple[float, ...] = (22.0, 20.0, 20.0, 22.0, 30.0, 38.0, 34.0)
    popularity_low: float = 0.5
    popularity_high: float = 1.7
    increment_shape: float = 4.0
    night_factor: float = 0.15
    round: Literal["schedule", "fill"] = "schedule"
    collect_days: tuple[int, ...] = (0, 3, 5)
    collect_hour: float = 7.5
    collect_spread_min: float = 45.0
    collect_at_percent: float = 75.0
    skip_below_percent: float = 25.0
    report_min: float = 60.0
    distance_noise_mm: float = 6.0
    bridging_per_year: float = 6.0
    fires_per_year: float = 0.05
    tilts_per_year: float = 0.3
    tilt_hours: float = 8.0
    lids_open_per_year: float = 4.0
    lid_open_hours: float = 2.0

    def __post_init__(self) -> None:
        if len(self.fill_per_day_percent) != 7 or any(not 0 <= day <= 6 for day in self.collect_days):  # noqa: PLR2004  weekdays
            raise ValueError("fill_per_day_percent: 7 numbers, Monday first; collect_days: weekdays from 0 to 6")
        if not 0 <= self.full_mm < self.depth_mm or self.report_min <= 0 or self.increment_shape <= 0:
            raise ValueError("depth_mm must be more than full_mm; report_min and increment_shape above 0")


class WeekOfFilling:
    """Per cent that an average bin gains between two moments of the week: fast by day, slow by night."""

    def __init__(self, bins: Bins) -> None:
        weights = [bins.night_factor if hour < MORNING else 1.0 for hour in range(24)]
        per_hour = [daily * weight / sum(weights) for daily in bins.fill_per_day_percent for weight in weights]
        self._until = [0.0]
        for gain in per_hour:
            self._until.append(self._until[-1] + gain)
        self.total = self._until[-1]

    def between(self, since: LocalTime, until: LocalTime) -> float:
        """For spans shorter than a week."""
        gain = self._gained(until) - self._gained(since)
        return gain if gain >= 0 else gain + self.total

    def _gained(self, moment: LocalTime) -> float:
        hours, share = divmod(moment.weekday * 24 + moment.hour, 1)
        index = int(hours)
        return self._until[index] + share * (self._until[index + 1] - self._until[index])


class Bin:
    """One bin: asked at its reports, and at once where something happens that its sensor alarms."""

    def __init__(
        self,
        device: SimulatedDevice,
        bins: Bins,
        *,
        week: WeekOfFilling,
        clock: LocalHours,
        weather: Weather,
        rng: random.Random,
    ) -> None:
        self.device = device
        self._bins = bins
        self._week = week
        self._clock = clock
        self._weather = weather
        self._rng = rng
        self._speak = SPEAK[device.profile]
        self._battery = Battery(rng)
        self._popularity = rng.uniform(bins.popularity_low, bins.popularity_high)
        self._shape_per_percent = bins.increment_shape / max(1e-9, week.total / 7 * self._popularity)
        self._place_on_round = rng.random()
        self._alarmed = False
        self._hottest_c = 0.0
        self._fill_percent = rng.uniform(EMPTY_PERCENT, 70)
        self._overflow_percent = 0.0
        self._filled_to_ns = 0
        self._next_report_ns = 0
        self._round_ns = 0
        self._bridged_until_ns = 0
        self._fire = Incidents(rng, bins.fires_per_year, mean_hours=1.0, least_hours=0.4)
        self._tilt = Incidents(rng, bins.tilts_per_year, mean_hours=bins.tilt_hours)
        self._lid = Incidents(rng, bins.lids_open_per_year, mean_hours=bins.lid_open_hours)

    def begin(self, at_ns: int) -> int:
        """First report within five seconds: the operator wants to see the street at once."""
        self._filled_to_ns = at_ns
        self._round_ns = self._next_round_ns(at_ns)
        for incidents in (self._fire, self._tilt, self._lid):
            incidents.begin(at_ns)
        self._next_report_ns = at_ns + int(self._rng.uniform(0, 5) * NS_PER_S)
        return self._next_report_ns

    def report(self, at_ns: int) -> tuple[Report, int]:
        """Fill until now, be collected or burn when it is time, measure when it is time."""
        truth = self._live_until(at_ns)
        alarm = False
        for incidents, quantity in ((self._fire, "fire"), (self._tilt, "tilted"), (self._lid, "lid_open")):
            for moment, begins in incidents.changes(at_ns):
                truth.append(Truth(moment, self.device.feature, quantity, begins))
                alarm |= quantity != "lid_open"
                if quantity == "fire" and begins:
                    self._fill_percent /= 2
        due = at_ns >= self._next_report_ns
        burning = self._fire.since_ns is not None
        readings = None
        port = 0
        if due or alarm or burning:
            truth.append(Truth(at_ns, self.device.feature, "fill_level_percent", self._fill_percent))
            port, readings = self._speak(self._look(at_ns))
        if due:
            jitter_s = self._rng.uniform(-20, 20)
            self._next_report_ns = at_ns + int((self._bins.report_min * 60 + jitter_s) * NS_PER_S)
        changes = (self._fire.next_ns, self._tilt.next_ns, self._next_report_ns)
        next_ns = min(*changes, at_ns + MINUTE_NS) if burning else min(changes)
        return Report(at_ns, self.device, port, readings, tuple(truth)), max(next_ns, at_ns + 1)

    def _live_until(self, at_ns: int) -> list[Truth]:
        """Fill and be collected; the round's moment splits the time."""
        truth = []
        while self._round_ns <= at_ns:
            moment = self._round_ns
            self._fill_until(moment)
            self._round_ns = self._next_round_ns(moment)
            least = self._bins.skip_below_percent if self._bins.round == "schedule" else self._bins.collect_at_percent
            if self._fill_percent >= least:
                truth.append(Truth(moment, self.device.feature, "collected", self._fill_percent - EMPTY_PERCENT))
                self._fill_percent = EMPTY_PERCENT
                self._bridged_until_ns = 0
        since_ns = self._filled_to_ns
        self._fill_until(at_ns)
        if self._overflow_percent:
            spilt, self._overflow_percent = self._overflow_percent, 0.0
            truth.append(Truth(since_ns, self.device.feature, "overflow_percent", spilt, at_ns - since_ns))
        return truth

    def _fill_until(self, at_ns: int) -> None:
        if at_ns <= self._filled_to_ns:
            return
        mean = self._week.between(self._clock.at(self._filled_to_ns), self._clock.at(at_ns)) * self._popularity
        # Increments of a gamma process: the shape grows with what is expected, the scale stays.
        level = self._fill_percent + gamma(self._rng, mean, self._shape_per_percent * mean)
        self._overflow_percent += max(0.0, level - 100)
        self._fill_percent = min(100.0, level)
        self._filled_to_ns = at_ns

    def _next_round_ns(self, at_ns: int) -> int:
        """When the lorry passes next: each bin has its place on the round."""
        bins = self._bins
        minutes = self._place_on_round * bins.collect_spread_min + self._rng.uniform(0, 6)
        day = self._clock.at(at_ns).day
        while True:
            if bins.round == "fill" or (day + 3) % 7 in bins.collect_days:
                moment = self._clock.instant(day, bins.collect_hour) + int(minutes * MINUTE_NS)
                if moment > at_ns:
                    return moment
            day += 1
            if not bins.collect_days and bins.round == "schedule":
                return at_ns + 10_000 * DAY_NS

    def _look(self, at_ns: int) -> Inside:
        """What the sensor under the lid sees."""
        bins = self._bins
        temperature_c = self._temperature_c(at_ns)
        was_alarmed, self._alarmed = self._alarmed, temperature_c >= FIRE_ALARM_C
        distance_mm, seen_percent = self._distance(at_ns)
        return Inside(
            at_ns=at_ns,
            distance_mm=max(0, round(distance_mm + self._rng.gauss(0, bins.distance_noise_mm))),
            temperature_c=round(temperature_c, 1),
            tilted=self._tilt.since_ns is not None,
            burning=self._alarmed,
            fire_over=was_alarmed and not self._alarmed,
            full=seen_percent >= FULL_PERCENT,
            battery=self._battery,
        )

    def _distance(self, at_ns: int) -> tuple[float, float]:
        """Millimetres to whatever the beam meets first, and how full that looks."""
        bins = self._bins
        span_mm = bins.depth_mm - bins.full_mm
        if self._tilt.since_ns is not None:
            return self._rng.uniform(bins.full_mm, bins.depth_mm), self._fill_percent
        if self._lid.since_ns is not None:
            return bins.depth_mm + self._rng.uniform(0, LID_OPEN_MM), 0.0
        seen_percent = self._fill_percent
        if at_ns < self._bridged_until_ns:
            seen_percent = max(seen_percent, self._rng.uniform(*BRIDGED_PERCENT))
        elif self._rng.random() < bins.bridging_per_year * bins.report_min / YEAR_MIN:
            self._bridged_until_ns = at_ns + int(self._rng.choice((0.5, 1.5)) * bins.report_min * MINUTE_NS)
            seen_percent = max(seen_percent, self._rng.uniform(*BRIDGED_PERCENT))
        return bins.depth_mm - seen_percent / 100 * span_mm, seen_percent

    def _temperature_c(self, at_ns: int) -> float:
        outside_c = self._weather.at(at_ns).temperature_c + self._rng.gauss(0, 0.3)
        if self._fire.since_ns is not None:
            minutes = (at_ns - self._fire.since_ns) / MINUTE_NS
            self._hottest_c = min(outside_c + minutes * FIRE_RISE_C_PER_MIN, FIRE_TOP_C)
            return self._hottest_c
        if self._fire.ended_ns is not None:
            minutes = (at_ns - self._fire.ended_ns) / MINUTE_NS
            return outside_c + max(0.0, 1 - minutes / FIRE_COOLING_MIN) * (self._hottest_c - outside_c)
        return outside_c


def build(site: Site, parameters: Bins, rng: random.Random, weather: Weather, zone: ZoneInfo) -> Sequence[Signal]:
    """One signal for each bin."""
    clock = clock_of(zone)
    week = WeekOfFilling(parameters)
    return [
        Bin(device, parameters, week=week, clock=clock, weather=weather, rng=random.Random(rng.random()))
        for device in site.devices
    ]


def details(parameters: Bins, _site: str, _index: int) -> dict[str, float | int | bool | str]:
    """What the operator knows of each bin."""
    return {"empty_mm": parameters.depth_mm, "full_mm": parameters.full_mm}


def calibration(parameters: Bins) -> dict[str, tuple[float, float]]:
    """From the distance that the sensor says to how full the bin is."""
    span_mm = parameters.depth_mm - parameters.full_mm
    return {"fill_level_percent": (-100 / span_mm, 100 * parameters.depth_mm / span_mm)}
