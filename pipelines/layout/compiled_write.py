"""Readings → bytes with everything prepared that only the *names* of the readings decide: where each number stands.

A device says the same few sets of readings over and over. For each such shape a plan is made once, a list of functions
from the readings to the bytes of one number, and kept. Simulators send millions of frames through it.

Law: what comes out is what ``write.encoder`` gives, byte for byte. Whatever a plan does not foresee (a repeat, fields
that overlap, a value that does not fit) goes to that encoder, which also words the refusal.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from pipelines.layout.convert import raw_of, without_sign
from pipelines.layout.notation import Field, Layout, Layouts, Part, Repeat
from pipelines.layout.wire import WireType, pack
from pipelines.layout.write import Encoder, Given, encoder

Readings = Mapping[str, Given]
Maker = Callable[[Readings], bytes]

MOST_SHAPES = 256
_NEAR_TIE = 1e-6
_EXACT_BELOW = 2.0**30
"""Up to here a double has the product to 1e-7: rounding it is rounding the exact fraction, save near a tie."""


class _UnforeseenError(Exception):
    """This shape has no plan."""


def compiled_encoder(layouts: Layouts) -> Encoder:
    """``write.encoder`` at several times its speed. The encoder raises Unwritable."""
    careful = encoder(layouts)
    plans: dict[tuple[int | None, tuple[str, ...]], list[Maker] | None] = {}

    def write(readings: Readings, f_port: int | None) -> bytes:
        shape = (f_port, tuple(readings))
        plan = plans.get(shape)
        if plan is None:
            if shape in plans or len(plans) >= MOST_SHAPES:
                return careful(readings, f_port)
            plan = plans[shape] = _plan_or_none(layouts, readings, f_port)
            if plan is None:
                return careful(readings, f_port)
        try:
            return b"".join([make(readings) for make in plan])
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
            return careful(readings, f_port)

    return write


def _plan_or_none(layouts: Layouts, readings: Readings, f_port: int | None) -> list[Maker] | None:
    layout = layouts.get(f_port, layouts.get(None))
    if layout is None or layout.nothing:
        return None
    try:
        return list(_plan(layout, readings))
    except (_UnforeseenError, ValueError):
        return None


def _plan(layout: Layout, names: Readings) -> Iterator[Maker]:
    yield from _places(layout.header, names)
    known = set(_names_of(layout.header))
    if layout.kind == "fixed":
        known |= set(_names_of(layout.fields))
        if layout.header and any(isinstance(part, Field) and part.at is not None for part in layout.fields):
            raise _UnforeseenError  # ``at`` counts from the frame's first byte
        yield from _places(layout.fields, names)
    elif layout.kind == "tlv":
        if layout.length is not None:
            raise _UnforeseenError
        entry_of = {name: key for key, item in layout.items.items() for name in _names_of(item.parts)}
        known |= entry_of.keys()
        for key in dict.fromkeys(entry_of[name] for name in names if name in entry_of):
            yield _constant(key)
            yield from _places(layout.items[key].parts, names)
    else:
        blocks = [(1 << bit, parts) for bit, parts in sorted(layout.blocks.items())]
        known |= {name for _, parts in blocks for name in _names_of(parts)}
        chosen = [(mask, parts) for mask, parts in blocks if not names.keys().isdisjoint(_names_of(parts))]
        assert layout.flags is not None
        yield _constant(pack(layout.flags, sum(mask for mask, _ in chosen)))
        for _, parts in chosen:
            yield from _places(parts, names)
    if not known.issuperset(names):
        raise _UnforeseenError


def _names_of(parts: Sequence[Part]) -> list[str]:
    fields = (field for part in parts for field in (part.fields if isinstance(part, Repeat) else (part,)))
    return [field.name for field in fields if field.name is not None and field.const is None]


def _places(parts: Sequence[Part], names: Readings) -> list[Maker]:
    """Makers for parts that follow each other; a field with ``at`` may leave a gap of zeros, but not go back."""
    makers: list[Maker] = []
    end = index = 0
    while index < len(parts):
        part = parts[index]
        if isinstance(part, Repeat):
            raise _UnforeseenError
        count = 1
        while index + count < len(parts) and _lives_in_the_number_before(parts[index + count]):
            count += 1
        living = [field for field in parts[index : index + count] if isinstance(field, Field)]
        index += count
        if part.optional and names.keys().isdisjoint(field.name for field in living if field.name):
            if not names.keys().isdisjoint(_names_of(parts[index:])):
                raise _UnforeseenError
            break
        if part.at is not None:
            if part.at < end:
                raise _UnforeseenError
            makers.append(_constant(bytes(part.at - end)))
            end = part.at
        makers.append(_constant(bytes(part.skip)) if part.wire is None else _number(living, part.wire, names))
        end += part.skip if part.wire is None else part.wire.size
    return makers


def _lives_in_the_number_before(part: Part) -> bool:
    return isinstance(part, Field) and part.wire is None and part.bits is not None


def _constant(raw: bytes) -> Maker:
    return lambda _readings: raw


def _number(living: Sequence[Field], wire: WireType, names: Readings) -> Maker:
    home = living[0]
    if len(living) == 1 and home.bits is None:
        return _whole(home, wire, names)
    size, order, full = wire.size, wire.order, (1 << 8 * wire.size) - 1
    start: Callable[[Readings], int] = lambda _readings: 0  # noqa: E731 - replaced below where the home has a value
    given = False
    if home.bits is None and (home.const is not None or home.name in names):
        raw = _raw(home, names)
        start, given = lambda readings: raw(readings) & full, True
    slots = [
        (_bits(field, names), ~_mask(field))
        for field in (living if home.bits is not None else living[1:])
        if not given or field.const is not None or field.name in names  # else the home's own value has these bits
    ]
    if len(slots) == 1 and not given:
        bits_of = slots[0][0]
        return lambda readings: bits_of(readings).to_bytes(size, order)

    def make(readings: Readings) -> bytes:
        whole = start(readings)
        for bits_of, others in slots:
            whole = (whole & others) | bits_of(readings)
        return whole.to_bytes(size, order)

    return make


def _mask(field: Field) -> int:
    low, high = field.bits or (0, 0)
    return ((1 << (high - low + 1)) - 1) << low


def _bits(field: Field, names: Readings) -> Callable[[Readings], int]:
    """A function from the readings to the field's bits, in their place."""
    low, high = field.bits or (0, 0)
    width = high - low + 1
    if field.words is not None and field.const is None and field.name in names:
        name = field.name
        table = {
            (word, isinstance(word, bool)): without_sign(field, raw, width) << low
            for raw, word in reversed(list(field.words.items()))
        }
        return lambda readings: table[value := readings[name], isinstance(value, bool)]  # type: ignore[index]
    raw_bits = _raw(field, names)
    return lambda readings: without_sign(field, raw_bits(readings), width) << low


def _raw(field: Field, names: Readings) -> Callable[[Readings], int]:
    """A function from the readings to the field's raw integer."""
    if field.const is not None:
        const = int(field.const)
        return lambda _readings: const
    if field.name is None:
        return lambda _readings: 0
    name = field.name
    if name not in names:
        raise _UnforeseenError
    return lambda readings: int(raw_of(field, readings[name]))  # type: ignore[arg-type]


def _whole(field: Field, wire: WireType, names: Readings) -> Maker:
    """The bytes of a number that one field has for itself."""
    if field.const is not None or field.name is None:
        return _constant(pack(wire, field.const or 0))
    if field.name not in names:
        raise _UnforeseenError
    name, size, order, signed = field.name, wire.size, wire.order, wire.family == "signed"
    if not wire.is_integer:
        return lambda readings: pack(wire, raw_of(field, readings[name]))  # type: ignore[arg-type]
    if field.words is not None:
        table = {(word, isinstance(word, bool)): pack(wire, raw) for raw, word in reversed(list(field.words.items()))}
        return lambda readings: table[value := readings[name], isinstance(value, bool)]  # type: ignore[index]
    if field.scale == 1 and field.offset == 0:
        return lambda readings: round(readings[name]).to_bytes(size, order, signed=signed)  # type: ignore[arg-type]
    return _scaled(field, wire)


def _scaled(field: Field, wire: WireType) -> Maker:
    """``(value - offset) / scale`` to the nearest integer; a near tie is decided with exact fractions."""
    name, size, order, signed = str(field.name), wire.size, wire.order, wire.family == "signed"
    factor, offset = float(1 / field.scale), float(field.offset)
    if not math.isclose(factor * float(field.scale), 1.0, rel_tol=1e-12):
        raise _UnforeseenError

    def make(readings: Readings) -> bytes:
        value = readings[name]
        product = (value - offset) * factor  # type: ignore[operator]
        raw = round(product)
        if not -_EXACT_BELOW < product < _EXACT_BELOW or abs(abs(product - raw) - 0.5) < _NEAR_TIE:
            raw = int(raw_of(field, value))  # type: ignore[arg-type]
        return raw.to_bytes(size, order, signed=signed)

    return make
