"""Sources: one file each. They turn what arrives into Received, hand it to the intake, and acknowledge when durable."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

from gateway.mqtt.outbox import Outgoing
from pipelines.model import Received


class Intake(Protocol):
    """What a source needs of ``ingest.py``. Law: nothing is acknowledged before ``on_durable`` was called."""

    @property
    def full(self) -> bool:
        """True while the ring is full: stop reading until ``on_space`` is called."""

    def receive(self, batch: Sequence[Received], on_durable: Callable[[int], None] | None = None) -> int:
        """Take a batch in order; returns the intake number of its first entry. Never waits, never refuses.

        ``on_durable(last number)`` is called from the loop, in order of receipt, once the whole batch is durable.
        """

    def hasten(self) -> None:
        """Commit now: the sender's window is known to be used up, it waits for us."""

    def on_space(self, call: Callable[[], None]) -> None:
        """Call back once, when the ring has space again."""

    def tail(self, source: str) -> Iterable[tuple[int, Received]]:
        """The last entries of this source (at most 65,535), oldest first, from the intake as found at start."""


class Source(Protocol):
    """Anything that receives. ``run`` serves until cancelled; ``stop_reading`` comes first at an orderly stop."""

    name: str

    async def run(self) -> None:
        """Serve until cancelled; raise only for what the supervisor should report and retry."""

    async def stop_reading(self) -> None:
        """Take nothing more; what was received may still become durable and be acknowledged."""

    async def close(self) -> None:
        """Flush the acknowledgements that are due, then disconnect politely."""


@runtime_checkable
class TwoWaySource(Protocol):
    """A source over whose link something can be sent to devices, too."""

    name: str

    @property
    def connected(self) -> bool:
        """Is there a link now?"""

    async def publish(self, message: Outgoing) -> int:
        """Send; returns the broker's reason code, a refusal from 0x80 on. Raises ConnectionError, TimeoutError."""
