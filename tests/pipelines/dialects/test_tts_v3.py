"""The Things Stack v3: messages as its documentation and its servers write them."""

import msgspec
import pytest

from pipelines.dialects import build_dialect
from pipelines.instants import parse_rfc3339
from pipelines.model import Reception, Rejected, Uplink

TOPIC = "v3/city@ttn/devices/eui-a81758fffe04b1c1/up"

UP = b"""{"end_device_ids":{"device_id":"eui-a81758fffe04b1c1","application_ids":{"application_id":"city"},
"dev_eui":"A81758FFFE04B1C1","join_eui":"0000000000000000","dev_addr":"260B1C1F"},"correlation_ids":["gs:uplink:01"],
"received_at":"2025-04-16T11:54:14.003051837Z","uplink_message":{"session_key_id":"AZY9qXg0bJ7m","f_port":5,"f_cnt":71,
"frm_payload":"AQBGAlM=","decoded_payload":{"temperature":7,"motion":false},"rx_metadata":[{"gateway_ids":
{"gateway_id":"roof-1","eui":"0016C001F153A14C"},"time":"2025-04-16T11:54:13.763Z","timestamp":2463457000,"rssi":-111,
"channel_rssi":-111,"snr":-3.8,"received_at":"2025-04-16T11:54:13.787593298Z"},{"gateway_ids":{"gateway_id":"roof-2"},
"rssi":-97,"snr":8,"received_at":"2025-04-16T11:54:13.790Z"},{"packet_broker":{"message_id":"x"},"rssi":-105}],
"settings":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":7}},"frequency":"868100000"},
"received_at":"2025-04-16T11:54:13.797Z","last_battery_percentage":{"f_cnt":71,"value":90.118576,
"received_at":"2025-04-16T11:54:13.787593298Z"}}}"""

FRAME = Uplink(
    "a81758fffe04b1c1",
    payload=bytes.fromhex("0100460253"),
    f_port=5,
    f_cnt=71,
    session="AZY9qXg0bJ7m",
    network_time_ns=parse_rfc3339("2025-04-16T11:54:13.763Z"),
    receptions=(
        Reception("0016c001f153a14c", -111.0, -3.8, parse_rfc3339("2025-04-16T11:54:13.763Z")),
        Reception("roof-2", -97.0, 8.0, parse_rfc3339("2025-04-16T11:54:13.790Z")),
        Reception("", -105.0, None),
    ),
    decoded={"temperature": 7, "motion": False},
    network_values={"battery_percent": 90.118576},
)


def read(body: bytes, topic: str = TOPIC) -> Uplink | Rejected:
    return build_dialect("tts-v3")(topic, body)


def test_reads_an_uplink_with_all_its_receptions() -> None:
    assert read(UP) == FRAME


def test_a_webhooks_path_does_not_matter() -> None:
    assert read(UP, "/push/tts") == FRAME


def test_a_battery_reading_of_an_earlier_frame_is_not_repeated() -> None:
    body = UP.replace(b'"last_battery_percentage":{"f_cnt":71', b'"last_battery_percentage":{"f_cnt":14')
    assert read(body) == msgspec.structs.replace(FRAME, network_values=None)


def test_fields_that_are_left_out_are_zero_or_empty() -> None:
    body = b"""{"end_device_ids":{"device_id":"bin-1","dev_addr":"260B1C1F"},"uplink_message":{}}"""
    assert read(body) == Uplink("bin-1", payload=b"", f_port=0, f_cnt=0, session="260B1C1F")


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        ((b'"time":"2025-04-16T11:54:13.763Z",',), "2025-04-16T11:54:13.787593298Z"),
        (
            (
                b'"time":"2025-04-16T11:54:13.763Z",',
                b',"received_at":"2025-04-16T11:54:13.787593298Z"},{"g',
                b',"received_at":"2025-04-16T11:54:13.790Z"',
            ),
            "2025-04-16T11:54:13.797Z",
        ),
    ],
)
def test_the_next_best_clock_gives_the_time(cut: tuple[bytes, ...], left: str) -> None:
    body = UP
    for part in cut:
        assert part in body
        body = body.replace(part, b'},{"g' if part.endswith(b"g") else b"", 1)
    verdict = read(body)
    assert isinstance(verdict, Uplink)
    assert verdict.network_time_ns == parse_rfc3339(left)


@pytest.mark.parametrize(
    "rest",
    [
        b'"join_accept":{"session_key_id":"AZY9"}',
        b'"downlink_ack":{"f_port":1}',
        b'"location_solved":{}',
        b'"uplink_normalized":{"normalized_payload":{"air":{"temperature":7}}}',
        b'"simulated":true,"uplink_message":{"f_cnt":3,"frm_payload":"AQ=="}',
    ],
)
def test_everything_that_no_device_measured_is_a_notice(rest: bytes) -> None:
    body = b'{"end_device_ids":{"dev_eui":"A81758FFFE04B1C1"},"received_at":"2025-04-16T11:54:14Z",' + rest + b"}"
    at_ns = parse_rfc3339("2025-04-16T11:54:14Z")
    assert read(body) == Uplink("a81758fffe04b1c1", "notice", network_time_ns=at_ns)


def test_a_notice_of_year_one_is_implausible() -> None:
    verdict = read(b'{"end_device_ids":{"dev_eui":"A81758FFFE04B1C1"},"received_at":"0001-01-01T00:00:00Z"}')
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "implausible_time"


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        (b'"f_cnt":71,\n', b'"f_cnt":"71",\n', "at `$.uplink_message.f_cnt`"),
        (b'"frm_payload":"AQBGAlM="', b'"frm_payload":"AQBGAlM"', "Invalid base64"),
        (b'"dev_eui":"A81758FFFE04B1C1"', b'"dev_eui":"A81758"', "16 hex digits, found 'A81758'"),
        (b'"eui":"0016C001F153A14C"', b'"eui":"roof"', "16 hex digits, found 'roof'"),
        (b'"time":"2025', b'"time":"20 25', "rx_metadata.time: "),
        (b'"decoded_payload":{', b'"decoded_payload":{"n":1e999,', "out of range"),
        (b'"decoded_payload":{', b'"decoded_payload":{"n":NaN,', "malformed"),
        (b'"rx_metadata":[', b'"rx_metadata":[7,', "Expected `object`, got `int`"),
    ],
)
def test_wrong_types_are_named_with_their_place(find: bytes, put: bytes, says: str) -> None:
    assert find in UP
    verdict = read(UP.replace(find, put, 1))
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "malformed"
    assert says in verdict.detail


def test_a_message_that_names_no_device_is_malformed() -> None:
    for ids in (b"{}", b'{"device_id":"' + b"x" * 37 + b'"}'):
        verdict = read(b'{"end_device_ids":' + ids + b',"uplink_message":{}}')
        assert isinstance(verdict, Rejected)
        assert "end_device_ids" in verdict.detail


def test_the_wire_shape_is_as_large_as_a_real_message() -> None:
    from pipelines.dialects import write_uplink  # noqa: PLC0415 - one use

    assert 900 < len(write_uplink("tts-v3", FRAME)[1]) < 2_000
