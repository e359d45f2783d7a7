"""Which valves are open and which must be closed, over books as crashes and failures leave them."""

import pytest

from gateway.downlinks.openings import AGAIN_AFTER_NS, due, left_open, still_open
from gateway.downlinks.record import Record, State
from pipelines.model import NS_PER_S
from tests.gateway.downlinks.records import NOW_NS, record

MINUTE_NS = 60 * NS_PER_S


def opening(number: int, *states: State, closing: bytes = b"\x07\x00", at_ns: int = NOW_NS) -> Record:
    return record(number, *(states or ("asked", "sent")), at_ns=at_ns, valve="gate", opens_s=60.0, closing=closing)


def closing(number: int, *states: State, at_ns: int = NOW_NS, device: str = "a") -> Record:
    return record(number, *(states or ("asked", "sent")), at_ns=at_ns, valve="gate", device=device)


def book(*records: Record) -> dict[int, Record]:
    return {one.number: one for one in records}


def test_an_opening_is_due_when_its_time_is_over() -> None:
    one = book(opening(1))
    assert due(one, NOW_NS + MINUTE_NS - 1) == []
    assert [record.number for record in due(one, NOW_NS + MINUTE_NS)] == [1]


@pytest.mark.parametrize("state", ["uncertain", "failed", "expired", "acked", "confirmed"])
def test_it_is_due_whatever_became_of_it_for_the_valve_may_be_open(state: State) -> None:
    assert due(book(opening(1, "asked", state)), NOW_NS + MINUTE_NS)


def test_what_the_broker_refused_or_the_device_ends_itself_is_not_due() -> None:
    assert not due(book(opening(1, "asked", "refused")), NOW_NS + MINUTE_NS)
    assert not due(book(opening(1, closing=b"")), NOW_NS + MINUTE_NS)


@pytest.mark.parametrize("state", ["asked", "sent", "queued", "transmitted", "acked", "confirmed"])
def test_a_closing_on_its_way_is_enough_by_whomever(state: State) -> None:
    later = closing(2, "asked", state) if state != "asked" else closing(2, "asked")
    assert due(book(opening(1), later), NOW_NS + 9 * MINUTE_NS) == []
    assert not left_open(book(opening(1), later), opening(1))
    assert left_open(book(opening(1), closing(2, device="b")), opening(1)), "another device's"
    assert left_open(book(opening(3), closing(2)), opening(3)), "an earlier one"


@pytest.mark.parametrize("state", ["uncertain", "failed", "expired", "refused"])
def test_a_closing_that_came_to_nothing_is_sent_again_after_a_pause(state: State) -> None:
    at_ns = NOW_NS + MINUTE_NS
    one = book(opening(1), closing(2, "asked", state, at_ns=at_ns))
    assert due(one, at_ns + AGAIN_AFTER_NS - 1) == []
    assert [record.number for record in due(one, at_ns + AGAIN_AFTER_NS)] == [1]


@pytest.mark.parametrize(
    ("records", "after_s", "is_open"),
    [
        ([opening(1)], 600, True),  # under way: it may open at any time
        ([opening(1, "asked", "uncertain")], 600, True),
        ([opening(1, "asked", "acked")], 59, True),
        ([opening(1, "asked", "acked")], 60, False),
        ([opening(1, "asked", "failed")], 0, False),
        ([opening(1, "asked", "refused")], 0, False),
        ([opening(1, "asked", "acked"), closing(2)], 10, False),
        ([opening(1, "asked", "acked"), closing(2, "asked", "failed")], 10, True),
        ([closing(1)], 0, False),
    ],
)
def test_a_valve_is_open_until_its_time_is_over_or_a_closing_is_on_its_way(
    records: list[Record], after_s: int, is_open: bool
) -> None:
    found = still_open(book(*records), "a", "gate", NOW_NS + after_s * NS_PER_S)
    assert (found is not None) is is_open
