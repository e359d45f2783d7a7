"""The part of CBOR (RFC 8949) that measurement messages use, read and written in plain Python.

Own reader because it is small and every machine has it: no wheel to look for on an armv7 gateway, and a fault is told
with its byte. Left out, and named when met: tags other than decimal fractions (4), simple values, indefinite lengths.
"""

import math
import struct
from collections.abc import Mapping, Sequence

from pipelines.layout.read import Unreadable

MAX_DEPTH = 8
MAX_ITEMS = 4_096
_FLOATS = {25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}
_SIMPLE = {20: False, 21: True, 22: None}
_DECIMAL_FRACTION = 4
_DIRECT = 24  # additional information below this is the number itself
_WIDEST = 27
_EXPONENTS = range(-64, 65)

Cbor = None | bool | int | float | str | bytes | list["Cbor"] | dict["Cbor", "Cbor"]


def read_cbor(payload: bytes) -> Cbor:
    """The one item that the bytes hold. Raises Unreadable."""
    value, at = _item(payload, 0, 0)
    if at < len(payload):
        raise Unreadable(f"byte {at}: the CBOR item ends here, {len(payload) - at} bytes are left over")
    return value


def _item(payload: bytes, at: int, depth: int) -> tuple[Cbor, int]:  # noqa: PLR0911 - one return per major type
    if at >= len(payload):
        raise Unreadable(f"byte {at}: a CBOR item is missing, the frame ends")
    if depth > MAX_DEPTH:
        raise Unreadable(f"byte {at}: CBOR deeper than {MAX_DEPTH} levels")
    major, info = payload[at] >> 5, payload[at] & 31
    if major == 7:  # noqa: PLR2004 - RFC 8949 §3.1
        return _simple(payload, at, info)
    number, behind = _argument(payload, at, info)
    match major:
        case 0:
            return number, behind
        case 1:
            return -1 - number, behind
        case 2 | 3:
            return _string(payload, at, behind, number, is_text=major == 3)  # noqa: PLR2004 - RFC 8949 §3.1
        case 4:
            return _array(payload, at, behind, number, depth)
        case 5:
            return _map(payload, at, behind, number, depth)
        case _:
            return _tagged(payload, at, behind, number, depth)


def _argument(payload: bytes, at: int, info: int) -> tuple[int, int]:
    if info < _DIRECT:
        return info, at + 1
    if info > _WIDEST:
        raise Unreadable(f"byte {at}: CBOR of indefinite length is not read")
    size = 1 << (info - _DIRECT)
    raw = _take(payload, at + 1, size)
    return int.from_bytes(raw, "big"), at + 1 + size


def _take(payload: bytes, at: int, size: int) -> bytes:
    if at + size > len(payload):
        raise Unreadable(f"byte {at}: {size} bytes of a CBOR item, but only {max(len(payload) - at, 0)} left")
    return payload[at : at + size]


def _simple(payload: bytes, at: int, info: int) -> tuple[Cbor, int]:
    if info in _FLOATS:
        size, code = _FLOATS[info]
        number: float = struct.unpack(code, _take(payload, at + 1, size))[0]
        return number, at + 1 + size
    if info in _SIMPLE:
        return _SIMPLE[info], at + 1
    raise Unreadable(f"byte {at}: CBOR simple value {info} is not read")


def _string(payload: bytes, at: int, behind: int, size: int, *, is_text: bool) -> tuple[Cbor, int]:
    raw = _take(payload, behind, size)
    if not is_text:
        return raw, behind + size
    try:
        return raw.decode(), behind + size
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {at}: a CBOR text that is not UTF-8") from error


def _count(payload: bytes, at: int, count: int) -> None:
    if count > MAX_ITEMS or count > len(payload):
        raise Unreadable(f"byte {at}: CBOR promises {count} items, more than the frame can hold")


def _array(payload: bytes, at: int, behind: int, count: int, depth: int) -> tuple[Cbor, int]:
    _count(payload, at, count)
    items: list[Cbor] = []
    for _ in range(count):
        item, behind = _item(payload, behind, depth + 1)
        items.append(item)
    return items, behind


def _map(payload: bytes, at: int, behind: int, count: int, depth: int) -> tuple[Cbor, int]:
    _count(payload, at, count)
    table: dict[Cbor, Cbor] = {}
    for _ in range(count):
        begin = behind
        key, behind = _item(payload, behind, depth + 1)
        if not isinstance(key, (int, str)) or key in table:
            raise Unreadable(f"byte {begin}: a CBOR label is a number or a text, each once")
        table[key], behind = _item(payload, behind, depth + 1)
    return table, behind


def _tagged(payload: bytes, at: int, behind: int, tag: int, depth: int) -> tuple[Cbor, int]:
    value, behind = _item(payload, behind, depth + 1)
    if tag != _DECIMAL_FRACTION:
        raise Unreadable(f"byte {at}: CBOR tag {tag} is not read")
    match value:
        case [int(exponent), int(mantissa)] if exponent in _EXPONENTS and not isinstance(mantissa, bool):
            # 64 bits times 10**64 at most: every float holds that
            return (mantissa / 10**-exponent if exponent < 0 else float(mantissa * 10**exponent)), behind
    raise Unreadable(f"byte {at}: a decimal fraction is an exponent of -64 to 64 and a mantissa")


def write_cbor(value: object) -> bytes:  # noqa: PLR0911 - one return per type
    """The item in its shortest form (RFC 8949 §4.2.1). Raises ValueError for a type that CBOR here does not have."""
    match value:
        case None | bool():
            return bytes([0xE0 | {False: 20, True: 21, None: 22}[value]])
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case float():
            return _float(value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            raw = value.encode()
            return _head(3, len(raw)) + raw
        case Mapping():
            return _head(5, len(value)) + b"".join(write_cbor(key) + write_cbor(one) for key, one in value.items())
        case Sequence():
            return _head(4, len(value)) + b"".join(map(write_cbor, value))
    raise ValueError(f"{type(value).__name__} cannot be written as CBOR")


def _head(major: int, number: int) -> bytes:
    if number < _DIRECT:
        return bytes([major << 5 | number])
    for info, size in enumerate((1, 2, 4, 8), start=_DIRECT):
        if number < 1 << 8 * size:
            return bytes([major << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError(f"{number} has more than 64 bits")


def _float(value: float) -> bytes:
    for info, (_, code) in _FLOATS.items():
        try:
            raw = struct.pack(code, value)
        except OverflowError:
            continue
        if struct.unpack(code, raw)[0] == value or math.isnan(value):
            return bytes([0xE0 | info]) + raw
    raise AssertionError("every float fits eight bytes")  # pragma: no cover - f64 holds what Python holds
