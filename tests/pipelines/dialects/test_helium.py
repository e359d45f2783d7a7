"""The Helium console: its own message, and what recordings hold."""

import pytest

from pipelines.dialects import build_dialect
from pipelines.model import Reception, Rejected, Uplink

TOPIC = "helium/3c822699-37fd-4df6-a84d-93037a450843/rx"

UP = b"""{"name":"EMS","dev_eui":"A81758FFFE04B1C1","app_eui":"0000000000000000","devaddr":"0700004A","payload_size":5,
"decoded":{"payload":{"temperature":7,"waterleak":0},"status":"success"},"payload":"AQBGAlM=","fcnt":71,"port":5,
"metadata":{"adr_allowed":true},"reported_at":1672867882173,"hotspots":[{"channel":6,"frequency":868.3,
"id":"11xHRM14WPH9AmAC2gGqHHj4esGKcViWLdQL83mcVNRRdhftJf","name":"icy-fiery-hippo","reported_at":1672867882173,
"rssi":-111,"snr":-3.799999952316284,"spreading":"SF12BW125","status":"success"},{"id":"112g1Jjm","rssi":-125}]}"""


def read(body: bytes) -> Uplink | Rejected:
    return build_dialect("helium")(TOPIC, body)


def test_reads_an_uplink_with_all_its_hotspots() -> None:
    assert read(UP) == Uplink(
        "a81758fffe04b1c1",
        payload=bytes.fromhex("0100460253"),
        f_port=5,
        f_cnt=71,
        session="0700004a",
        network_time_ns=1_672_867_882_173_000_000,
        receptions=(
            Reception(
                "11xHRM14WPH9AmAC2gGqHHj4esGKcViWLdQL83mcVNRRdhftJf",
                -111.0,
                -3.799999952316284,
                1_672_867_882_173_000_000,
            ),
            Reception("112g1Jjm", -125.0),
        ),
        decoded={"temperature": 7, "waterleak": 0},
    )


def test_the_first_hotspot_gives_the_time_where_the_message_has_none() -> None:
    verdict = read(UP.replace(b'"reported_at":1672867882173,"hotspots"', b'"hotspots"'))
    assert isinstance(verdict, Uplink)
    assert verdict.network_time_ns == 1_672_867_882_173_000_000


@pytest.mark.parametrize("decoded", [b"null", b"{}", b'{"status":"error"}', b'{"payload":null,"status":"error"}'])
def test_a_frame_that_the_console_could_not_decode_keeps_its_payload(decoded: bytes) -> None:
    found = b'{"payload":{"temperature":7,"waterleak":0},"status":"success"}'
    verdict = read(UP.replace(found, decoded))
    assert isinstance(verdict, Uplink)
    assert (verdict.payload, verdict.decoded) == (bytes.fromhex("0100460253"), None)


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        (b'"fcnt":71', b'"fcnt":null', "at `$.fcnt`"),
        (b'"dev_eui":"A81758FFFE04B1C1"', b'"dev_eui":"EMS"', "16 hex digits, found 'EMS'"),
        (b'"dev_eui":"A81758FFFE04B1C1",', b"", "missing required field `dev_eui`"),
        (b'"reported_at":1672867882173,\n"rssi"', b'"reported_at":"now",\n"rssi"', "at `$.hotspots[0].reported_at`"),
        (b'"payload":{"temperature":7', b'"payload":[7', "malformed"),
        (b'"payload":{"temperature":7,"waterleak":0}', b'"payload":[7]', "Expected `object`, got `array`"),
    ],
)
def test_wrong_types_are_named_with_their_place(find: bytes, put: bytes, says: str) -> None:
    assert find in UP
    verdict = read(UP.replace(find, put, 1))
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "malformed"
    assert says in verdict.detail
