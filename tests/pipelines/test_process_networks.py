"""The whole pure road with the real dialects and a real profile: sound messages and damaged ones."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import Catalogue
from pipelines.dialects import DIALECTS, build_dialect
from pipelines.dialects.chirpstack_gateway import write_gateway
from pipelines.identify import DeviceIndex
from pipelines.model import NS_PER_S, Accepted, Device, Received, Reception, Rejected, Uplink
from pipelines.process import Knowledge, Memory, process

NOW = 1_790_000_000 * NS_PER_S
HEARD = (Reception("gateway-1", -110.0, 5.0),)
SENT = Uplink("a81758fffe04b1c1", payload=bytes.fromhex("0100460253033b0ffd"), f_port=5, f_cnt=7, receptions=HEARD)
NETWORKS = sorted(DIALECTS)
REAL = Knowledge(
    {name: build_dialect(name) for name in NETWORKS},
    DeviceIndex([Device(SENT.device_id, "elsys/ems", "pilot", "Grenoble", "weather-station/1")]),
    Catalogue.load([]).profiles,
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A message as a network writes it, with some of its bytes replaced, or any bytes at all."""
    network = draw(st.sampled_from(NETWORKS))
    topic, body = DIALECTS[network].write(msgspec.structs.replace(SENT, network_time_ns=draw(st.just(NOW))))
    if draw(st.booleans()):
        begin = draw(st.integers(0, len(body)))
        body = body[:begin] + draw(st.binary(max_size=6)) + body[begin + draw(st.integers(0, 6)) :]
    elif draw(st.booleans()):
        body = draw(st.binary(max_size=40))
    return network, topic, body


@settings(max_examples=200, deadline=None)
@given(damaged())
def test_no_bytes_from_any_network_make_the_road_raise(message: tuple[str, str, bytes]) -> None:
    network, topic, body = message
    outcome = process(1, Received(network, topic, body, NOW, 0, 1), REAL, Memory())
    assert isinstance(outcome, Accepted | Rejected)
    msgspec.msgpack.encode(outcome)


@pytest.mark.parametrize("network", NETWORKS)
def test_what_a_network_writes_is_read_and_refined(network: str) -> None:
    topic, body = DIALECTS[network].write(
        msgspec.structs.replace(SENT, network_time_ns=NOW, decoded={"temperature": 21.5})
    )
    outcome = process(1, Received(network, topic, body, NOW, 0, 1), REAL, Memory())
    if network == "plain-json":
        assert isinstance(outcome, Rejected), "a profile that reads bytes needs bytes"
    else:
        assert isinstance(outcome, Accepted)
        assert outcome.observations


GATEWAY = Device("00-16-C0-01-F1-53-A1-4C", "chirpstack/lora-gateway", "network", "Grenoble", "lora-gateway/hall")
WITH_GATEWAY = msgspec.structs.replace(REAL, devices=DeviceIndex([GATEWAY]))
STATS = {"rxPacketsReceived": 9, "rxPacketsReceivedOk": 8, "metadata": {"temperature": 47.5, "model": "x"}}


def gateway_says(
    decoded: dict[str, object], *, time_ns: int | None = NOW, retained: bool = False, known: bool = True
) -> Accepted | Rejected:
    topic, body = write_gateway(Uplink("0016c001f153a14c", network_time_ns=time_ns, decoded=decoded))
    received = Received("chirpstack-v4", topic, body, NOW + NS_PER_S, 0, 1, retained=retained)
    outcome = process(1, received, WITH_GATEWAY if known else REAL, Memory())
    assert isinstance(outcome, Accepted | Rejected)
    return outcome


def test_a_lora_gateway_is_a_device_like_any_other() -> None:
    outcome = gateway_says(STATS)
    assert isinstance(outcome, Accepted)
    assert (outcome.feature, outcome.time_ns, outcome.link) == ("lora-gateway/hall", NOW, None)
    said = {one.property: one.value for one in outcome.observations}
    assert said == {
        "rx_packets": 9.0,
        "rx_packets_ok": 8.0,
        "tx_packets": 0.0,
        "tx_packets_ok": 0.0,
        "device_temperature_c": 47.5,
    }


@pytest.mark.parametrize(("state", "connected"), [("ONLINE", True), ("OFFLINE", False)])
def test_its_connection_counts_when_it_is_told_and_not_when_the_broker_kept_it(state: str, connected: bool) -> None:
    told = gateway_says({"state": state}, time_ns=None)
    assert isinstance(told, Accepted)
    assert [(one.property, one.value, one.time_ns) for one in told.observations] == [
        ("gateway_connected", connected, NOW + NS_PER_S)
    ]
    kept = gateway_says({"state": state}, time_ns=None, retained=True)
    assert isinstance(kept, Rejected)
    assert kept.reason == "retained_without_time"


def test_one_that_nobody_has_written_down_waits_in_the_inbox() -> None:
    outcome = gateway_says(STATS, known=False)
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.device) == ("unknown_device", "0016c001f153a14c")
