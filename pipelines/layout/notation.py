"""What a layout can say, as frozen data. The files that people write are checked and turned into this elsewhere.

::

    frame = header · body            fixed: fields one after the other
                                     tlv:   key [length] value, again and again; keys in ``items``
                                     flags: an integer, then one block of fields for each bit that is set
    field = bytes → raw number → bits → missing? → map, or raw * scale + offset → round → reading

Laws
- Bytes and bits count from 0; bit 0 is the least significant; both ends of ``bits`` belong to it.
- ``scale`` and ``offset`` are exact fractions and the value is one division: 1/10 of 231 is 23.1, never 23.1000001.
- A value that is ``missing`` (or a float that is not finite) makes no reading; it is no error.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import msgspec

from pipelines.layout.wire import WireType


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value in the vendor's words and unit, before it is mapped to the vocabulary.

    ``age_s``: seconds before the uplink's own time, for history blocks. ``time_ns``: the instant that the payload
    itself gives for this value; where set it goes before any other time.
    """

    name: str
    value: float | bool | str
    age_s: float = 0.0
    time_ns: int | None = None


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a frame, or some bits of the number read last, or ``skip`` bytes that mean nothing to us.

    ``name`` None: read (as home of bits) but not reported. ``const``: what it must be; checked and not reported.
    ``at``: byte of the frame; without it a field follows the one before. ``optional``: the frame may end before this
    field. ``signed`` is for bits: True is two's complement, "magnitude" a sign bit and an amount. ``time`` marks the
    instant of the readings beside it, in seconds since 1970; its name is for encoding.
    """

    name: str | None = None
    wire: WireType | None = None
    bits: tuple[int, int] | None = None
    signed: bool | Literal["magnitude"] = False
    at: int | None = None
    skip: int = 0
    const: int | None = None
    scale: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)
    digits: int | None = None
    words: Mapping[int, float | bool | str] | None = None
    otherwise: float | bool | str | None = None
    missing: tuple[float, ...] = ()
    unit: str = ""
    optional: bool = False
    time: Literal["unix_s"] | None = None


class Repeat(msgspec.Struct, frozen=True, kw_only=True):
    """A history: the same fields again and again. ``count`` None: until the value ends; a WireType: it is sent.

    Block i of n is ``first_age_s + i * step_s`` seconds old, counted from the newest block.
    """

    fields: tuple[Field, ...]
    count: int | WireType | None = None
    step_s: float = 0.0
    first_age_s: float = 0.0
    order: Literal["newest_first", "oldest_first"] = "newest_first"


Part = Field | Repeat


class Item(msgspec.Struct, frozen=True):
    """The value behind one key of a tlv layout."""

    parts: tuple[Part, ...]


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How the frames of some ports are read. ``nothing``: why frames on these ports carry no reading at all.

    ``length``: the type of the length that stands between key and value. ``unknown``: what to do with a key that is
    not in ``items``; it can only be skipped where there is a length. ``trailing``: bytes after the last field.
    """

    kind: Literal["fixed", "tlv", "flags"] = "fixed"
    header: tuple[Field, ...] = ()
    fields: tuple[Part, ...] = ()
    key: tuple[WireType, ...] = ()
    length: WireType | None = None
    items: Mapping[bytes, Item] = {}
    unknown: Literal["refuse", "skip"] = "refuse"
    flags: WireType | None = None
    blocks: Mapping[int, tuple[Part, ...]] = {}
    trailing: Literal["refuse", "ignore"] = "refuse"
    nothing: str = ""


Layouts = Mapping[int | None, Layout]
"""By LoRaWAN port; None is every other port."""


def fields_of(layout: Layout) -> list[Field]:
    """Every field of a layout, those in repeats too, in the order of the file."""
    parts: list[Part] = [*layout.header, *layout.fields]
    for item in layout.items.values():
        parts.extend(item.parts)
    for block in layout.blocks.values():
        parts.extend(block)
    return [field for part in parts for field in (part.fields if isinstance(part, Repeat) else (part,))]
