"""The stage ``decode``: an uplink's bytes, or the values the network already decoded, → readings in the vendor's words.

A compiled profile carries everything that refine needs to know of a model of device; how the files are read is the
catalogue's affair. Same bytes, same profile, same result.

Laws
- ``decode`` never raises: what a profile cannot read is Rejected, with byte, rule, port and length.
- Nothing is judged here: a reading outside its range is still a reading.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction

import msgspec

from pipelines.codec import Codec
from pipelines.decoders import BuiltIn
from pipelines.downlinks.notation import Downlink
from pipelines.layout.compiled_write import compiled_encoder
from pipelines.layout.frames import FrameReader, NothingToRead, compile_layouts
from pipelines.layout.notation import Layouts, Reading
from pipelines.layout.read import Unreadable
from pipelines.layout.write import Encoder
from pipelines.model import Rejected, Uplink, Value

__all__ = [
    "CompiledProfile",
    "Decoder",
    "Encoder",
    "NamedValues",
    "PropertyMap",
    "Reading",
    "built_in_decoder",
    "bytes_decoder",
    "bytes_encoder",
    "decode",
    "network_decoder",
    "with_sums",
]

Decoder = Callable[[Uplink], list[Reading] | Rejected]

MAX_DEPTH = 8
MAX_READINGS = 512


class PropertyMap(msgspec.Struct, frozen=True):
    """Where one vendor reading goes: ``property`` of the vocabulary, converted to the vocabulary's unit.

    ``converted`` is what to call; ``factor`` and ``offset`` say the same as floats, for explanations. ``low`` and
    ``high`` are the data sheet's limits in the vocabulary's unit, where narrower than the vocabulary's. ``values``
    turns the vendor's words and numbers into flags and states; what it does not list becomes ``otherwise``, and
    without that makes no observation.
    ``needs_calibration``: without the device's own calibration of this property the value means nothing and is left
    out (a distance is a fill level only once empty and full are known).
    """

    property: str
    factor: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None
    values: Mapping[Value, Value] | None = None
    otherwise: Value | None = None
    needs_calibration: bool = False
    ratio: tuple[int, int, int] = (1, 0, 1)

    def converted(self, value: Value) -> Value | None:
        """The value in the vocabulary's unit; None when the map's table does not list it.

        Numbers are converted as ``(value * a + b) / d`` with ``ratio`` (a, b, d): 3559 mV is 3.559 V to the last digit.
        """
        if self.values is not None:
            return self.values.get(value, self.otherwise)
        a, b, d = self.ratio
        if isinstance(value, str) or (a, b, d) == (1, 0, 1):
            return value
        return (value * a + b) / d

    @staticmethod
    def ratio_of(factor: Fraction, offset: Fraction) -> tuple[int, int, int]:
        """``(a, b, d)`` in whole numbers."""
        common = math.lcm(factor.denominator, offset.denominator)
        return int(factor * common), int(offset * common), common


class CompiledProfile(msgspec.Struct, frozen=True):
    """A model of device, ready to use. ``profile_hash`` is 8 bytes over the profile's files.

    ``encode`` is ``(readings, f_port) → payload`` for simulators, None where values come decoded; it raises Unwritable.
    ``battery_percent``: rising (V, %) points for a device that only tells its voltage. ``codec``: the bytes are read by
    JavaScript, and ``decode`` cannot do it; ``process`` asks for an answer. ``downlinks``: what it can be asked to do.
    """

    name: str
    profile_hash: bytes
    decode: Decoder
    mapping: Mapping[str, PropertyMap]
    reporting_interval_s: float | None = None
    privacy_class: str = "A"
    encode: Encoder | None = None
    battery_percent: tuple[tuple[float, float], ...] = ()
    codec: Codec | None = None
    downlinks: Mapping[str, Downlink] = {}


def decode(profile: CompiledProfile, uplink: Uplink) -> list[Reading] | Rejected:
    """The readings of one uplink in the vendor's words and units, or why the profile cannot read it."""
    return profile.decode(uplink)


def bytes_decoder(name: str, layouts: Layouts) -> Decoder:
    """Decode the device's own bytes by layouts. ``name`` is the profile's, for the text of a rejection."""
    return _decoder(name, compile_layouts(layouts))


def built_in_decoder(name: str, built_in: BuiltIn) -> Decoder:
    """Decode a format that has a reader of its own. ``name`` is the profile's, for the text of a rejection."""
    return _decoder(name, built_in.decode)


def _decoder(name: str, read: FrameReader) -> Decoder:
    def decode_bytes(uplink: Uplink) -> list[Reading] | Rejected:
        payload = uplink.payload
        if payload is None:
            return Rejected("decode_failed", f"{name}: the profile reads bytes, but the message carries none")
        try:
            return read(payload, uplink.f_port)
        except NothingToRead as nothing:
            return Rejected("no_readings", f"{name}: {nothing} ({_frame(uplink)})")
        except Unreadable as unreadable:
            return Rejected("decode_failed", f"{name}: {unreadable} ({_frame(uplink)})")

    return decode_bytes


def bytes_encoder(layouts: Layouts, sums: Collection[str] = ()) -> Encoder:
    """The inverse of ``bytes_decoder``: what the device would send. Readings named in ``sums`` are not sent."""
    write = compiled_encoder(layouts)
    if not sums:
        return write
    return lambda readings, f_port: write({k: v for k, v in readings.items() if k not in sums}, f_port)


def with_sums(decoder: Decoder, sums: Mapping[str, Sequence[str]]) -> Decoder:
    """Add to the readings of ``decoder`` the sums of some of them; a sum is left out unless all its parts are there."""

    def decode_and_add(uplink: Uplink) -> list[Reading] | Rejected:
        readings = decoder(uplink)
        if isinstance(readings, Rejected):
            return readings
        values = {reading.name: reading.value for reading in readings if not reading.age_s and reading.time_ns is None}
        for name, parts in sums.items():
            found = [value for part in parts if isinstance(value := values.get(part), (int, float))]
            if len(found) == len(parts):
                readings.append(Reading(name, sum(found)))
        return readings

    return decode_and_add


def _frame(uplink: Uplink) -> str:
    port = "no f_port" if uplink.f_port is None else f"f_port {uplink.f_port}"
    size = len(uplink.payload or b"")
    return f"{port}, {size} byte{'' if size == 1 else 's'}"


class NamedValues(msgspec.Struct, frozen=True):
    """A list of ``{<name>: …, <value>: …}`` in place of an object: its key, and the keys of name and value in each."""

    list: str
    name: str
    value: str


def network_decoder(name: str, named: NamedValues | None = None) -> Decoder:
    """Take the values that the network's codec or a JSON device already put out; nested names join with dots.

    ``named``: where a device writes its values as a list of names and values, often as text.
    """

    def take_values(uplink: Uplink) -> list[Reading] | Rejected:
        if uplink.decoded is None:
            return Rejected(
                "decode_failed",
                f"{name}: the message carries no decoded values ({_frame(uplink)}). "
                "Add a codec in the network server, or use a profile that reads bytes",
            )
        values = uplink.decoded if named is None else _as_object(uplink.decoded, named)
        readings: list[Reading] = []
        if not _flatten(values, "", readings, MAX_DEPTH):
            return Rejected("decode_failed", f"{name}: deeper than {MAX_DEPTH} levels or over {MAX_READINGS} values")
        return readings

    return take_values


def _as_object(decoded: Mapping[str, object], named: NamedValues) -> Mapping[str, object]:
    """The list of names and values as members of the object; a text that is a number becomes one."""
    listed = decoded.get(named.list)
    if not isinstance(listed, list):
        return decoded
    values = {key: value for key, value in decoded.items() if key != named.list}
    for item in listed:
        if isinstance(item, dict) and isinstance(key := item.get(named.name), str):
            values[key] = _number_of(item.get(named.value))
    return values


def _number_of(value: object) -> object:
    """``"12.30"`` as 12.3; what is no finite number stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if number - number == 0 else value


def _flatten(values: Mapping[str, object], prefix: str, readings: list[Reading], depth: int) -> bool:
    """Append every number, flag and word; false when there are too many or they lie too deep. None is no reading."""
    for key, value in values.items():
        if isinstance(value, (int, float, str)):
            readings.append(Reading(prefix + key, value))
        elif isinstance(value, (dict, list, tuple)):
            inner = value if isinstance(value, dict) else {str(place): one for place, one in enumerate(value)}
            if depth == 0 or not _flatten(inner, f"{prefix}{key}.", readings, depth - 1):
                return False
    return len(readings) <= MAX_READINGS
