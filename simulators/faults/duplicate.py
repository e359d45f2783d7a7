"""Messages that come twice."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.city_clock import NS_PER_S
from simulators.faults import Long, Scope, Share
from simulators.faults.waiting import Waiting
from simulators.networks.frame import Message


class Duplicate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of messages comes a second time, byte for byte, ``after_s`` later on average (exponential)."""

    name: ClassVar[str] = "duplicate"
    rate: Share = 0.01
    after_s: Long = 3.0

    def apply(self, stream: Iterator[Message], scope: Scope) -> Iterator[Message]:
        """The messages and their twins."""
        rng = scope.rng(self.name)
        twins: Waiting[Message] = Waiting()
        for message in stream:
            for at_ns, twin in twins.due(message.at_ns):
                yield msgspec.structs.replace(twin, at_ns=at_ns)
            yield message
            if rng.random() < self.rate:
                twins.hold(message, message.at_ns + int(rng.expovariate(1 / self.after_s) * NS_PER_S))
        for at_ns, twin in twins.rest():
            yield msgspec.structs.replace(twin, at_ns=at_ns)
