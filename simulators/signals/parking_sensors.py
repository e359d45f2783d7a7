"""Bay sensors: how each model says what it sees, and when several fail together."""

import random
from collections.abc import Callable
from typing import NamedTuple

from simulators.signals.battery import Battery
from simulators.signals.local_hours import DAY_NS

Readings = dict[str, float | int | bool | str]

LOW_V = 2.9
MAGNET_REST = (121, -80, -11)
"""Counts of an empty bay; a car shifts them."""


class Sight(NamedTuple):
    """What a sensor sees: ``changed`` where it says so because the state has just changed."""

    at_ns: int
    occupied: bool
    changed: bool
    battery: Battery


Speak = Callable[[Sight], tuple[int, Readings]]
"""-> (LoRaWAN port, the model's readings)."""


class Failures:
    """When which bays' sensors fail together; drawn ahead as far as somebody asks.

    Joint failures come as a Poisson process, each takes every bay with chance ``share``, for exponential days.
    """

    def __init__(self, bays: int, rng: random.Random, *, per_month: float, share: float, mean_days: float) -> None:
        self._rng = rng
        self._per_day = per_month / 30
        self._share = share
        self._mean_days = mean_days
        self._drawn_to_ns: int | None = None
        self._spans: list[list[tuple[int, int]]] = [[] for _ in range(bays)]

    def failed(self, bay: int, at_ns: int) -> bool:
        """Whether the bay's sensor is out of order at this moment."""
        if self._per_day <= 0:
            return False
        if self._drawn_to_ns is None:
            self._drawn_to_ns = at_ns
        while self._drawn_to_ns <= at_ns:
            self._draw_next(self._drawn_to_ns)
        return any(begin <= at_ns < end for begin, end in self._spans[bay])

    def _draw_next(self, after_ns: int) -> None:
        begin_ns = after_ns + 1 + int(self._rng.expovariate(self._per_day) * DAY_NS)
        end_ns = begin_ns + int(self._rng.expovariate(1 / self._mean_days) * DAY_NS)
        for spans in self._spans:
            if self._rng.random() < self._share:
                spans.append((begin_ns, end_ns))
        self._drawn_to_ns = begin_ns


def _flag(sight: Sight) -> tuple[int, Readings]:
    return (1 if sight.changed else 2), {"occupied": sight.occupied}


def _netvox(sight: Sight) -> tuple[int, Readings]:
    volts = round(sight.battery.volts(sight.at_ns), 1)
    return 6, {"battery": volts, "battery_low": volts < LOW_V, "car": "there" if sight.occupied else "none"}


def _placepod(sight: Sight) -> tuple[int, Readings]:
    state = "taken" if sight.occupied else "free"
    return 1, {"parked": state} if sight.changed else {
        "parked_still": state,
        "battery": sight.battery.volts(sight.at_ns),
    }


def _dingtek(sight: Sight) -> tuple[int, Readings]:
    volts = sight.battery.volts(sight.at_ns)
    x, y, z = MAGNET_REST
    shift = 260 if sight.occupied else 0
    return 3, {
        "distance": 180 if sight.occupied else 0,
        "occupied": sight.occupied,
        "distance_alarm": False,
        "magnet_alarm": False,
        "battery_low": volts < LOW_V,
        "battery": volts,
        "magnet_x": x + shift,
        "magnet_y": y - shift,
        "magnet_z": z + shift,
        "frame_counter": 0,
    }


SPEAK: dict[str, Speak] = {
    "bosch/tps110": _flag,
    "nwave/nps310sm": _flag,
    "netvox/r719a": _netvox,
    "pnicorp/placepod": _placepod,
    "dingtek/do200": _dingtek,
    "generic/json": _flag,
}
