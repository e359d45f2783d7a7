"""MQTT 5 properties: one table row each (MQTT 5.0 §2.2.2.2), and how a property list is written and read.

Laws
- A property may stand only in the packets its row names, and only once, but for user properties and, in a PUBLISH,
  subscription identifiers. Anything else is the peer's fault: ProtocolError.
- Absent is None, never a default: the specification's defaults belong to the session, not to the packet.
"""

from enum import IntEnum
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

import msgspec

from gateway.mqtt.errors import ProtocolError
from gateway.mqtt.reasons import PROTOCOL_ERROR
from gateway.mqtt.wire import Reader, binary, utf8, variable_integer


class In(IntEnum):
    """Where a property list stands: the packet's type number, and 0 for the will inside CONNECT."""

    WILL = 0
    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    DISCONNECT = 14
    AUTH = 15


class Properties(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """Every property of MQTT 5; names as in the specification, with the unit where there is one."""

    payload_format_indicator: int | None = None
    message_expiry_s: int | None = None
    content_type: str | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None
    subscription_identifiers: tuple[int, ...] = ()
    session_expiry_s: int | None = None
    assigned_client_identifier: str | None = None
    server_keep_alive_s: int | None = None
    authentication_method: str | None = None
    authentication_data: bytes | None = None
    request_problem_information: int | None = None
    will_delay_s: int | None = None
    request_response_information: int | None = None
    response_information: str | None = None
    server_reference: str | None = None
    reason_string: str | None = None
    receive_maximum: int | None = None
    topic_alias_maximum: int | None = None
    topic_alias: int | None = None
    maximum_qos: int | None = None
    retain_available: int | None = None
    user_properties: tuple[tuple[str, str], ...] = ()
    maximum_packet_bytes: int | None = None
    wildcard_subscription_available: int | None = None
    subscription_identifier_available: int | None = None
    shared_subscription_available: int | None = None


NONE: Final = Properties()

_Form = Literal["flag", "u16", "u32", "variable", "utf8", "binary", "pair"]


class _Row(NamedTuple):
    identifier: int
    field: str
    form: _Form
    stands_in: frozenset[In]
    least: int = 0


def _row(identifier: int, field: str, form: _Form, *stands_in: In, least: int = 0) -> _Row:
    return _Row(identifier, field, form, frozenset(stands_in), least)


_MESSAGE = (In.PUBLISH, In.WILL)
_OPENING = (In.CONNECT, In.CONNACK)
_REASONED = (
    In.CONNACK, In.PUBACK, In.PUBREC, In.PUBREL, In.PUBCOMP, In.SUBACK, In.UNSUBACK, In.DISCONNECT, In.AUTH,
)  # fmt: skip

_ROWS: Final = (
    _row(0x01, "payload_format_indicator", "flag", *_MESSAGE),
    _row(0x02, "message_expiry_s", "u32", *_MESSAGE),
    _row(0x03, "content_type", "utf8", *_MESSAGE),
    _row(0x08, "response_topic", "utf8", *_MESSAGE),
    _row(0x09, "correlation_data", "binary", *_MESSAGE),
    _row(0x0B, "subscription_identifiers", "variable", In.PUBLISH, In.SUBSCRIBE, least=1),
    _row(0x11, "session_expiry_s", "u32", *_OPENING, In.DISCONNECT),
    _row(0x12, "assigned_client_identifier", "utf8", In.CONNACK),
    _row(0x13, "server_keep_alive_s", "u16", In.CONNACK),
    _row(0x15, "authentication_method", "utf8", *_OPENING, In.AUTH),
    _row(0x16, "authentication_data", "binary", *_OPENING, In.AUTH),
    _row(0x17, "request_problem_information", "flag", In.CONNECT),
    _row(0x18, "will_delay_s", "u32", In.WILL),
    _row(0x19, "request_response_information", "flag", In.CONNECT),
    _row(0x1A, "response_information", "utf8", In.CONNACK),
    _row(0x1C, "server_reference", "utf8", In.CONNACK, In.DISCONNECT),
    _row(0x1F, "reason_string", "utf8", *_REASONED),
    _row(0x21, "receive_maximum", "u16", *_OPENING, least=1),
    _row(0x22, "topic_alias_maximum", "u16", *_OPENING),
    _row(0x23, "topic_alias", "u16", In.PUBLISH, least=1),
    _row(0x24, "maximum_qos", "flag", In.CONNACK),
    _row(0x25, "retain_available", "flag", In.CONNACK),
    _row(0x26, "user_properties", "pair", *In),
    _row(0x27, "maximum_packet_bytes", "u32", *_OPENING, least=1),
    _row(0x28, "wildcard_subscription_available", "flag", In.CONNACK),
    _row(0x29, "subscription_identifier_available", "flag", In.CONNACK),
    _row(0x2A, "shared_subscription_available", "flag", In.CONNACK),
)

_BY_IDENTIFIER: Final = {row.identifier: row for row in _ROWS}
ROWS_OF: Final = {place: tuple(row for row in _ROWS if place in row.stands_in) for place in In}
"""Rows that may stand in a packet, in the order they are written."""

_SIZE_BYTES: Final = {"flag": 1, "u16": 2, "u32": 4}


@lru_cache(maxsize=256)  # a publisher says the same of every message; finding it again costs 0.2 µs, making it 6.5
def encode_properties(properties: Properties, place: In) -> bytes:
    """Property length and properties. Raises ValueError for one that may not stand in this packet."""
    if properties is NONE or properties == NONE:
        return b"\x00"
    parts: list[bytes] = []
    written = 0
    for row in ROWS_OF[place]:
        value = getattr(properties, row.field)
        if value is None or value == ():
            continue
        written += 1
        parts.append(_encode_value(row, value, place))
    if written != sum(getattr(properties, row.field) not in (None, ()) for row in _ROWS):
        raise ValueError(f"a property of {properties!r} may not stand in {place.name}")
    body = b"".join(parts)
    return variable_integer(len(body)) + body


def _encode_value(row: _Row, value: Any, place: In) -> bytes:
    head = bytes((row.identifier,))
    if row.form in _SIZE_BYTES:
        if value < row.least or (row.form == "flag" and value > 1):
            raise ValueError(f"{row.field}: {value} is outside what MQTT 5 allows")
        return head + int(value).to_bytes(_SIZE_BYTES[row.form], "big")
    if row.form == "utf8":
        return head + utf8(value)
    if row.form == "binary":
        return head + binary(value)
    if row.form == "pair":
        return b"".join([head + utf8(name) + utf8(text) for name, text in value])
    if place is In.SUBSCRIBE and len(value) > 1:
        raise ValueError("a SUBSCRIBE carries one subscription identifier at most")
    if min(value) < row.least:
        raise ValueError(f"{row.field}: {value} is outside what MQTT 5 allows")
    return b"".join([head + variable_integer(number) for number in value])


def decode_properties(reader: Reader, place: In) -> Properties:
    """Read property length and properties. Raises ProtocolError."""
    length = reader.variable_integer()
    if not length:
        return NONE
    part = reader.part(length)
    values: dict[str, Any] = {}
    while part.left:
        identifier = part.variable_integer()
        row = _BY_IDENTIFIER.get(identifier)
        if row is None or place not in row.stands_in:
            raise ProtocolError(f"property 0x{identifier:02x} may not stand in {place.name}")
        value = _decode_value(row, part)
        if row.form == "pair" or (row.form == "variable" and place is In.PUBLISH):
            values.setdefault(row.field, []).append(value)
        elif row.field in values:
            raise ProtocolError(f"property {row.field} stands twice in {place.name}", code=PROTOCOL_ERROR)
        else:
            values[row.field] = [value] if row.form == "variable" else value
    for field in ("user_properties", "subscription_identifiers"):
        if field in values:
            values[field] = tuple(values[field])
    return Properties(**values)


def _decode_value(row: _Row, part: Reader) -> Any:
    match row.form:
        case "flag":
            value: Any = part.u8()
        case "u16":
            value = part.u16()
        case "u32":
            value = part.u32()
        case "variable":
            value = part.variable_integer()
        case "utf8":
            return part.utf8()
        case "binary":
            return part.binary()
        case "pair":
            return (part.utf8(), part.utf8())
    if value < row.least or (row.form == "flag" and value > 1):
        raise ProtocolError(f"property {row.field} cannot be {value}", code=PROTOCOL_ERROR)
    return value
