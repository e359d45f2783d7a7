"""Wire types: how a number lies in bytes.

``u8 … u64`` and ``s8 … s64`` in steps of 8 bits, ``f32``, ``f64``; big-endian, or little-endian with ``le`` at the end.
"""

import re
import struct
from collections.abc import Callable
from typing import Literal

import msgspec

_NAME = re.compile(r"(?P<kind>[usf])(?P<bits>8|16|24|32|40|48|56|64)(?P<order>le)?")
_INTEGER_CODES = {1: "b", 2: "h", 4: "i", 8: "q"}
_FLOAT_CODES = {4: "f", 8: "d"}

Number = int | float


class WireType(msgspec.Struct, frozen=True):
    """One wire type. ``code`` is the struct character; None for the odd sizes, which Python's struct lacks."""

    name: str
    size: int
    family: Literal["unsigned", "signed", "float"]
    order: Literal["big", "little"]
    code: str | None

    @property
    def is_integer(self) -> bool:
        """True for all but f32 and f64."""
        return self.family != "float"

    @property
    def lowest(self) -> int:
        """Smallest integer of this type."""
        return -(1 << (8 * self.size - 1)) if self.family == "signed" else 0

    @property
    def highest(self) -> int:
        """Largest integer of this type."""
        return (1 << (8 * self.size - (self.family == "signed"))) - 1


def wire_type(name: str) -> WireType:
    """The type called ``u16le``, ``s24``, ``f32`` … Raises ValueError for a name that is none."""
    found = _NAME.fullmatch(name)
    if not found or (found["kind"] == "f" and found["bits"] not in {"32", "64"}):
        raise ValueError(f"{name!r} is no type. Use u8 … u64, s8 … s64, f32 or f64, with le for little-endian")
    size = int(found["bits"]) // 8
    order: Literal["big", "little"] = "little" if found["order"] else "big"
    if found["kind"] == "f":
        return WireType(name, size, "float", order, _FLOAT_CODES[size])
    code = _INTEGER_CODES.get(size)
    if found["kind"] == "u":
        return WireType(name, size, "unsigned", order, code.upper() if code else None)
    return WireType(name, size, "signed", order, code)


def reader(wire: WireType) -> Callable[[bytes, int], Number]:
    """A function ``(payload, at) → number``. The caller has checked that the bytes are there."""
    if wire.code == "B":
        return bytes.__getitem__
    unpack = unpacker(wire)
    return lambda payload, at: unpack(payload, at)[0]


def unpacker(wire: WireType) -> Callable[[bytes, int], tuple[Number, ...]]:
    """The same with the number in a tuple of one: for most types a single call into C."""
    size, signed, order = wire.size, wire.family == "signed", wire.order
    if wire.code is None:
        return lambda payload, at: (int.from_bytes(payload[at : at + size], order, signed=signed),)
    return struct.Struct((">" if order == "big" else "<") + wire.code).unpack_from


def pack(wire: WireType, number: Number) -> bytes:
    """The bytes of one number. Raises ValueError when it does not fit."""
    if wire.is_integer:
        if not wire.lowest <= number <= wire.highest:
            raise ValueError(f"{number} does not fit {wire.name} ({wire.lowest} … {wire.highest})")
        return int(number).to_bytes(wire.size, wire.order, signed=wire.family == "signed")
    assert wire.code is not None
    try:
        return struct.pack((">" if wire.order == "big" else "<") + wire.code, number)
    except OverflowError as error:
        raise ValueError(f"{number} does not fit {wire.name}") from error
