"""ChirpStack v3 and v4: topics, the command in JSON and in protobuf, what events say about a downlink."""

import json

import pytest
from chirpstack_api import integration
from google.protobuf.json_format import MessageToJson, Parse

from pipelines.downlinks.networks import NETWORKS, Network, Order, Receipt
from pipelines.downlinks.networks.chirpstack_v4 import FAILED_CODES
from pipelines.downlinks.notation import Unsendable

V3, V4 = NETWORKS["chirpstack-v3"], NETWORKS["chirpstack-v4"]
EUI = "24e124136b502217"
KEY = "8f0d9c6e-2a0b-4d70-9a6e-0f5a4a7d6c01"
ORDER = Order(key=KEY, payload=b"\xff\x03\xb0\x04", f_port=85, expires_ns=1_795_000_000_500_000_000)
TOPIC = f"application/5/device/{EUI}/command/down"


@pytest.mark.parametrize(
    ("heard", "command", "receipts"),
    [
        (f"application/5/device/{EUI}/event/up", TOPIC, 2),
        (f"eu868/application/5/device/{EUI}/event/status", f"eu868/{TOPIC}", 2),
        (f"application/5/device/{EUI}/rx", f"application/5/device/{EUI}/tx", 1),
    ],
)
def test_commands_go_where_the_device_was_heard(heard: str, command: str, receipts: int) -> None:
    for network in (V3, V4):
        assert network.command_topic(heard) == command
        topics = network.receipt_topics(command)
        assert len(topics) == receipts
        assert all(topic.startswith(command.removesuffix("/command/down").removesuffix("/tx")) for topic in topics)


@pytest.mark.parametrize("heard", ["?event=up", "city/up", f"application/5/device/{EUI}"])
def test_a_device_heard_otherwise_cannot_be_reached(heard: str) -> None:
    with pytest.raises(Unsendable, match="no event topic of ChirpStack"):
        V4.command_topic(heard)


def test_v4_reads_our_json_as_its_own_command() -> None:
    topic, body = V4.message(TOPIC, b"{", ORDER)
    command = Parse(body, integration.DownlinkCommand())
    assert (topic, command.id, command.dev_eui, command.confirmed) == (TOPIC, KEY, EUI, True)
    assert (command.f_port, command.data) == (85, ORDER.payload)
    assert (command.expires_at.seconds, command.expires_at.nanos) == (1_795_000_000, 500_000_000)


@pytest.mark.parametrize("expires_ns", [None, 1_795_000_000 * 10**9, ORDER.expires_ns])
def test_v4_reads_our_protobuf_as_its_own_command(expires_ns: int | None) -> None:
    order = Order(key=KEY, payload=bytes(200), f_port=200, expires_ns=expires_ns)
    json_body = V4.message(TOPIC, b"{", order)[1]
    body = V4.message(TOPIC, b"\n", order)[1]
    command = integration.DownlinkCommand.FromString(body)
    assert json.loads(MessageToJson(command)) == json.loads(
        MessageToJson(Parse(json_body, integration.DownlinkCommand()))
    )


def test_v3_gets_its_three_fields() -> None:
    topic, body = V3.message(TOPIC, b"{", ORDER)
    assert (topic, json.loads(body)) == (TOPIC, {"confirmed": True, "fPort": 85, "data": "/wOwBA=="})


def events() -> list[tuple[str, object, Receipt | None]]:
    info = integration.DeviceInfo(dev_eui=EUI, application_id="x")
    log = integration.LogEvent(device_info=info, level=2, code=11, description="Device queue-item discarded")
    log.context["queue_item_id"] = KEY
    other = integration.LogEvent(device_info=info, code=2, description="codec")
    other.context["queue_item_id"] = KEY
    return [
        ("ack", integration.AckEvent(device_info=info, queue_item_id=KEY, acknowledged=True), Receipt("acked", KEY)),
        ("ack", integration.AckEvent(device_info=info, queue_item_id=KEY), Receipt("unacknowledged", KEY)),
        ("ack", integration.AckEvent(device_info=info, acknowledged=True), None),
        ("txack", integration.TxAckEvent(device_info=info, queue_item_id=KEY), Receipt("transmitted", KEY)),
        ("log", log, Receipt("failed", KEY, "EXPIRED: Device queue-item discarded")),
        ("log", other, None),
        ("log", integration.LogEvent(device_info=info, code=11), None),
        ("up", integration.UplinkEvent(device_info=info), None),
    ]


@pytest.mark.parametrize(("event", "message", "said"), events(), ids=lambda one: one if isinstance(one, str) else "")
def test_v4s_own_events_are_understood_in_both_encodings(event: str, message: object, said: Receipt | None) -> None:
    topic = f"application/5/device/{EUI}/event/{event}"
    assert V4.receipt(topic, MessageToJson(message).encode()) == said  # type: ignore[arg-type]
    assert V4.receipt(topic, message.SerializeToString()) == said  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("event", "body", "said"),
    [
        ("ack", {"acknowledged": True, "fCnt": 15}, Receipt("acked")),
        ("ack", {"acknowledged": False, "fCnt": 15}, Receipt("unacknowledged")),
        ("txack", {"fCnt": 15}, Receipt("transmitted")),
        ("error", {"type": "DOWNLINK_FCNT", "error": "used"}, Receipt("failed", None, "DOWNLINK_FCNT: used")),
        ("error", {"type": "UPLINK_CODEC", "error": "x"}, None),
        ("up", {"acknowledged": True}, None),
    ],
)  # fmt: skip
def test_v3s_events_are_about_the_oldest(event: str, body: dict[str, object], said: Receipt | None) -> None:
    assert V3.receipt(f"application/5/device/{EUI}/event/{event}", json.dumps(body).encode()) == said


@pytest.mark.parametrize("network", [V3, V4], ids=["v3", "v4"])
@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"acknowledged": "yes"}', b"\xff\xff\xff", b"\x22\x02\xff\xfe"])
def test_no_bytes_raise(network: Network, body: bytes) -> None:
    for event in ("ack", "txack", "log", "error"):
        said = network.receipt(f"application/5/device/{EUI}/event/{event}", body)
        assert said is None or said.key is None


def test_the_codes_are_those_of_the_published_protocol() -> None:
    assert {number: integration.LogCode.Name(number) for number in FAILED_CODES} == FAILED_CODES
