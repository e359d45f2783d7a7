"""What every dialect promises, asked of each row of the table."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dialects import DIALECTS, build_dialect, find_dialect, write_uplink
from pipelines.instants import parse_rfc3339
from pipelines.model import Reception, Rejected, Uplink
from tests.pipelines.dialects.uplinks import frames

LORAWAN = ["chirpstack-v3", "chirpstack-v4", "tts-v3", "helium"]
TOPICS = [
    "application/1/device/a81758fffe04b1c1/event/up",
    "application/1/device/a81758fffe04b1c1/event/status",
    "application/1/device/a81758fffe04b1c1/event/log",
    "sensors/bay-12/up",
    "",
    "a/b?event=join",
]
FRAME = Uplink(
    "a81758fffe04b1c1",
    payload=bytes.fromhex("0100460253033b0ffd070e200b000000000d000f001200"),
    f_port=5,
    f_cnt=71,
    session="07000048",
    network_time_ns=parse_rfc3339("2023-01-04T21:31:22.173Z"),
    receptions=(
        Reception("0016c001f153a14c", -111.0, -3.8, parse_rfc3339("2023-01-04T21:31:22.173Z")),
        Reception("0016c001f153a14d", -97.0, 8.0, parse_rfc3339("2023-01-04T21:31:22.180Z")),
    ),
    decoded={"temperature": 7, "open": True},
)
BROKEN = [
    b"",
    b"null",
    b"[]",
    b"21.5",
    b"{",
    b"\xff\xfe",
    b'{"a":"\xff"}',
    b'{"devEUI":"\xc3\x28"}',
    b'{"a":NaN}',
    b'{"a":1e999,"devEUI":1e999,"dev_eui":1e999,"deviceInfo":1e999,"end_device_ids":1e999}',
    b'{"deviceInfo":' * 10_000,
    b"[" * 10_000,
    b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b'{"devEUI":"' + b"0" * 1_000_000 + b"}",
    b'"' * 100_001,
    b"\\" * 100_000,
    b'{"' + b"\\" * 100_001,
    b"\x00" * 50,
]


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_broken_bodies_are_rejected_by_name(name: str, body: bytes) -> None:
    read = build_dialect(name)
    for topic in TOPICS:
        verdict = read(topic, body)
        assert isinstance(verdict, Rejected)
        assert verdict.reason in ("malformed", "too_deep")
        assert 0 < len(verdict.detail) < 400


@pytest.mark.parametrize("name", ["plain-json", *LORAWAN])
def test_ten_thousand_levels_are_too_deep(name: str) -> None:
    for body in (b"[" * 10_000, b'{"a":' * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000):
        verdict = build_dialect(name)("sensors/a/up", body)
        assert isinstance(verdict, Rejected)
        assert verdict.reason == "too_deep"


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=60)
@given(topic=st.sampled_from(TOPICS) | st.text(max_size=30), body=st.binary(max_size=80))
def test_no_bytes_raise(name: str, topic: str, body: bytes) -> None:
    assert isinstance(build_dialect(name)(topic, body), Uplink | Rejected)


@pytest.mark.parametrize("name", DIALECTS)
def test_no_damage_to_a_good_message_raises(name: str) -> None:
    rng = random.Random(20261122)
    read = build_dialect(name)
    topic, body = write_uplink(name, FRAME)
    assert isinstance(read(topic, body), Uplink)
    for cut in range(len(body)):
        assert isinstance(read(topic, body[:cut]), Rejected)
    for _ in range(3_000):
        damaged = bytearray(body)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(damaged))
            match rng.randrange(3):
                case 0:
                    damaged[at] = rng.choice(b'\x00"{}[]:,0-e.\\\xff')
                case 1:
                    del damaged[at]
                case 2:
                    damaged[at:at] = rng.choice([b'"', b"{", b"[[", b"null", b"-1", b"1e999", b"\xc3", b"NaN"])
        assert isinstance(read(topic, bytes(damaged)), Uplink | Rejected)


@pytest.mark.parametrize("name", LORAWAN)
@settings(max_examples=60)
@given(frame=frames())
def test_reading_what_was_written_gives_the_same_uplink(name: str, frame: Uplink) -> None:
    assert build_dialect(name)(*write_uplink(name, frame)) == frame


@pytest.mark.parametrize("name", LORAWAN)
def test_the_networks_own_values_can_be_left_unread(name: str) -> None:
    lean = build_dialect(name, {"decoded": "if-no-payload"})(*write_uplink(name, FRAME))
    assert lean == msgspec.structs.replace(FRAME, decoded=None)


@pytest.mark.parametrize("name", LORAWAN)
def test_values_without_payload_are_kept_whatever_the_setting(name: str) -> None:
    bare = msgspec.structs.replace(FRAME, payload=None)
    verdict = build_dialect(name, {"decoded": "if-no-payload"})(*write_uplink(name, bare))
    assert verdict == bare


@pytest.mark.parametrize("name", LORAWAN)
def test_a_frame_without_payload_and_values_is_an_empty_payload(name: str) -> None:
    empty = msgspec.structs.replace(FRAME, payload=b"", decoded=None)
    assert build_dialect(name)(*write_uplink(name, empty)) == empty


@pytest.mark.parametrize("name", LORAWAN)
@pytest.mark.parametrize(
    "year", [pytest.param("1970-01-01T00:00:05Z", id="1970"), pytest.param("9999-12-31T00:00:00Z", id="9999")]
)
def test_times_that_no_clock_can_mean_are_implausible(name: str, year: str) -> None:
    far_ns = parse_rfc3339(year)
    frame = msgspec.structs.replace(
        FRAME, network_time_ns=far_ns, receptions=(Reception("0016c001f153a14c", -90.0, 5.0, far_ns),)
    )
    verdict = build_dialect(name)(*write_uplink(name, frame))
    assert isinstance(verdict, Rejected)
    assert (verdict.reason, verdict.device) == ("implausible_time", FRAME.device_id)


@pytest.mark.parametrize("name", LORAWAN)
def test_one_gateway_without_a_clock_harms_nobody(name: str) -> None:
    clockless = Reception("0016c001f153a14e", -90.0, 5.0, parse_rfc3339("1970-01-01T00:00:05Z"))
    frame = msgspec.structs.replace(FRAME, receptions=(*FRAME.receptions, clockless))
    verdict = build_dialect(name)(*write_uplink(name, frame))
    assert isinstance(verdict, Uplink)
    assert verdict.network_time_ns == FRAME.network_time_ns
    assert [reception.received_ns is None for reception in verdict.receptions] == [False, False, True]


@pytest.mark.parametrize("name", LORAWAN)
def test_a_frame_without_any_time_leaves_the_time_to_the_gateway(name: str) -> None:
    frame = msgspec.structs.replace(FRAME, network_time_ns=None, receptions=(Reception("0016c001f153a14c", -9.0, 1.0),))
    assert build_dialect(name)(*write_uplink(name, frame)) == frame


@pytest.mark.parametrize("name", LORAWAN)
def test_the_networks_values_have_the_caps_of_json(name: str) -> None:
    deep: object = 1
    for _ in range(40):
        deep = [deep]
    wide = {f"k{at}": at for at in range(513)}
    for decoded in ({"deep": deep}, wide):
        verdict = build_dialect(name)(*write_uplink(name, msgspec.structs.replace(FRAME, decoded=decoded)))
        assert isinstance(verdict, Rejected)
        assert verdict.reason == "too_deep"


@pytest.mark.parametrize("name", LORAWAN)
def test_a_notice_carries_nothing_to_observe(name: str) -> None:
    notice = Uplink(FRAME.device_id, "notice", session="07000048", network_time_ns=FRAME.network_time_ns)
    assert build_dialect(name)(*write_uplink(name, notice)) == notice


@pytest.mark.parametrize("name", ["chirpstack-v3", "chirpstack-v4"])
@pytest.mark.parametrize(
    "values",
    [
        {"link_margin_db": -27.0, "external_power": False, "battery_percent": 91.5},
        {"link_margin_db": 9.0, "external_power": True},
        {"link_margin_db": 0.0, "external_power": False},
    ],
)
def test_a_status_tells_margin_and_battery_by_vocabulary_names(name: str, values: dict[str, float | bool]) -> None:
    status = Uplink(FRAME.device_id, "status", network_time_ns=FRAME.network_time_ns, network_values=values)
    assert build_dialect(name)(*write_uplink(name, status)) == status


def test_names_may_be_written_with_underscores() -> None:
    assert find_dialect("tts_v3") is DIALECTS["tts-v3"]


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("chirpstack-v5", {}, "Did you mean 'chirpstack-v"),
        ("nonsense", {}, "Known: plain-json"),
        ("tts-v3", {"decode": "always"}, "decode: unknown. Did you mean 'decoded'?"),
        ("tts-v3", {"decoded": "sometimes"}, "Invalid enum value 'sometimes'"),
        ("plain-json", {"topic_tempate": "a", "felds": {}}, "felds: unknown. Did you mean 'fields'?"),
        ("plain-json", {"fields": {"t": "temprature_c"}}, "Did you mean 'temperature_c'?"),
        ("plain-json", {"topic_template": "sensors/up"}, "has no {device_id}"),
        ("plain-json", {"time_format": "unix"}, "Invalid enum value"),
    ],
)
def test_wrong_settings_say_how_to_mend_them(name: str, wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match="dialect") as caught:
        build_dialect(name, wrong)
    assert says in str(caught.value)
