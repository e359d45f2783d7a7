"""The Elsys layout against 12,614 real frames: every value equals the one that the maker's own codec put out.

Recording: CampusIoT, "The Tour Perret LoRaWAN frames dataset" (D. Donsez, O. Alphand, N. Albarel), ODbL 1.0.
Differences found: none in value. One frame (port 6, f_cnt 0, 77 bytes) carries settings and no values; in one frame
(f_cnt 2389) the sensor sent the maker's debug word instead of temperature and humidity.
"""

import base64
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

import msgspec
import pytest

from device_profiles.catalogue import Catalogue
from pipelines.model import Rejected, Uplink
from tests import servers

pytestmark = pytest.mark.recording

PROFILE = Catalogue.load().profiles["elsys/ems"]


class Frame(msgspec.Struct):
    f_port: int
    f_cnt: int
    payload: bytes
    vendor_values: Mapping[str, float]


class Decoded(msgspec.Struct):
    payload: dict[str, float]


class Line(msgspec.Struct):
    port: int
    fcnt: int
    payload: str
    decoded: Decoded


@cache
def frames() -> tuple[Frame, ...]:
    return tuple(read_frames())


def read_frames() -> Iterator[Frame]:
    read = msgspec.json.Decoder(Line)
    with gzip.open(servers.recording("tourperret-elsys-ems.ndjson.gz")) as lines:
        for text in lines:
            line = read.decode(text)
            yield Frame(line.port, line.fcnt, base64.b64decode(line.payload), line.decoded.payload)


def values_of(frame: Frame) -> Mapping[str, float | bool | str] | Rejected:
    outcome = PROFILE.decode(Uplink("d", payload=frame.payload, f_port=frame.f_port))
    return outcome if isinstance(outcome, Rejected) else {reading.name: reading.value for reading in outcome}


def test_every_value_equals_the_vendors() -> None:
    compared = 0
    differences: list[str] = []
    for frame in frames():
        ours = values_of(frame)
        if isinstance(ours, Rejected):
            continue
        for name in ours.keys() | frame.vendor_values.keys():
            compared += 1
            if ours.get(name) != frame.vendor_values.get(name):
                differences.append(f"f_cnt {frame.f_cnt}: {name}: {ours.get(name)} and {frame.vendor_values.get(name)}")
    assert differences == []
    assert compared == 126_128


def test_only_the_frame_on_port_6_has_no_values() -> None:
    rejected = [(frame, outcome) for frame in frames() if isinstance(outcome := values_of(frame), Rejected)]
    assert len(frames()) == 12_614
    assert [(frame.f_port, frame.f_cnt, frame.vendor_values) for frame, _ in rejected] == [(6, 0, {})]
    assert rejected[0][1].reason == "no_readings"
    assert rejected[0][1].detail == (
        "elsys/ems: port 6 carries the device's settings, no readings (f_port 6, 77 bytes)"
    )


def test_one_frame_has_the_debug_word_instead_of_the_climate() -> None:
    sizes = Counter(len(values) for frame in frames() if not isinstance(values := values_of(frame), Rejected))
    assert sizes == {10: 12_612, 8: 1}


def test_the_encoder_gives_back_every_frame_byte_for_byte() -> None:
    assert PROFILE.encode is not None
    others = []
    for frame in frames():
        values = values_of(frame)
        if not isinstance(values, Rejected) and PROFILE.encode(values, frame.f_port) != frame.payload:
            others.append(frame)
    # the debug word is passed over, so it cannot come back
    assert [frame.payload.hex() for frame in others] == ["03c5ecf4070e0e0b000000000d000f0012003d01000002"]


def test_every_frame_maps_to_plausible_properties() -> None:
    outside: Counter[str] = Counter()
    for frame in frames():
        values = values_of(frame)
        if isinstance(values, Rejected):
            continue
        for name, value in values.items():
            rule = PROFILE.mapping.get(name)
            converted = rule.converted(value) if rule else None
            if rule and isinstance(converted, float) and not isinstance(converted, bool):
                outside[name] += not (
                    (rule.low is None or converted >= rule.low) and (rule.high is None or converted <= rule.high)
                )
    assert sum(outside.values()) == 0
    assert set(outside) >= {"temperature", "vdd", "x", "y", "z"}
