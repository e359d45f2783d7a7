"""What LoRa gateways say of themselves, in both encodings and versions, against the official package's own encoder."""

from typing import Any

import pytest
from chirpstack_api import gw
from google.protobuf.json_format import MessageToJson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dialects import build_dialect
from pipelines.dialects.chirpstack_gateway import read_gateway, write_gateway
from pipelines.instants import EARLIEST_NS, LATEST_NS, parse_rfc3339
from pipelines.model import Rejected, Uplink
from tests.pipelines.dialects.uplinks import EUIS

EUI = "0016c001f153a14c"
STATS, CONN = f"eu868/gateway/{EUI}/event/stats", f"eu868/gateway/{EUI}/state/conn"
AT = "2026-11-03T09:34:15.5Z"
EXPECTED = Uplink(
    EUI,
    network_time_ns=parse_rfc3339(AT),
    decoded={
        "rxPacketsReceived": 14,
        "rxPacketsReceivedOk": 11,
        "txPacketsReceived": 0,
        "txPacketsEmitted": 2,
        "location": {"latitude": 51.0257, "longitude": 4.4776, "altitude": 31.0},
        "metadata": {"region_config_id": "eu868", "temperature": 47.5},
    },
)


def official_stats() -> Any:
    stats = gw.GatewayStats(gateway_id=EUI, rx_packets_received=14, rx_packets_received_ok=11, tx_packets_emitted=2)
    stats.time.FromJsonString(AT)
    stats.location.latitude, stats.location.longitude, stats.location.altitude = 51.0257, 4.4776, 31.0
    stats.metadata["temperature"], stats.metadata["region_config_id"] = "47.5", "eu868"
    stats.tx_packets_per_status["OK"] = 2
    stats.rx_packets_per_frequency[868_100_000] = 14
    stats.rx_packets_per_modulation.add(count=11).modulation.lora.spreading_factor = 7
    stats.duty_cycle_stats.regulation = 1
    return stats


@pytest.mark.parametrize("dialect", ["chirpstack-v4", "chirpstack-v3"])
def test_statistics_are_read_alike_in_protobuf_and_json(dialect: str) -> None:
    read, stats = build_dialect(dialect), official_stats()
    assert read(STATS, stats.SerializeToString()) == EXPECTED
    assert read(STATS, MessageToJson(stats).encode()) == EXPECTED


def test_version_3_names_its_gateway_in_bytes_and_its_counts_otherwise() -> None:
    binary = official_stats()
    binary.gateway_id, binary.gateway_id_legacy = "", bytes.fromhex(EUI)
    assert read_gateway(f"gateway/{EUI}/event/stats", binary.SerializeToString()) == EXPECTED
    for name in (EUI, "ABbAAfFToUw="):
        body = (
            f'{{"gatewayID":"{name}","ip":"10.0.0.1","time":"{AT}","rxPacketsReceived":14,"rxPacketsReceivedOK":11,'
            '"txPacketsReceived":0,"txPacketsEmitted":2,"location":{"latitude":51.0257,"longitude":4.4776,'
            '"altitude":31,"source":"UNKNOWN"},"metaData":{"temperature":"47.5","region_config_id":"eu868"}}'
        )
        assert build_dialect("chirpstack-v3")(f"gateway/{EUI}/event/stats", body.encode()) == EXPECTED


@pytest.mark.parametrize(("state", "word"), [(gw.ConnState.ONLINE, "ONLINE"), (gw.ConnState.OFFLINE, "OFFLINE")])
def test_a_connection_state_that_is_left_out_is_offline(state: Any, word: str) -> None:
    message = gw.ConnState(gateway_id=EUI, state=state)
    expected = Uplink(EUI, decoded={"state": word})
    assert read_gateway(CONN, message.SerializeToString()) == expected
    assert read_gateway(CONN, MessageToJson(message).encode()) == expected
    legacy = gw.ConnState(gateway_id_legacy=bytes.fromhex(EUI), state=state)
    assert read_gateway(CONN, legacy.SerializeToString()) == expected


@pytest.mark.parametrize("encoding", ["auto", "json", "protobuf"])
def test_the_encoding_of_device_events_says_nothing_of_the_gateways(encoding: str) -> None:
    read = build_dialect("chirpstack-v4", {"encoding": encoding})
    assert read(STATS, official_stats().SerializeToString()) == EXPECTED
    assert read(STATS, MessageToJson(official_stats()).encode()) == EXPECTED


@pytest.mark.parametrize(
    ("topic", "body", "reason", "says"),
    [
        (STATS, b"{}", "malformed", "expected 8 bytes"),
        (STATS, b"", "malformed", "16 hex digits"),
        (STATS, b'{"gatewayId":"%s","rxPacketsReceived":-1}' % EUI.encode(), "malformed", "$.rxPacketsReceived"),
        (STATS, b'{"gatewayId":"%s","time":"1970-01-01T00:00:09Z"}' % EUI.encode(), "implausible_time", "before 2000"),
        (STATS, b'{"gatewayId":"%s","time":"noon"}' % EUI.encode(), "malformed", "time: not an RFC 3339"),
        (STATS, b'{"metadata":{"a":' + b'{"a":' * 40, "too_deep", "nested deeper"),
        (CONN, b'{"gatewayId":"%s","state":"AWAY"}' % EUI.encode(), "malformed", "ONLINE, found 'AWAY'"),
        (CONN, b"\x1a\x10short", "malformed", "protobuf: field 3 wants 16 bytes"),
    ],
)
def test_what_is_wrong_is_named(topic: str, body: bytes, reason: str, says: str) -> None:
    verdict = build_dialect("chirpstack-v4")(topic, body)
    assert isinstance(verdict, Rejected)
    assert verdict.reason == reason
    assert says in verdict.detail


def test_a_clock_of_1970_in_protobuf_is_no_clock_either() -> None:
    stats = gw.GatewayStats(gateway_id=EUI)
    stats.time.FromSeconds(9)
    verdict = read_gateway(STATS, stats.SerializeToString())
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "implausible_time"


def test_a_place_of_zero_is_none_and_a_number_that_is_none_stays_text() -> None:
    stats = gw.GatewayStats(gateway_id=EUI, metadata={"temperature": "nan", "model": "x" * 500})
    stats.location.altitude = 3.0
    verdict = read_gateway(STATS, stats.SerializeToString())
    assert isinstance(verdict, Uplink)
    assert verdict.decoded is not None
    assert "location" not in verdict.decoded
    assert verdict.decoded["metadata"] == {"temperature": "nan", "model": "x" * 128}


@settings(max_examples=60)
@given(EUIS, st.tuples(*[st.integers(0, 2**32 - 1)] * 4), st.integers(EARLIEST_NS, LATEST_NS - 1))
def test_any_official_statistics_are_read_exactly(eui: str, counts: tuple[int, ...], at_ns: int) -> None:
    names = ("rx_packets_received", "rx_packets_received_ok", "tx_packets_received", "tx_packets_emitted")
    stats = gw.GatewayStats(gateway_id=eui, **dict(zip(names, counts, strict=True)))
    stats.time.FromNanoseconds(at_ns)
    verdict = read_gateway(STATS, stats.SerializeToString())
    assert isinstance(verdict, Uplink)
    assert (verdict.device_id, verdict.network_time_ns) == (eui, at_ns)
    assert tuple((verdict.decoded or {}).values()) == counts


@settings(max_examples=150)
@given(st.sampled_from([STATS, CONN]), st.binary(max_size=80), st.integers(0, 120))
def test_no_bytes_raise(topic: str, noise: bytes, cut: int) -> None:
    for body in (noise, official_stats().SerializeToString()[:cut] + noise, b"{" + noise):
        assert isinstance(read_gateway(topic, body), (Uplink, Rejected))


@pytest.mark.parametrize(
    "uplink", [EXPECTED, Uplink(EUI, decoded={"state": "ONLINE"}), Uplink(EUI, decoded={"state": "OFFLINE"})]
)
def test_what_is_written_is_read_back(uplink: Uplink) -> None:
    assert read_gateway(*write_gateway(uplink)) == uplink
