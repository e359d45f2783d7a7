"""A small protobuf reader: strict, bounded, for the few messages that dialects need.

Laws
- Every read stays inside its message; anything else raises ProtobufError, whatever the bytes.
- Groups, field number 0, varints over ten bytes and integers over 64 bits are refused.
- Unknown fields are skipped unread; of a repeated singular field the last one counts (protobuf's own rule for scalars).
Source: Protocol Buffers encoding specification, wire types 0 (varint), 1 (fixed64), 2 (length), 5 (fixed32).
"""

import struct

from pipelines.instants import is_plausible
from pipelines.model import NS_PER_S

MAX_FIELDS = 4_096
_MAX_VARINT_BITS = 64
_MORE = 0x80  # a varint's continuation bit
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_COUNTED = (LENGTH, VARINT)
_FIXED = {FIXED64: 8, FIXED32: 4}

Field = tuple[int, int, int | bytes]
"""Field number, wire type, value: an unsigned int for a varint, bytes for everything else."""


class ProtobufError(ValueError):
    """The bytes are not a protobuf message."""


def read_fields(message: bytes) -> list[Field]:
    """All fields of a message, in order; number 0 is never a field's. Raises ProtobufError."""
    fields: list[Field] = []
    at, end = 0, len(message)
    try:
        while at < end:
            tag = message[at]
            at += 1
            if tag >= _MORE:
                tag, at = _varint(message, at - 1)
            wire = tag & 7
            if wire in _COUNTED:
                number = message[at]  # one byte is enough nearly always
                at += 1
                if number >= _MORE:
                    number, at = _varint(message, at - 1)
                if wire == VARINT:
                    fields.append((tag >> 3, wire, number))
                    continue
            else:
                number = _FIXED[wire]
            if number > end - at:
                raise ProtobufError(f"field {tag >> 3} wants {number} bytes, {end - at} are left")
            fields.append((tag >> 3, wire, message[at : at + number]))
            at += number
    except IndexError:
        raise ProtobufError("the message ends inside a field") from None
    except KeyError:
        raise ProtobufError(f"wire type {wire} of field {tag >> 3} at byte {at}") from None
    if len(fields) > MAX_FIELDS:
        raise ProtobufError(f"{len(fields)} fields, at most {MAX_FIELDS} are read")
    return fields


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """An unsigned varint and where the next byte is. IndexError: the message ends first."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < _MORE:
            break
        shift += 7
        if shift > _MAX_VARINT_BITS:
            break
    if value >> _MAX_VARINT_BITS or shift > _MAX_VARINT_BITS:
        raise ProtobufError(f"varint over 64 bits at byte {at}")
    return value, at


def as_int(field: Field) -> int:
    """An ``int32`` or ``int64``: two's complement in 64 bits."""
    value = field[2]
    if not isinstance(value, int):
        raise ProtobufError(f"field {field[0]} is no varint")
    return value - (1 << 64) if value >> 63 else value


def as_uint32(field: Field) -> int:
    """A ``uint32``; larger numbers are refused."""
    value = field[2]
    if not isinstance(value, int) or value >> 32:
        raise ProtobufError(f"field {field[0]} is no uint32")
    return value


def as_bytes(field: Field) -> bytes:
    """A ``bytes`` field or an embedded message."""
    value = field[2]
    if field[1] != LENGTH or not isinstance(value, bytes):
        raise ProtobufError(f"field {field[0]} has no length")
    return value


def as_text(field: Field) -> str:
    """A ``string``; UTF-8 is required."""
    try:
        return as_bytes(field).decode()
    except UnicodeDecodeError:
        raise ProtobufError(f"field {field[0]} is not UTF-8") from None


def as_float(field: Field) -> float:
    """A ``float`` or ``double``, by its wire type."""
    number, wire, value = field
    if not isinstance(value, bytes) or wire == LENGTH:
        raise ProtobufError(f"field {number} is no float")
    result: float = struct.unpack("<f" if wire == FIXED32 else "<d", value)[0]
    return result


def as_timestamp(field: Field) -> int | None:
    """``google.protobuf.Timestamp`` in nanoseconds since 1970; None where no clock can be right."""
    seconds = nanos = 0
    for inner in read_fields(as_bytes(field)):
        match inner[0]:
            case 1:
                seconds = as_int(inner)
            case 2:
                nanos = as_int(inner)
    if not 0 <= nanos < NS_PER_S:
        raise ProtobufError(f"{nanos} nanoseconds in a second")
    instant_ns = seconds * NS_PER_S + nanos
    return instant_ns if is_plausible(instant_ns) else None
