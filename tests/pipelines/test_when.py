"""Whose clock says when it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.instants import LATEST_NS, is_plausible
from pipelines.model import NS_PER_S, ClockQuality, Received, Rejected, Uplink
from pipelines.when import AHEAD_NS, BEHIND_NETWORK_NS, FIRST_DEVICE_TIME_NS, EventTime, event_time, is_off

NOW = 1_790_000_000 * NS_PER_S
DAY = 24 * 3600 * NS_PER_S
YEAR_1999 = 946_684_799 * NS_PER_S
YEAR_9999 = 253_402_300_799 * NS_PER_S


def received(clock: ClockQuality = "trusted", *, at: int = NOW, retained: bool = False) -> Received:
    return Received("mqtt", "t", b"", at, 0, 1, clock=clock, retained=retained)


def chosen(
    device_ns: int | None = None, network_ns: int | None = None, message: Received | None = None
) -> EventTime | Rejected | None:
    return event_time(Uplink("d", device_time_ns=device_ns, network_time_ns=network_ns), message or received())


def test_the_device_comes_before_the_network_and_the_network_before_us() -> None:
    assert chosen(NOW - 3, NOW - 2) == EventTime(NOW - 3, "device", NOW - 2)
    assert chosen(None, NOW - 2) == EventTime(NOW - 2, "network", NOW - 2)
    assert chosen(NOW - 3) == EventTime(NOW - 3, "device", NOW)
    assert chosen() == EventTime(NOW, "gateway", NOW)


def test_without_a_trusted_clock_only_the_network_can_tell() -> None:
    unset = received("unset", at=3600 * NS_PER_S)
    assert chosen(None, NOW, unset) == EventTime(NOW, "network", NOW)
    assert chosen(NOW - 1, NOW, unset) == EventTime(NOW - 1, "device", NOW)
    assert chosen(None, None, unset) is None
    assert chosen(NOW, None, unset) is None, "a device's time is never judged alone"


@pytest.mark.parametrize("device_ns", [NOW - BEHIND_NETWORK_NS - 1, NOW + AHEAD_NS + 1, YEAR_1999, YEAR_9999, 0])
def test_a_device_clock_that_is_off_gives_way_to_the_network(device_ns: int) -> None:
    assert chosen(device_ns, NOW) == EventTime(NOW, "network", NOW)


def test_a_device_clock_that_never_was_set_gives_way_to_ours() -> None:
    assert chosen(FIRST_DEVICE_TIME_NS - 1) == EventTime(NOW, "gateway", NOW)
    assert chosen(FIRST_DEVICE_TIME_NS) == EventTime(FIRST_DEVICE_TIME_NS, "device", NOW), "an old recording replayed"
    assert chosen(NOW + AHEAD_NS + 1) == EventTime(NOW, "gateway", NOW)


def test_an_old_recording_keeps_the_networks_time() -> None:
    assert chosen(None, NOW - 1000 * DAY) == EventTime(NOW - 1000 * DAY, "network", NOW - 1000 * DAY)


def test_a_network_far_ahead_of_us_gives_way() -> None:
    assert chosen(None, NOW + AHEAD_NS + 1) == EventTime(NOW, "gateway", NOW)
    assert chosen(NOW - 5, NOW + AHEAD_NS + 1) == EventTime(NOW - 5, "device", NOW)


@pytest.mark.parametrize("clock", ["trusted", "unset"])
@pytest.mark.parametrize("impossible", [YEAR_9999, YEAR_1999, 0, -(2**70), 2**70])
def test_an_impossible_time_and_no_other_is_rejected(impossible: int, clock: ClockQuality) -> None:
    for uplink in (Uplink("d", device_time_ns=impossible), Uplink("d", network_time_ns=impossible)):
        outcome = event_time(uplink, received(clock))
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "implausible_time"


def test_our_own_time_can_be_impossible_too() -> None:
    outcome = chosen(message=received(at=LATEST_NS))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "implausible_time"


@pytest.mark.parametrize("clock", ["trusted", "unset"])
def test_a_retained_message_without_its_own_time_is_no_reading(clock: ClockQuality) -> None:
    outcome = chosen(message=received(clock, retained=True))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "retained_without_time"


def test_a_retained_message_with_its_own_time_is_a_reading() -> None:
    assert chosen(NOW - 9, message=received(retained=True)) == EventTime(NOW - 9, "device", NOW)
    assert chosen(None, NOW - 9, received(retained=True)) == EventTime(NOW - 9, "network", NOW - 9)


def test_a_time_is_off_beyond_the_century_or_a_day_ahead() -> None:
    assert not is_off(NOW, None)
    assert not is_off(NOW + AHEAD_NS, NOW)
    assert is_off(NOW + AHEAD_NS + 1, NOW)
    assert is_off(LATEST_NS, None)


instants = st.none() | st.integers(-(2**66), 2**66) | st.integers(0, 2**62)


@given(instants, instants, st.integers(0, 2**63 - 1), st.sampled_from(["trusted", "unset"]), st.booleans())
def test_whatever_is_claimed_the_chosen_time_is_possible(
    device_ns: int | None, network_ns: int | None, at: int, clock: ClockQuality, retained: bool
) -> None:
    when = chosen(device_ns, network_ns, received(clock, at=at, retained=retained))
    if isinstance(when, EventTime):
        assert is_plausible(when.time_ns)
        assert clock == "trusted" or when.source != "gateway"
