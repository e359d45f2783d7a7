"""The Helium console's MQTT and HTTP integration, in JSON.

Topic ``helium/<device id>/rx``, with an optional prefix. Times are milliseconds since 1970. The session is devaddr.
An uplink's time is ``reported_at``: when the first hotspot reported the frame.
The console is no longer run by Helium itself; operators of their own console and recordings still speak this.
"""

from collections.abc import Callable
from typing import Annotated

import msgspec

from pipelines.dialects.json_body import read_json, read_tree
from pipelines.dialects.lorawan import LorawanSettings, earliest, hex_eui, no_clock
from pipelines.instants import is_plausible
from pipelines.model import Reception, Rejected, Uplink

DEFAULT_TOPICS = ("helium/+/rx", "+/helium/+/rx")

Settings = LorawanSettings

_NS_PER_MS = 1_000_000
_JOIN = "join"

Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


class _Hotspot(msgspec.Struct, gc=False):
    id: str = ""
    rssi: float | None = None
    snr: float | None = None
    reported_at: Milliseconds | None = None


class _Decoded(msgspec.Struct, gc=False):
    payload: msgspec.Raw = msgspec.Raw()


class _Message(msgspec.Struct, gc=False):
    dev_eui: str
    devaddr: str | None = None
    type: str = "uplink"
    fcnt: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    port: Annotated[int, msgspec.Meta(ge=0, le=255)] | None = None
    payload: bytes = b""
    reported_at: Milliseconds | None = None
    hotspots: tuple[_Hotspot, ...] = ()
    decoded: _Decoded | None = None


_DECODER = msgspec.json.Decoder(_Message)


def build(settings: Settings) -> Callable[[str, bytes], Uplink | Rejected]:
    """A reader of Helium console messages."""
    always = settings.decoded == "always"

    def read(topic: str, body: bytes) -> Uplink | Rejected:  # noqa: ARG001 - the body tells all
        message = read_json(_DECODER, body)
        if type(message) is Rejected:
            return message
        try:
            return _uplink(message, always=always)
        except ValueError as error:
            return Rejected("malformed", str(error))

    return read


def _uplink(message: _Message, *, always: bool) -> Uplink | Rejected:
    device_id = hex_eui(message.dev_eui)
    receptions = tuple(
        [Reception(heard.id, heard.rssi, heard.snr, _instant(heard.reported_at)) for heard in message.hotspots]
    )
    network_time_ns = _instant(message.reported_at)
    if network_time_ns is None:
        network_time_ns = earliest(receptions)
        if network_time_ns is None and (message.reported_at or any(heard.reported_at for heard in message.hotspots)):
            return no_clock(device_id)
    session = message.devaddr.lower() if message.devaddr else None
    if message.type == _JOIN:
        return Uplink(device_id, "notice", session=session, network_time_ns=network_time_ns)
    payload = message.payload or None
    decoded = read_tree(message.decoded.payload) if message.decoded and (always or payload is None) else None
    if type(decoded) is Rejected:
        return decoded
    if payload is None and not decoded:
        payload = b""
    return Uplink(
        device_id, "uplink", payload, message.port, message.fcnt, session, network_time_ns, None, receptions, decoded
    )


def _instant(milliseconds: int | None) -> int | None:
    if not milliseconds:
        return None
    instant_ns = milliseconds * _NS_PER_MS
    return instant_ns if is_plausible(instant_ns) else None


def write(uplink: Uplink) -> tuple[str, bytes]:
    """Wrap an uplink as the console does: topic and body. Times lose what is finer than a millisecond."""
    message: dict[str, object] = {
        "id": "7b5ad1d8-1f30-4d0c-8d4e-5d8f0e6a9c11",
        "name": f"device-{uplink.device_id[-4:]}",
        "type": _JOIN if uplink.kind == "notice" else "uplink",
        "dev_eui": uplink.device_id.upper(),
        "app_eui": "0000000000000000",
        "devaddr": (uplink.session or "").upper(),
        "fcnt": uplink.f_cnt or 0,
        "port": uplink.f_port or 0,
        "payload": uplink.payload or b"",
        "payload_size": len(uplink.payload or b""),
        "metadata": {"adr_allowed": True, "multi_buy": 1, "rx_delay": 1},
        "hotspots": [_hotspot(reception) for reception in uplink.receptions],
    }
    if uplink.network_time_ns is not None:
        message["reported_at"] = uplink.network_time_ns // _NS_PER_MS
    if uplink.decoded is not None:
        message["decoded"] = {"payload": uplink.decoded, "status": "success"}
    return f"helium/{uplink.device_id}/rx", msgspec.json.encode(message)


def _hotspot(reception: Reception) -> dict[str, object]:
    hotspot: dict[str, object] = {
        "id": reception.gateway_id,
        "name": reception.gateway_id,
        "channel": 6,
        "frequency": 868.3,
        "rssi": reception.rssi_dbm,
        "snr": reception.snr_db,
        "spreading": "SF7BW125",
        "status": "success",
    }
    if reception.received_ns is not None:
        hotspot["reported_at"] = reception.received_ns // _NS_PER_MS
    return hotspot
