"""Faults by name: what goes wrong between a bay and the gateway, each in a file of its own, seeded and composable.

    reports ─▶ [faults of readings] ─▶ frames ─▶ [faults of frames] ─▶ messages ─▶ [faults of messages] ─▶

Laws
- A fault is an iterator over an iterator. It keeps order of time: what is held back comes when it is due.
- Its draws come from a generator of its own, seeded by the scenario and its name: another fault beside it, or the
  order of faults, changes nothing in where it strikes.
- It never touches a truth. What was true is told, whether or not anybody heard of it.
- Rates are said in words of the field: a share of messages, of devices, times a month.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

import msgspec

from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.faults.meanings import Meanings
from simulators.networks.frame import Frame, Message
from simulators.signals import Report

MINUTE_NS = 60 * NS_PER_S
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
MONTH_NS = 30 * DAY_NS

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Often = Annotated[float, msgspec.Meta(ge=0)]
"""Times a month, or an amount that may be none."""
Long = Annotated[float, msgspec.Meta(gt=0)]
"""A duration or a factor that cannot be none."""


@dataclass(frozen=True)
class Scope:
    """Where a fault strikes: the devices of the run, its beginning, the scenario's seed, what readings mean.

    ``gateways``: the LoRa gateways by EUI.
    """

    devices: Sequence[SimulatedDevice]
    start_ns: int
    seed: int
    meanings: Meanings
    gateways: Sequence[str] = ()

    def rng(self, fault: str) -> random.Random:
        """The generator of a fault."""
        return random.Random(f"{self.seed}/fault/{fault}")

    def some(self, share: float, rng: random.Random) -> list[SimulatedDevice]:
        """About this share of the devices, each drawn by itself."""
        return [device for device in self.devices if rng.random() < share]


class ReadingsFault(Protocol):
    """Acts on what devices are about to say."""

    name: ClassVar[str]

    def apply(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """The reports, some of them wrong."""


class FramesFault(Protocol):
    """Acts on frames before the network server wraps them: counters, sessions, clocks."""

    name: ClassVar[str]

    def apply(self, stream: Iterator[Frame], scope: Scope) -> Iterator[Frame]:
        """The frames, some of them changed."""


class MessagesFault(Protocol):
    """Acts on messages: the final bytes on their way."""

    name: ClassVar[str]

    def apply(self, stream: Iterator[Message], scope: Scope) -> Iterator[Message]:
        """The messages, some of them lost, late, twice or broken."""
