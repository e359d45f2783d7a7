"""ChirpStack v4: MQTT and HTTP integration events, as JSON or as protobuf.

Topic ``application/<id>/device/<devEUI>/event/<event>`` (any prefix), or an HTTP path ending in ``?event=<event>``.
What LoRa gateways say of themselves comes on topics of their own: see ``chirpstack_gateway.py``.
JSON is protobuf's JSON form: a field with its default value (fCnt 0, fPort 0, margin 0) is left out.
An uplink's time is the event's ``time``, which ChirpStack takes from the best clock it has, else the earliest clock
among the receptions. The session is the join server's session key id where one is used, else devAddr.
Source of names and numbers: ChirpStack's published ``integration.proto`` and ``gw.proto``, version 4.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import msgspec

from pipelines.dialects import chirpstack_v4_protobuf
from pipelines.dialects.chirpstack_gateway import TOPICS, reader_beside
from pipelines.dialects.chirpstack_topics import event_topic, kind_of
from pipelines.dialects.json_body import read_json, read_tree
from pipelines.dialects.lorawan import LorawanSettings, earliest, hex_eui, instant, no_clock
from pipelines.instants import format_rfc3339
from pipelines.model import Reception, Rejected, Uplink, Value

DEFAULT_TOPICS = ("application/+/device/+/event/+", *(f"+/{topic}" for topic in TOPICS))

APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"
_DEVICE_INFO = {
    "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
    "tenantName": "City",
    "applicationName": "city",
    "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
    "deviceProfileName": "class A, EU868",
    "deviceClassEnabled": "CLASS_A",
}
"""What ``write`` puts around every device, as ChirpStack does."""

Encoding = Literal["auto", "json", "protobuf"]


class Settings(LorawanSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``encoding = "auto"`` tells JSON by its first byte, which begins no protobuf event."""

    encoding: Encoding = "auto"


class _DeviceInfo(msgspec.Struct, rename="camel", gc=False):
    dev_eui: str = ""


class _JoinServer(msgspec.Struct, rename="camel", gc=False):
    session_key_id: str = ""


class _RxInfo(msgspec.Struct, rename="camel", gc=False):
    gateway_id: str = ""
    gw_time: str | None = None
    ns_time: str | None = None
    rssi: float | None = None
    snr: float = 0.0


class _Event(msgspec.Struct, rename="camel", gc=False):
    """Uplink, status and every other event: none of their names contradict each other."""

    device_info: _DeviceInfo
    time: str | None = None
    dev_addr: str = ""
    f_cnt: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    f_port: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    data: bytes = b""
    decoded: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="object")
    rx_info: tuple[_RxInfo, ...] = ()
    join_server_context: _JoinServer | None = None
    margin: int = 0
    external_power_source: bool = False
    battery_level_unavailable: bool = False
    battery_level: float = 0.0


_JSON_BEGINS = (b"{", b"[")  # as protobuf they would begin a group, which proto3 lacks
_DECODER = msgspec.json.Decoder(_Event)


def build(settings: Settings) -> Callable[[str, bytes], Uplink | Rejected]:
    """A reader of ChirpStack v4 messages."""
    always = settings.decoded == "always"
    read_protobuf = chirpstack_v4_protobuf.build(decoded=settings.decoded)
    if settings.encoding == "protobuf":
        return reader_beside(read_protobuf)

    def read(topic: str, body: bytes) -> Uplink | Rejected:
        event = read_json(_DECODER, body)
        if type(event) is Rejected:
            return event
        try:
            return _uplink(topic, event, always=always)
        except ValueError as error:
            return Rejected("malformed", str(error))

    def read_either(topic: str, body: bytes) -> Uplink | Rejected:
        return read(topic, body) if body[:1] in _JSON_BEGINS else read_protobuf(topic, body)

    return reader_beside(read if settings.encoding == "json" else read_either)


def _uplink(topic: str, event: _Event, *, always: bool) -> Uplink | Rejected:
    kind = kind_of(topic)
    device_id = hex_eui(event.device_info.dev_eui)
    receptions = tuple([_reception(heard) for heard in event.rx_info])
    network_time_ns = instant(event.time, "time")
    if network_time_ns is None:
        network_time_ns = earliest(receptions)
        if network_time_ns is None and (event.time or any(heard.gw_time or heard.ns_time for heard in event.rx_info)):
            return no_clock(device_id)
    context = event.join_server_context
    session = (context.session_key_id if context else "") or event.dev_addr or None
    if kind == "uplink":
        payload = event.data or None
        decoded = read_tree(event.decoded) if always or payload is None else None
        if type(decoded) is Rejected:
            return decoded
        if payload is None and not decoded:
            payload = b""
        return Uplink(
            device_id, kind, payload, event.f_port, event.f_cnt, session, network_time_ns, None, receptions, decoded
        )
    values = _status(event) if kind == "status" else None
    return Uplink(device_id, kind, session=session, network_time_ns=network_time_ns, network_values=values)


def _reception(heard: _RxInfo) -> Reception:
    received_ns = instant(heard.gw_time, "rxInfo.gwTime")
    if received_ns is None:
        received_ns = instant(heard.ns_time, "rxInfo.nsTime")
    return Reception(heard.gateway_id, heard.rssi, heard.snr, received_ns)


def _status(event: _Event) -> dict[str, Value]:
    values: dict[str, Value] = {"link_margin_db": float(event.margin), "external_power": event.external_power_source}
    if not event.external_power_source and not event.battery_level_unavailable:
        values["battery_percent"] = event.battery_level
    return values


def write(uplink: Uplink, *, application: str = APPLICATION) -> tuple[str, bytes]:
    """Wrap an uplink as ChirpStack v4 does in JSON: topic and body, with the fields of a real event."""
    stamp = format_rfc3339(uplink.network_time_ns) if uplink.network_time_ns is not None else None
    event: dict[str, object] = {
        "deduplicationId": f"{(uplink.f_cnt or 0) & 0xFFFFFFFF:08x}-4b9e-4d77-a3a4-{uplink.device_id[-12:]}",
        "deviceInfo": _DEVICE_INFO
        | {
            "applicationId": application,
            "deviceName": f"device-{uplink.device_id[-4:]}",
            "devEui": uplink.device_id,
        },
    }
    if stamp is not None:
        event["time"] = stamp
    match uplink.kind:
        case "uplink":
            event |= _uplink_fields(uplink)
        case "status":
            event |= _status_fields(uplink.network_values or {})
        case "notice":
            event["devAddr"] = uplink.session or ""
    return event_topic(application, uplink.device_id, uplink.kind), msgspec.json.encode(event)


def _uplink_fields(uplink: Uplink) -> dict[str, object]:
    fields: dict[str, object] = {
        "devAddr": uplink.session or "",
        "adr": True,
        "dr": 5,
        "fCnt": uplink.f_cnt or 0,
        "fPort": uplink.f_port or 0,
        "confirmed": False,
        "data": uplink.payload or b"",
        "rxInfo": [_rx_info(reception) for reception in uplink.receptions],
        "txInfo": {
            "frequency": 868_100_000,
            "modulation": {"lora": {"bandwidth": 125_000, "spreadingFactor": 7, "codeRate": "CR_4_5"}},
        },
        "regionConfigId": "eu868",
    }
    if uplink.decoded is not None:
        fields["object"] = uplink.decoded
    return fields


def _rx_info(reception: Reception) -> dict[str, object]:
    info: dict[str, object] = {"gatewayId": reception.gateway_id, "uplinkId": 2_317_106_255}
    if reception.received_ns is not None:
        info["gwTime"] = info["nsTime"] = format_rfc3339(reception.received_ns)
    if reception.rssi_dbm is not None:
        info["rssi"] = round(reception.rssi_dbm)
    return info | {
        "snr": reception.snr_db or 0.0,
        "channel": 2,
        "location": {"latitude": 51.02569, "longitude": 4.47762, "altitude": 10.0},
        "context": "E3OWOQ==",
        "metadata": {"region_common_name": "EU868", "region_config_id": "eu868"},
        "crcStatus": "CRC_OK",
    }


def _status_fields(values: Mapping[str, Value]) -> dict[str, object]:
    return {
        "margin": round(float(values.get("link_margin_db", 0))),
        "externalPowerSource": values.get("external_power", False),
        "batteryLevelUnavailable": "battery_percent" not in values,
        "batteryLevel": values.get("battery_percent", 0.0),
    }
