"""Messages that are none."""

import random
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.faults import Scope, Share
from simulators.networks.frame import Message


class Garbage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of messages arrives cut, with flipped bits, or as something else altogether; equally often."""

    name: ClassVar[str] = "garbage"
    rate: Share = 0.001

    def apply(self, stream: Iterator[Message], scope: Scope) -> Iterator[Message]:
        """The messages, some of them spoilt."""
        rng = scope.rng(self.name)
        for message in stream:
            if rng.random() < self.rate:
                yield msgspec.structs.replace(message, body=spoilt(message.body, rng))
            else:
                yield message


def spoilt(body: bytes, rng: random.Random) -> bytes:
    """Other bytes in place of these."""
    match rng.randrange(3):
        case 0:
            return body[: rng.randrange(len(body) or 1)]
        case 1:
            flipped = bytearray(body)
            for _ in range(rng.randint(1, 8)):
                if flipped:
                    flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
            return bytes(flipped)
        case _:
            return rng.randbytes(rng.randint(1, 300))
