"""Frames and values of the Cayenne documentation are vectors of generic/cayenne-lpp; here are the rules around them."""

import pytest

from pipelines.decoders.cayenne_lpp import decode, encode
from pipelines.layout.read import Unreadable
from pipelines.layout.write import Unwritable


def test_each_channel_has_readings_of_its_own() -> None:
    assert [(one.name, one.value) for one in decode(bytes.fromhex("03670110 056700ff"))] == [
        ("temperature_3", 27.2),
        ("temperature_5", 25.5),
    ]


def test_values_that_belong_together_are_written_once() -> None:
    readings = {"accelerometer_6_x": 1.234, "accelerometer_6_y": -1.234, "accelerometer_6_z": 0.0}
    assert encode(readings) == bytes.fromhex("06 71 04d2 fb2e 0000")


@pytest.mark.parametrize(
    ("payload", "finding"),
    [
        ("0399", "byte 1: Cayenne LPP has no type 153 (channel 3)"),
        ("03670110 05", "byte 4: channel and type have 2 bytes, only 1 left"),
        ("0367 01", "byte 2: temperature_3 is s16, but only 1 left"),
        ("0671 0001 0002 00", "byte 6: accelerometer_6_z is s16, but only 1 left"),
    ],
)
def test_says_which_byte_is_wrong(payload: str, finding: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(bytes.fromhex(payload))
    assert str(caught.value) == finding


@pytest.mark.parametrize("name", ["temperature", "temperature_256", "temperature_x", "warmth_1", "gps_1_heading"])
def test_a_name_without_type_or_channel_cannot_be_written(name: str) -> None:
    with pytest.raises(Unwritable, match="Write type and channel, like temperature_1"):
        encode({name: 1})
