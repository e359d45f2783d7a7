"""Real frames through the dialects, in the wire shape that the replay gives them. Run where the recordings are."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.dialects import build_dialect
from pipelines.model import Uplink
from simulators.mapping import load_mapping
from simulators.replay import messages
from tests import servers

HOURS_48_NS = 48 * 3600 * 10**9


def uplinks(recording: Path, dialect: str) -> Iterator[tuple[int, Uplink]]:
    read = build_dialect(dialect)
    for received_ns, topic, body in messages(recording, load_mapping(dialect)):
        verdict = read(topic, body)
        assert isinstance(verdict, Uplink)
        yield received_ns, verdict


@pytest.mark.recording
def test_every_frame_of_saint_eynard_is_read() -> None:
    path = servers.recording("sainteynard-wyres-chirpstack-v3.ndjson.gz")
    found = list(uplinks(path, "chirpstack-v3"))
    frames = [(at_ns, up) for at_ns, up in found if up.kind == "uplink"]
    states = [up for _, up in found if up.kind == "status"]
    assert (len(frames), len(states)) == (9_418, 368)
    assert {up.device_id for _, up in found} == {"d1d1e80000000032"}
    assert sum(all(heard.received_ns is None for heard in up.receptions) for _, up in frames) == 6_936
    assert sum(up.network_time_ns == at_ns for at_ns, up in frames) == 6_936  # publishedAt stands in
    assert sum(len(up.receptions) for _, up in frames) == 10_761
    assert len({up.f_cnt for _, up in frames}) <= 9_418
    assert all(up.network_values and "link_margin_db" in up.network_values for up in states)


@pytest.mark.recording
def test_the_payloads_of_saint_eynard_are_the_recorded_bytes() -> None:
    path = servers.recording("sainteynard-wyres-chirpstack-v3.ndjson.gz")
    with gzip.open(path, "rb") as stream:
        first = stream.readline()
    _, up = next(uplinks(path, "chirpstack-v3"))
    assert up.payload is not None
    assert f'"data":"{up.payload.hex()}"'.encode() in first


@pytest.mark.recording
def test_tour_perret_holds_10633_distinct_uplinks_and_1981_repeats() -> None:
    path = servers.recording("tourperret-elsys-ems.ndjson.gz")
    seen: dict[tuple[str | None, int | None, int | None, bytes | None], int] = {}
    distinct = repeats = without_values = 0
    for _, up in uplinks(path, "helium"):
        assert up.network_time_ns is not None
        frame = (up.session, up.f_cnt, up.f_port, up.payload)
        if frame in seen and abs(up.network_time_ns - seen[frame]) <= HOURS_48_NS:
            repeats += 1
        else:
            distinct += 1
            seen[frame] = up.network_time_ns
        without_values += not up.decoded
    assert (distinct, repeats) == (10_633, 1_981)
    assert without_values == 1  # the frame on port 6
