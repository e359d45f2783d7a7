"""Messages that come late, and messages that overtake each other."""

import random
from collections.abc import Callable, Iterator
from typing import ClassVar

import msgspec

from simulators.city_clock import NS_PER_S
from simulators.faults import Long, Often, Scope, Share
from simulators.faults.waiting import Waiting
from simulators.networks.frame import Message


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of messages comes ``mean_s`` late on average (exponential); the time inside them stays true."""

    name: ClassVar[str] = "delay"
    rate: Share = 0.01
    mean_s: Long = 600.0

    def apply(self, stream: Iterator[Message], scope: Scope) -> Iterator[Message]:
        """The messages in order of when they come."""
        rng = scope.rng(self.name)
        yield from held_back(stream, rng, self.rate, lambda: rng.expovariate(1 / self.mean_s))


class Reorder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of messages is overtaken by what is sent in the next ``within_s`` at most (uniform)."""

    name: ClassVar[str] = "reorder"
    rate: Share = 0.01
    within_s: Often = 20.0

    def apply(self, stream: Iterator[Message], scope: Scope) -> Iterator[Message]:
        """The messages in order of when they come."""
        rng = scope.rng(self.name)
        yield from held_back(stream, rng, self.rate, lambda: rng.uniform(0, self.within_s))


def held_back(
    stream: Iterator[Message], rng: random.Random, rate: float, seconds: Callable[[], float]
) -> Iterator[Message]:
    """A share of the messages, so many seconds later."""
    waiting: Waiting[Message] = Waiting()
    for message in stream:
        for at_ns, late in waiting.due(message.at_ns):
            yield msgspec.structs.replace(late, at_ns=at_ns)
        if rng.random() < rate:
            waiting.hold(message, message.at_ns + int(seconds() * NS_PER_S))
        else:
            yield message
    for at_ns, late in waiting.rest():
        yield msgspec.structs.replace(late, at_ns=at_ns)
