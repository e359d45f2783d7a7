"""ChirpStack v4 in both encodings, against the official package's own encoder."""

from typing import Any

import pytest
from chirpstack_api import integration
from google.protobuf.json_format import MessageToJson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dialects import build_dialect
from pipelines.instants import EARLIEST_NS, LATEST_NS, parse_rfc3339
from pipelines.model import Reception, Rejected, Uplink
from tests.pipelines.dialects.uplinks import EUIS, SESSIONS

TOPIC = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/a81758fffe04b1c1/event/{}"
AT = "2022-07-18T09:34:15.775023242Z"
AT_NS = parse_rfc3339(AT)

# As ChirpStack v4.13 publishes it; f_cnt 0 and confirmed=false are left out, as protobuf's JSON form does.
UP = b"""{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2022-07-18T09:34:15.775023242+00:00",
"deviceInfo":{"tenantId":"52f14cd4-c6f1-4fbd-8f87-4025e1d49242","applicationId":"17c82e96-be03-4f38-aef3-f83d48582d97",
"deviceProfileName":"EMS","deviceName":"door","devEui":"A81758FFFE04B1C1","deviceClassEnabled":"CLASS_A","tags":{"k":"v"}},
"devAddr":"00189440","adr":true,"dr":1,"fPort":5,"data":"AQBGAlM=","object":{"temperature":7.0,"open":false},
"rxInfo":[{"gatewayId":"0016c001f153a14c","uplinkId":4217106255,"gwTime":"2022-07-18T09:34:15.775023242+00:00",
"nsTime":"2022-07-18T09:34:16.1+00:00","timeSinceGpsEpoch":"1342172073.775s","rssi":-36,"snr":10.5,"crcStatus":"CRC_OK"},
{"gatewayId":"0016c001f153a14d","nsTime":"2022-07-18T09:34:16.1+00:00","rssi":-101}],
"txInfo":{"frequency":867100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":11,"codeRate":"CR_4_5"}}}}"""


def test_reads_a_real_uplink_with_all_its_receptions() -> None:
    assert build_dialect("chirpstack-v4")(TOPIC.format("up"), UP) == Uplink(
        "a81758fffe04b1c1",
        payload=bytes.fromhex("0100460253"),
        f_port=5,
        f_cnt=0,
        session="00189440",
        network_time_ns=AT_NS,
        receptions=(
            Reception("0016c001f153a14c", -36.0, 10.5, AT_NS),
            Reception("0016c001f153a14d", -101.0, 0.0, parse_rfc3339("2022-07-18T09:34:16.1Z")),
        ),
        decoded={"temperature": 7.0, "open": False},
    )


def test_the_join_servers_session_key_id_is_the_session_where_there_is_one() -> None:
    body = UP.replace(b'"adr":true', b'"joinServerContext":{"sessionKeyId":"AXBSH1Pk6Z0G166"}')
    verdict = build_dialect("chirpstack-v4")(TOPIC.format("up"), body)
    assert isinstance(verdict, Uplink)
    assert verdict.session == "AXBSH1Pk6Z0G166"


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        (b'"fPort":5', b'"fPort":"5"', "Expected `int`, got `str` - at `$.fPort`"),
        (b'"fPort":5', b'"fPort":256', "at `$.fPort`"),
        (b'"data":"AQBGAlM="', b'"data":"0100460253"', "Invalid base64"),
        (b'"A81758FFFE04B1C1"', b'"A81758FFFE04B1"', "16 hex digits, found 'A81758FFFE04B1'"),
        (b'"A81758FFFE04B1C1"', b'"A81758FFFE04B1 1"', "16 hex digits"),
        (b'"devEui":"A81758FFFE04B1C1",', b"", "16 hex digits, found ''"),
        (b'"rssi":-36', b'"rssi":"strong"', "at `$.rxInfo[0].rssi`"),
        (b'"time":"2022', b'"time":"soon 2022', "time: not an RFC 3339 instant, found 'soon 2022"),
        (b'"gwTime":"2022-07', b'"gwTime":"2022-17', "rxInfo.gwTime: year or month out of range"),
    ],
)
def test_wrong_types_are_named_with_their_place(find: bytes, put: bytes, says: str) -> None:
    assert find in UP
    verdict = build_dialect("chirpstack-v4")(TOPIC.format("up"), UP.replace(find, put, 1))
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "malformed"
    assert says in verdict.detail


def test_a_topic_that_names_no_event_is_rejected() -> None:
    for topic in (TOPIC.format("command"), "", "application/1/device/2"):
        verdict = build_dialect("chirpstack-v4")(topic, UP)
        assert isinstance(verdict, Rejected)
        assert verdict.detail.startswith("topic: expected")


def test_the_http_integrations_path_names_the_event_too() -> None:
    read = build_dialect("chirpstack-v4")
    assert read("/push/city?x=1&event=up", UP) == read(TOPIC.format("up"), UP)


@pytest.mark.parametrize("event", ["join", "ack", "txack", "log", "location", "integration"])
def test_every_other_event_is_a_notice(event: str) -> None:
    verdict = build_dialect("chirpstack-v4")(TOPIC.format(event), UP)
    assert isinstance(verdict, Uplink)
    assert (verdict.kind, verdict.device_id, verdict.network_time_ns) == ("notice", "a81758fffe04b1c1", AT_NS)


def official_uplink() -> Any:
    event = integration.UplinkEvent(
        deduplication_id="3ac7e3c4-4401-4b8d-9386-a5c902f9202d", dev_addr="00189440", adr=True, dr=1, f_cnt=70_000
    )
    event.time.FromJsonString(AT)
    event.device_info.tenant_name = "City"
    event.device_info.dev_eui = "a81758fffe04b1c1"
    event.device_info.tags["street"] = "Grote Markt"
    event.f_port, event.data = 5, bytes(range(200))
    event.object.update({"t": -7.25, "on": True, "off": None, "name": "é", "list": [1, [], {"deep": {}}], "": 0})
    for at, gateway in enumerate(("0016c001f153a14c", "0016c001f153a14d")):
        heard = event.rx_info.add(
            gateway_id=gateway, uplink_id=2**32 - 1, rssi=-100 - at, snr=-7.5, context=b"\x00\xff"
        )
        heard.gw_time.FromJsonString(AT)
        heard.ns_time.FromJsonString("2022-07-18T09:34:16Z")
        heard.location.latitude = 51.02
        heard.metadata["region_config_id"] = "eu868"
    event.tx_info.frequency = 867_100_000
    event.tx_info.modulation.lora.spreading_factor = 11
    return event


def test_protobuf_and_json_of_the_official_encoder_give_the_same_uplink() -> None:
    read, event = build_dialect("chirpstack-v4"), official_uplink()
    from_json = read(TOPIC.format("up"), MessageToJson(event).encode())
    from_protobuf = read(TOPIC.format("up"), event.SerializeToString())
    assert isinstance(from_json, Uplink)
    assert from_protobuf == from_json
    assert (from_json.f_cnt, from_json.payload) == (70_000, bytes(range(200)))


@settings(max_examples=80)
@given(
    eui=EUIS,
    session=SESSIONS,
    f_cnt=st.integers(0, 2**32 - 1),
    f_port=st.integers(0, 255),
    data=st.binary(min_size=1, max_size=60),
    at_ns=st.integers(EARLIEST_NS, LATEST_NS - 1),
    rssi=st.integers(-140, 10).filter(bool),
    snr=st.floats(-30, 30, width=32),
)
def test_any_official_protobuf_uplink_is_read_exactly(  # noqa: PLR0917 - hypothesis passes them by name
    eui: str, session: str, f_cnt: int, f_port: int, data: bytes, at_ns: int, rssi: int, snr: float
) -> None:
    event = integration.UplinkEvent(dev_addr=session, f_cnt=f_cnt, f_port=f_port, data=data)
    event.device_info.dev_eui = eui
    heard = event.rx_info.add(gateway_id=eui, rssi=rssi, snr=snr)
    event.time.FromNanoseconds(at_ns)
    heard.ns_time.FromNanoseconds(at_ns)
    verdict = build_dialect("chirpstack-v4", {"encoding": "protobuf"})(TOPIC.format("up"), event.SerializeToString())
    receptions = (Reception(eui, float(rssi), snr, at_ns),)
    assert verdict == Uplink(eui, "uplink", data, f_port, f_cnt, session, at_ns, None, receptions)


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize("external", [True, False])
@pytest.mark.parametrize("unavailable", [True, False])
def test_status_events_agree_in_both_encodings(encoding: str, external: bool, unavailable: bool) -> None:
    event = integration.StatusEvent(
        margin=-27, external_power_source=external, battery_level_unavailable=unavailable, battery_level=75.5
    )
    event.time.FromJsonString(AT)
    event.device_info.dev_eui = "a81758fffe04b1c1"
    body = event.SerializeToString() if encoding == "protobuf" else MessageToJson(event).encode()
    values: dict[str, float | bool | str] = {"link_margin_db": -27.0, "external_power": external}
    if not external and not unavailable:
        values["battery_percent"] = 75.5
    verdict = build_dialect("chirpstack-v4")(TOPIC.format("status"), body)
    assert verdict == Uplink("a81758fffe04b1c1", "status", network_time_ns=AT_NS, network_values=values)


@pytest.mark.parametrize("name", ["Join", "Ack", "TxAck", "Log", "Location"])
def test_official_notices_are_notices(name: str) -> None:
    event = getattr(integration, f"{name}Event")()
    event.time.FromJsonString(AT)
    event.device_info.dev_eui = "a81758fffe04b1c1"
    verdict = build_dialect("chirpstack-v4")(TOPIC.format(name.lower()), event.SerializeToString())
    assert verdict == Uplink("a81758fffe04b1c1", "notice", network_time_ns=AT_NS)


def test_the_session_key_id_is_read_from_protobuf_too() -> None:
    event = official_uplink()
    event.join_server_context.session_key_id = "AXBSH1Pk6Z0G166"
    verdict = build_dialect("chirpstack-v4")(TOPIC.format("up"), event.SerializeToString())
    assert isinstance(verdict, Uplink)
    assert verdict.session == "AXBSH1Pk6Z0G166"


def test_a_long_device_info_is_read_like_a_short_one() -> None:
    event, read = official_uplink(), build_dialect("chirpstack-v4")
    short = read(TOPIC.format("up"), event.SerializeToString())
    event.device_info.tags["note"] = "x" * 5_000
    assert read(TOPIC.format("up"), event.SerializeToString()) == short


def test_every_cut_of_a_protobuf_event_is_rejected_or_shorter() -> None:
    body, read = official_uplink().SerializeToString(), build_dialect("chirpstack-v4")
    whole = read(TOPIC.format("up"), body)
    for cut in range(len(body)):
        assert read(TOPIC.format("up"), body[:cut]) != whole or cut > body.index(b"region")


def test_a_struct_nested_deeper_than_32_levels_is_too_deep() -> None:
    event = official_uplink()
    struct = event.object
    for _ in range(40):
        struct = struct.get_or_create_struct("deeper")
    struct["end"] = 1
    verdict = build_dialect("chirpstack-v4")(TOPIC.format("up"), event.SerializeToString())
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "too_deep"


def test_a_struct_with_more_than_512_names_is_too_deep() -> None:
    event = official_uplink()
    event.object.update({f"k{at}": at for at in range(513)})
    verdict = build_dialect("chirpstack-v4")(TOPIC.format("up"), event.SerializeToString())
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "too_deep"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda event: setattr(event, "f_port", 256), "fPort 256"),
        (lambda event: event.object.update({"t": float("nan")}), "not finite"),
        (lambda event: setattr(event.rx_info[0], "snr", float("inf")), "snr"),
        (lambda event: setattr(event.rx_info[0].gw_time, "nanos", -1), "nanoseconds"),
        (lambda event: setattr(event.device_info, "dev_eui", "zz"), "16 hex digits, found 'zz'"),
    ],
)
def test_a_protobuf_event_with_impossible_values_is_malformed(change: Any, says: str) -> None:
    event = official_uplink()
    change(event)
    verdict = build_dialect("chirpstack-v4")(TOPIC.format("up"), event.SerializeToString())
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "malformed"
    assert says in verdict.detail


@pytest.mark.parametrize("event", ["up", "status", "join", "log"])
def test_a_protobuf_time_that_no_clock_can_mean_is_implausible(event: str) -> None:
    message = integration.LogEvent() if event == "log" else integration.UplinkEvent()
    message.time.FromJsonString("1970-01-01T00:00:05Z")
    message.device_info.dev_eui = "a81758fffe04b1c1"
    verdict = build_dialect("chirpstack-v4")(TOPIC.format(event), message.SerializeToString())
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "implausible_time"


def test_a_battery_that_is_not_a_number_is_malformed() -> None:
    event = integration.StatusEvent(battery_level=float("nan"))
    event.device_info.dev_eui = "a81758fffe04b1c1"
    verdict = build_dialect("chirpstack-v4")(TOPIC.format("status"), event.SerializeToString())
    assert isinstance(verdict, Rejected)
    assert "batteryLevel" in verdict.detail
