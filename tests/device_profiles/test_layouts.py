"""What a table's shape cannot show: for every rule of the notation a mistake that breaks it, with its place."""

import tomllib

import pytest

from device_profiles.layout_file import PayloadTable
from device_profiles.layouts import LayoutBuilder
from pipelines.layout import Field, Item, Layout, Repeat
from pipelines.layout.notation import Layouts
from pipelines.layout.wire import wire_type


def build(text: str) -> tuple[Layouts, list[str]]:
    builder = LayoutBuilder()
    layouts = builder.layouts(PayloadTable.model_validate(tomllib.loads(text)))
    return layouts, [f"{mistake.where}: {mistake.what}" for mistake in builder.mistakes]


def test_a_table_becomes_the_notation() -> None:
    layouts, mistakes = build("""
        kind = "tlv"
        key = "u8 u8"
        length = "u8"
        unknown = "skip"
        header = [{ field = "version", type = "u8", const = 2 }]
        items."01 75" = { field = "battery", type = "u8", unit = "%" }
        items."2001" = { repeat = { count = "u8", step_s = 600 }, fields = [{ field = "t", type = "s16le" }] }
        when."1, 2" = { kind = "fixed", fields = [{ skip = 2 }], trailing = "ignore" }
        when.6 = { nothing = "settings" }
    """)
    u8 = wire_type("u8")
    assert mistakes == []
    assert layouts[None] == Layout(
        kind="tlv",
        header=(Field(name="version", wire=u8, const=2),),
        key=(u8, u8),
        length=u8,
        unknown="skip",
        items={
            b"\x01\x75": Item((Field(name="battery", wire=u8, unit="%"),)),
            b"\x20\x01": Item((Repeat(fields=(Field(name="t", wire=wire_type("s16le")),), count=u8, step_s=600),)),
        },
    )
    assert layouts[1] == layouts[2] == Layout(fields=(Field(skip=2),), trailing="ignore")
    assert layouts[6].nothing == "settings"


def test_a_map_takes_numbers_in_any_base_and_a_star() -> None:
    layouts, mistakes = build("""
        kind = "fixed"
        fields = [{ field = "state", type = "u8", map = { 0x10 = "a", 17 = "b", "*" = "c" }, missing = [1, 2] }]
    """)
    field = layouts[None].fields[0]
    assert mistakes == []
    assert isinstance(field, Field)
    assert field.words == {16: "a", 17: "b"}
    assert field.otherwise == "c"
    assert field.missing == (1, 2)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            'kind = "fixed"\nfields = [{ repeat = { count = 0 }, fields = [{ skip = 1 }] }]',
            "greater than or equal to 1",
        ),
        ('kind = "fixed"', "needs fields, items, blocks or when"),
        ('kind = "json"\nwhen.1 = { nothing = "x" }', "takes decoded values"),
        ('kind = "fixed"\nfields = [{ skip = 1, speed = 2 }]', "Extra inputs are not permitted"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        build(text)


def fixed(*fields: str) -> str:
    return f'kind = "fixed"\nfields = [{", ".join(fields)}]'


def tlv(items: str, rest: str = "") -> str:
    return f'kind = "tlv"\nkey = "u8"\n{rest}\n[items]\n{items}'


A = '{ field = "a", type = "u8" }'
B = '{ field = "b", type = "u8" }'


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (fixed('{ field = "a", type = "u9" }'), "payload.fields.0.type: 'u9' is no type. Use u8"),
        (fixed('{ field = "a" }'), "payload.fields.0: needs a type, or bits of the number before, or bytes to skip"),
        (fixed('{ type = "u8", skip = 1 }'), "payload.fields.0: needs a type, or bits"),
        (fixed('{ skip = 1, field = "a" }'), "payload.fields.0: skipped bytes have no field, bits or const"),
        (fixed('{ field = "a", type = "u8", bits = [3, 8] }'), "payload.fields.0.bits: u8 has bits 0 to 7"),
        (fixed('{ field = "a", type = "f32", bits = [0, 1] }'), "only integers have bits"),
        (fixed('{ field = "a", type = "u8", bits = [3, 1] }'), "payload.fields.0.bits: write [lowest, highest]"),
        (
            fixed('{ field = "a", bits = [0, 1] }'),
            "payload.fields: a: no number before it that bits could be taken from",
        ),
        (fixed(A, "{ skip = 1 }", '{ field = "b", bits = [0, 1] }'), "b: no number before it"),
        (fixed(A, '{ field = "b", bits = [0, 8] }'), "payload.fields: b: u8 has no bit 8"),
        (fixed('{ field = "a", type = "u8", signed = true }'), "payload.fields.0.signed: is for bits"),
        (fixed('{ field = "a", type = "u8", const = 256 }'), "payload.fields.0.const: 256 does not fit u8"),
        (fixed('{ field = "a", type = "f32", const = 2 }'), "payload.fields.0.const: only whole numbers"),
        (fixed('{ field = "a", type = "u8", scale = 0 }'), "payload.fields.0.scale: 0 would make every value the same"),
        (fixed('{ field = "a", type = "u8", scale = 2, map = { 0 = 1 } }'), "either map or scale and offset"),
        (fixed('{ field = "a", type = "u8", map = { x = 1 } }'), "payload.fields.0.map.x: is no raw number"),
        (
            fixed('{ type = "u32", time = "unix_s" }'),
            "payload.fields.0.time: a time is a whole integer with a field name",
        ),
        (fixed(A, A), "payload: the name 'a' is given twice"),
        (fixed(A.replace("}", ", optional = true }"), B), "after an optional field every field is optional too"),
        (fixed("{ repeat = {}, fields = [{ skip = 0, bits = [0, 1] }] }"), "a repeated block needs at least one byte"),
        (
            fixed('{ repeat = {}, fields = [{ type = "u8", at = 1 }] }'),
            "'at' and 'optional' have no meaning in a repeat",
        ),
        (fixed('{ repeat = { count = "f32" }, fields = [{ type = "u8" }] }'), "a count is an integer"),
        (fixed('{ repeat = { count = "all" }, fields = [{ type = "u8" }] }'), "repeat.count: 'all' is no type"),
        (
            fixed('{ repeat = {}, fields = [{ type = "u8" }] }', '{ field = "b", bits = [0, 1] }'),
            "b: no number before it",
        ),
        (fixed(A) + '\nkey = "u8"', "payload.key: has no meaning in kind 'fixed'"),
        ('kind = "tlv"\nfields = [{ skip = 1 }]', "payload.items: missing; kind 'tlv' needs it"),
        (tlv(f"0175 = {A}"), "payload.items.0175: the key has 2 bytes, 'key' says 1"),
        (tlv(f"xy = {A}"), "payload.items.xy: a key is written in hex, like '01 75'"),
        (tlv(f'"0a" = {A}\n0A = {B}'), "payload.items.0A: this key is there already"),
        (
            tlv(f"01 = {A}", 'unknown = "skip"'),
            "payload.unknown: an unknown key can only be skipped where a length is sent",
        ),
        (tlv('01 = { field = "a", type = "u8", at = 3 }'), "'at' counts from the frame's first byte"),
        (tlv(f"01 = {A}\n02 = {A}"), "payload: the name 'a' is given twice"),
        (f'kind = "flags"\nflags = "u8"\nblocks = {{ 8 = {A} }}', "payload.blocks.8: '8' is no bit of the flags"),
        (f'kind = "flags"\nblocks = {{ 1 = {A} }}', "payload.flags: missing; kind 'flags' needs it"),
        (f'kind = "fixed"\nwhen.x = {{ fields = [{A}] }}', "payload.when.x: 'x' is no port"),
        (f'kind = "fixed"\nwhen.300 = {{ fields = [{A}] }}', "payload.when.300: '300' is no port"),
        (
            f'kind = "fixed"\nwhen = {{ 1 = {{ fields = [{A}] }}, "2, 1" = {{ nothing = "x" }} }}',
            "port 1 has a layout already",
        ),
    ],
)
def test_a_rule_that_is_broken_is_named_with_its_place(text: str, mistake: str) -> None:
    _, mistakes = build(text)
    assert any(mistake in told for told in mistakes), mistakes
