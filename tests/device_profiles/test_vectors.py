"""The judge of all profiles must itself be just: each way of being wrong is seen."""

from typing import Any

import pytest

from device_profiles.vectors import Vector, by_name, difference
from pipelines.decode import CompiledProfile, Reading, bytes_decoder, bytes_encoder, network_decoder
from pipelines.layout import Field, Layout, Repeat
from pipelines.layout.notation import Layouts
from pipelines.layout.wire import wire_type

U8 = wire_type("u8")
LAYOUTS: Layouts = {
    1: Layout(fields=(Field(name="a", wire=U8), Field(name="on", wire=U8, words={0: False, 1: True}))),
    2: Layout(fields=(Repeat(fields=(Field(name="t", wire=U8),), step_s=60),)),
}
PROFILE = CompiledProfile("x/y", b"", bytes_decoder("x/y", LAYOUTS), {}, encode=bytes_encoder(LAYOUTS))


def vector(**keys: Any) -> Vector:
    return Vector.model_validate({"about": "it"} | keys)


@pytest.mark.parametrize(
    "right",
    [
        vector(port=1, hex="0701", expect={"a": 7, "on": True}),
        vector(port=1, hex="07 01", expect={"a": 7.0, "on": True}),
        vector(port=2, hex="0102", expect={"t": [1, 2]}),
        vector(port=2, hex="01", expect={"t": 1}, encodes=False),
        vector(port=1, hex="07", error="byte 1: on is u8"),
        vector(port=3, hex="07", error="no layout for this port"),
    ],
)
def test_finds_no_fault_with_what_is_right(right: Vector) -> None:
    assert difference(PROFILE, right) == ""


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        (vector(port=1, hex="0701", expect={"a": 8, "on": True}), "expected {'a': 8, 'on': True}, but found"),
        (vector(port=1, hex="0701", expect={"a": 7, "on": 1}), "expected"),
        (vector(port=1, hex="0701", expect={"a": "7", "on": True}), "expected"),
        (vector(port=1, hex="0701", expect={"a": 7}), "expected"),
        (vector(port=1, hex="0701", expect={"a": [7], "on": True}), "expected"),
        (vector(port=2, hex="0102", expect={"t": [2, 1]}), "expected"),
        (vector(port=2, hex="0102", expect={"t": [1]}), "expected"),
        (vector(port=1, hex="0701", error="byte 1"), "must be rejected with 'byte 1', but gives"),
        (vector(port=1, hex="07", expect={"a": 7}), "rejected: x/y: byte 1"),
        (vector(port=1, hex="07", error="byte 9"), "rejected: x/y: byte 1"),
        (vector(port=2, hex="01", expect={"t": 1}), "cannot be encoded: t: in a repeat"),
    ],
)
def test_sees_every_way_of_being_wrong(wrong: Vector, finding: str) -> None:
    assert finding in difference(PROFILE, wrong)


def test_sees_an_encoder_that_writes_other_bytes() -> None:
    layouts: Layouts = {None: Layout(fields=(Field(skip=1), Field(name="a", wire=U8)))}
    profile = CompiledProfile("x/y", b"", bytes_decoder("x/y", layouts), {}, encode=bytes_encoder(layouts))
    assert difference(profile, vector(hex="ff07", expect={"a": 7})) == "it: encodes to 0007 instead of ff07"


def test_decoded_values_are_judged_too() -> None:
    profile = CompiledProfile("x/y", b"", network_decoder("x/y"), {})
    assert difference(profile, vector(decoded={"a": 0.1}, expect={"a": 0.1})) == ""
    assert difference(profile, vector(decoded={"a": 0.1}, expect={"a": 0.2})) != ""


def test_a_single_value_with_an_age_is_a_history_of_one() -> None:
    assert by_name([Reading("t", 1, 60.0), Reading("u", 2)]) == {"t": [1], "u": 2}
