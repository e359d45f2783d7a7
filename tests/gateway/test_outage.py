"""Pauses and alarms of a sink that is not there."""

import pytest

from gateway.clock import Clock
from gateway.events import Events
from gateway.outage import Outage, Pauses
from gateway.sinks import SinkUnavailableError


@pytest.fixture
def events() -> Events:
    return Events(Clock())


def outage(events: Events) -> Outage:
    return Outage("influxdb", events, Clock(), Pauses())


def test_the_cap_of_the_pause_doubles_to_a_minute_and_never_ends(events: Events) -> None:
    longest = [0.0] * 12
    for _ in range(300):
        now = outage(events)
        for turn in range(12):
            now.failed(SinkUnavailableError("down"))
            longest[turn] = max(longest[turn], now.pause_s)
    caps = [min(60, 2**turn) for turn in range(12)]
    assert all(cap * 0.8 < pause <= cap for pause, cap in zip(longest, caps, strict=True))


def test_a_thousand_failures_do_not_overflow(events: Events) -> None:
    now = outage(events)
    for _ in range(2_000):
        now.failed(SinkUnavailableError("down"))
    assert 0 <= now.pause_s <= 60


def test_the_server_s_wish_is_honoured_with_jitter(events: Events) -> None:
    now = outage(events)
    now.failed(SinkUnavailableError("429", retry_after_s=7))
    assert 7 <= now.pause_s <= 8


def test_what_a_person_must_mend_is_tried_slowly(events: Events) -> None:
    now = outage(events)
    now.failed(SinkUnavailableError("401", mend="put a token there"))
    assert 15 <= now.pause_s <= 30


def test_each_kind_of_alarm_is_said_once_for_an_outage_and_again_in_the_next(events: Events) -> None:
    now = outage(events)
    for _ in range(2):
        for _ in range(5):
            now.failed(SinkUnavailableError("down"))
            now.failed(SinkUnavailableError("401", mend="put a token there"))
        assert (now.why, now.mend) == ("401", "put a token there")
        now.ended()
        now.ended()
    assert now.why == ""
    assert {name: events.counts[name] for name in ("SinkDelayed", "SinkMisconfigured", "SinkRecovered")} == {
        "SinkDelayed": 2,
        "SinkMisconfigured": 2,
        "SinkRecovered": 2,
    }
