"""Derived entries in the ledger: statements cut into entries that sinks can send, and how far each producer's go."""

import asyncio
from collections.abc import Iterator

import msgspec

from gateway.ledger_tail import LedgerReader
from gateway.progress import KIND_CORRECTION, KIND_FIRST
from pipelines.domains.analysis import Statement
from pipelines.model import Derived

PART = 500
"""Observations of one Derived at most: sinks send entries whole."""

READ_AT_ONCE = 1_000
Upto = dict[tuple[str, str], int]
"""By (producer, pilot): the highest ``upto`` in the ledger."""


class _Head(msgspec.Struct, array_like=True, tag="V", gc=False):
    """The first fields of a Derived; its observations are passed over undecoded."""

    producer: str
    upto: int
    pilot: str


_TAG = b"\xa1V"
"""As MessagePack writes it behind the array's first byte."""

_decode = msgspec.msgpack.Decoder(_Head).decode


async def told_since(ledger: LedgerReader, number: int) -> Upto:
    """How far each producer's output goes, by the entries after a ledger number."""
    found: Upto = {}
    number = max(number + 1, ledger.oldest_number)
    while entries := await ledger.fetch(number, max_entries=READ_AT_ONCE):
        for entry in entries:
            if entry.payload[1:3] == _TAG:
                head = _decode(entry.payload)
                named = head.producer, head.pilot
                found[named] = max(head.upto, found.get(named, 0))
        number = entries[-1].number + 1
        await asyncio.sleep(0)
    return found


def parts_of(statement: Statement, pilot: str, city: str, *, begin: int, upto: int) -> Iterator[tuple[int, Derived]]:
    """A statement as (ledger kind, entry), the last one with ``upto``: those before it count for nothing alone.

    Corrections are a kind of their own: sinks write every quality of them, and keep their order.
    """
    cut = [
        (kind, observations[at : at + PART])
        for kind, observations in ((KIND_CORRECTION, statement.again), (KIND_FIRST, statement.first))
        for at in range(0, len(observations), PART)
    ]
    for place, (kind, observations) in enumerate(cut, start=1):
        reached = upto if place == len(cut) else begin
        yield kind, Derived(statement.producer, reached, pilot, city, tuple(observations))
