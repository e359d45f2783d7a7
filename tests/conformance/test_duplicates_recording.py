"""The duplicate rule on two real recordings: 12,614 lines of one device heard many times, 9,786 of one heard once.

Source and licence of both: CampusIoT datasets, ODbL 1.0.
"""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from pipelines.decode import CompiledProfile, PropertyMap, network_decoder
from pipelines.identify import DeviceIndex
from pipelines.model import Accepted, Device, Duplicate, Outcome, Received, Reception, Rejected, Uplink, Value
from pipelines.process import Knowledge, Memory, Waiting, process_at_once
from tests import servers

pytestmark = pytest.mark.recording

MS = 1_000_000


def lines(name: str) -> Iterator[bytes]:
    with gzip.open(servers.recording(name)) as file:
        yield from file


def refine(
    recording: str, device: str, mapping: dict[str, str], read: Callable[[str, bytes], Uplink | Rejected]
) -> tuple[list[Outcome], Memory]:
    profile = CompiledProfile(
        "test/profile", b"12345678", network_decoder("test"), {name: PropertyMap(to) for name, to in mapping.items()}
    )
    record = Device(device, "test/profile", "pilot", "Grenoble", "weather-station/roof")
    knowledge = Knowledge({"file": read}, DeviceIndex([record]), {profile.name: profile})
    memory = Memory()
    outcomes = []
    for number, line in enumerate(lines(recording), 1):
        received_ns = json.loads(line)["_timestamp"] * MS
        outcome = process_at_once(number, Received("file", recording, line, received_ns, 0, 0), knowledge, memory)
        assert not isinstance(outcome, Waiting)
        outcomes.append(outcome)
    return outcomes, memory


def helium(_topic: str, body: bytes) -> Uplink:
    line = json.loads(body)
    return Uplink(
        line["dev_eui"],
        payload=base64.b64decode(line["payload"]),
        f_port=line["port"],
        f_cnt=line["fcnt"],
        session=line["devaddr"],
        network_time_ns=line["reported_at"] * MS,
        receptions=tuple(Reception(spot["name"], spot["rssi"], spot["snr"]) for spot in line["hotspots"]),
        decoded=line.get("decoded", {}).get("payload") or {},
    )


def chirpstack_hex(_topic: str, body: bytes) -> Uplink:
    line = json.loads(body)
    if "fCnt" not in line:
        values: dict[str, Value] = {"link_margin_db": line["margin"]}
        return Uplink(line["devEUI"], kind="status", network_values=values)
    return Uplink(
        line["devEUI"],
        payload=bytes.fromhex(line["data"]),
        f_port=line["fPort"],
        f_cnt=line["fCnt"],
        receptions=tuple(Reception(heard["gatewayID"], heard["rssi"], heard["loRaSNR"]) for heard in line["rxInfo"]),
        decoded=line["object"],
    )


ELSYS = {"temperature": "temperature_c", "humidity": "humidity_percent"}
WYRES = {"temperature": "temperature_c", "pressure": "pressure_hpa"}


def test_every_uplink_of_the_tower_counts_once_and_every_further_reception_is_a_duplicate() -> None:
    outcomes, memory = refine("tourperret-elsys-ems.ndjson.gz", "A81758FFFE04B1C1", ELSYS, helium)

    assert Counter(type(outcome).__name__ for outcome in outcomes) == {"Accepted": 10_633, "Duplicate": 1_981}
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    by_number = {outcome.of: outcome for outcome in accepted}
    assert len({(outcome.frame, outcome.link.f_cnt, outcome.time_ns) for outcome in accepted if outcome.link}) == 10_633
    for outcome in outcomes:
        if isinstance(outcome, Duplicate):
            assert outcome.original in by_number
    reasons = Counter((o.property, o.reason) for outcome in accepted for o in outcome.observations)
    assert reasons == {("humidity_percent", ""): 10_631, ("temperature_c", ""): 10_630, ("temperature_c", "spike"): 1}
    assert memory.unread["test/profile", "vdd", "unmapped"] == 10_632, "one frame has no decoded values"


def test_every_uplink_and_status_event_of_the_mountain_counts_once() -> None:
    outcomes, _memory = refine("sainteynard-wyres-chirpstack-v3.ndjson.gz", "d1d1e80000000032", WYRES, chirpstack_hex)

    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    uplinks = [outcome for outcome in accepted if outcome.frame is not None]
    assert len(outcomes) == 9_418 + 368
    # Frame 11,641 was published twice within 10 ms, once for each of two radio gateways.
    repeated = [outcome for outcome in outcomes if isinstance(outcome, Duplicate)]
    assert [(outcome.of - outcome.original, len(outcome.receptions)) for outcome in repeated] == [(1, 1)]
    assert len(uplinks) == 9_417
    assert len(accepted) - len(uplinks) == 368
    assert {outcome.frame[0] for outcome in uplinks if outcome.frame} == {"#0"}, "one session, never restarted"
    reasons = Counter((o.property, o.reason) for outcome in accepted for o in outcome.observations)
    assert reasons == {("temperature_c", ""): 6_138, ("pressure_hpa", ""): 6_138, ("link_margin_db", ""): 368}
