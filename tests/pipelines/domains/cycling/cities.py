"""A small made-up city of counters: commuters and leisure, a season, and weather that all counters share."""

import math
import random
from collections.abc import Iterable
from datetime import date, timedelta

from pipelines.domains import HOUR_NS, Reading
from pipelines.domains.cycling.formulas import annual_average
from pipelines.domains.local_time import bounds_of, local, local_date
from tests.pipelines.domains.fold import BRUSSELS

_COMMUTE = (0.2, 0.1, 0.1, 0.1, 0.3, 1, 3, 8, 12, 6, 4, 4, 5, 5, 5, 6, 9, 11, 8, 5, 3, 2, 1, 0.5)
_LEISURE = (0.5, 0.3, 0.2, 0.1, 0.1, 0.3, 0.6, 1, 2, 4, 6, 8, 8, 9, 9, 9, 8, 6, 5, 4, 3, 2, 1, 0.8)
Counts = dict[int, int]


def usual(day: date, hour: int, scale: float) -> float:
    return scale * (_LEISURE if day.weekday() >= 5 else _COMMUTE)[hour]


def even(begin: date, days: int, scale: float = 10.0) -> Counts:
    """Hour by hour what is usual, without chance: begin of hour → bicycles."""
    begin_ns, end_ns = bounds_of(begin, BRUSSELS)[0], bounds_of(begin + timedelta(days=days - 1), BRUSSELS)[1]
    counts = {}
    for at_ns in range(begin_ns, end_ns, HOUR_NS):
        when = local(at_ns, BRUSSELS)
        counts[at_ns] = round(usual(when.date(), when.hour, scale))
    return counts


def city(seed: int, *, counters: int, begin: date, days: int, spread: float = 0.1) -> dict[str, Counts]:
    """Counters of one area. ``spread``: variance of an hour's mean over its square, beyond Poisson."""
    weather_of, generator, weather = {}, random.Random(seed), 0.0
    for place in range(days):
        day = begin + timedelta(days=place)
        weather = 0.6 * weather + generator.gauss(0, 0.2)
        season = -0.35 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365)
        weather_of[day] = math.exp(weather + season) * (0.35 if generator.random() < 0.03 else 1.0)
    found: dict[str, Counts] = {}
    for number in range(counters):
        own = random.Random(f"{seed}-{number}")
        scale, counts = own.uniform(3, 20), {}
        for at_ns in even(begin, days):
            when = local(at_ns, BRUSSELS)
            mean = usual(when.date(), when.hour, scale) * weather_of[when.date()]
            counts[at_ns] = _chance(own, mean * own.gammavariate(1 / spread, spread))
        found[f"bike-counter/{number}"] = counts
    return found


def _chance(generator: random.Random, mean: float) -> int:
    """A Poisson number; of a large mean its normal approximation."""
    if mean > 40:
        return max(0, round(generator.gauss(mean, math.sqrt(mean))))
    number, left, limit = 0, generator.random(), math.exp(-mean)
    while left > limit:
        left *= generator.random()
        number += 1
    return number


def outages(hours: Iterable[int], share: float, generator: random.Random) -> set[int]:
    """Hours lost: half of the share in outages of four days on average, half one by one."""
    ordered = sorted(hours)
    lost: set[int] = set()
    while len(lost) < share / 2 * len(ordered):
        first = generator.randrange(len(ordered))
        lost.update(ordered[first : first + int(generator.expovariate(1 / 96))])
    return lost | {hour for hour in ordered if generator.random() < share / 2}


def interval_readings(feature: str, counts: Counts, lost: Iterable[int] = ()) -> list[Reading]:
    gone = set(lost)
    return [
        Reading(at_ns + HOUR_NS, "box", feature, "bicycle_count_interval", float(number))
        for at_ns, number in counts.items()
        if at_ns not in gone
    ]


def register_readings(feature: str, counts: Counts, lost: Iterable[int] = (), size: int = 65_536) -> list[Reading]:
    gone, register, readings = set(lost), 0, []
    for at_ns, number in sorted(counts.items()):
        register = (register + number) % size
        if at_ns not in gone:
            readings.append(Reading(at_ns + HOUR_NS, "box", feature, "bicycle_count", float(register)))
    return readings


def true_average(counts: Counts, year: int) -> float:
    days: dict[date, float] = {}
    for at_ns, number in counts.items():
        day = local_date(at_ns, BRUSSELS)
        if day.year == year:
            days[day] = days.get(day, 0.0) + number
    average = annual_average(days.items())
    assert average is not None
    return average.value
