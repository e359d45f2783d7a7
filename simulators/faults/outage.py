"""The way to the gateway is cut, and afterwards everything comes at once."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.city_clock import NS_PER_S
from simulators.faults import HOUR_NS, Long, Often, Scope
from simulators.faults.spells import Spells
from simulators.faults.waiting import Waiting
from simulators.networks.frame import Message


class Outage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``per_month`` times no message gets through for ``mean_h`` hours on average (exponential).

    Somebody on the way has kept them, as a data logger does: after the outage they come in their order, ``per_s`` of
    them a second, with the time they were heard at inside.
    """

    name: ClassVar[str] = "outage"
    per_month: Often = 2.0
    mean_h: Long = 3.0
    per_s: Long = 20.0

    def apply(self, stream: Iterator[Message], scope: Scope) -> Iterator[Message]:
        """The messages, those of an outage after its end."""
        rng = scope.rng(self.name)
        spells = Spells(rng, start_ns=scope.start_ns, per_month=self.per_month, mean_ns=self.mean_h * HOUR_NS)
        kept: Waiting[Message] = Waiting()
        step_ns, next_ns = int(NS_PER_S / self.per_s), 0
        for message in stream:
            spell = spells.around(message.at_ns)
            if spell is not None:
                next_ns = max(next_ns + step_ns, spell[1])
                kept.hold(message, next_ns)
                continue
            for at_ns, late in kept.due(message.at_ns):
                yield msgspec.structs.replace(late, at_ns=at_ns)
            yield message
        for at_ns, late in kept.rest():
            yield msgspec.structs.replace(late, at_ns=at_ns)
