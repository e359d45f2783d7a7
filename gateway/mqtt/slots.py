"""Which message was last seen under which packet id: how a redelivery is recognised.

Laws
- One slot per packet id: the fingerprint of topic and body, and the intake number. 1 MiB, whatever the traffic.
- A redelivery is DUP = 1 with the id and the fingerprint of its slot. Anything else is new.
- When the broker says that it kept no session, all slots are empty: it starts its ids anew.

The fingerprint is Python's own keyed 64-bit hash (SipHash): it never leaves the process, and slots are rebuilt from the
intake's entries at start. Measured per message: 0.2 µs at 120 bytes and 0.5 µs at 1.3 kB, BLAKE2b 0.9 and 3.0 µs.
"""

from array import array

from gateway.mqtt.packets import Publish
from pipelines.model import Received

PACKET_IDS = 65_536
EMPTY = -1


def fingerprint(message: Publish | Received, body: bytes) -> int:
    """64 bits over topic, body and, for an oversize body, its digest."""
    return hash((message.topic, body, message.digest))


class Slots:
    """``fingerprints`` and ``numbers`` by packet id; the source's hot loop reads and writes them directly."""

    def __init__(self) -> None:
        self.fingerprints = array("q", bytes(8 * PACKET_IDS))
        self.numbers = array("q", [EMPTY]) * PACKET_IDS

    def remember(self, packet_id: int, number: int, received: Received) -> None:
        """Fill a slot from an intake entry."""
        self.fingerprints[packet_id] = fingerprint(received, received.body)
        self.numbers[packet_id] = number

    def release(self, packet_id: int) -> None:
        """The sender has forgotten this id (PUBREL): the next message under it is new."""
        self.numbers[packet_id] = EMPTY

    def clear(self) -> None:
        """Forget all."""
        self.numbers = array("q", [EMPTY]) * PACKET_IDS
