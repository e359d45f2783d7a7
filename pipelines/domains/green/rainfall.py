"""Rain on a pilot: what its stations measured in the last day."""

import msgspec

from pipelines.domains import HOUR_NS, Reading
from pipelines.domains.local_time import hour_of
from pipelines.domains.register import STEPS
from pipelines.domains.weather.gauge import Gauge, rain_of

DAY_NS = 24 * HOUR_NS
HEARD_NS = 6 * HOUR_NS


class GaugeHours(msgspec.Struct, array_like=True):
    """One station: its gauge, and what fell in each of its last 25 hours, in steps by the begin of the hour."""

    gauge: Gauge = msgspec.field(default_factory=Gauge)
    hours: dict[int, int] = {}
    heard_ns: int = -1


class Rainfall(msgspec.Struct, array_like=True):
    """By station. ``enough``: the last day's rain has been enough for soil to answer to."""

    stations: dict[str, GaugeHours] = {}
    enough: bool = False


def add_rain(rain: Rainfall, reading: Reading) -> float:
    """Adds what a station reports; returns the rain of the last day in mm."""
    station = rain.stations.get(reading.feature)
    if station is None:
        station = rain.stations[reading.feature] = GaugeHours()
    station.heard_ns = reading.time_ns
    for stretch in rain_of(station.gauge, reading):
        steps = stretch.share(max(stretch.begin_ns, stretch.end_ns - DAY_NS), stretch.end_ns)
        if steps:
            hour_ns = hour_of(stretch.end_ns - 1)
            station.hours[hour_ns] = station.hours.get(hour_ns, 0) + steps
            for old in [each for each in station.hours if each < hour_ns - DAY_NS]:
                del station.hours[old]
    return rain_of_day_mm(rain, reading.time_ns) or 0.0


def rain_of_day_mm(rain: Rainfall, now_ns: int) -> float | None:
    """Mean over the stations of what fell in the 24 h before; None when none has been heard lately."""
    since_ns = now_ns - DAY_NS
    sums = [
        sum(steps for hour_ns, steps in station.hours.items() if since_ns <= hour_ns < now_ns)
        for station in rain.stations.values()
        if station.heard_ns >= now_ns - HEARD_NS
    ]
    return sum(sums) / len(sums) / STEPS if sums else None
