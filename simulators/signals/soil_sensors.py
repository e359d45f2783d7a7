"""Soil sensors: how each model says what the soil is like."""

from collections.abc import Callable
from typing import NamedTuple

from simulators.signals.battery import ALKALINE, Battery

Readings = dict[str, float | int | bool | str]
CONDUCTIVITY_PER_PERCENT = 12.0
"""µS/cm for each per cent of water: an assumption; bulk conductivity grows with moisture."""


class Ground(NamedTuple):
    """What a sensor in the ground measures."""

    at_ns: int
    device_id: int
    moisture_percent: float
    tension_kpa: float
    temperature_c: float
    battery: Battery


Speak = Callable[[Ground], tuple[int, Readings]]
"""-> (LoRaWAN port, the model's readings)."""


def _conductivity(ground: Ground) -> int:
    return round(ground.moisture_percent * CONDUCTIVITY_PER_PERCENT)


def _trs12(ground: Ground) -> tuple[int, Readings]:
    # The layout's own line for mineral soil: water content = 3.879e-5 counts - 0.6956 with counts in tenths.
    counts = round((ground.moisture_percent / 100 + 0.6956) / 3.879e-4, 1)
    return 1, {
        "device_id": ground.device_id,
        "counts": counts,
        "temperature": round(ground.temperature_c, 1),
        "conductivity": _conductivity(ground),
        "battery": ground.battery.volts(ground.at_ns, ALKALINE),
    }


def _dragino(ground: Ground) -> tuple[int, Readings]:
    return 2, {
        "battery": round(ground.battery.volts(ground.at_ns) * 1000),
        "soil_moisture": round(ground.moisture_percent, 2),
        "soil_temperature": round(ground.temperature_c, 2),
        "soil_conductivity": _conductivity(ground),
    }


def _milesight(ground: Ground) -> tuple[int, Readings]:
    return 85, {
        "battery": round(ground.battery.percent(ground.at_ns)),
        "temperature": round(ground.temperature_c, 1),
        "moisture_fine": round(ground.moisture_percent, 2),
        "conductivity": _conductivity(ground),
    }


def _plain(ground: Ground) -> tuple[int, Readings]:
    return 1, {
        "soil_moisture_percent": round(ground.moisture_percent, 1),
        "soil_tension_kpa": round(ground.tension_kpa, 1),
        "soil_temperature_c": round(ground.temperature_c, 1),
        "battery_percent": round(ground.battery.percent(ground.at_ns)),
    }


SPEAK: dict[str, Speak] = {
    "milesight-iot/em500-smtc": _milesight,
    "dragino/lse01": _dragino,
    "decentlab/dl-trs12": _trs12,
    "generic/json": _plain,
}
