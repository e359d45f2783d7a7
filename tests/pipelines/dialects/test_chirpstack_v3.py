"""ChirpStack v3 in both of its JSON forms, and the recording of the Saint-Eynard door."""

import pytest

from pipelines.dialects import build_dialect
from pipelines.instants import parse_rfc3339
from pipelines.model import Reception, Rejected, Uplink

TOPIC = "application/1/device/d1d1e80000000032/event/{}"

# marshaler json_v3: EUIs in hex, the codec's output as an object
HEX_FORM = b"""{"applicationID":"1","applicationName":"city","deviceName":"door","devEUI":"D1D1E80000000032",
"rxInfo":[{"gatewayID":"100210b935d4ef15","uplinkID":"37c57a3c-ec8a-4e0d-ad51-2d1f9b9d3d4b","name":"roof","rssi":-120,
"loRaSNR":-6.2,"location":{"latitude":45.195,"longitude":5.773,"altitude":220}},
{"gatewayID":"d0fa38a195124ddd","time":"2023-06-23T09:10:28.649Z","rssi":-112,"loRaSNR":-5},
{"gatewayID":"b3032f394df189da","time":null,"rssi":-118,"loRaSNR":0.2}],
"txInfo":{"frequency":868100000,"dr":5},"adr":true,"dr":5,"fCnt":1143,"fPort":3,"data":"UCcMBIuS",
"object":{"temperature":25.19,"willListen":true},"publishedAt":"2023-06-23T09:10:28.896Z"}"""

# marshaler json (protobuf's JSON form): EUIs and devAddr in base64, the codec's output as text
BASE64_FORM = b"""{"applicationID":"1","applicationName":"city","deviceName":"door","devEUI":"0dHoAAAAADI=",
"rxInfo":[{"gatewayID":"EAIQuTXU7xU=","time":null,"timeSinceGPSEpoch":null,"rssi":-120,"loRaSNR":-6.2,"channel":0},
{"gatewayID":"0Po4oZUSTd0=","time":"2023-06-23T09:10:28.649Z","rssi":-112,"loRaSNR":-5}],
"txInfo":{"frequency":868100000,"modulation":"LORA"},"adr":true,"dr":5,"fCnt":1143,"fPort":3,"data":"UCcMBIuS",
"objectJSON":"{\\"temperature\\":25.19,\\"willListen\\":true}","tags":{},"confirmedUplink":false,"devAddr":"AYl0QA==",
"publishedAt":"2023-06-23T09:10:28.896Z"}"""

FRAME = Uplink(
    "d1d1e80000000032",
    payload=bytes.fromhex("50270c048b92"),
    f_port=3,
    f_cnt=1143,
    network_time_ns=parse_rfc3339("2023-06-23T09:10:28.649Z"),
    receptions=(
        Reception("100210b935d4ef15", -120.0, -6.2),
        Reception("d0fa38a195124ddd", -112.0, -5.0, parse_rfc3339("2023-06-23T09:10:28.649Z")),
        Reception("b3032f394df189da", -118.0, 0.2),
    ),
    decoded={"temperature": 25.19, "willListen": True},
)


def test_reads_the_hex_form() -> None:
    assert build_dialect("chirpstack-v3")(TOPIC.format("up"), HEX_FORM) == FRAME


def test_reads_the_base64_form() -> None:
    verdict = build_dialect("chirpstack-v3")(TOPIC.format("up"), BASE64_FORM)
    assert isinstance(verdict, Uplink)
    assert (verdict.device_id, verdict.session) == (FRAME.device_id, "01897440")
    assert verdict.receptions == FRAME.receptions[:2]
    assert (verdict.payload, verdict.decoded) == (FRAME.payload, FRAME.decoded)


@pytest.mark.parametrize("topic", ["application/1/device/d1d1e80000000032/rx", "application/rx", "/push?event=up"])
def test_older_topics_and_paths_are_uplinks_too(topic: str) -> None:
    assert build_dialect("chirpstack-v3")(topic, HEX_FORM) == FRAME


def test_the_moment_of_publishing_is_the_last_resort_for_a_time() -> None:
    body = HEX_FORM.replace(b'"time":"2023-06-23T09:10:28.649Z",', b"")
    verdict = build_dialect("chirpstack-v3")(TOPIC.format("up"), body)
    assert isinstance(verdict, Uplink)
    assert verdict.network_time_ns == parse_rfc3339("2023-06-23T09:10:28.896Z")
    assert all(reception.received_ns is None for reception in verdict.receptions)


def test_without_any_time_the_gateways_time_has_to_do() -> None:
    body = HEX_FORM.replace(b'"time":"2023-06-23T09:10:28.649Z",', b"").replace(b"publishedAt", b"published")
    verdict = build_dialect("chirpstack-v3")(TOPIC.format("up"), body)
    assert isinstance(verdict, Uplink)
    assert verdict.network_time_ns is None


def test_a_hashed_gateway_id_of_a_recording_is_kept() -> None:
    body = HEX_FORM.replace(b"100210b935d4ef15", b"100210b935d4ef152547bdb410de9865")
    verdict = build_dialect("chirpstack-v3")(TOPIC.format("up"), body)
    assert isinstance(verdict, Uplink)
    assert verdict.receptions[0].gateway_id == "100210b935d4ef152547bdb410de9865"


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        (b'"fCnt":1143', b'"fCnt":-1', "at `$.fCnt`"),
        (b'"fCnt":1143', b'"fCnt":1143.5', "at `$.fCnt`"),
        (b'"data":"UCcMBIuS"', b'"data":"UCcMBIu"', "Invalid base64"),
        (b"D1D1E80000000032", b"D1D1E8000000003", "expected 8 bytes as hex or base64, found 'D1D1E8000000003'"),
        (b'"gatewayID":"100210b935d4ef15"', b'"gatewayID":"AAAA="', "expected 8 bytes"),
        (b'"devEUI":"D1D1E80000000032",', b"", "missing required field `devEUI`"),
        (b'"publishedAt"', b'"devAddr":"xyz","publishedAt"', "expected 4 bytes"),
        (b'"object":{', b'"object":{"n":1e999,', "out of range"),
    ],
)
def test_wrong_types_are_named_with_their_place(find: bytes, put: bytes, says: str) -> None:
    assert find in HEX_FORM
    verdict = build_dialect("chirpstack-v3")(TOPIC.format("up"), HEX_FORM.replace(find, put, 1))
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "malformed"
    assert says in verdict.detail


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (
            b"""{"devEUI":"d1d1e80000000032","margin":-27,"externalPowerSource":false,"batteryLevel":0,
            "batteryLevelUnavailable":true}""",
            {"link_margin_db": -27.0, "external_power": False},
        ),
        (
            b'{"devEUI":"d1d1e80000000032","margin":6,"externalPowerSource":false,"batteryLevel":75.5}',
            {"link_margin_db": 6.0, "external_power": False, "battery_percent": 75.5},
        ),
        (
            b'{"devEUI":"d1d1e80000000032","battery":127,"margin":7}',
            {"link_margin_db": 7.0, "external_power": False, "battery_percent": 50.0},
        ),
        (b'{"devEUI":"d1d1e80000000032","battery":0,"margin":7}', {"link_margin_db": 7.0, "external_power": True}),
        (b'{"devEUI":"d1d1e80000000032","battery":255,"margin":7}', {"link_margin_db": 7.0, "external_power": False}),
    ],
)
def test_reads_a_status_of_any_release(body: bytes, values: dict[str, float | bool]) -> None:
    verdict = build_dialect("chirpstack-v3")(TOPIC.format("status"), body)
    assert verdict == Uplink("d1d1e80000000032", "status", network_values=values)


def test_an_implausible_moment_of_publishing_is_rejected() -> None:
    verdict = build_dialect("chirpstack-v3")(
        TOPIC.format("status"), b'{"devEUI":"d1d1e80000000032","publishedAt":"9999-06-23T09:10:28Z"}'
    )
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "implausible_time"
