import pytest

from pipelines.layout.wire import pack, reader, wire_type

VECTORS = [
    ("u8", "ff", 255),
    ("s8", "80", -128),
    ("u16", "0102", 258),
    ("u16le", "0102", 513),
    ("s16", "fffe", -2),
    ("s16le", "feff", -2),
    ("u24", "010203", 66_051),
    ("u24le", "010203", 197_121),
    ("s24", "fffffe", -2),
    ("s24le", "feffff", -2),
    ("u32", "00010000", 65_536),
    ("s32le", "ffffffff", -1),
    ("u40", "0100000000", 1 << 32),
    ("s48", "800000000000", -(1 << 47)),
    ("u56le", "01000000000000", 1),
    ("u64", "ffffffffffffffff", (1 << 64) - 1),
    ("s64", "8000000000000000", -(1 << 63)),
    ("f32", "40600000", 3.5),
    ("f32le", "00006040", 3.5),
    ("f64", "c004000000000000", -2.5),
]


@pytest.mark.parametrize(("name", "bytes_", "number"), VECTORS)
def test_reads_and_packs_each_type(name: str, bytes_: str, number: float) -> None:
    wire = wire_type(name)
    raw = bytes.fromhex(bytes_)
    assert wire.size == len(raw)
    assert reader(wire)(b"\xaa" + raw + b"\xbb", 1) == number
    assert pack(wire, number) == raw


@pytest.mark.parametrize("name", ["", "u7", "i16", "f16", "f24", "u16be", "U8", "u128", "s 8"])
def test_refuses_a_name_that_is_no_type(name: str) -> None:
    with pytest.raises(ValueError, match=r"is no type\. Use u8"):
        wire_type(name)


@pytest.mark.parametrize(
    ("name", "number"), [("u8", 256), ("u8", -1), ("s8", 128), ("s24", -(1 << 23) - 1), ("f32", 1e39)]
)
def test_refuses_to_pack_what_does_not_fit(name: str, number: float) -> None:
    with pytest.raises(ValueError, match=f"does not fit {name}"):
        pack(wire_type(name), number)
