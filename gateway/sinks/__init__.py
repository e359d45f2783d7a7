"""Sinks: one folder each. They never meet; each has its own cursor over the ledger. The contract is here.

A sink is told only what it can use (``takes``), in ledger order, and says one of three things:
it returns (the far side has *all* of it, durably as far as it can tell), it raises SinkUnavailable (nothing is lost,
the same batch comes again later), or it raises SinkRefused (all but the named entries are in; those go to quarantine).
Writing the same revision twice must be harmless: deliver repeats after a crash.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import msgspec

from pipelines.model import LedgerEntry, Revision


class SinkUnavailableError(Exception):
    """Again later. ``retry_after_s`` is the server's wish; ``mend`` is set when a person must act (token, bucket)."""

    def __init__(self, why: str, *, retry_after_s: float | None = None, mend: str = "") -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s
        self.mend = mend


class Refusal(msgspec.Struct, frozen=True):
    """One entry that the far side will never take: its ledger number, the server's words, what was sent."""

    number: int
    detail: str
    body: bytes = b""


class SinkRefusedError(Exception):
    """All of the batch is in but these."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(f"{len(refusals)} refused, first: {refusals[0].detail}")
        self.refusals = tuple(refusals)


class CannotPurgeError(Exception):
    """The far side does not delete what it holds; the text is its words, or what a person can do there."""


class Sink(Protocol):
    """What deliver needs. ``id`` names the cursor: it belongs to the sink's id, not to its address."""

    id: str
    takes: tuple[type[LedgerEntry], ...]
    max_batch: int

    async def start(self) -> None:
        """Open what is needed; cheap, and harmless to call again after a failure. Raises SinkUnavailableError."""

    async def write(self, batch: Sequence[Revision]) -> None:
        """Hand over a batch. Raises SinkUnavailableError or SinkRefusedError."""

    async def close(self) -> None:
        """Let go of everything; never raises."""


@runtime_checkable
class TendedSink(Sink, Protocol):
    """A sink with work of its own beside its batches; ``run`` is supervised and cancelled before ``close``."""

    async def run(self) -> None:
        """Work until cancelled."""


@runtime_checkable
class KeepingSink(Sink, Protocol):
    """A sink that keeps things for a person within a quota of its own."""

    quota_bytes: int
    kept_bytes: int


@runtime_checkable
class RetainingSink(Sink, Protocol):
    """A sink that gives up old data by rule."""

    async def retain(self) -> bool:
        """Take one round; True when nothing is left to do for now."""
