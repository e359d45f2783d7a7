"""Readings → bytes, and that it is the inverse of bytes → readings, for any layout that can be written down."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.layout import Field, Item, Layout, Repeat, Unwritable, compile_layouts, encode
from pipelines.layout.notation import Part
from pipelines.layout.wire import wire_type
from pipelines.layout.write import Given

U8 = wire_type("u8")


def field(name: str | None, wire: str | None = None, **rules: object) -> Field:
    return Field(name=name, wire=wire_type(wire) if wire else None, **rules)  # type: ignore[arg-type]


def fixed(*parts: Part) -> Layout:
    return Layout(fields=parts)


TLV = Layout(
    kind="tlv",
    key=(U8,),
    length=U8,
    items={b"\x01": Item((field("a", "u8"),)), b"\x02": Item((field("b", "u16"), field("c", "u8")))},
)
FLAGS = Layout(kind="flags", flags=wire_type("u16"), blocks={0: (field("a", "u8"),), 3: (field("b", "u16"),)})
HISTORY = fixed(Repeat(fields=(field("t", "s8"),), count=U8))


@pytest.mark.parametrize(
    ("layout", "readings", "frame"),
    [
        (fixed(field("a", "s16", scale=Fraction(1, 10))), {"a": -2.5}, "ffe7"),
        (fixed(field("v", "u8", const=2), field(None, skip=2), field("a", "u8")), {"a": 7}, "02000007"),
        (fixed(field("b", "u8", at=3), field("a", "u8", at=0)), {"a": 1, "b": 2}, "01000002"),
        (
            fixed(field(None, "u8"), field("low", bits=(0, 3)), field("top", bits=(4, 7), signed=True)),
            {"low": 5, "top": -2},
            "e5",
        ),
        (fixed(field("all", "u8"), field("low", bits=(0, 3))), {"all": 0xA5}, "a5"),
        (fixed(field("all", "u8"), field("low", bits=(0, 3))), {"all": 0xA5, "low": 1}, "a1"),
        (fixed(field("high", "u16", bits=(8, 15)), field("low", bits=(0, 7))), {"high": 1, "low": 2}, "0102"),
        (fixed(field("mode", "u8", const=0x80), field("low", bits=(0, 3))), {"low": 5}, "85"),
        (fixed(field(None, "u8"), field("mode", bits=(7, 7), const=1), field("low", bits=(0, 3))), {"low": 5}, "85"),
        (fixed(field(None, "u16"), field("a", "u8")), {"a": 1}, "000001"),
        (fixed(field("a", "u8", missing=(255,))), {}, "ff"),
        (fixed(field("a", "u8", missing=(255,))), {"a": None}, "ff"),
        (fixed(field("a", "u8"), field("b", "u8", optional=True)), {"a": 1}, "01"),
        (fixed(field("a", "u8"), field("b", "u8", optional=True)), {"a": 1, "b": 2}, "0102"),
        (fixed(field("a", "u8", words={0: "off", 1: "on"})), {"a": "on"}, "01"),
        (TLV, {}, ""),
        (TLV, {"c": 3, "b": 2, "a": 1}, "02 03 0002 03 01 01 01"),
        (FLAGS, {}, "0000"),
        (FLAGS, {"b": 2}, "0008 0002"),
        (FLAGS, {"b": 2, "a": 1}, "0009 01 0002"),
        (HISTORY, {"t": [1, -1]}, "02 01 ff"),
        (HISTORY, {}, "00"),
        (fixed(Repeat(fields=(field("t", "u8"),), order="oldest_first")), {"t": [1, 2]}, "0201"),
        (
            fixed(Repeat(fields=(field("at", "u32", time="unix_s"), field("t", "u8")))),
            {"at": [9], "t": [1]},
            "0000000901",
        ),
    ],
)
def test_writes_what_the_device_would_send(layout: Layout, readings: Mapping[str, Given], frame: str) -> None:
    assert encode({None: layout}, readings, 5) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("layout", "readings", "why"),
    [
        (fixed(field("a", "u8")), {}, "a: needed"),
        (fixed(field("a", "u8")), {"b": 1}, "not in the layout: b"),
        (fixed(field("a", "u8")), {"a": 256}, "a: 256 does not fit u8"),
        (fixed(field("a", "u8")), {"a": "x"}, "a: 'x' is not a number"),
        (fixed(field("a", "u8")), {"a": [1]}, "a: one value, not a sequence"),
        (fixed(field(None, "u8"), field("a", bits=(0, 1))), {"a": 4}, "a: 4 does not fit 2 bits"),
        (
            fixed(field("a", "u8", optional=True), field("b", "u8", optional=True)),
            {"b": 1},
            "a: needed, because a later",
        ),
        (TLV, {"b": 2}, "c: needed"),
        (HISTORY, {"t": 1}, "t: in a repeat"),
        (HISTORY, {"t": "ab"}, "t: in a repeat"),
        (fixed(Repeat(fields=(field("t", "u8"),), count=2)), {"t": [1]}, "t: 2 values are needed, not 1"),
        (fixed(Repeat(fields=(field("t", "u8"), field("u", "u8")))), {"t": [1]}, "t, u: as many values of each"),
        (fixed(Repeat(fields=(field("t", "u8"),), count=U8)), {"t": [1] * 256}, "blocks: 256 does not fit u8"),
        (Layout(nothing="settings"), {}, "no layout with readings for f_port 5"),
    ],
)
def test_says_which_reading_cannot_be_written(layout: Layout, readings: Mapping[str, Given], why: str) -> None:
    with pytest.raises(Unwritable, match=why):
        encode({None: layout}, readings, 5)


def test_a_port_without_layout_cannot_be_written() -> None:
    with pytest.raises(Unwritable, match="no layout with readings for f_port 2"):
        encode({1: TLV}, {"a": 1}, 2)


INTEGERS = [f"{kind}{bits}{order}" for kind in "us" for bits in (8, 16, 24, 32, 40) for order in ("", "le")]
SCALES = [Fraction(1), Fraction(1, 10), Fraction(1, 100), Fraction(1, 63), Fraction(5), Fraction(-3, 7)]


@st.composite
def whole_fields(draw: st.DrawFn, name: str) -> list[Part]:
    """One number, all of whose bits are reported, so that no bit is lost on the way."""
    wire = wire_type(draw(st.sampled_from(INTEGERS)))
    top = 8 * wire.size - 1
    if not draw(st.booleans()):
        scale, offset = draw(st.sampled_from(SCALES)), Fraction(draw(st.integers(-500, 500)), 4)
        return [Field(name=name, wire=wire, scale=scale, offset=offset)]
    cut = draw(st.integers(0, top - 1))
    signed = draw(st.booleans())
    return [
        Field(wire=wire),
        Field(name=f"{name}_low", bits=(0, cut), signed=signed),
        Field(name=f"{name}_high", bits=(cut + 1, top), scale=draw(st.sampled_from(SCALES))),
    ]


def size_of(parts: list[Part]) -> int:
    return sum(part.wire.size for part in parts if isinstance(part, Field) and part.wire)


@st.composite
def layouts_and_frames(draw: st.DrawFn) -> tuple[Layout, bytes]:
    groups = [draw(whole_fields(f"f{n}")) for n in range(draw(st.integers(1, 4)))]
    bodies = [draw(st.binary(min_size=size_of(group), max_size=size_of(group))) for group in groups]
    kind = draw(st.sampled_from(["fixed", "tlv", "sized", "flags"]))
    if kind == "fixed":
        return Layout(fields=tuple(part for group in groups for part in group)), b"".join(bodies)
    if kind == "flags":
        chosen = draw(st.sets(st.integers(0, len(groups) - 1)))
        flags = sum(1 << bit for bit in chosen)
        body = b"".join(bodies[bit] for bit in sorted(chosen))
        blocks = {bit: tuple(group) for bit, group in enumerate(groups)}
        return Layout(kind="flags", flags=wire_type("u16"), blocks=blocks), flags.to_bytes(2, "big") + body
    items = {bytes([n, 7]): Item(tuple(group)) for n, group in enumerate(groups)}
    length = U8 if kind == "sized" else None
    order = draw(st.permutations(range(len(groups))))
    frame = b"".join(bytes([n, 7]) + (bytes([len(bodies[n])]) if length else b"") + bodies[n] for n in order)
    return Layout(kind="tlv", key=(U8, U8), length=length, items=items), frame


@settings(max_examples=200, deadline=None)
@given(layouts_and_frames())
def test_encode_is_the_inverse_of_decode(layout_and_frame: tuple[Layout, bytes]) -> None:
    layout, frame = layout_and_frame
    read = compile_layouts({None: layout})
    readings = {reading.name: reading.value for reading in read(frame, 1)}
    assert encode({None: layout}, readings, 1) == frame
    assert {one.name: one.value for one in read(encode({None: layout}, readings, 1), 1)} == readings
