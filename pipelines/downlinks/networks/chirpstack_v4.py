"""ChirpStack v4: ``application/<id>/device/<devEUI>/command/down``, as JSON or as protobuf.

ChirpStack reads commands in the encoding in which it writes events, so the device's last message decides.
A command's ``id`` is ours and comes back as ``queueItemId``. ``expiresAt`` makes ChirpStack drop what is too late.
JSON is protobuf's JSON form: ``acknowledged`` false is left out of an ack event.
Source of names and numbers: ChirpStack's published ``integration.proto`` (DownlinkCommand, AckEvent, TxAckEvent,
LogEvent, LogCode), version 4, and its MQTT integration.
"""

import msgspec

from pipelines.dialects.protobuf import LENGTH, Field, ProtobufError, read_fields
from pipelines.downlinks.networks.chirpstack_topics import command_topic, dev_eui_of, event_of, receipt_topics
from pipelines.downlinks.networks.order import Order, Receipt
from pipelines.instants import format_rfc3339
from pipelines.model import NS_PER_S

__all__ = ["KEEPS_EXPIRY", "QOS", "command_topic", "message", "receipt", "receipt_topics"]

QOS = 1
KEEPS_EXPIRY = True

FAILED_CODES = {1: "DOWNLINK_PAYLOAD_SIZE", 3: "DOWNLINK_CODEC", 8: "DOWNLINK_GATEWAY", 10: "F_CNT_DOWN", 11: "EXPIRED"}
"""LogCode numbers that speak of downlinks."""
MAX_WORDS = 160


class _Event(msgspec.Struct, rename="camel", gc=False):
    queue_item_id: str = ""
    acknowledged: bool = False
    code: str = ""
    description: str = ""
    context: dict[str, str] = {}


_DECODER = msgspec.json.Decoder(_Event)


def message(topic: str, last_body: bytes, order: Order) -> tuple[str, bytes]:
    """Topic and DownlinkCommand, in the encoding of ``last_body``, a message of the same network server."""
    if last_body[:1] not in {b"{", b""}:
        return topic, _protobuf(dev_eui_of(topic), order)
    command: dict[str, object] = {
        "id": order.key,
        "devEui": dev_eui_of(topic),
        "confirmed": True,
        "fPort": order.f_port,
        "data": order.payload,
    }
    if order.expires_ns is not None:
        command["expiresAt"] = format_rfc3339(order.expires_ns)
    return topic, msgspec.json.encode(command)


def receipt(topic: str, body: bytes) -> Receipt | None:
    """What an ``ack``, ``txack`` or ``log`` event says about a downlink; None for all others."""
    event = event_of(topic)
    if event not in {"ack", "txack", "log"}:
        return None
    try:
        read = _DECODER.decode(body) if body[:1] == b"{" else _from_protobuf(event, body)
    except (msgspec.DecodeError, ProtobufError, UnicodeDecodeError):
        return None
    if event == "log":
        key = read.context.get("queue_item_id", "")
        wrong = read.code in FAILED_CODES.values()
        return Receipt("failed", key, f"{read.code}: {read.description}"[:MAX_WORDS]) if wrong and key else None
    if not read.queue_item_id:
        return None
    if event == "txack":
        return Receipt("transmitted", read.queue_item_id)
    return Receipt("acked" if read.acknowledged else "unacknowledged", read.queue_item_id)


def _protobuf(dev_eui: str, order: Order) -> bytes:
    """DownlinkCommand: id 1, dev_eui 2, confirmed 3, f_port 4, data 5, expires_at 7 (Timestamp: seconds 1, nanos 2)."""
    out = _bytes_field(1, order.key.encode()) + _bytes_field(2, dev_eui.encode())
    out += _int_field(3, 1) + _int_field(4, order.f_port) + _bytes_field(5, order.payload)
    if order.expires_ns is not None:
        seconds, nanos = divmod(order.expires_ns, NS_PER_S)
        out += _bytes_field(7, _int_field(1, seconds) + (_int_field(2, nanos) if nanos else b""))
    return out


def _from_protobuf(event: str, body: bytes) -> _Event:
    """Ack: queue_item_id 4, acknowledged 5. TxAck: queue_item_id 4. Log: code 4, description 5, context 6."""
    fields = read_fields(body)
    if event != "log":
        acknowledged = event == "ack" and any(number == 5 and value == 1 for number, _wire, value in fields)  # noqa: PLR2004
        return _Event(queue_item_id=_text(fields, 4), acknowledged=acknowledged)
    code = next((value for number, _wire, value in fields if number == 4), 0)  # noqa: PLR2004 - see the docstring
    context = [read_fields(value) for number, _wire, value in fields if number == 6 and isinstance(value, bytes)]  # noqa: PLR2004
    return _Event(
        code=FAILED_CODES.get(code, "") if isinstance(code, int) else "",
        description=_text(fields, 5),
        context={_text(entry, 1): _text(entry, 2) for entry in context},
    )


def _text(fields: list[Field], wanted: int) -> str:
    for number, wire, value in fields:
        if number == wanted and wire == LENGTH and isinstance(value, bytes):
            return value.decode()
    return ""


def _int_field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes_field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | LENGTH) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
