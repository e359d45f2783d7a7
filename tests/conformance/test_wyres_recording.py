"""Wyres: 9,418 real frames read from their bytes, beside what the network's codec made of the same frames.

Recording: CampusIoT, "The Saint Eynard LoRaWAN frames dataset" (D. Donsez, P. Dubois, M. Langlais, O. Alphand),
ODbL 1.0.
Differences found: none in value. The network's codec leaves out a light of 0; the bytes also carry orientation.
"""

import gzip
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from device_profiles.catalogue import Catalogue
from pipelines.decode import CompiledProfile
from pipelines.model import Rejected, Uplink, Value
from tests import servers

pytestmark = pytest.mark.recording

PROFILES = Catalogue.load().profiles


class Line(msgspec.Struct):
    data: str = ""
    fPort: int = 0  # noqa: N815 - the network's word
    object: dict[str, Value] = {}


def uplinks() -> Iterator[tuple[bytes, int, dict[str, Value]]]:
    read = msgspec.json.Decoder(Line)
    with gzip.open(servers.recording("sainteynard-wyres-chirpstack-v3.ndjson.gz")) as lines:
        for text in lines:
            line = read.decode(text)
            if line.data:
                yield bytes.fromhex(line.data), line.fPort, line.object


def observed(profile: CompiledProfile, uplink: Uplink) -> dict[str, Value | None]:
    readings = profile.decode(uplink)
    assert not isinstance(readings, Rejected), readings.detail
    return {
        profile.mapping[one.name].property: profile.mapping[one.name].converted(one.value)
        for one in readings
        if one.name in profile.mapping
    }


def test_bytes_and_network_agree_in_every_value() -> None:
    frames, differences = 0, []
    seen: Counter[str] = Counter()
    for payload, f_port, decoded in uplinks():
        frames += 1
        from_bytes = observed(PROFILES["wyres/base-bytes"], Uplink("d", payload=payload, f_port=f_port))
        from_network = observed(PROFILES["wyres/base"], Uplink("d", f_port=f_port, decoded=decoded))
        seen.update(from_bytes.keys())
        differences += [name for name, value in from_network.items() if from_bytes.get(name) != value]
        differences += [
            name for name in from_bytes.keys() - from_network.keys() if not name.startswith("acceleration_")
        ]
    assert frames == 9_418
    assert differences == []
    assert seen["temperature_c"] == seen["pressure_hpa"] == 6_138
    assert seen["battery_v"] == 1_474
    assert seen["acceleration_y_g"] == 7_246
