"""Dialects are found by trying them; plain JSON by what varies and by customary names."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from gateway.connect.detect import Message, detect, filters_of, uplinks
from pipelines.dialects import DIALECTS, write_uplink
from pipelines.dialects.chirpstack_gateway import write_gateway
from pipelines.model import Reception, Uplink

T0 = 1_793_600_000_000_000_000


def from_network(dialect: str, count: int = 4) -> list[Message]:
    return [
        write_uplink(
            dialect,
            Uplink(
                f"a81758fffe0462{number:02x}",
                payload=bytes.fromhex("0100e20229"),
                f_port=5,
                f_cnt=number + 1,
                session="01a2b3c4",
                network_time_ns=T0 + number,
                receptions=(Reception("0016c001f153a14c", -97.0, 7.5, T0 + number),),
            ),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("dialect", ["chirpstack-v4", "chirpstack-v3", "tts-v3", "helium"])
def test_a_network_is_told_by_what_it_writes(dialect: str) -> None:
    found = detect("mqtt", from_network(dialect))
    assert found is not None
    assert (found.dialect, found.read, found.looked_at) == (dialect, 4, 4)
    assert found.settings == {}


@pytest.mark.parametrize(
    ("kind", "dialect"), [("chirpstack", "chirpstack-v4"), ("chirpstack", "chirpstack-v3"), ("tts", "tts-v3")]
)
def test_what_is_rare_is_subscribed_to_as_well(kind: str, dialect: str) -> None:
    found = detect(kind, from_network(dialect))  # uplinks only: no join, no status, no receipt of a downlink
    assert found is not None
    assert (found.dialect, found.topics) == (dialect, sorted(DIALECTS[dialect].default_topics))


def test_a_prefix_before_the_network_s_topics_is_kept() -> None:
    messages = [(f"eu868/{topic}", body) for topic, body in from_network("chirpstack-v4")]
    found = detect("mqtt", messages)
    assert found is not None
    gateways = ["+/gateway/+/event/stats", "+/gateway/+/state/conn"]
    assert found.topics == ["+/application/+/device/+/event/+", *gateways]


def test_what_lora_gateways_say_is_subscribed_to_where_they_say_it() -> None:
    stats = Uplink("0016c001f153a14c", decoded={"rxPacketsReceived": 3})
    topic, body = write_gateway(stats)
    devices = [(f"city/{topic}", body) for topic, body in from_network("chirpstack-v4")]
    found = detect("chirpstack", [*devices, (f"roofs/{topic}", body)])
    assert found is not None
    assert found.topics == [
        "city/application/+/device/+/event/+",
        "roofs/+/gateway/+/event/stats",
        "roofs/+/gateway/+/state/conn",
    ]
    assert found.read == found.looked_at


def objects(*parts: tuple[str, dict[str, Any]]) -> Sequence[Message]:
    return [(topic, msgspec.json.encode(body)) for topic, body in parts]


@pytest.mark.parametrize(
    ("messages", "topics", "settings", "device"),
    [
        (
            objects(*((f"city/air/node-{n}/state", {"pm10": n, "ts": 1_793_600_000 + n}) for n in range(3))),
            ["city/air/+/state"],
            {"topic_template": "city/air/{device_id}/state", "time_field": "ts", "time_format": "epoch_s"},
            "node-0",
        ),
        (
            objects(*(("meters", {"device": f"m{n}", "w": 4.0, "time": "2026-11-02T10:00:00Z"}) for n in range(3))),
            ["+"],
            {"device_field": "device", "time_field": "time", "time_format": "rfc3339"},
            "m0",
        ),
        (
            objects(("tele/plug7/SENSOR", {"w": 4.0})),
            ["tele/+/SENSOR"],
            {"topic_template": "tele/{device_id}/SENSOR"},
            "plug7",
        ),
    ],
)
def test_plain_json_is_found_with_device_and_time(
    messages: Sequence[Message], topics: Sequence[str], settings: dict[str, Any], device: str
) -> None:
    found = detect("mqtt", messages)
    assert found is not None
    assert (found.dialect, found.topics, found.settings) == ("plain-json", topics, settings)
    assert uplinks("plain-json", found.settings, messages)[0].device_id == device


def test_what_nobody_can_read_is_nothing() -> None:
    assert detect("mqtt", [("a/b", b"21.5"), ("a/c", b"\xff\xfe")]) is None
    assert detect("tts", from_network("chirpstack-v4")) is None
    assert detect("mqtt", []) is None


def test_each_kind_knows_where_to_listen() -> None:
    assert filters_of("mqtt") == ["#"]
    assert "v3/+/devices/+/up" in filters_of("tts")
    assert "application/+/device/+/rx" in filters_of("chirpstack")
