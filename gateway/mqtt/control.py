"""Bodies of the control packets other than PUBLISH, read with every bound and reserved bit checked. Pure."""

from collections.abc import Callable
from typing import Final

from gateway.mqtt.encoder import HIGHEST_QOS, PROTOCOL_LEVEL
from gateway.mqtt.errors import ProtocolError
from gateway.mqtt.packets import (
    Auth,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    PubComp,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    Subscription,
    UnsubAck,
    Unsubscribe,
    Version,
    Will,
)
from gateway.mqtt.properties import NONE, In, Properties, decode_properties
from gateway.mqtt.reasons import PROTOCOL_ERROR, UNSUPPORTED_VERSION
from gateway.mqtt.topics import check_filter, check_name
from gateway.mqtt.wire import Reader

HIGHEST_RETAIN_HANDLING: Final = 2


def decode_control(first: int, body: bytes, version: Version) -> Packet:
    """One packet from its first byte and its body. Raises ProtocolError."""
    decode = _DECODERS.get(first)
    if decode is None:
        raise ProtocolError(f"no MQTT packet begins with 0x{first:02x}")
    reader = Reader(body)
    packet = decode(reader, version)
    reader.end()
    return packet


def _properties(reader: Reader, place: In, version: Version) -> Properties:
    return decode_properties(reader, place) if version == "5" else NONE


def _packet_id(reader: Reader) -> int:
    packet_id = reader.u16()
    if not packet_id:
        raise ProtocolError("packet id 0 is not allowed", code=PROTOCOL_ERROR)
    return packet_id


def _connect(reader: Reader, version: Version) -> Connect:
    name, level = reader.utf8(), reader.u8()
    if name != "MQTT" or level != PROTOCOL_LEVEL[version]:
        raise ProtocolError(f"protocol {name[:20]!r} level {level}, not MQTT {version}", code=UNSUPPORTED_VERSION)
    flags, keep_alive_s = reader.u8(), reader.u16()
    qos = flags >> 3 & 3
    if flags & 1 or qos > HIGHEST_QOS or (not flags & 0x04 and flags & 0x38):
        raise ProtocolError(f"impossible CONNECT flags 0x{flags:02x}")
    if version == "3.1.1" and flags & 0xC0 == 0x40:  # noqa: PLR2004 - 3.1.1 §3.1.2.9: no password without user name
        raise ProtocolError("a password without a user name")
    properties = _properties(reader, In.CONNECT, version)
    client_id = reader.utf8()
    will = None
    if flags & 0x04:
        will_properties = _properties(reader, In.WILL, version)
        topic = _checked(check_name, reader.utf8())
        will = Will(topic, reader.binary(), qos, bool(flags & 0x20), will_properties)
    username = reader.utf8() if flags & 0x80 else None
    password = reader.binary() if flags & 0x40 else None
    return Connect(client_id, bool(flags & 2), keep_alive_s, username, password, will, properties)


def _checked(check: Callable[[str], None], topic: str) -> str:
    try:
        check(topic)
    except ValueError as error:
        raise ProtocolError(str(error)) from error
    return topic


def _connack(reader: Reader, version: Version) -> ConnAck:
    flags, code = reader.u8(), reader.u8()
    if flags > 1:
        raise ProtocolError(f"impossible CONNACK flags 0x{flags:02x}")
    return ConnAck(bool(flags), code, _properties(reader, In.CONNACK, version))


def _reason(reader: Reader, place: In, version: Version) -> tuple[int, Properties]:
    """Code and properties, either of which MQTT 5 lets a sender leave out (§3.4.2, §3.14.2)."""
    code = reader.u8() if reader.left and version == "5" else 0
    return code, decode_properties(reader, place) if reader.left and version == "5" else NONE


def _puback(reader: Reader, version: Version) -> PubAck:
    return PubAck(_packet_id(reader), *_reason(reader, In.PUBACK, version))


def _pubrec(reader: Reader, version: Version) -> PubRec:
    return PubRec(_packet_id(reader), *_reason(reader, In.PUBREC, version))


def _pubrel(reader: Reader, version: Version) -> PubRel:
    return PubRel(_packet_id(reader), *_reason(reader, In.PUBREL, version))


def _pubcomp(reader: Reader, version: Version) -> PubComp:
    return PubComp(_packet_id(reader), *_reason(reader, In.PUBCOMP, version))


def _subscribe(reader: Reader, version: Version) -> Subscribe:
    packet_id, properties = _packet_id(reader), _properties(reader, In.SUBSCRIBE, version)
    wanted = [_subscription(reader, version)]
    while reader.left:
        wanted.append(_subscription(reader, version))
    return Subscribe(packet_id, tuple(wanted), properties)


def _subscription(reader: Reader, version: Version) -> Subscription:
    topic_filter = _checked(check_filter, reader.utf8())
    options = reader.u8()
    qos, retain_handling = options & 3, options >> 4 & 3
    if qos > HIGHEST_QOS or retain_handling > HIGHEST_RETAIN_HANDLING or options & 0xC0:
        raise ProtocolError(f"impossible subscription options 0x{options:02x}")
    if version == "3.1.1" and options & 0xFC:
        raise ProtocolError(f"impossible subscription QoS 0x{options:02x}")
    return Subscription(topic_filter, qos, bool(options & 4), bool(options & 8), retain_handling)


def _suback(reader: Reader, version: Version) -> SubAck:
    packet_id, properties = _packet_id(reader), _properties(reader, In.SUBACK, version)
    return SubAck(packet_id, tuple(reader.rest()), properties)


def _unsubscribe(reader: Reader, version: Version) -> Unsubscribe:
    packet_id, properties = _packet_id(reader), _properties(reader, In.UNSUBSCRIBE, version)
    topic_filters = [_checked(check_filter, reader.utf8())]
    while reader.left:
        topic_filters.append(_checked(check_filter, reader.utf8()))
    return Unsubscribe(packet_id, tuple(topic_filters), properties)


def _unsuback(reader: Reader, version: Version) -> UnsubAck:
    packet_id, properties = _packet_id(reader), _properties(reader, In.UNSUBACK, version)
    return UnsubAck(packet_id, tuple(reader.rest()) if version == "5" else (), properties)


def _pingreq(_reader: Reader, _version: Version) -> PingReq:
    return PingReq()


def _pingresp(_reader: Reader, _version: Version) -> PingResp:
    return PingResp()


def _disconnect(reader: Reader, version: Version) -> Disconnect:
    return Disconnect(*_reason(reader, In.DISCONNECT, version))


def _auth(reader: Reader, version: Version) -> Auth:
    if version == "3.1.1":
        raise ProtocolError("MQTT 3.1.1 has no AUTH")
    return Auth(*_reason(reader, In.AUTH, version))


_DECODERS: Final[dict[int, Callable[[Reader, Version], Packet]]] = {
    0x10: _connect,
    0x20: _connack,
    0x40: _puback,
    0x50: _pubrec,
    0x62: _pubrel,
    0x70: _pubcomp,
    0x82: _subscribe,
    0x90: _suback,
    0xA2: _unsubscribe,
    0xB0: _unsuback,
    0xC0: _pingreq,
    0xD0: _pingresp,
    0xE0: _disconnect,
    0xF0: _auth,
}
"""By the whole first byte: its low nibble is fixed for each type (MQTT 5 §2.1.3), PUBLISH alone excepted."""

FIRST_BYTES: Final = frozenset(_DECODERS)
"""What a packet other than PUBLISH can begin with."""
