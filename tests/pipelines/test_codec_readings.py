from typing import Any

import pytest

from pipelines.codec import CodecAnswer, Ending
from pipelines.codec_readings import codec_readings, needs_a_worker
from pipelines.layout.notation import Reading
from pipelines.model import Rejected, Uplink

UPLINK = Uplink("a", payload=b"\x01\x02", f_port=7)
NOON = "2026-11-01T12:00:00Z"
NOON_NS = 1_793_534_400_000_000_000


def readings(output: dict[str, Any] | None, normalised: dict[str, Any] | None = None) -> list[Reading] | Rejected:
    return codec_readings("acme/one", CodecAnswer(b"", "answered", output, normalised), UPLINK)


def rejected(ending: Ending, said: str) -> str:
    outcome = codec_readings("acme/one", CodecAnswer(b"", ending, said=said), UPLINK)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "decode_failed"
    return outcome.detail


def test_readings_are_named_by_their_path() -> None:
    data = {"air": {"temp": 20.5}, "open": True, "list": [1, "x"], "nothing": None}
    assert readings({"data": data}) == [
        Reading("air.temp", 20.5),
        Reading("open", True),
        Reading("list.0", 1),
        Reading("list.1", "x"),
    ]


def test_normalised_measurements_stand_beside_them_with_their_own_time() -> None:
    measurements = [{"time": NOON, "air": {"temperature": 20}}, {"battery": 3.1}, "no table"]
    assert readings({"data": {}}, {"data": measurements}) == [
        Reading("normalized.air.temperature", 20, time_ns=NOON_NS),
        Reading("normalized.battery", 3.1),
    ]
    assert readings({"data": {}}, {"data": {"time": "yesterday", "battery": 3.1}}) == [
        Reading("normalized.battery", 3.1)
    ]


@pytest.mark.parametrize("normalised", [{}, {"data": None}, {"data": {"time": "9999-01-01T00:00:00Z"}}])
def test_normalised_values_that_are_none_add_nothing(normalised: dict[str, Any]) -> None:
    assert readings({"data": {"a": 1}}, normalised) == [Reading("a", 1)]


def test_too_many_values_are_no_readings() -> None:
    outcome = readings({"data": {str(n): n for n in range(600)}})
    assert isinstance(outcome, Rejected)
    assert readings({"data": {"a": 1}}, {"data": {str(n): n for n in range(600)}}) == [Reading("a", 1)]


@pytest.mark.parametrize("output", [{}, {"data": None}, {"data": [1]}])
def test_without_data_the_decode_failed(output: dict[str, Any]) -> None:
    outcome = readings(output)
    assert isinstance(outcome, Rejected)
    assert outcome.detail == "acme/one: the codec returned no 'data' (f_port 7, 2 bytes)"


def test_errors_are_quoted_and_cut() -> None:
    outcome = readings({"data": {"a": 1}, "errors": ["bad\nframe", "x" * 500]})
    assert isinstance(outcome, Rejected)
    assert outcome.detail == "acme/one: the codec reports 'bad' (f_port 7, 2 bytes)"
    long = readings({"errors": "y" * 500})
    assert isinstance(long, Rejected)
    assert len(long.detail) < 250


def test_each_ending_says_what_happened() -> None:
    assert rejected("failed", "TypeError: x\n  at y") == "acme/one: the codec said 'TypeError: x' (f_port 7, 2 bytes)"
    assert "the codec was stopped: it met" in rejected("stopped", "it met the limit")
    assert "the codec was stopped: it crashed" in rejected("killed", "it crashed")
    assert rejected("unavailable", "no engine") == "acme/one: no engine (f_port 7, 2 bytes)"
    assert rejected("quarantined", "in quarantine").startswith("acme/one: in quarantine")


def test_callers_that_cannot_wait_are_told_so() -> None:
    decode = needs_a_worker("acme/one")
    with_bytes, without = decode(UPLINK), decode(Uplink("a"))
    assert isinstance(with_bytes, Rejected)
    assert isinstance(without, Rejected)
    assert "run by the gateway only" in with_bytes.detail
    assert "carries none" in without.detail
