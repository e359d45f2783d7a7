"""A PUBLISH too large to keep: its bytes pass through, 4 KiB and a digest stay.

Law: whatever the size, the topic and the packet id come first and are kept, so the message can always be journalled
and acknowledged. Refusing it would bring it back for ever.
"""

import hashlib
from typing import Final, NamedTuple

from gateway.mqtt.errors import ProtocolError
from gateway.mqtt.packets import Publish
from gateway.mqtt.wire import remaining_length

HEAD_BYTES: Final = 4_096
DIGEST_BYTES: Final = 16


class Opening(NamedTuple):
    """What stands before the properties of a PUBLISH, and how much follows. ``after`` is where the properties begin."""

    raw_topic: bytes
    packet_id: int
    after: int
    properties_bytes: int
    payload_bytes: int


def read_opening(data: bytes, at: int, stop: int, *, qos: int, has_properties: bool) -> Opening | int:
    """Opening of a PUBLISH whose body runs from ``at`` to ``stop``, perhaps far beyond the data.

    Returns a number when more is needed to tell: that many bytes of ``data``. Raises ProtocolError.
    """
    end = len(data)
    if end < at + 2:
        return at + 2
    topic_end = at + 2 + (data[at] << 8 | data[at + 1])
    after = topic_end + (2 if qos else 0)
    if after + has_properties > stop:
        raise ProtocolError("a PUBLISH ends before its fields do")
    if end < after + has_properties:
        return after + has_properties
    properties_bytes = 0
    packet_id = int.from_bytes(data[topic_end:after], "big")
    if has_properties:
        properties_bytes, properties_at = remaining_length(data, after, end)
        if not properties_at:
            return end + 1
        after = properties_at
    if after + properties_bytes > stop:
        raise ProtocolError("a PUBLISH ends before its properties do")
    return Opening(data[at + 2 : topic_end], packet_id, after, properties_bytes, stop - after - properties_bytes)


class Oversize:
    """Swallows ``skip_bytes`` of properties and then ``full_size`` bytes of payload."""

    def __init__(self, opening: Publish, skip_bytes: int, full_size: int) -> None:
        self._opening = opening
        self._skip_bytes = skip_bytes
        self._full_size = full_size
        self._payload_left = full_size
        self._head = bytearray()
        self._hash = hashlib.sha256()

    @property
    def complete(self) -> bool:
        """True when all bytes of the message have passed."""
        return not self._skip_bytes and not self._payload_left

    def consume(self, data: bytes, at: int) -> int:
        """Take from ``data[at:]`` what belongs to the message; returns where the next packet begins."""
        skipped = min(self._skip_bytes, len(data) - at)
        self._skip_bytes -= skipped
        at += skipped
        taken = min(self._payload_left, len(data) - at)
        if taken:
            with memoryview(data) as view:
                self._hash.update(view[at : at + taken])
                if len(self._head) < HEAD_BYTES:
                    self._head += view[at : at + min(taken, HEAD_BYTES - len(self._head))]
            self._payload_left -= taken
        return at + taken

    def publish(self) -> Publish:
        """The message as it goes on: head, true size, digest."""
        opening = self._opening
        return Publish(
            opening.topic,
            bytes(self._head),
            opening.qos,
            opening.retain,
            opening.dup,
            opening.packet_id,
            full_size=self._full_size,
            digest=self._hash.digest()[:DIGEST_BYTES],
        )
