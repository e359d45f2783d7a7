"""Bytes to control packets, incrementally: feed what the socket gave, get the packets that are whole.

Laws
- Where the stream is cut makes no difference to the packets.
- No input raises anything but ProtocolError, and after one the stream is over.
- Memory is bounded by ``max_payload_bytes`` plus ``max_packet_bytes``, whatever lengths the peer declares: a larger
  PUBLISH is digested as it passes (oversize.py), any other larger packet is refused at its fixed header.
- PUBLISH is the hot path: parsed in place with offsets, its topic looked up among those seen before (about 1 µs).
"""

from typing import Final

from gateway.mqtt.control import FIRST_BYTES, decode_control
from gateway.mqtt.errors import ProtocolError
from gateway.mqtt.oversize import Opening, Oversize, read_opening
from gateway.mqtt.packets import Packet, Publish, Version
from gateway.mqtt.properties import In, decode_properties
from gateway.mqtt.reasons import PACKET_TOO_LARGE, TOPIC_ALIAS_INVALID, TOPIC_NAME_INVALID
from gateway.mqtt.wire import Reader, remaining_length, text_of

MAX_PAYLOAD_BYTES: Final = 262_144
MAX_PACKET_BYTES: Final = 262_144
"""For packets other than PUBLISH, and for the properties of a PUBLISH that are kept."""

TOPICS_REMEMBERED: Final = 8_192

_INVALID_QOS: Final = 3
_DUP_AT_QOS_0: Final = (0b1000, 0b1001)
_FLAGS: Final = tuple(
    (_INVALID_QOS if flags in _DUP_AT_QOS_0 else flags >> 1 & 3, bool(flags & 1), bool(flags & 8))
    for flags in range(16)
)
"""Low nibble of a PUBLISH's first byte → qos, retain, dup. DUP at QoS 0 is as invalid as QoS 3 (MQTT 5 §3.3.1)."""


class Decoder:
    """One direction of one connection. ``version`` is what CONNECT agreed on."""

    def __init__(
        self,
        version: Version,
        *,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
        max_packet_bytes: int = MAX_PACKET_BYTES,
        topic_alias_maximum: int = 65_535,
    ) -> None:
        self._version: Version = version
        self._has_properties = version == "5"
        self._max_payload_bytes = max_payload_bytes
        self._max_packet_bytes = max_packet_bytes
        self._topic_alias_maximum = topic_alias_maximum
        self._ordinary_bytes = min(max_payload_bytes, max_packet_bytes)
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._need_bytes = 0
        self._oversize: Oversize | None = None
        self._topics: dict[bytes, str] = {}

    def feed(self, data: bytes) -> list[Packet]:
        """Take what the socket gave. Raises ProtocolError; its ``before`` holds the packets ahead of the fault."""
        packets: list[Packet] = []
        if self._kept:
            # Joined only when the waiting packet is whole: a peer that dribbles costs no quadratic copying.
            self._kept.append(data)
            self._kept_bytes += len(data)
            if self._kept_bytes < self._need_bytes:
                return packets
            data = b"".join(self._kept)
            self._kept.clear()
        try:
            self._parse(data, packets)
        except ProtocolError as error:
            error.before = packets
            raise
        return packets

    def _parse(self, data: bytes, packets: list[Packet]) -> None:
        at, end = 0, len(data)
        if self._oversize is not None:
            at = self._pass_oversize(self._oversize, data, at, packets)
        ordinary_bytes = self._ordinary_bytes
        while end - at > 1:
            first, length, body = data[at], data[at + 1], at + 2
            if length > 0x7F:  # noqa: PLR2004 - the continuation bit
                length, body = remaining_length(data, at + 1, end)
                if not body:
                    break
            stop = body + length
            if length > ordinary_bytes and (opening := self._weigh(first, data, body, stop)):
                if isinstance(opening, int):
                    self._keep(data[at:], opening - at)
                    return
                self._oversize = self._swallow(first, opening)
                at = self._pass_oversize(self._oversize, data, opening.after, packets)
            elif stop > end:
                self._keep(data[at:], stop - at)
                return
            else:
                packets.append(
                    self._publish(first, data, body, stop)
                    if first & 0xF0 == 0x30  # noqa: PLR2004 - PUBLISH
                    else decode_control(first, data[body:stop], self._version)
                )
                at = stop
        if at < end:
            self._keep(data[at:], end - at + 1)

    def _keep(self, rest: bytes, need_bytes: int) -> None:
        """Wait with an unfinished packet until it has ``need_bytes``; never for one that no packet begins like."""
        if rest[0] & 0xF0 != 0x30 and rest[0] not in FIRST_BYTES:  # noqa: PLR2004 - PUBLISH
            raise ProtocolError(f"no MQTT packet begins with 0x{rest[0]:02x}")
        self._kept.append(rest)
        self._kept_bytes = len(rest)
        self._need_bytes = need_bytes

    def _publish(self, first: int, data: bytes, at: int, stop: int) -> Publish:
        qos, retain, dup = _FLAGS[first & 15]
        if stop - at < 2:  # noqa: PLR2004 - the topic's length
            raise ProtocolError("a PUBLISH ends before its fields do")
        topic_end = after = at + 2 + (data[at] << 8 | data[at + 1])
        packet_id = 0
        if qos:
            after += 2
            if after <= stop:
                packet_id = data[topic_end] << 8 | data[topic_end + 1]
        if after > stop or qos == _INVALID_QOS or (qos and not packet_id):
            raise ProtocolError("a PUBLISH with impossible flags, no packet id, or cut short")
        raw = data[at + 2 : topic_end]
        topic = self._topics.get(raw)
        if topic is None:
            topic = self._learn_topic(raw)
        if self._has_properties:
            if after == stop or data[after]:
                return self._with_properties(topic, Reader(data, after, stop), first, packet_id)
            after += 1
        if not topic:
            raise ProtocolError("a PUBLISH without a topic", code=TOPIC_NAME_INVALID)
        return Publish(topic, data[after:stop], qos, retain, dup, packet_id)

    def _with_properties(self, topic: str, reader: Reader, first: int, packet_id: int) -> Publish:
        qos, retain, dup = _FLAGS[first & 15]
        properties = decode_properties(reader, In.PUBLISH)
        if not topic and properties.topic_alias is None:
            raise ProtocolError("a PUBLISH without topic and topic alias", code=TOPIC_NAME_INVALID)
        if (properties.topic_alias or 0) > self._topic_alias_maximum:
            raise ProtocolError("a topic alias above what we allow", code=TOPIC_ALIAS_INVALID)
        return Publish(topic, reader.rest(), qos, retain, dup, packet_id, properties)

    def _learn_topic(self, raw: bytes) -> str:
        topic = text_of(raw)
        if "+" in topic or "#" in topic:
            raise ProtocolError("a PUBLISH to a topic with wildcards", code=TOPIC_NAME_INVALID)
        if len(self._topics) >= TOPICS_REMEMBERED:
            self._topics.clear()
        self._topics[raw] = topic
        return topic

    def _weigh(self, first: int, data: bytes, at: int, stop: int) -> Opening | int | None:
        """A packet longer than usual: None to keep it whole, its opening to swallow it, or the bytes needed to tell."""
        if first & 0xF0 != 0x30:  # noqa: PLR2004 - PUBLISH
            if stop - at > self._max_packet_bytes:
                raise ProtocolError(f"a packet of {stop - at} bytes", code=PACKET_TOO_LARGE)
            return None
        qos = _FLAGS[first & 15][0]
        if qos == _INVALID_QOS:
            raise ProtocolError("a PUBLISH with impossible flags")
        opening = read_opening(data, at, stop, qos=qos, has_properties=self._has_properties)
        if isinstance(opening, int):
            return opening
        fits = opening.payload_bytes <= self._max_payload_bytes and opening.properties_bytes <= self._max_packet_bytes
        return None if fits else opening

    def _swallow(self, first: int, opening: Opening) -> Oversize:
        qos, retain, dup = _FLAGS[first & 15]
        topic = self._learn_topic(opening.raw_topic)
        if not topic:
            raise ProtocolError("an oversize PUBLISH without a topic", code=TOPIC_ALIAS_INVALID)
        if qos and not opening.packet_id:
            raise ProtocolError("a PUBLISH with packet id 0")
        start = Publish(topic, b"", qos, retain, dup, opening.packet_id)
        return Oversize(start, opening.properties_bytes, opening.payload_bytes)

    def _pass_oversize(self, oversize: Oversize, data: bytes, at: int, packets: list[Packet]) -> int:
        at = oversize.consume(data, at)
        if oversize.complete:
            packets.append(oversize.publish())
            self._oversize = None
        return at
