"""What ChirpStack's LoRa gateways say of themselves: statistics each half minute, and whether they are connected.

Topics ``<region>/gateway/<id>/event/stats`` and ``<region>/gateway/<id>/state/conn`` (v3: without region). They come
from the bridge or forwarder that runs beside the LoRa gateway, not from the network server, and have an encoding of
their own there: protobuf unless somebody chose JSON. So both are read on these topics, told apart by the first byte.

The LoRa gateway becomes a device whose id is its EUI; its statistics are values already decoded, under v4's JSON names.
Protobuf's JSON form leaves out what is 0: a missing count is 0, and a connection state that is not told is OFFLINE.
Statistics carry the LoRa gateway's clock. A connection state carries none: one that is retained is no reading.
Source of names and numbers: ChirpStack's published ``gw.proto``, GatewayStats and ConnState, versions 3 and 4.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec

from pipelines.dialects.json_body import exceeds, read_json
from pipelines.dialects.lorawan import EUI_BYTES, hex_eui, hex_or_base64, instant, no_clock
from pipelines.dialects.protobuf import (
    Field,
    ProtobufError,
    as_bytes,
    as_float,
    as_int,
    as_text,
    as_timestamp,
    as_uint32,
    read_fields,
)
from pipelines.instants import format_rfc3339
from pipelines.model import Rejected, Uplink

STATS, CONNECTION = "/event/stats", "/state/conn"
ENDS = (STATS, CONNECTION)
"""What a topic of a LoRa gateway ends in; no device event does."""

TOPICS = ("gateway/+/event/stats", "gateway/+/state/conn")

MOST_METADATA = 64
_LONGEST_METADATA = 128
_ONLINE = 1
_STATES = ("OFFLINE", "ONLINE")
_COUNTS = {5: "rxPacketsReceived", 6: "rxPacketsReceivedOk", 7: "txPacketsReceived", 8: "txPacketsEmitted"}

Count = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]


class _Location(msgspec.Struct, gc=False):
    latitude: float = 0.0
    longitude: float = 0.0
    altitude: float = 0.0


class _Event(msgspec.Struct, rename="camel", gc=False):
    """Statistics and connection state, in the words of both versions."""

    gateway_id: str = ""
    gateway_id_v3: str = msgspec.field(default="", name="gatewayID")
    time: str | None = None
    location: _Location | None = None
    rx_packets_received: Count = 0
    rx_packets_received_ok: Count = 0
    rx_packets_received_ok_v3: Count = msgspec.field(default=0, name="rxPacketsReceivedOK")
    tx_packets_received: Count = 0
    tx_packets_emitted: Count = 0
    metadata: dict[str, str] | None = None
    metadata_v3: dict[str, str] | None = msgspec.field(default=None, name="metaData")
    state: str = _STATES[0]


_DECODER = msgspec.json.Decoder(_Event)


def read_gateway(topic: str, body: bytes) -> Uplink | Rejected:
    """A message of a LoRa gateway; ``topic`` ends in one of ``ENDS``."""
    is_stats = topic.endswith(STATS)
    try:
        if body[:1] == b"{":
            if (too_large := exceeds(body)) is not None:
                return too_large
            event = read_json(_DECODER, body)
            return event if isinstance(event, Rejected) else _from_json(event, is_stats=is_stats)
        fields = read_fields(body)
        return _stats(fields) if is_stats else _connection(fields)
    except ValueError as error:
        return Rejected("malformed", f"protobuf: {error}" if isinstance(error, ProtobufError) else str(error))


def reader_beside(read: Callable[[str, bytes], Uplink | Rejected]) -> Callable[[str, bytes], Uplink | Rejected]:
    """A dialect's reader of device events that also reads what LoRa gateways say."""

    def read_both(topic: str, body: bytes) -> Uplink | Rejected:
        return read_gateway(topic, body) if topic.endswith(ENDS) else read(topic, body)

    return read_both


def _from_json(event: _Event, *, is_stats: bool) -> Uplink | Rejected:
    gateway_id = hex_eui(event.gateway_id) if event.gateway_id else hex_or_base64(event.gateway_id_v3, EUI_BYTES)
    if not is_stats:
        if event.state not in _STATES:
            raise ValueError(f"state: expected {' or '.join(_STATES)}, found {event.state[:40]!r}")
        return Uplink(gateway_id, decoded={"state": event.state})
    network_time_ns = instant(event.time, "time")
    if network_time_ns is None and event.time:
        return no_clock(gateway_id)
    decoded: dict[str, object] = {
        "rxPacketsReceived": event.rx_packets_received,
        "rxPacketsReceivedOk": event.rx_packets_received_ok or event.rx_packets_received_ok_v3,
        "txPacketsReceived": event.tx_packets_received,
        "txPacketsEmitted": event.tx_packets_emitted,
    }
    place = event.location or _Location()
    return _with_place(gateway_id, network_time_ns, decoded, place, event.metadata or event.metadata_v3 or {})


def _stats(fields: list[Field]) -> Uplink | Rejected:
    """GatewayStats in protobuf."""
    gateway_id, stamp, clocks, place = "", None, 0, _Location()
    decoded: dict[str, object] = dict.fromkeys(_COUNTS.values(), 0)
    metadata: dict[str, str] = {}
    for field in fields:
        match field[0]:
            case 1 | 17:
                gateway_id = _gateway_id(field) or gateway_id
            case 2:
                stamp, clocks = as_timestamp(field), 1
            case 3:
                place = _location(as_bytes(field))
            case 5 | 6 | 7 | 8:
                decoded[_COUNTS[field[0]]] = as_uint32(field)
            case 10:
                entry = {one[0]: as_text(one) for one in read_fields(as_bytes(field))}
                metadata[entry.get(1, "")] = entry.get(2, "")
    gateway_id = hex_eui(gateway_id)
    if stamp is None and clocks:
        return no_clock(gateway_id)
    return _with_place(gateway_id, stamp, decoded, place, metadata)


def _connection(fields: list[Field]) -> Uplink:
    """ConnState in protobuf."""
    gateway_id, state = "", 0
    for field in fields:
        match field[0]:
            case 1 | 3:
                gateway_id = _gateway_id(field) or gateway_id
            case 2:
                state = as_int(field)
    return Uplink(hex_eui(gateway_id), decoded={"state": _STATES[state == _ONLINE]})


def _gateway_id(field: Field) -> str:
    """The EUI: v3's bytes in field 1, or v4's text."""
    return as_bytes(field).hex() if field[0] == 1 else as_text(field)


def _location(message: bytes) -> _Location:
    found = {one[0]: as_float(one) for one in read_fields(message) if one[0] in (1, 2, 3)}
    return _Location(found.get(1, 0.0), found.get(2, 0.0), found.get(3, 0.0))


def _with_place(
    gateway_id: str,
    network_time_ns: int | None,
    decoded: dict[str, object],
    place: _Location,
    metadata: Mapping[str, str],
) -> Uplink:
    """0, 0 is no place but a field that nobody filled in. A text of the metadata that is a number becomes one."""
    if place.latitude or place.longitude:
        decoded["location"] = {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "altitude": place.altitude,
        }
    if metadata:
        kept = sorted(metadata.items())[:MOST_METADATA]
        decoded["metadata"] = {key[:_LONGEST_METADATA]: _number_of(text[:_LONGEST_METADATA]) for key, text in kept}
    return Uplink(gateway_id, network_time_ns=network_time_ns, decoded=decoded)


def _number_of(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if number - number == 0 else text


def write_gateway(uplink: Uplink, *, region: str = "eu868") -> tuple[str, bytes]:
    """What ``read_gateway`` gave as the forwarder writes it in JSON, version 4: topic and body."""
    decoded = uplink.decoded or {}
    event: dict[str, object] = {"gatewayId": uplink.device_id}
    if "state" in decoded:
        if decoded["state"] != _STATES[0]:
            event["state"] = decoded["state"]
    else:
        if uplink.network_time_ns is not None:
            event["time"] = format_rfc3339(uplink.network_time_ns)
        event |= {name: decoded[name] for name in (*_COUNTS.values(), "location") if decoded.get(name)}
        metadata = decoded.get("metadata")
        if isinstance(metadata, dict):
            event["metadata"] = {key: str(value) for key, value in metadata.items()}
    end = CONNECTION if "state" in decoded else STATS
    return f"{region}/gateway/{uplink.device_id}{end}", msgspec.json.encode(event)
