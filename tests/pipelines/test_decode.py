from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.decode import (
    CompiledProfile,
    PropertyMap,
    bytes_decoder,
    bytes_encoder,
    decode,
    network_decoder,
    with_sums,
)
from pipelines.layout import Field, Item, Layout, Reading
from pipelines.layout.wire import wire_type
from pipelines.model import Rejected, Uplink

U8 = wire_type("u8")
LAYOUTS = {
    1: Layout(fields=(Field(name="in", wire=U8), Field(name="out", wire=U8, optional=True))),
    6: Layout(nothing="port 6 carries settings"),
    None: Layout(kind="tlv", key=(U8,), items={b"\x01": Item((Field(name="in", wire=U8),))}),
}


def test_decodes_the_bytes_of_an_uplink() -> None:
    profile = CompiledProfile("example/counter", b"", bytes_decoder("example/counter", LAYOUTS), {})
    assert decode(profile, Uplink("d", payload=b"\x05\x07", f_port=1)) == [Reading("in", 5), Reading("out", 7)]


@pytest.mark.parametrize(
    ("uplink", "reason", "detail"),
    [
        (
            Uplink("d", payload=b"\x01\x07\x3f" + b"\x00" * 20, f_port=5),
            "decode_failed",
            "example/counter: byte 2: type 0x3f is not in the layout (f_port 5, 23 bytes)",
        ),
        (Uplink("d", payload=b"", f_port=1), "decode_failed", "but only 0 left (f_port 1, 0 bytes)"),
        (Uplink("d", payload=b"\x02"), "decode_failed", "type 0x02 is not in the layout (no f_port, 1 byte)"),
        (Uplink("d", payload=b"\x3e", f_port=6), "no_readings", "port 6 carries settings (f_port 6, 1 byte)"),
        (Uplink("d", decoded={"in": 5}), "decode_failed", "reads bytes, but the message carries none"),
    ],
)
def test_a_frame_that_cannot_be_read_is_rejected_with_byte_and_rule(uplink: Uplink, reason: str, detail: str) -> None:
    outcome = bytes_decoder("example/counter", LAYOUTS)(uplink)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == reason
    assert outcome.detail.endswith(detail)
    assert outcome.detail.startswith("example/counter: ")


def test_takes_what_the_network_decoded_and_joins_nested_names() -> None:
    take = network_decoder("example/net")
    decoded = {"t": 21.5, "ok": True, "air": {"co2": 420, "tags": ["a", {"b": 1}]}, "gone": None, "odd": object()}
    assert take(Uplink("d", decoded=decoded)) == [
        Reading("t", 21.5),
        Reading("ok", True),
        Reading("air.co2", 420),
        Reading("air.tags.0", "a"),
        Reading("air.tags.1.b", 1),
    ]


def test_says_what_to_do_when_the_network_decoded_nothing() -> None:
    outcome = network_decoder("example/net")(Uplink("d", payload=b"\x01\x02", f_port=3))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "decode_failed"
    assert "no decoded values (f_port 3, 2 bytes). Add a codec in the network server" in outcome.detail


def nested(depth: int) -> dict[str, object]:
    return {"a": nested(depth - 1) if depth else 1}


def test_refuses_values_that_lie_too_deep_or_are_too_many() -> None:
    take = network_decoder("example/net")
    assert isinstance(take(Uplink("d", decoded=nested(8))), list)
    for decoded in (nested(9), {str(n): n for n in range(513)}, {"a": {str(n): n for n in range(513)}}):
        outcome = take(Uplink("d", decoded=decoded))
        assert isinstance(outcome, Rejected)
        assert "deeper than 8 levels or over 512 values" in outcome.detail


def test_a_sum_needs_all_its_parts() -> None:
    count = with_sums(bytes_decoder("example/counter", LAYOUTS), {"both": ["in", "out"]})
    assert count(Uplink("d", payload=b"\x05\x07", f_port=1)) == [
        Reading("in", 5),
        Reading("out", 7),
        Reading("both", 12),
    ]
    assert count(Uplink("d", payload=b"\x05", f_port=1)) == [Reading("in", 5)]
    assert isinstance(count(Uplink("d", payload=b"", f_port=1)), Rejected)


def test_words_add_up_to_nothing() -> None:
    add = with_sums(network_decoder("example/net"), {"both": ["a", "b"]})
    assert add(Uplink("d", decoded={"a": 1, "b": "x"})) == [Reading("a", 1), Reading("b", "x")]


def test_the_encoder_writes_what_the_decoder_reads_and_leaves_sums_out() -> None:
    assert bytes_encoder(LAYOUTS)({"in": 5, "out": 7}, 1) == b"\x05\x07"
    assert bytes_encoder(LAYOUTS, {"both"})({"in": 5, "out": 7, "both": 12}, 1) == b"\x05\x07"


@pytest.mark.parametrize(
    ("factor", "offset", "value", "converted"),
    [
        (Fraction(1, 1000), Fraction(0), 3559, 3.559),
        (Fraction(1, 100), Fraction(0), 87_903, 879.03),
        (Fraction(5, 9), Fraction(-160, 9), 212, 100.0),
        (Fraction(1), Fraction(0), 7, 7),
        (Fraction(1, 1000), Fraction(0), "high", "high"),
    ],
)
def test_a_property_map_converts_to_the_last_digit(
    factor: Fraction, offset: Fraction, value: float | str, converted: float | str
) -> None:
    ratio = PropertyMap.ratio_of(factor, offset)
    assert PropertyMap("battery_v", float(factor), float(offset), ratio=ratio).converted(value) == converted


def test_a_property_map_may_be_a_table() -> None:
    strict = PropertyMap("tilted", values={"normal": False, "tilt": True})
    lenient = PropertyMap("leak", values={0: False}, otherwise=True)
    assert strict.converted("tilt") is True
    assert strict.converted("upside down") is None
    assert lenient.converted(0) is False
    assert lenient.converted(255) is True


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.none() | st.integers(0, 255))
def test_no_bytes_raise(payload: bytes, f_port: int | None) -> None:
    outcome = bytes_decoder("example/counter", LAYOUTS)(Uplink("d", payload=payload, f_port=f_port))
    assert isinstance(outcome, Rejected | list)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_no_decoded_values_raise(decoded: dict[str, object]) -> None:
    assert isinstance(network_decoder("example/net")(Uplink("d", decoded=decoded)), Rejected | list)
