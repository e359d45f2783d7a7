"""Cayenne LPP: channel, type, big-endian value, again and again. A reading is named by type and channel: temperature_3.

Types 0 to 136 are those of the format's first edition (myDevices, "Cayenne Low Power Payload", data types); the further
ones are in wide use through the ElectronicCats/CayenneLPP library and carry IPSO object numbers less 3200.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from pipelines.layout.notation import Field, Item, Layout, Part, Reading
from pipelines.layout.read import Read, Unreadable, compile_parts
from pipelines.layout.wire import wire_type
from pipelines.layout.write import Encoder, Given, Unwritable, encoder

_TYPES: Mapping[int, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    # type: (name, ((suffix, wire, scale), …))
    0: ("digital_in", (("", "u8", "1"),)),
    1: ("digital_out", (("", "u8", "1"),)),
    2: ("analog_in", (("", "s16", "1/100"),)),
    3: ("analog_out", (("", "s16", "1/100"),)),
    100: ("generic", (("", "u32", "1"),)),
    101: ("illuminance", (("", "u16", "1"),)),
    102: ("presence", (("", "u8", "1"),)),
    103: ("temperature", (("", "s16", "1/10"),)),
    104: ("humidity", (("", "u8", "1/2"),)),
    113: ("accelerometer", (("_x", "s16", "1/1000"), ("_y", "s16", "1/1000"), ("_z", "s16", "1/1000"))),
    115: ("barometer", (("", "u16", "1/10"),)),
    116: ("voltage", (("", "u16", "1/100"),)),
    117: ("current", (("", "u16", "1/1000"),)),
    118: ("frequency", (("", "u32", "1"),)),
    120: ("percentage", (("", "u8", "1"),)),
    121: ("altitude", (("", "s16", "1"),)),
    125: ("concentration", (("", "u16", "1"),)),
    128: ("power", (("", "u16", "1"),)),
    130: ("distance", (("", "u32", "1/1000"),)),
    131: ("energy", (("", "u32", "1/1000"),)),
    132: ("direction", (("", "u16", "1"),)),
    133: ("unix_time", (("", "u32", "1"),)),
    134: ("gyrometer", (("_x", "s16", "1/100"), ("_y", "s16", "1/100"), ("_z", "s16", "1/100"))),
    136: ("gps", (("_latitude", "s24", "1/10000"), ("_longitude", "s24", "1/10000"), ("_altitude", "s24", "1/100"))),
    142: ("switch", (("", "u8", "1"),)),
}
_KEY = (wire_type("u8"), wire_type("u8"))
_BY_NAME = {name: number for number, (name, _) in _TYPES.items()}
_SUFFIXES = tuple(suffix for _, fields in _TYPES.values() for suffix, _, _ in fields if suffix)
_CHANNELS = 256
_KEY_BYTES = 2


def decode(payload: bytes, _f_port: int | None = None) -> list[Reading]:
    """The readings of a frame. Raises Unreadable."""
    readings: list[Reading] = []
    at, end = 0, len(payload)
    while at < end:
        if at + _KEY_BYTES > end:
            raise Unreadable(f"byte {at}: channel and type have 2 bytes, only {end - at} left")
        channel, number = payload[at], payload[at + 1]
        if number not in _TYPES:
            raise Unreadable(f"byte {at + 1}: Cayenne LPP has no type {number} (channel {channel})")
        at = _reader(channel, number)(payload, at + _KEY_BYTES, end, readings)
    return readings


def encode(readings: Mapping[str, Given], f_port: int | None = None) -> bytes:
    """The frame that says these readings, in their order. Raises Unwritable."""
    return _encoder(tuple(readings))(readings, f_port)


def _parts(channel: int, number: int) -> tuple[Part, ...]:
    name, fields = _TYPES[number]
    return tuple(
        Field(name=f"{name}_{channel}{suffix}", wire=wire_type(wire), scale=Fraction(scale))
        for suffix, wire, scale in fields
    )


@lru_cache(maxsize=4096)
def _reader(channel: int, number: int) -> Read:
    return compile_parts(_parts(channel, number))


@lru_cache(maxsize=256)
def _encoder(names: tuple[str, ...]) -> Encoder:
    keys = dict.fromkeys(_key(name) for name in names)
    items = {key: Item(_parts(*key)) for key in keys}
    return encoder({None: Layout(kind="tlv", key=_KEY, items=items)})


def _key(name: str) -> bytes:
    """Channel and type of a reading's name. Raises Unwritable."""
    stem = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
    kind, _, channel = stem.rpartition("_")
    if kind not in _BY_NAME or not channel.isdecimal() or int(channel) >= _CHANNELS:
        raise Unwritable(f"{name[:40]}: no Cayenne LPP name. Write type and channel, like temperature_1")
    return bytes((int(channel), _BY_NAME[kind]))
