"""Clocks of LoRaWAN gateways that are wrong, and gateways that have none."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.city_clock import NS_PER_S
from simulators.faults import DAY_NS, Often, Scope, Share
from simulators.networks.frame import Frame


class ClockSkew(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of devices is heard by gateways whose clock is off by up to ``offset_s`` either way, and drifts.

    ``drift_s_per_day`` is what a quartz without a time server gains or loses (1 s a day is 12 ppm).
    """

    name: ClassVar[str] = "clock-skew"
    share: Share = 0.05
    offset_s: Often = 30.0
    drift_s_per_day: Often = 1.0

    def apply(self, stream: Iterator[Frame], scope: Scope) -> Iterator[Frame]:
        """The frames, some with a wrong stamp."""
        rng = scope.rng(self.name)
        off = {
            device.dev_eui: (
                rng.uniform(-self.offset_s, self.offset_s) * NS_PER_S,
                rng.uniform(-self.drift_s_per_day, self.drift_s_per_day) * NS_PER_S / DAY_NS,
            )
            for device in scope.some(self.share, rng)
        }
        for frame in stream:
            skew = off.get(frame.device.dev_eui)
            if skew is not None and frame.clock_ns is not None:
                frame.clock_ns += int(skew[0] + skew[1] * (frame.at_ns - scope.start_ns))
            yield frame


class NoClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of devices is heard by gateways without a clock alone: their messages carry no time at all."""

    name: ClassVar[str] = "no-clock"
    share: Share = 0.1

    def apply(self, stream: Iterator[Frame], scope: Scope) -> Iterator[Frame]:
        """The frames, some without a stamp."""
        without = {device.dev_eui for device in scope.some(self.share, scope.rng(self.name))}
        for frame in stream:
            if frame.device.dev_eui in without:
                frame.clock_ns = None
            yield frame
