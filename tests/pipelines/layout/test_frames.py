import pytest

from pipelines.layout.frames import NothingToRead, compile_layouts
from pipelines.layout.notation import Field, Item, Layout
from pipelines.layout.read import Unreadable
from pipelines.layout.wire import wire_type

U8, U16 = wire_type("u8"), wire_type("u16")


def item(name: str, wire: str = "u8") -> Item:
    return Item((Field(name=name, wire=wire_type(wire)),))


SHORT = Layout(kind="tlv", key=(U8,), items={b"\x01": item("a"), b"\x02": item("b", "u16")})
LONG = Layout(kind="tlv", key=(U8, U8), items={b"\x01\x75": item("a"), b"\x02\x76": item("b", "u16")})
SIZED = Layout(kind="tlv", key=(U8,), length=U8, items={b"\x01": item("a"), b"\x02": item("b", "u16")})
SKIPPING = Layout(kind="tlv", key=(U8,), length=U8, unknown="skip", items={b"\x01": item("a")})
FLAGS = Layout(
    kind="flags",
    header=(Field(name="version", wire=U8, const=2),),
    flags=U16,
    blocks={1: item("b", "u16").parts, 0: item("a").parts},
)
FIXED = Layout(fields=(Field(name="a", wire=U8),))
LENIENT = Layout(fields=(Field(name="a", wire=U8),), trailing="ignore")


@pytest.mark.parametrize(
    ("layout", "frame", "values"),
    [
        (FIXED, "07", {"a": 7}),
        (LENIENT, "07ffff", {"a": 7}),
        (SHORT, "", {}),
        (SHORT, "02 0102 01 07", {"a": 7, "b": 258}),
        (LONG, "0175 07 0276 0001", {"a": 7, "b": 1}),
        (SIZED, "02 02 0001 01 01 07", {"a": 7, "b": 1}),
        (SKIPPING, "09 03 ffffff 01 01 07 08 00", {"a": 7}),
        (FLAGS, "02 0000", {}),
        (FLAGS, "02 0003 07 0001", {"a": 7, "b": 1}),
        (FLAGS, "02 0002 0001", {"b": 1}),
    ],
)
def test_each_kind_reads_its_frames(layout: Layout, frame: str, values: dict[str, int]) -> None:
    readings = compile_layouts({None: layout})(bytes.fromhex(frame), 1)
    assert {reading.name: reading.value for reading in readings} == values


@pytest.mark.parametrize(
    ("layout", "frame", "why"),
    [
        (FIXED, "07ff", "byte 1: the layout ends here, 1 bytes are left over"),
        (FIXED, "", "byte 0: a is u8, but only 0 left"),
        (SHORT, "01 07 3f 00", "byte 2: type 0x3f is not in the layout"),
        (LONG, "0175 07 0277 00", "byte 3: type 02 77 is not in the layout"),
        (LONG, "0175 07 02", "byte 3: a type has 2 bytes, only 1 left"),
        (SIZED, "03 00", "byte 0: type 0x03 is not in the layout"),
        (SIZED, "01", "byte 0: type and length have 2 bytes, only 1 left"),
        (SIZED, "01 05 07", "byte 0: type 0x01 has 5 bytes, only 1 left"),
        (SIZED, "01 02 0708", "byte 3: type 0x01 has 1 bytes too many"),
        (SIZED, "02 01 07", "byte 2: b is u16, but only 1 left"),
        (FLAGS, "03 0000", "byte 0: version is 0x03"),
        (FLAGS, "02 00", "byte 1: the flags are u16, but only 1 left"),
        (FLAGS, "02 0005 07", "byte 1: flag 2 is set, the layout does not know it"),
        (FLAGS, "02 0001 07 00", "byte 4: the layout ends here"),
    ],
)
def test_each_kind_says_byte_and_rule(layout: Layout, frame: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        compile_layouts({None: layout})(bytes.fromhex(frame), 1)


def test_each_port_has_its_layout_and_the_others_share_one() -> None:
    read = compile_layouts({1: FIXED, 6: Layout(nothing="settings"), None: SHORT})
    assert [one.value for one in read(b"\x07", 1)] == [7]
    assert [one.value for one in read(b"\x01\x08", 2)] == [8]
    assert [one.value for one in read(b"\x01\x08", None)] == [8]
    with pytest.raises(NothingToRead, match="settings"):
        read(b"\x07", 6)


def test_a_port_without_a_layout_is_refused() -> None:
    with pytest.raises(Unreadable, match="there is no layout for this port, only for 1, 2"):
        compile_layouts({1: FIXED, 2: FIXED})(b"\x07", 3)
