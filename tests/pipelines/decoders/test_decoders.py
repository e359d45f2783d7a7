"""Every format with a reader of its own, by the table: no bytes upset it, and what it writes it reads again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.decoders import DECODERS
from pipelines.layout.frames import NothingToRead
from pipelines.layout.read import Unreadable
from pipelines.layout.write import Given, Unwritable

READINGS: dict[str, dict[str, Given]] = {
    "cayenne-lpp": {
        "temperature_1": -2.5,
        "humidity_2": 50.5,
        "gps_3_latitude": 51.0,
        "gps_3_longitude": 4.5,
        "gps_3_altitude": 9.25,
    },
    "senml-json": {"temperature": -2.5, "occupied": True, "state": "open"},
    "senml-cbor": {"temperature": -2.5, "level": 1e-3, "count": 70_000, "occupied": False, "state": "öffen"},
    "dsmr-p1": {"energy_import_tariff_1": 4.426, "power_import": 0.244, "voltage_l1": 230.0, "gas": 0.107},
}


def test_every_format_of_the_table_is_tried_here() -> None:
    assert READINGS.keys() == DECODERS.keys()


@pytest.mark.parametrize("kind", READINGS)
def test_what_is_written_is_read_again(kind: str) -> None:
    payload = DECODERS[kind].encode(READINGS[kind], 1)
    found = {reading.name: reading.value for reading in DECODERS[kind].decode(payload, 1)}
    assert {name: found[name] for name in READINGS[kind]} == READINGS[kind]


@pytest.mark.parametrize("kind", READINGS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_bytes_raise_anything_but_unreadable(kind: str, data: st.DataObject) -> None:
    good = DECODERS[kind].encode(READINGS[kind], 1)
    payload = bytearray(data.draw(st.just(good) | st.binary(max_size=60)))
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=4)):
        if payload:
            payload[place % len(payload)] = byte
    try:
        readings = DECODERS[kind].decode(bytes(payload[: data.draw(st.integers(0, len(payload)))]), None)
    except (Unreadable, NothingToRead):
        readings = []
    assert all(reading.name for reading in readings)


@pytest.mark.parametrize("kind", READINGS)
@pytest.mark.parametrize("reading", [{"no such thing": [1, 2]}, {"x": float("nan")}, {"temperature_1": None}])
def test_what_cannot_be_said_is_refused_by_name(kind: str, reading: dict[str, Given]) -> None:
    with pytest.raises(Unwritable, match=next(iter(reading))):
        DECODERS[kind].encode(reading, 1)
