"""The Things Stack: push, replace, and its events about downlinks of ours."""

import json

import pytest

from pipelines.downlinks.networks import NETWORKS, Order, Receipt
from pipelines.downlinks.notation import Unsendable

TTS = NETWORKS["tts-v3"]
KEY = "8f0d9c6e-2a0b-4d70-9a6e-0f5a4a7d6c01"
DEVICE = "v3/city@ttn/devices/eui-24e124136b502217"


def order(*, clears_queue: bool = False) -> Order:
    return Order(key=KEY, payload=b"\xff\x03", f_port=85, clears_queue=clears_queue)


def test_a_downlink_is_pushed_to_the_device_that_was_heard() -> None:
    assert TTS.command_topic(f"{DEVICE}/up") == f"{DEVICE}/down/push"
    assert TTS.command_topic(f"{DEVICE}/down/ack") == f"{DEVICE}/down/push"
    assert TTS.receipt_topics(f"{DEVICE}/down/push")[0] == f"{DEVICE}/down/queued"
    topic, body = TTS.message(f"{DEVICE}/down/push", b"{", order())
    assert topic == f"{DEVICE}/down/push"
    assert json.loads(body) == {
        "downlinks": [
            {
                "f_port": 85,
                "frm_payload": "/wM=",
                "priority": "NORMAL",
                "confirmed": True,
                "correlation_ids": [f"citygate:{KEY}"],
            }
        ]
    }


def test_closing_a_valve_replaces_what_waits() -> None:
    topic, body = TTS.message(f"{DEVICE}/down/push", b"{", order(clears_queue=True))
    assert topic == f"{DEVICE}/down/replace"
    assert json.loads(body)["downlinks"][0]["priority"] == "HIGH"


def test_a_device_heard_otherwise_cannot_be_reached() -> None:
    with pytest.raises(Unsendable, match="no topic of The Things Stack"):
        TTS.command_topic("?event=up")


def told(event: str, *ids: str, top: tuple[str, ...] = ()) -> bytes:
    downlink = {"f_port": 85, "correlation_ids": list(ids)}
    said = {"downlink": downlink, "error": {"name": "no_session", "message_format": "no session"}}
    body = {"end_device_ids": {"device_id": "d"}, f"downlink_{event}": said if event == "failed" else downlink}
    return json.dumps(body | ({"correlation_ids": list(top)} if top else {})).encode()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (told("queued", "as:x", f"citygate:{KEY}"), Receipt("queued", KEY)),
        (told("sent", top=(f"citygate:{KEY}",)), Receipt("transmitted", KEY)),
        (told("ack", f"citygate:{KEY}"), Receipt("acked", KEY)),
        (told("failed", f"citygate:{KEY}"), Receipt("failed", KEY, "no session")),
        (told("nack", f"citygate:{KEY}"), None),
        (told("ack", "somebody:else"), None),
        (b'{"uplink_message": {}}', None),
        (b"{", None),
        (b'{"downlink_ack": 5}', None),
        (b'"\xff"', None),
    ],
)
def test_events_about_ours_are_understood(body: bytes, said: Receipt | None) -> None:
    assert TTS.receipt(f"{DEVICE}/down/x", body) == said
