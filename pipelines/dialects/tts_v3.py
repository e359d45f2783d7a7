"""The Things Stack v3 (The Things Network): MQTT and webhooks, in JSON.

Topic ``v3/<application>@<tenant>/devices/<device id>/up``; a webhook's body is the same, so the body decides what a
message is, not the topic. Fields that are empty, 0 or false are left out.
A device is its DevEUI; one without (ABP) is its device id. The session is ``session_key_id``, else ``dev_addr``.
An uplink's time is the earliest plausible ``rx_metadata[].time`` (the gateway's clock), else the earliest
``rx_metadata[].received_at`` (gateway server), else ``received_at`` (network server).
``last_battery_percentage`` repeats the last DevStatusAns with every uplink: it is a value of the uplink whose ``f_cnt``
it names, and of no other. Uplinks simulated in the console are notices: nobody measured them.
"""

from collections.abc import Callable
from typing import Annotated

import msgspec

from pipelines.dialects.json_body import quoted, read_json, read_tree
from pipelines.dialects.lorawan import LorawanSettings, earliest, hex_eui, instant, no_clock
from pipelines.instants import format_rfc3339
from pipelines.model import Reception, Rejected, Uplink, Value

DEFAULT_TOPICS = (
    "v3/+/devices/+/up",
    "v3/+/devices/+/join",
    # what became of downlinks; not down/push and down/replace, which are ours to say
    "v3/+/devices/+/down/queued",
    "v3/+/devices/+/down/sent",
    "v3/+/devices/+/down/ack",
    "v3/+/devices/+/down/failed",
)

Settings = LorawanSettings

_LONGEST_DEVICE_ID = 36


class _Ids(msgspec.Struct, gc=False):
    device_id: str = ""
    dev_eui: str = ""
    dev_addr: str = ""


class _GatewayIds(msgspec.Struct, gc=False):
    gateway_id: str = ""
    eui: str = ""


class _RxMetadata(msgspec.Struct, gc=False):
    gateway_ids: _GatewayIds | None = None
    time: str | None = None
    received_at: str | None = None
    rssi: float | None = None
    snr: float | None = None


class _Battery(msgspec.Struct, gc=False):
    f_cnt: int = 0
    value: float | None = None


class _UplinkMessage(msgspec.Struct, gc=False):
    session_key_id: str = ""
    f_port: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    f_cnt: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    frm_payload: bytes = b""
    decoded_payload: msgspec.Raw = msgspec.Raw()
    rx_metadata: tuple[_RxMetadata, ...] = ()
    received_at: str | None = None
    last_battery_percentage: _Battery | None = None


class _Message(msgspec.Struct, gc=False):
    end_device_ids: _Ids
    received_at: str | None = None
    uplink_message: _UplinkMessage | None = None
    simulated: bool = False


_DECODER = msgspec.json.Decoder(_Message)


def build(settings: Settings) -> Callable[[str, bytes], Uplink | Rejected]:
    """A reader of The Things Stack v3 messages."""
    always = settings.decoded == "always"

    def read(topic: str, body: bytes) -> Uplink | Rejected:  # noqa: ARG001 - the body tells all
        message = read_json(_DECODER, body)
        if type(message) is Rejected:
            return message
        try:
            up = message.uplink_message
            return _notice(message) if up is None or message.simulated else _uplink(message, up, always=always)
        except ValueError as error:
            return Rejected("malformed", str(error))

    return read


def _device_id(ids: _Ids) -> str:
    if ids.dev_eui:
        return hex_eui(ids.dev_eui)
    if not 0 < len(ids.device_id) <= _LONGEST_DEVICE_ID:
        raise ValueError(f"end_device_ids: expected a dev_eui or a device_id, found {quoted(ids.device_id)}")
    return ids.device_id


def _notice(message: _Message) -> Uplink | Rejected:
    """Joins, acknowledgements, failures, locations, console simulations."""
    device_id = _device_id(message.end_device_ids)
    network_time_ns = instant(message.received_at, "received_at")
    if network_time_ns is None and message.received_at:
        return no_clock(device_id)
    session = message.end_device_ids.dev_addr or None
    return Uplink(device_id, "notice", session=session, network_time_ns=network_time_ns)


def _uplink(message: _Message, up: _UplinkMessage, *, always: bool) -> Uplink | Rejected:
    device_id = _device_id(message.end_device_ids)
    receptions = tuple([_reception(heard) for heard in up.rx_metadata])
    network_time_ns = earliest(receptions)
    if network_time_ns is None:
        stamps = [up.received_at, message.received_at]
        for stamp in stamps:
            network_time_ns = instant(stamp, "received_at")
            if network_time_ns is not None:
                break
        else:
            if any(stamps) or any(heard.time or heard.received_at for heard in up.rx_metadata):
                return no_clock(device_id)
    payload = up.frm_payload or None
    decoded = read_tree(up.decoded_payload) if always or payload is None else None
    if type(decoded) is Rejected:
        return decoded
    if payload is None and not decoded:
        payload = b""
    values: dict[str, Value] | None = None
    battery = up.last_battery_percentage
    if battery is not None and battery.f_cnt == up.f_cnt and battery.value is not None:
        values = {"battery_percent": battery.value}
    session = up.session_key_id or message.end_device_ids.dev_addr or None
    return Uplink(
        device_id, "uplink", payload, up.f_port, up.f_cnt, session, network_time_ns, None, receptions, decoded, values
    )


def _reception(heard: _RxMetadata) -> Reception:
    received_ns = instant(heard.time, "rx_metadata.time")
    if received_ns is None:
        received_ns = instant(heard.received_at, "rx_metadata.received_at")
    ids = heard.gateway_ids
    gateway_id = (hex_eui(ids.eui) if ids.eui else ids.gateway_id) if ids is not None else ""
    return Reception(gateway_id, heard.rssi, heard.snr, received_ns)


def write(uplink: Uplink, *, application: str = "city", tenant: str = "ttn") -> tuple[str, bytes]:
    """Wrap an uplink as The Things Stack does: topic and body, with the fields of a real message."""
    is_eui = len(uplink.device_id) == 16 and all(mark in "0123456789abcdef" for mark in uplink.device_id)  # noqa: PLR2004 - hex digits of an EUI
    device = f"eui-{uplink.device_id}" if is_eui else uplink.device_id
    ids: dict[str, object] = {"device_id": device, "application_ids": {"application_id": application}}
    if is_eui:
        ids |= {"dev_eui": uplink.device_id.upper(), "join_eui": "0000000000000000"}
    if uplink.session:
        ids["dev_addr"] = uplink.session[-8:].upper()
    message: dict[str, object] = {
        "end_device_ids": ids,
        "correlation_ids": ["as:up:01GZ4AZ7Y3K8Q6M1V3T5D2B9XN", "rpc:/ttn.lorawan.v3.AppAs/HandleUplink:01GZ4AZ7Y3"],
    }
    if uplink.network_time_ns is not None:
        message["received_at"] = format_rfc3339(uplink.network_time_ns)
    if uplink.kind == "uplink":
        message["uplink_message"] = _uplink_message(uplink)
        return f"v3/{application}@{tenant}/devices/{device}/up", msgspec.json.encode(message)
    message["join_accept"] = {"session_key_id": uplink.session or "", "received_at": message.get("received_at", "")}
    return f"v3/{application}@{tenant}/devices/{device}/join", msgspec.json.encode(message)


def _uplink_message(uplink: Uplink) -> dict[str, object]:
    up: dict[str, object] = {
        "session_key_id": uplink.session or "",
        "f_port": uplink.f_port or 0,
        "f_cnt": uplink.f_cnt or 0,
        "frm_payload": uplink.payload or b"",
        "rx_metadata": [_rx_metadata(reception) for reception in uplink.receptions],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125_000, "spreading_factor": 7, "coding_rate": "4/5"}},
            "frequency": "868100000",
        },
        "consumed_airtime": "0.061696s",
        "network_ids": {"net_id": "000013", "tenant_id": "ttn", "cluster_id": "eu1"},
    }
    if uplink.network_time_ns is not None:
        up["received_at"] = format_rfc3339(uplink.network_time_ns)
    if uplink.decoded is not None:
        up["decoded_payload"] = uplink.decoded
    if uplink.network_values and "battery_percent" in uplink.network_values:
        up["last_battery_percentage"] = {"f_cnt": up["f_cnt"], "value": uplink.network_values["battery_percent"]}
    return {name: value for name, value in up.items() if value not in ("", 0, b"")}


def _rx_metadata(reception: Reception) -> dict[str, object]:
    metadata: dict[str, object] = {"gateway_ids": {"gateway_id": f"gateway-{reception.gateway_id}"}}
    if len(reception.gateway_id) == 16:  # noqa: PLR2004 - hex digits of an EUI
        metadata["gateway_ids"] = {
            "gateway_id": f"eui-{reception.gateway_id}",
            "eui": reception.gateway_id.upper(),
        }
    if reception.received_ns is not None:
        metadata["time"] = metadata["received_at"] = format_rfc3339(reception.received_ns)
    metadata |= {"timestamp": 2_463_457_000, "rssi": reception.rssi_dbm, "channel_rssi": reception.rssi_dbm}
    metadata |= {"snr": reception.snr_db, "uplink_token": "CiIKIAoUZXVpLTAwMTZjMDAxZjE1M2ExNGM="}
    return metadata
