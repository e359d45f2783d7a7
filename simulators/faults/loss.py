"""Frames that nobody hears."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.faults import Long, Scope, Share
from simulators.networks.frame import Message


class Loss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of messages is lost, one by one or in runs of ``mean_run`` of the same device; counters go on.

    A run model of two states (Gilbert, Bell Syst. Tech. J. 39 (1960) 1253): what is lost follows what was lost.
    """

    name: ClassVar[str] = "loss"
    rate: Share = 0.01
    mean_run: Long = 1.0

    def apply(self, stream: Iterator[Message], scope: Scope) -> Iterator[Message]:
        """The messages, without the lost ones."""
        rng = scope.rng(self.name)
        lost: dict[str, bool] = {}
        stays = max(self.rate, 1 - 1 / max(1.0, self.mean_run))  # independent losses have runs too, of 1 / (1 - rate)
        begins = self.rate * (1 - stays) / (1 - self.rate) if self.rate < 1 else 1.0
        for message in stream:
            chance = stays if lost.get(message.device_id) else begins
            gone = lost[message.device_id] = rng.random() < chance
            if not gone:
                yield message
