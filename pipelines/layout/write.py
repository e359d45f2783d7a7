"""Readings → bytes, the inverse of reading: what simulators send is what the device would send, byte for byte.

Law: ``encode`` reads nothing but its arguments; ``decode(encode(readings)) == readings`` for values the wire can hold,
and ``encode(decode(frame)) == frame`` for frames without missing values.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from pipelines.layout.convert import Value, raw_of, without_sign
from pipelines.layout.notation import Field, Layout, Layouts, Part, Repeat, fields_of
from pipelines.layout.wire import WireType, pack

Given = Value | None | Sequence[Value | None]
"""A value; None for a missing one; for a name inside a repeat a sequence, newest first."""


Encoder = Callable[[Mapping[str, Given], int | None], bytes]
WriteBody = Callable[[Mapping[str, Given], bytearray], bytearray]


class Unwritable(ValueError):  # noqa: N818 - a verdict on readings
    """These readings cannot be said in this layout; the text names the reading and the rule."""


def encode(layouts: Layouts, readings: Mapping[str, Given], f_port: int | None = None) -> bytes:
    """The payload that carries these readings. Optional fields, items and blocks without a reading are left out.

    Items of a tlv frame come in the order in which ``readings`` first names them. Raises Unwritable.
    """
    return encoder(layouts)(readings, f_port)


def encoder(layouts: Layouts) -> Encoder:
    """``encode`` for one profile, with everything prepared that does not depend on the readings."""
    writers = {f_port: _writer(layout) for f_port, layout in layouts.items() if not layout.nothing}
    silent = {f_port for f_port, layout in layouts.items() if layout.nothing}

    def write(readings: Mapping[str, Given], f_port: int | None) -> bytes:
        frame = None if f_port in silent else writers.get(f_port, writers.get(None))
        if frame is None:
            raise Unwritable(f"no layout with readings for f_port {f_port}")
        return frame(readings)

    return write


def _writer(layout: Layout) -> Callable[[Mapping[str, Given]], bytes]:
    names = frozenset(field.name for field in fields_of(layout) if field.const is None)
    match layout.kind:
        case "fixed":
            body = _fixed_writer(layout)
        case "tlv":
            body = _tlv_writer(layout)
        case "flags":
            body = _flags_writer(layout)
        case _:
            assert_never(layout.kind)

    def write(readings: Mapping[str, Given]) -> bytes:
        if not names.issuperset(readings):
            raise Unwritable(f"not in the layout: {', '.join(sorted(set(readings) - names))}")
        return bytes(body(readings, _write(layout.header, readings, bytearray())))

    return write


def _names_of(parts: Sequence[Part]) -> list[str]:
    return [
        field.name
        for part in parts
        for field in (part.fields if isinstance(part, Repeat) else (part,))
        if field.name is not None and field.const is None
    ]


def _fixed_writer(layout: Layout) -> WriteBody:
    return lambda readings, out: _write(layout.fields, readings, out)


def _tlv_writer(layout: Layout) -> WriteBody:
    entries = [(key, item.parts) for key, item in layout.items.items()]
    entry_of = {name: n for n, (_, parts) in enumerate(entries) for name in _names_of(parts)}
    length = layout.length

    def write(readings: Mapping[str, Given], out: bytearray) -> bytearray:
        chosen = dict.fromkeys(entry_of[name] for name in readings if name in entry_of)
        for key, parts in map(entries.__getitem__, chosen):
            value = _write(parts, readings, bytearray())
            out += key
            if length is not None:
                out += _packed("length", length, len(value))
            out += value
        return out

    return write


def _flags_writer(layout: Layout) -> WriteBody:
    wire = layout.flags
    assert wire is not None
    blocks = [(1 << bit, parts, frozenset(_names_of(parts))) for bit, parts in sorted(layout.blocks.items())]

    def write(readings: Mapping[str, Given], out: bytearray) -> bytearray:
        flags, body = 0, bytearray()
        for mask, parts, names in blocks:
            if not names.isdisjoint(readings):
                flags |= mask
                body = _write(parts, readings, body)
        return out + _packed("flags", wire, flags) + body

    return write


def _packed(name: str | None, wire: WireType, number: float) -> bytes:
    try:
        return pack(wire, number)
    except ValueError as error:
        raise Unwritable(f"{name}: {error}") from error


def _write(parts: Sequence[Part], readings: Mapping[str, Given], out: bytearray) -> bytearray:
    """Append the parts to ``out``; a field with ``at`` goes to its place, the gap is filled with zeros."""
    index = 0
    while index < len(parts):
        part = parts[index]
        index += 1
        if isinstance(part, Repeat):
            out += _repeat(part, readings)
            continue
        living = [part]
        while index < len(parts) and isinstance(follower := parts[index], Field) and follower.wire is None:
            if follower.bits is None:
                break
            living.append(follower)
            index += 1
        if part.optional and not any(field.name in readings for field in living):
            if any(name in readings for name in _names_of(parts[index:])):
                raise Unwritable(f"{part.name}: needed, because a later field is given")
            break
        place = len(out) if part.at is None else part.at
        number = bytes(part.skip) if part.wire is None else _number(living, part.wire, readings)
        out.extend(bytes(max(place + len(number) - len(out), 0)))
        out[place : place + len(number)] = number
    return out


def _number(living: Sequence[Field], wire: WireType, readings: Mapping[str, Given]) -> bytes:
    """One number and all the fields that live in it."""
    home = living[0]
    if len(living) == 1 and home.bits is None:
        return _packed(home.name, wire, _raw(home, readings))
    whole, given = 0, False
    if home.bits is None and (home.const is not None or home.name in readings):
        whole, given = int(_raw(home, readings)) & ((1 << 8 * wire.size) - 1), True
    for field in living if home.bits is not None else living[1:]:
        low, high = field.bits or (0, 0)
        if given and field.const is None and field.name not in readings:
            continue  # the home's own value has these bits already
        raw, width = int(_raw(field, readings)), high - low + 1
        try:
            bits = without_sign(field, raw, width)
        except ValueError as error:
            raise Unwritable(f"{field.name}: {error}") from error
        whole = (whole & ~(((1 << width) - 1) << low)) | (bits << low)
    return whole.to_bytes(wire.size, wire.order)


def _raw(field: Field, readings: Mapping[str, Given]) -> float:
    if field.const is not None:
        return field.const
    if field.name is None:
        return 0
    if field.name not in readings and not field.missing:
        raise Unwritable(f"{field.name}: needed")
    value = readings.get(field.name)
    if isinstance(value, Sequence) and not isinstance(value, str):
        raise Unwritable(f"{field.name}: one value, not a sequence; it is in no repeat")
    try:
        return raw_of(field, value)
    except ValueError as error:
        raise Unwritable(f"{field.name}: {error}") from error


def _repeat(repeat: Repeat, readings: Mapping[str, Given]) -> bytes:
    columns: dict[str, Sequence[Value | None]] = {}
    for name in _names_of([repeat]):
        column = readings.get(name, ())
        if isinstance(column, str) or not isinstance(column, Sequence):
            raise Unwritable(f"{name}: in a repeat, so a sequence of values is needed, newest first")
        columns[name] = column
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1:
        raise Unwritable(f"{', '.join(columns)}: as many values of each are needed")
    count = lengths.pop()
    if isinstance(repeat.count, int) and count != repeat.count:
        raise Unwritable(f"{', '.join(columns)}: {repeat.count} values are needed, not {count}")
    rows = [{name: column[row] for name, column in columns.items()} for row in range(count)]
    if repeat.order == "oldest_first":
        rows.reverse()
    out = _packed("blocks", repeat.count, count) if isinstance(repeat.count, WireType) else b""
    return out + b"".join(bytes(_write(repeat.fields, row, bytearray())) for row in rows)
