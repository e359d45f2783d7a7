"""Raw number ⇄ value: map, scale, offset, round. Exact in both directions for integers."""

import math
from collections.abc import Callable
from fractions import Fraction

from pipelines.layout.notation import Field
from pipelines.layout.wire import Number

Value = float | bool | str
Convert = Callable[[Number], Value | None]


def with_sign(field: Field, raw: int) -> int:
    """What bits say that were cut out as an unsigned number."""
    if not field.signed or field.bits is None:
        return raw
    sign = 1 << (field.bits[1] - field.bits[0])
    if field.signed == "magnitude":
        return -(raw ^ sign) if raw & sign else raw
    return raw - 2 * sign if raw & sign else raw


def without_sign(field: Field, raw: int, width: int) -> int:
    """The bits that say a number. Raises ValueError where it does not fit them."""
    highest = (1 << (width - bool(field.signed))) - 1
    lowest = {False: 0, True: -highest - 1, "magnitude": -highest}[field.signed]
    if not lowest <= raw <= highest:
        raise ValueError(f"{raw} does not fit {width} bits")
    if field.signed == "magnitude" and raw < 0:
        return -raw | 1 << (width - 1)
    return raw & ((1 << width) - 1)


class Unmapped(ValueError):  # noqa: N818 - a verdict on a number
    """A raw number that the field's map does not know."""


def converter(field: Field) -> Convert | None:
    """A function raw → value, None for a missing value. None instead of a function where raw is the value."""
    convert = _mapped(field) if field.words is not None else _scaled(field)
    missing = frozenset(field.missing)
    is_float = field.wire is not None and not field.wire.is_integer
    if not missing and not is_float:
        return convert
    known = convert or _itself

    def unless_missing(raw: Number) -> Value | None:
        return None if raw in missing or (is_float and not math.isfinite(raw)) else known(raw)

    return unless_missing


def _itself(raw: Number) -> Value:
    return raw


def _mapped(field: Field) -> Convert:
    words: dict[Number, Value] = {raw: word for raw, word in (field.words or {}).items()}  # noqa: C416 - mypy
    otherwise, name = field.otherwise, field.name

    def look_up(raw: Number) -> Value:
        value = words.get(raw, otherwise)
        if value is None:
            raise Unmapped(f"{name} has no meaning for {raw}")
        return value

    return look_up


def _scaled(field: Field) -> Convert | None:
    """``(raw * a + b) / d`` in whole numbers with one division at the end, so the last digit is right."""
    common = math.lcm(field.scale.denominator, field.offset.denominator)
    a, b = int(field.scale * common), int(field.offset * common)
    digits = field.digits
    if (a, b, common, digits) == (1, 0, 1, None):
        return None
    if (a, b, digits) == (1, 0, None):
        return lambda raw: raw / common
    if common == 1 and digits is None:
        return lambda raw: raw * a + b
    if digits is None:
        return lambda raw: (raw * a + b) / common
    places: int = digits
    return lambda raw: round((raw * a + b) / common, places)


def raw_of(field: Field, value: Value | None) -> Number:
    """The raw number of a value: the inverse of ``converter``. Raises ValueError where there is none."""
    if value is None:
        if not field.missing:
            raise ValueError("no value, and the layout has no sign for a missing one")
        return field.missing[0]
    if field.words is not None:
        for raw, word in field.words.items():
            if word == value and isinstance(word, bool) == isinstance(value, bool):
                return raw
        raise ValueError(f"{value!r} is none of {', '.join(map(repr, field.words.values()))}")
    if isinstance(value, str) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    if isinstance(value, int) and field.scale == 1 and field.offset == 0:
        return value
    if field.wire is not None and not field.wire.is_integer and field.bits is None:
        return float((Fraction(value) - field.offset) / field.scale)
    return round((Fraction(value) - field.offset) / field.scale)
