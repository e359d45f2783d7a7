"""Each envelope against the dialect of its name: what was put in is what the gateway reads."""

import json
from itertools import product

import msgspec
import pytest

from pipelines.dialects import build_dialect
from pipelines.model import Rejected, Uplink
from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.networks.envelopes import ENVELOPES
from simulators.networks.frame import Frame
from simulators.networks.hearing import Ear, Hearing
from simulators.networks.radio import LIMIT_SNR_DB, Antenna

LORAWAN = sorted(set(ENVELOPES) - {"plain-json"})
AT_NS = 1_793_574_000 * NS_PER_S + 34_567_000
BAY = SimulatedDevice(
    "02c17e6a15527ea3", "bosch/tps110", "parking", "parking-spot/a-01", 'Sluis "straat" bay 1', "a", 4.479, 51.025
)
ANTENNAS = [Antenna(f"a84041ffff1e000{n}", 4.479 + 0.008 * n, 51.025) for n in range(1, 5)]


def frame(f_cnt: int = 7, **given: object) -> Frame:
    made = Frame(AT_NS, BAY, 2, b"\x01\xff", f_cnt, "ff648a1d")
    return msgspec.structs.replace(made, **given)


@pytest.mark.parametrize(("dialect", "f_cnt"), list(product(LORAWAN, [0, 1, 65_536, 2**32 - 1])))
def test_an_uplink_is_read_back_with_everything_it_carries(dialect: str, f_cnt: int) -> None:
    hearing = Hearing(BAY, ANTENNAS, seed=1)
    uplink = build_dialect(dialect, {})(*ENVELOPES[dialect](BAY, hearing).wrap(frame(f_cnt)))
    assert isinstance(uplink, Uplink)
    assert uplink.kind == "uplink"
    assert (uplink.device_id, uplink.payload, uplink.f_port, uplink.f_cnt) == (BAY.dev_eui, b"\x01\xff", 2, f_cnt)
    assert uplink.network_time_ns == AT_NS
    assert uplink.session
    assert uplink.receptions
    known = {antenna.gateway_id for antenna in ANTENNAS}
    for reception in uplink.receptions:
        assert reception.gateway_id in known
        assert reception.received_ns == AT_NS
        assert -135 <= (reception.rssi_dbm or 0) <= -30
        assert hearing.limit_db <= (reception.snr_db or 0) <= 10


@pytest.mark.parametrize("dialect", LORAWAN)
def test_values_that_the_networks_codec_has_decoded_stand_beside_the_payload(dialect: str) -> None:
    envelope = ENVELOPES[dialect](BAY, Hearing(BAY, ANTENNAS, seed=1))
    values = {"temperature_c": 21.5, "occupied": True, "word": 'a "b"'}
    uplink = build_dialect(dialect, {})(*envelope.wrap(frame(readings=values)))
    assert isinstance(uplink, Uplink)
    assert (uplink.decoded, uplink.payload) == (values, b"\x01\xff")


@pytest.mark.parametrize("dialect", LORAWAN)
def test_a_join_is_a_notice_of_the_new_session(dialect: str) -> None:
    envelope = ENVELOPES[dialect](BAY, Hearing(BAY, ANTENNAS, seed=1))
    notice = build_dialect(dialect, {})(*envelope.wrap(frame(0, kind="join", payload=b"")))
    assert isinstance(notice, Uplink)
    assert (notice.kind, notice.device_id) == ("notice", BAY.dev_eui)
    assert notice.session == "ff648a1d" or dialect == "tts-v3"


@pytest.mark.parametrize("dialect", LORAWAN)
def test_a_clock_that_is_wrong_shows_in_the_stamp(dialect: str) -> None:
    envelope = ENVELOPES[dialect](BAY, Hearing(BAY, ANTENNAS, seed=1))
    uplink = build_dialect(dialect, {})(*envelope.wrap(frame(clock_ns=-5 * NS_PER_S)))
    assert isinstance(uplink, Uplink)
    assert uplink.network_time_ns == AT_NS - 5 * NS_PER_S


@pytest.mark.parametrize("dialect", sorted(ENVELOPES))
def test_without_a_clock_there_is_no_time_at_all(dialect: str) -> None:
    envelope = ENVELOPES[dialect](BAY, Hearing(BAY, ANTENNAS, seed=1))
    uplink = build_dialect(dialect, {})(*envelope.wrap(frame(clock_ns=None, readings={"occupied": True})))
    assert not isinstance(uplink, Rejected)
    assert (uplink.network_time_ns, uplink.device_time_ns) == (None, None)


@pytest.mark.parametrize("dialect", LORAWAN)
def test_each_message_is_json_and_repeats_itself_byte_for_byte(dialect: str) -> None:
    def messages() -> list[bytes]:
        envelope = ENVELOPES[dialect](BAY, Hearing(BAY, ANTENNAS, seed=1))
        return [envelope.wrap(frame(n))[1] for n in range(200)]

    first = messages()
    assert first == messages()
    assert all(isinstance(json.loads(body), dict) for body in first)
    assert len(set(first)) == 200


def test_json_of_a_device_carries_its_values_and_its_time() -> None:
    topic, body = ENVELOPES["plain-json"](BAY, Hearing(BAY, ANTENNAS, seed=1)).wrap(
        frame(readings={"temperature_c": 21.5, "occupied": True})
    )
    uplink = build_dialect("plain-json", {"time_field": "time"})(topic, body)
    assert isinstance(uplink, Uplink)
    assert (uplink.device_id, uplink.device_time_ns) == (BAY.dev_eui, AT_NS)
    assert uplink.decoded is not None
    assert uplink.decoded["temperature_c"] == 21.5


def test_a_device_that_speaks_bytes_publishes_them_as_they_are() -> None:
    _, body = ENVELOPES["plain-json"](BAY, Hearing(BAY, ANTENNAS, seed=1)).wrap(frame())
    assert body == b"\x01\xff"


def test_a_far_device_is_slow_and_still_heard() -> None:
    far = SimulatedDevice("02c17e0000000001", "bosch/tps110", "p", "parking-spot/b-01", "b", "b", 4.60, 51.10)
    hearing = Hearing(far, ANTENNAS, seed=1)
    assert hearing.factor > Hearing(BAY, ANTENNAS, seed=1).factor
    ear = Ear(hearing, lambda link: link.antenna.gateway_id, lambda rssi, snr: f"{rssi} {snr}")
    for _ in range(500):
        heard = [said.split() for said in ear.heard(" ").split(",")]
        assert heard
        assert all(float(snr) >= LIMIT_SNR_DB[hearing.factor] for _, _, snr in heard)
