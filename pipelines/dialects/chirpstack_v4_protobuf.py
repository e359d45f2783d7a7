"""ChirpStack v4 events in protobuf: the few fields we use, by number.

Numbers from ChirpStack's published ``integration.proto``, ``gw.proto`` and ``common.proto`` (chirpstack-api 4.20);
the tests compare with the official package's own encoder.
"""

import math
from collections.abc import Callable
from functools import lru_cache

from pipelines.dialects.chirpstack_topics import kind_of
from pipelines.dialects.json_body import MAX_DEPTH, MAX_KEYS
from pipelines.dialects.lorawan import DecodedWhen, earliest, hex_eui, no_clock
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
from pipelines.model import Reception, Rejected, Uplink, Value

_MAX_F_PORT = 255
_LONGEST_KEPT = 1_024  # bytes: what is kept must be bounded in memory, not only in number


class _TooDeepError(ValueError):
    """The codec's object exceeds the caps of a JSON body."""


def build(*, decoded: DecodedWhen) -> Callable[[str, bytes], Uplink | Rejected]:
    """A reader of binary events."""
    always = decoded == "always"

    def read(topic: str, body: bytes) -> Uplink | Rejected:
        try:
            kind = kind_of(topic)
            fields = read_fields(body)
            match kind:
                case "uplink":
                    return _uplink(fields, always=always)
                case "status":
                    return _status(fields)
                case "notice":
                    return _notice(fields, log=topic.endswith("log"))
        except _TooDeepError as error:
            return Rejected("too_deep", str(error))
        except ValueError as error:
            return Rejected("malformed", f"protobuf: {error}" if isinstance(error, ProtobufError) else str(error))

    return read


def _uplink(fields: list[Field], *, always: bool) -> Uplink | Rejected:  # noqa: C901 - one case per field
    """UplinkEvent."""
    device_id = dev_addr = session_key_id = ""
    f_cnt = f_port = 0
    data, struct_bytes, stamp = b"", None, None
    receptions: list[Reception] = []
    clocks = 0
    for field in fields:
        match field[0]:
            case 2:
                stamp, clocks = as_timestamp(field), clocks + 1
            case 3:
                device_id = _dev_eui(field)
            case 4:
                dev_addr = as_text(field)
            case 7:
                f_cnt = as_uint32(field)
            case 8:
                f_port = as_uint32(field)
            case 10:
                data = as_bytes(field)
            case 11:
                struct_bytes = as_bytes(field)
            case 12:
                reception, stamped = _reception(field)
                receptions.append(reception)
                clocks += stamped
            case 15:
                session_key_id = _text_in(as_bytes(field), 1)
    if f_port > _MAX_F_PORT:
        raise ProtobufError(f"fPort {f_port}, at most 255")
    device_id, heard = hex_eui(device_id), tuple(receptions)
    network_time_ns = stamp if stamp is not None else earliest(heard)
    if network_time_ns is None and clocks:
        return no_clock(device_id)
    payload = data or (None if struct_bytes else b"")
    decoded = _struct(struct_bytes) if struct_bytes and (always or payload is None) else None
    session = session_key_id or dev_addr or None
    return Uplink(device_id, "uplink", payload, f_port, f_cnt, session, network_time_ns, None, heard, decoded)


def _status(fields: list[Field]) -> Uplink | Rejected:
    """StatusEvent."""
    head = _notice(fields)
    if isinstance(head, Rejected):
        return head
    margin, external, unavailable, battery = 0, False, False, 0.0
    for field in fields:
        match field[0]:
            case 5:
                margin = as_int(field)
            case 6:
                external = as_int(field) != 0
            case 7:
                unavailable = as_int(field) != 0
            case 8:
                battery = as_float(field)
    values: dict[str, Value] = {"link_margin_db": float(margin), "external_power": external}
    if not external and not unavailable:
        if not math.isfinite(battery):
            raise ProtobufError("batteryLevel is not a number")
        values["battery_percent"] = battery
    return Uplink(head.device_id, "status", network_time_ns=head.network_time_ns, network_values=values)


def _notice(fields: list[Field], *, log: bool = False) -> Uplink | Rejected:
    """Any other event: time and device are fields 2 and 3, but 1 and 2 in a LogEvent."""
    time_number, device_number = (1, 2) if log else (2, 3)
    device_id, stamp, clocks = "", None, 0
    for field in fields:
        if field[0] == time_number:
            stamp, clocks = as_timestamp(field), 1
        elif field[0] == device_number:
            device_id = _dev_eui(field)
    device_id = hex_eui(device_id)
    if stamp is None and clocks:
        return no_clock(device_id)
    return Uplink(device_id, "notice", network_time_ns=stamp)


def _dev_eui(field: Field) -> str:
    """dev_eui of a DeviceInfo."""
    message = as_bytes(field)
    return _known_dev_eui(message) if len(message) <= _LONGEST_KEPT else hex_eui(_text_in(message, 8))


@lru_cache(maxsize=8_192)
def _known_dev_eui(device_info: bytes) -> str:
    """Kept: a device's DeviceInfo is the same in every event."""
    return hex_eui(_text_in(device_info, 8))


def _text_in(message: bytes, number: int) -> str:
    """One string of an embedded message, "" where it is absent."""
    text = ""
    for inner in read_fields(message):
        if inner[0] == number:
            text = as_text(inner)
    return text


def _reception(field: Field) -> tuple[Reception, bool]:
    """gw.UplinkRxInfo, and whether it carries any clock."""
    gateway_id, rssi, snr = "", None, 0.0
    gw_time = ns_time = None
    stamped = False
    for inner in read_fields(as_bytes(field)):
        match inner[0]:
            case 1:
                gateway_id = as_text(inner)
            case 3:
                gw_time, stamped = as_timestamp(inner), True
            case 17:
                ns_time, stamped = as_timestamp(inner), True
            case 6:
                rssi = float(as_int(inner))
            case 7:
                snr = as_float(inner)
    if not math.isfinite(snr):
        raise ProtobufError("snr is not a number")
    return Reception(gateway_id, rssi, snr, gw_time if gw_time is not None else ns_time), stamped


def _struct(message: bytes, level: int = 1) -> dict[str, object]:
    """google.protobuf.Struct: what the network's codec put out."""
    decoded: dict[str, object] = {}
    for entry in read_fields(message):
        name, value = "", None
        for field in read_fields(as_bytes(entry)):
            if field[0] == 1:
                name = as_text(field)
            elif field[0] == 2:  # noqa: PLR2004 - the value of a map entry
                value = _value(as_bytes(field), level)
        decoded[name] = value
        if len(decoded) > MAX_KEYS:
            raise _TooDeepError(f"object: more than {MAX_KEYS} keys")
    return decoded


def _value(message: bytes, level: int) -> object:
    """google.protobuf.Value: null, number, text, flag, object or list."""
    if level >= MAX_DEPTH:
        raise _TooDeepError(f"object: nested deeper than {MAX_DEPTH} levels")
    value: object = None
    for field in read_fields(message):
        match field[0]:
            case 2:
                number = as_float(field)
                if not math.isfinite(number):
                    raise ProtobufError("a number of the object is not finite")
                value = number
            case 3:
                value = as_text(field)
            case 4:
                value = as_int(field) != 0
            case 5:
                value = _struct(as_bytes(field), level + 1)
            case 6:
                value = [_value(as_bytes(item), level + 1) for item in read_fields(as_bytes(field)) if item[0] == 1]
    return value
