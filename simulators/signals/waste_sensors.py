"""Bin sensors: how each model says what it sees under the lid."""

from collections.abc import Callable
from typing import NamedTuple

from simulators.signals.battery import Battery

Readings = dict[str, float | int | bool | str]
LOW_V = 2.9


class Inside(NamedTuple):
    """What there is to see in a bin."""

    at_ns: int
    distance_mm: int
    temperature_c: float
    tilted: bool
    burning: bool
    fire_over: bool
    full: bool
    battery: Battery


Speak = Callable[[Inside], tuple[int, Readings]]
"""-> (LoRaWAN port, the model's readings)."""


def _milesight(inside: Inside) -> tuple[int, Readings]:
    alarm = inside.burning or inside.fire_over
    readings: Readings = {
        "battery": round(inside.battery.percent(inside.at_ns)),
        "alarm_temperature" if alarm else "temperature": inside.temperature_c,
        "distance": inside.distance_mm,
        "position": "tilt" if inside.tilted else "normal",
    }
    if alarm:
        readings["temperature_alarm"] = "raised" if inside.burning else "released"
    return 85, readings


def _dingtek(inside: Inside) -> tuple[int, Readings]:
    return 3, {
        "distance": inside.distance_mm,
        "temperature": round(inside.temperature_c),
        "angle_sign": 0,
        "angle": 90 if inside.tilted else 1,
        "full": inside.full,
        "fire": inside.burning,
        "tilt": inside.tilted,
        "battery_low": inside.battery.volts(inside.at_ns) < LOW_V,
        "frame_counter": 0,
    }


SPEAK: dict[str, Speak] = {
    "milesight-iot/em400-mud": _milesight,
    "milesight-iot/em400-tld": _milesight,
    "dingtek/df702": _dingtek,
    "dingtek/df703": _dingtek,
}
