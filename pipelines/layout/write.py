"""Readings → bytes, the inverse of reading: what simulators send is what the device would send, byte for byte.

Law: ``encode`` reads nothing but its arguments; ``decode(encode(readings)) == readings`` for values the wire can hold,
and ``encode(decode(frame)) == frame`` for frames without missing values.
"""

from collections.abc import Mapping, Sequence
from typing import assert_never

from pipelines.layout.convert import Value, raw_of
from pipelines.layout.notation import Field, Layout, Layouts, Part, Repeat
from pipelines.layout.wire import WireType, pack

Given = Value | None | Sequence[Value | None]
"""A value; None for a missing one; for a name inside a repeat a sequence, newest first."""


class Unwritable(ValueError):  # noqa: N818 - a verdict on readings
    """These readings cannot be said in this layout; the text names the reading and the rule."""


def encode(layouts: Layouts, readings: Mapping[str, Given], f_port: int | None = None) -> bytes:
    """The payload that carries these readings. Optional fields, items and blocks without a reading are left out.

    Items of a tlv frame come in the order in which ``readings`` first names them. Raises Unwritable.
    """
    layout = layouts.get(f_port, layouts.get(None))
    if layout is None or layout.nothing:
        raise Unwritable(f"no layout with readings for f_port {f_port}")
    if unknown := sorted(set(readings) - _names(layout)):
        raise Unwritable(f"not in the layout: {', '.join(unknown)}")
    out = _write(layout.header, readings, bytearray())
    match layout.kind:
        case "fixed":
            out = _write(layout.fields, readings, out)
        case "tlv":
            out += _tlv(layout, readings)
        case "flags":
            out += _flags(layout, readings)
        case _:
            assert_never(layout.kind)
    return bytes(out)


def _names(layout: Layout) -> set[str]:
    groups: list[Sequence[Part]] = [layout.header, layout.fields, *layout.blocks.values()]
    groups += [item.parts for item in layout.items.values()]
    return {name for group in groups for name in _names_of(group)}


def _names_of(parts: Sequence[Part]) -> list[str]:
    return [
        field.name
        for part in parts
        for field in (part.fields if isinstance(part, Repeat) else (part,))
        if field.name is not None and field.const is None
    ]


def _tlv(layout: Layout, readings: Mapping[str, Given]) -> bytes:
    order = {name: place for place, name in enumerate(readings)}
    chosen = []
    for key, item in layout.items.items():
        places = [order[name] for name in _names_of(item.parts) if name in order]
        if places:
            chosen.append((min(places), key, item))
    out = b""
    for _, key, item in sorted(chosen, key=lambda choice: choice[0]):
        value = bytes(_write(item.parts, readings, bytearray()))
        out += key + (_packed("length", layout.length, len(value)) if layout.length else b"") + value
    return out


def _flags(layout: Layout, readings: Mapping[str, Given]) -> bytes:
    flags, body = 0, b""
    for bit, parts in sorted(layout.blocks.items()):
        if any(name in readings for name in _names_of(parts)):
            flags |= 1 << bit
            body += bytes(_write(parts, readings, bytearray()))
    assert layout.flags is not None
    return _packed("flags", layout.flags, flags) + body


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
        lowest, highest = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if field.signed else (0, (1 << width) - 1)
        if not lowest <= raw <= highest:
            raise Unwritable(f"{field.name}: {raw} does not fit {width} bits")
        mask = ((1 << width) - 1) << low
        whole = (whole & ~mask) | ((raw << low) & mask)
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
