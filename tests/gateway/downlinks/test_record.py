"""The steps of a downlink: forward only, whatever order events come in."""

from itertools import permutations

import pytest

from gateway.downlinks.record import State
from tests.gateway.downlinks.records import NOW_NS, record


@pytest.mark.parametrize("order", list(permutations(("sent", "transmitted", "acked", "confirmed"))))
def test_events_in_any_order_end_in_the_same_state(order: tuple[State, ...]) -> None:
    one = record(1)
    for state in order:
        one = one.with_step(state, NOW_NS)
    assert one.state == "confirmed"
    states = [step.state for step in one.steps]
    assert states == sorted(set(states), key=("asked", "sent", "transmitted", "acked", "confirmed").index)


@pytest.mark.parametrize("ended", ["confirmed", "refused", "expired"])
def test_what_has_ended_goes_no_further(ended: State) -> None:
    one = record(1, "asked", ended)
    for state in ("sent", "acked", "failed", "expired", "confirmed"):
        assert one.with_step(state, NOW_NS) is one


def test_what_has_failed_may_still_be_confirmed_and_an_uncertain_one_go_on() -> None:
    failed = record(1, "asked", "failed")
    assert failed.with_step("acked", NOW_NS) is failed
    assert failed.with_step("confirmed", NOW_NS).state == "confirmed"
    assert record(1, "asked", "uncertain").with_step("acked", NOW_NS).state == "acked"


@pytest.mark.parametrize(
    ("state", "confirmed_by", "settled_now", "settled_later"),
    [
        ("sent", {}, False, False),
        ("uncertain", {}, False, False),
        ("acked", {}, True, True),
        ("acked", {"interval": "pace"}, False, True),
        ("failed", {}, True, True),
        ("failed", {"interval": "pace"}, False, True),
        ("confirmed", {"interval": "pace"}, True, True),
        ("expired", {}, True, True),
        ("refused", {}, True, True),
    ],
)
def test_when_nothing_more_is_waited_for(
    state: State, confirmed_by: dict[str, str], settled_now: bool, settled_later: bool
) -> None:
    one = record(1, "asked", state, confirmed_by=confirmed_by)
    assert (one.settled(NOW_NS), one.settled(one.expires_ns)) == (settled_now, settled_later)
