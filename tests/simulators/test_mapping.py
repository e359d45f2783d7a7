"""Mappings: from a recorded row to the message on the wire."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from device_profiles.catalogue import Catalogue
from pipelines.dialects import build_dialect
from pipelines.instants import parse_rfc3339
from pipelines.model import Uplink
from pipelines.vocabulary import PROPERTIES
from simulators.mapping import MappingError, Message, built_in, compile_mapping, load_mapping
from simulators.replay import messages
from simulators.rows import read_rows
from tests import servers

# A twin of a line of the Saint-Eynard recording: hex data, hashed gateway, the recorder's own keys at two depths.
DOOR: dict[str, Any] = {
    "deviceName": "DOOR",
    "devEUI": "d1d1e80000000032",
    "rxInfo": [{"gatewayID": "100210b935d4ef152547bdb410de9865", "rssi": -120, "loRaSNR": -6.2, "_esp": -127.13}],
    "fCnt": 1143,
    "fPort": 3,
    "data": "50270c04",
    "object": {"temperature": 25.19},
    "_timestamp": 1_687_511_428_896,
    "_topic": "application/rx",
}
DOOR_STATUS: dict[str, Any] = {
    "devEUI": "d1d1e80000000032",
    "margin": -27,
    "externalPowerSource": False,
    "batteryLevel": 0,
    "batteryLevelUnavailable": True,
    "_timestamp": 1_687_524_827_090,
    "_topic": "application/status",
}
AT_NS = 1_687_511_428_896_000_000

CSV_MAPPING = """
title = "sound levels, one a minute"
dialect = "plain-json"
recorded_at = { path = "datetime", format = "rfc3339", utc_offset = "+01:00" }

[[message]]
topic = "sensors/mic-1/up"
numbers = ["leq"]
set_recorded_at = { "at" = "epoch_s" }
drop = ["date*"]
"""


def copy(row: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(row))
    return made


def test_a_recorded_uplink_becomes_the_wire_message() -> None:
    message = compile_mapping(load_mapping("chirpstack-v3"))(copy(DOOR))
    assert message is not None
    at_ns, topic, body = message
    assert (at_ns, topic) == (AT_NS, "application/1/device/d1d1e80000000032/event/up")
    assert json.loads(body) == {
        "deviceName": "DOOR",
        "devEUI": "d1d1e80000000032",
        "rxInfo": [{"gatewayID": "100210b935d4ef152547bdb410de9865", "rssi": -120, "loRaSNR": -6.2}],
        "fCnt": 1143,
        "fPort": 3,
        "data": "UCcMBA==",
        "object": {"temperature": 25.19},
        "publishedAt": "2023-06-23T09:10:28.896Z",
    }


def test_a_recorded_status_becomes_a_status_event() -> None:
    message = compile_mapping(load_mapping("chirpstack-v3"))(copy(DOOR_STATUS))
    assert message is not None
    verdict = build_dialect("chirpstack-v3")(*message[1:])
    assert isinstance(verdict, Uplink)
    assert (verdict.kind, verdict.network_values) == ("status", {"link_margin_db": -27.0, "external_power": False})


def test_a_row_that_fits_no_rule_is_no_message() -> None:
    assert compile_mapping(load_mapping("chirpstack-v3"))(DOOR | {"_topic": "application/other"}) is None


def test_shifting_moves_every_instant_of_the_message() -> None:
    row = copy(DOOR)
    row["rxInfo"].append({"gatewayID": "00", "time": "2023-06-23T09:10:28.649Z"})
    message = compile_mapping(load_mapping("chirpstack-v3"), shift_ns=3600 * 10**9)(row)
    assert message is not None
    event = json.loads(message[2])
    assert message[0] == AT_NS + 3600 * 10**9
    assert event["rxInfo"][1]["time"] == "2023-06-23T10:10:28.649Z"
    assert event["publishedAt"] == "2023-06-23T10:10:28.896Z"


def test_shifting_moves_epoch_numbers_too() -> None:
    row = {"dev_eui": "A8", "_timestamp": 5, "reported_at": 1_672_867_882_173, "hotspots": [{"reported_at": 7}, {}]}
    message = compile_mapping(load_mapping("helium"), shift_ns=10**9)(row)
    assert message is not None
    assert json.loads(message[2]) == {
        "dev_eui": "A8",
        "reported_at": 1_672_867_883_173,
        "hotspots": [{"reported_at": 1_007}, {}],
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"data": "5027zz"}, "ValueError"),
        ({"_timestamp": "soon"}, "_timestamp: no time as epoch_ms in 'soon'"),
        ({"_timestamp": None}, "_timestamp: no time"),
    ],
)
def test_a_row_that_cannot_be_read_says_why(change: dict[str, Any], says: str) -> None:
    with pytest.raises(MappingError) as caught:
        compile_mapping(load_mapping("chirpstack-v3"))(DOOR | change)
    assert says in str(caught.value)


def test_a_row_without_what_the_topic_needs_says_so() -> None:
    row = copy(DOOR)
    del row["devEUI"]
    with pytest.raises(MappingError, match="devEUI"):
        compile_mapping(load_mapping("chirpstack-v3"))(row)


def test_a_table_of_text_becomes_plain_json(tmp_path: Path) -> None:
    (tmp_path / "noise.toml").write_text(CSV_MAPPING)
    (tmp_path / "noise.csv").write_text("datetime,leq,note\n2025-03-21 00:00:30,47.25,\n2025-03-21 00:01:30,,x\n")
    read = compile_mapping(load_mapping(str(tmp_path / "noise.toml")))
    messages = [read(row) for _, row in read_rows(tmp_path / "noise.csv")]
    assert messages[0] is not None
    assert messages[1] is not None
    at_ns = parse_rfc3339("2025-03-21T00:00:30+01:00")
    assert messages[0][:2] == (at_ns, "sensors/mic-1/up")
    assert json.loads(messages[0][2]) == {"leq": 47.25, "note": "", "at": at_ns // 10**9}
    assert json.loads(messages[1][2])["leq"] is None


@pytest.mark.parametrize("name", ["chirpstack-v3", "helium"])
def test_every_built_in_mapping_can_be_loaded(name: str) -> None:
    assert name in built_in()
    for mapping in built_in():
        assert load_mapping(mapping).title


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "mapping"),
        (CSV_MAPPING.replace("plain-json", "plain-jason"), "Did you mean 'plain-json'?"),
        (CSV_MAPPING.replace("numbers", "nmbers"), "nmbers"),
        (CSV_MAPPING.replace('format = "rfc3339"', 'format = "iso"'), "Invalid enum value 'iso'"),
    ],
)
def test_a_wrong_mapping_says_how_to_mend_it(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    with pytest.raises(MappingError) as caught:
        load_mapping(str(tmp_path / "wrong.toml"))
    assert says in str(caught.value)


def test_a_missing_mapping_names_those_that_ship() -> None:
    with pytest.raises(MappingError, match="chirpstack-v3, helium, laeq-minutes, telraam-hourly"):
        load_mapping("sigfox")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.parquet", b"PAR1", "x.parquet: no Parquet"),
        ("x.xml", b"<a/>", "expected .ndjson"),
        ("x.ndjson", b'{"a":1}\n\n[1]\n', "line 3"),
    ],
)
def test_a_file_that_holds_no_rows_is_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=says):
        list(read_rows(tmp_path / name))


COUNTS = """
title = "counts"
dialect = "plain-json"
order = "time"
[recorded_at]
path = "hour"
timezone = "Europe/Berlin"
after_s = 3600
[[message]]
topic = "sensors/{id}/up"
when_above = { uptime = 0 }
columns = { bicycle_count_interval = "bike", vehicle_count_interval = ["car", "heavy"] }
set_recorded_at = { "time" = "rfc3339" }
"""


def made(tmp_path: Path, row: dict[str, Any]) -> Message | None:
    (tmp_path / "counts.toml").write_text(COUNTS)
    return compile_mapping(load_mapping(str(tmp_path / "counts.toml")))(row)


def test_columns_are_renamed_and_summed_and_a_local_hour_is_received_at_its_end(tmp_path: Path) -> None:
    row = {"id": 7, "hour": "2024-10-01 07:00:00", "uptime": 0.5, "bike": 3.0, "car": "10", "heavy": 2, "note": "x"}
    message = made(tmp_path, row)
    assert message is not None
    at_ns, topic, body = message
    assert topic == "sensors/7/up"
    assert msgspec.json.decode(body) == {
        "bicycle_count_interval": 3, "vehicle_count_interval": 12, "time": "2024-10-01T06:00:00Z"
    }  # fmt: skip
    assert at_ns == 1_727_762_400 * 10**9


@pytest.mark.parametrize(
    "changed", [{"uptime": 0}, {"uptime": None}, {"uptime": ""}, {"bike": None, "car": float("nan"), "heavy": ""}]
)
def test_an_hour_in_which_nobody_looked_is_no_message_but_a_true_zero_is(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    row: dict[str, Any] = {"id": 7, "hour": "2024-10-01 07:00:00", "uptime": 1, "bike": 0, "car": 0, "heavy": 0}
    assert made(tmp_path, dict(row)) is not None
    assert made(tmp_path, row | changed) is None


TELRAAM: dict[str, Any] = {
    "segment_id": 9, "date_local": "2024-10-01 07:00:00", "ped_total": 0, "car_total": 0, "heavy_total": 0
}  # fmt: skip


@pytest.mark.parametrize(("uptime", "is_told"), [(0, False), (0.08, False), (0.5, False), (0.51, True), (1, True)])
def test_five_minutes_without_a_bicycle_are_no_hour_without_one(uptime: float, is_told: bool) -> None:
    read = compile_mapping(load_mapping("telraam-hourly"))
    for counted in (0, 12):
        message = read(TELRAAM | {"uptime": uptime, "bike_total": counted})
        assert (message is not None) is is_told


SEVEN, EIGHT = (datetime.fromisoformat(f"2024-10-01T0{hour}:00") for hour in (7, 8))


def test_parquet_rows_are_read_with_their_times(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2], "hour": [EIGHT, SEVEN], "bike": [5.0, None]})
    parquet.write_table(table, tmp_path / "x.parquet")
    rows = list(read_rows(tmp_path / "x.parquet"))
    assert [number for number, _ in rows] == [1, 2]
    assert rows[1][1] == {"id": 2, "hour": SEVEN, "bike": None}


def test_a_file_that_goes_on_sensor_by_sensor_is_put_in_order_of_time(tmp_path: Path) -> None:
    (tmp_path / "counts.toml").write_text(COUNTS)
    lines = [
        f'{{"id":{n},"hour":"2024-10-01 0{hour}:00:00","uptime":1,"bike":1,"car":0,"heavy":0}}'
        for n in (1, 2)
        for hour in (7, 8)
    ]
    (tmp_path / "x.ndjson").write_text("\n".join(lines))
    found = [topic for _, topic, _ in messages(tmp_path / "x.ndjson", load_mapping(str(tmp_path / "counts.toml")))]
    assert found == ["sensors/1/up", "sensors/2/up", "sensors/1/up", "sensors/2/up"]
    first = list(messages(tmp_path / "x.ndjson", load_mapping(str(tmp_path / "counts.toml")), limit=2))
    assert len(first) == 2


def test_a_zone_that_there_is_not_is_told(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(COUNTS.replace("Europe/Berlin", "Europe/Atlantis"))
    with pytest.raises(MappingError, match="Atlantis"):
        load_mapping(str(tmp_path / "wrong.toml"))


@pytest.mark.recording
def test_counts_of_berlin_become_messages_that_the_gateway_reads(tmp_path: Path) -> None:
    whole = parquet.read_table(servers.recording("berlin-telraam-2024q4.parquet"))
    assert whole.num_rows == 118_868
    some = whole.slice(0, 4_000)
    looked = sum(uptime > 0.5 for uptime in some["uptime"].to_pylist())
    assert 3_000 < looked < 4_000
    parquet.write_table(some, tmp_path / "some.parquet")
    assert read_by_the_gateway(tmp_path / "some.parquet", "telraam-hourly") == looked


@pytest.mark.recording
def test_sound_levels_become_messages_that_the_gateway_reads() -> None:
    assert read_by_the_gateway(servers.recording("noise-laeq-1min.csv.gz"), "laeq-minutes") == 16_470


def read_by_the_gateway(file: Path, name: str) -> int:
    mapping = load_mapping(name)
    read = build_dialect(mapping.dialect, {"time_field": "time"})
    decode = Catalogue.load().profiles["generic/json"].decode
    found, last_ns = 0, 0
    for at_ns, topic, body in messages(file, mapping):
        assert at_ns >= last_ns
        last_ns, found = at_ns, found + 1
        if found % 500 == 1:
            uplink = read(topic, body)
            assert isinstance(uplink, Uplink)
            assert uplink.device_time_ns == at_ns
            readings = decode(uplink)
            assert isinstance(readings, list)
            assert {reading.name for reading in readings} - {"time"} <= PROPERTIES.keys()
    return found
