"""Publishing many messages at once: pipelined within the broker's receive maximum, one wait per read, none per message.

Laws
- Codes come back in the order of the messages; from 0x80 on they are refusals. What the broker has already said it
  cannot take (too large, retain, QoS) is refused here with the code it would use.
- When the link is lost nothing is known about what is under way: ConnectionLostError, the caller repeats the batch.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from gateway.mqtt import reasons
from gateway.mqtt.encoder import encode
from gateway.mqtt.errors import ConnectionLostError
from gateway.mqtt.packets import ConnAck, Publish, Version
from gateway.mqtt.properties import NONE, Properties
from gateway.mqtt.topics import check_name

UNDER_WAY: Final = 512
"""Most unacknowledged QoS 1 messages, if the broker would take more."""

PROGRESS_WITHIN_S: Final = 30.0
"""A broker that answers pings but acknowledges nothing for so long is given up."""

WRITE_BYTES: Final = 65_536


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A message to publish, QoS 0 or 1. Towards a 3.1.1 broker the properties are left out."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    properties: Properties = NONE


class _Flight:
    """One call's messages: their codes, and how many are still under way."""

    __slots__ = ("codes", "under_way")

    def __init__(self, count: int) -> None:
        self.codes = [0] * count
        self.under_way = 0


class Outbox:
    """The sending half of a connection's QoS 1 state."""

    def __init__(self, version: Version, write: Callable[[bytes], None], next_packet_id: Callable[[], int]) -> None:
        self._version: Version = version
        self._write = write
        self._next_packet_id = next_packet_id
        self._under_way: dict[int, tuple[_Flight, int]] = {}
        self._window = UNDER_WAY
        self._max_packet_bytes = 0
        self._highest_qos = 2
        self._retain_available = True
        self._writable = True
        self._lost: ConnectionLostError | None = None
        self._progress = asyncio.Event()

    def accept(self, connack: ConnAck) -> None:
        """Take note of the limits in the broker's CONNACK (MQTT 5 §3.2.2.3)."""
        limits = connack.properties
        self._window = min(UNDER_WAY, limits.receive_maximum or UNDER_WAY)
        self._max_packet_bytes = limits.maximum_packet_bytes or 0
        self._highest_qos = 2 if limits.maximum_qos is None else limits.maximum_qos
        self._retain_available = limits.retain_available != 0

    def uses(self, packet_id: int) -> bool:
        """Is this id under way?"""
        return packet_id in self._under_way

    async def publish_many(self, messages: Sequence[Outgoing]) -> list[int]:
        """Send all; returns the reason codes. Raises ConnectionLostError, TimeoutError, ValueError (QoS 2)."""
        flight = _Flight(len(messages))
        sent = 0
        while True:
            if self._lost is not None:
                raise self._lost
            sent = self._send(messages, sent, flight)
            if sent == len(messages) and not flight.under_way:
                return flight.codes
            try:
                async with asyncio.timeout(PROGRESS_WITHIN_S):
                    await self._progress.wait()
            except TimeoutError as error:
                raise TimeoutError(f"no message acknowledged for {PROGRESS_WITHIN_S:.0f} s") from error

    def _send(self, messages: Sequence[Outgoing], sent: int, flight: _Flight) -> int:
        """Write as many as window and socket take; returns how many of the messages are dealt with."""
        frames: list[bytes] = []
        waiting_bytes = 0
        while sent < len(messages) and self._writable:
            message = messages[sent]
            packet_id = 0
            if message.qos:
                if len(self._under_way) >= self._window:
                    break
                packet_id = self._next_packet_id()
            frame = self._frame(message, packet_id)
            if isinstance(frame, int):
                flight.codes[sent] = frame
            else:
                frames.append(frame)
                waiting_bytes += len(frame)
                if packet_id:
                    self._under_way[packet_id] = (flight, sent)
                    flight.under_way += 1
            sent += 1
            if waiting_bytes >= WRITE_BYTES:
                self._write(b"".join(frames))
                frames, waiting_bytes = [], 0
        if frames:
            self._write(b"".join(frames))
        return sent

    def _frame(self, message: Outgoing, packet_id: int) -> bytes | int:
        """The packet, or the code with which the broker would refuse it."""
        if message.qos > 1:
            raise ValueError("publish_many sends QoS 0 and 1")
        if message.qos > self._highest_qos:
            return reasons.QOS_NOT_SUPPORTED
        if message.retain and not self._retain_available:
            return reasons.RETAIN_NOT_SUPPORTED
        properties = message.properties if self._version == "5" else NONE
        try:
            check_name(message.topic)
        except ValueError:
            return reasons.TOPIC_NAME_INVALID
        publish = Publish(
            message.topic, message.payload, message.qos, message.retain, packet_id=packet_id, properties=properties
        )
        frame = encode(publish, self._version)
        return reasons.PACKET_TOO_LARGE if 0 < self._max_packet_bytes < len(frame) else frame

    def acknowledged(self, packet_id: int, code: int) -> None:
        """A PUBACK has come; an unknown id is of a call that gave up."""
        flight, index = self._under_way.pop(packet_id, (None, 0))
        if flight is not None:
            flight.codes[index] = code
            flight.under_way -= 1

    def wake(self) -> None:
        """Let the calls look again: once per read, when the socket takes more, and when the link is lost."""
        self._progress.set()
        self._progress.clear()

    def pause(self) -> None:
        """The socket takes no more for now."""
        self._writable = False

    def resume(self) -> None:
        """The socket takes more."""
        self._writable = True
        self.wake()

    def fail(self, error: ConnectionLostError) -> None:
        """The link is gone: every call raises."""
        self._lost = error
        self._under_way.clear()
        self.wake()
