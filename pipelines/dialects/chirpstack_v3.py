"""ChirpStack v3: MQTT and HTTP integration events in JSON, in both of its JSON forms.

Topic ``application/<id>/device/<devEUI>/event/<event>`` (older: ``…/device/<devEUI>/rx``), or ``?event=<event>``.
What LoRa gateways say of themselves comes on topics of their own: see ``chirpstack_gateway.py``.
Marshaler ``json_v3`` writes EUIs as hex and the codec's output as ``object``; marshaler ``json`` (protobuf's JSON form)
writes EUIs as base64 and the output as text in ``objectJSON``. ``data`` is base64 in both.
An uplink's time is the earliest plausible ``rxInfo[].time``; only gateways with a clock write one. Where none has,
``publishedAt``, which later v3 releases add to every event, is the last resort: the moment of publishing.
v3 tells no session key; ``devAddr`` (later releases) is the session, older messages have none.
"""

from collections.abc import Callable
from typing import Annotated

import msgspec

from pipelines.dialects.chirpstack_gateway import TOPICS, reader_beside
from pipelines.dialects.chirpstack_topics import event_topic, kind_of
from pipelines.dialects.json_body import read_json, read_tree
from pipelines.dialects.lorawan import EUI_BYTES, LorawanSettings, earliest, hex_or_base64, instant, no_clock
from pipelines.instants import format_rfc3339
from pipelines.model import Reception, Rejected, Uplink, Value

DEFAULT_TOPICS = (
    "application/+/device/+/event/+",
    "application/+/device/+/rx",
    "application/+/device/+/status",
    *TOPICS,
)

Settings = LorawanSettings

_ADDRESS_BYTES = 4
_OLD_UNAVAILABLE, _OLD_MOST = 255, 254  # LoRaWAN DevStatusAns: 0 external power, 1 to 254 battery, 255 cannot measure


class _RxInfo(msgspec.Struct, gc=False):
    gateway_id: str = msgspec.field(default="", name="gatewayID")
    time: str | None = None
    rssi: float | None = None
    snr: float | None = msgspec.field(default=None, name="loRaSNR")


class _Event(msgspec.Struct, rename="camel", gc=False):
    """Uplink, status and every other event: none of their names contradict each other."""

    dev_eui: str = msgspec.field(name="devEUI")
    dev_addr: str | None = None
    f_cnt: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    f_port: Annotated[int, msgspec.Meta(ge=0, le=255)] | None = 0
    data: bytes | None = None
    decoded: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="object")
    object_json: str | None = msgspec.field(default=None, name="objectJSON")
    rx_info: tuple[_RxInfo, ...] | None = ()
    published_at: str | None = None
    margin: int = 0
    external_power_source: bool = False
    battery_level_unavailable: bool = False
    battery_level: float = 0.0
    battery: Annotated[int, msgspec.Meta(ge=0, le=255)] | None = None


_DECODER = msgspec.json.Decoder(_Event)


def build(settings: Settings) -> Callable[[str, bytes], Uplink | Rejected]:
    """A reader of ChirpStack v3 messages."""
    always = settings.decoded == "always"

    def read(topic: str, body: bytes) -> Uplink | Rejected:
        event = read_json(_DECODER, body)
        if type(event) is Rejected:
            return event
        try:
            return _uplink(topic, event, always=always)
        except ValueError as error:
            return Rejected("malformed", str(error))

    return reader_beside(read)


def _uplink(topic: str, event: _Event, *, always: bool) -> Uplink | Rejected:
    kind = kind_of(topic)
    device_id = hex_or_base64(event.dev_eui, EUI_BYTES)
    heard = event.rx_info or ()
    receptions = tuple([_reception(rx) for rx in heard])
    network_time_ns = earliest(receptions)
    if network_time_ns is None:
        network_time_ns = instant(event.published_at, "publishedAt")
        if network_time_ns is None and (event.published_at or any(rx.time for rx in heard)):
            return no_clock(device_id)
    session = hex_or_base64(event.dev_addr, _ADDRESS_BYTES) if event.dev_addr else None
    if kind == "uplink":
        payload = event.data or None
        decoded = _decoded(event) if always or payload is None else None
        if type(decoded) is Rejected:
            return decoded
        if payload is None and not decoded:
            payload = b""
        return Uplink(
            device_id, kind, payload, event.f_port, event.f_cnt, session, network_time_ns, None, receptions, decoded
        )
    values = _status(event) if kind == "status" else None
    return Uplink(device_id, kind, session=session, network_time_ns=network_time_ns, network_values=values)


def _reception(rx: _RxInfo) -> Reception:
    """Gateways are named by EUI; a recording may have replaced it by a hash, which is kept as it is."""
    text = rx.gateway_id
    gateway_id = hex_or_base64(text, EUI_BYTES) if text.endswith("=") else text.lower()
    return Reception(gateway_id, rx.rssi, rx.snr, instant(rx.time, "rxInfo.time"))


def _decoded(event: _Event) -> dict[str, object] | Rejected | None:
    if event.object_json:
        return read_tree(msgspec.Raw(event.object_json.encode()))
    return read_tree(event.decoded)


def _status(event: _Event) -> dict[str, Value]:
    values: dict[str, Value] = {"link_margin_db": float(event.margin)}
    if event.battery is None:
        values["external_power"] = event.external_power_source
        if not event.external_power_source and not event.battery_level_unavailable:
            values["battery_percent"] = event.battery_level
    else:  # before v3.0 the raw byte of DevStatusAns
        values["external_power"] = event.battery == 0
        if 0 < event.battery < _OLD_UNAVAILABLE:
            values["battery_percent"] = event.battery / _OLD_MOST * 100
    return values


def write(uplink: Uplink, *, application: str = "1") -> tuple[str, bytes]:
    """Wrap an uplink as ChirpStack v3's marshaler ``json_v3`` does: topic and body."""
    event: dict[str, object] = {
        "applicationID": application,
        "applicationName": "city",
        "deviceName": f"device-{uplink.device_id[-4:]}",
        "devEUI": uplink.device_id,
    }
    if uplink.kind == "uplink":
        event |= {
            "rxInfo": [_rx_info(reception) for reception in uplink.receptions],
            "txInfo": {"frequency": 868_100_000, "dr": 5},
            "adr": True,
            "dr": 5,
            "fCnt": uplink.f_cnt or 0,
            "fPort": uplink.f_port or 0,
            "data": uplink.payload or b"",
        }
        if uplink.decoded is not None:
            event["object"] = uplink.decoded
    elif uplink.kind == "status":
        values = uplink.network_values or {}
        event |= {
            "margin": round(float(values.get("link_margin_db", 0))),
            "externalPowerSource": values.get("external_power", False),
            "batteryLevelUnavailable": "battery_percent" not in values,
            "batteryLevel": values.get("battery_percent", 0.0),
        }
    if uplink.session:
        event["devAddr"] = uplink.session
    if uplink.network_time_ns is not None:
        event["publishedAt"] = format_rfc3339(uplink.network_time_ns)
    return event_topic(application, uplink.device_id, uplink.kind), msgspec.json.encode(event)


def _rx_info(reception: Reception) -> dict[str, object]:
    info: dict[str, object] = {"gatewayID": reception.gateway_id, "uplinkID": _UPLINK_ID, "name": reception.gateway_id}
    if reception.received_ns is not None:
        info["time"] = format_rfc3339(reception.received_ns)
    info["rssi"] = reception.rssi_dbm
    info["loRaSNR"] = reception.snr_db
    info["location"] = {"latitude": 51.02569, "longitude": 4.47762, "altitude": 10}
    return info


_UPLINK_ID = "00000000-0000-4000-8000-000000000000"
