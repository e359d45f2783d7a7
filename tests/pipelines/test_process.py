"""The road of one message: every turning, and the properties that hold whatever comes."""

from collections import Counter
from collections.abc import Sequence
from math import inf, nan
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.decode import CompiledProfile, PropertyMap, network_decoder
from pipelines.identify import DeviceIndex
from pipelines.model import (
    NS_PER_S,
    Accepted,
    Device,
    Duplicate,
    LedgerEntry,
    Link,
    Observation,
    Outcome,
    Received,
    Reception,
    Rejected,
    Uplink,
)
from pipelines.process import Knowledge, Memory, Waiting, process, process_at_once

NOW = 1_790_000_000 * NS_PER_S
MOVED = NOW - 10**6 * NS_PER_S
HEARD = (Reception("gateway-1", -110.0, 5.0),)
PROFILES = {
    "thermo": CompiledProfile(
        "thermo",
        b"profile!",
        network_decoder("thermo"),
        {"temp": PropertyMap("temperature_c"), "busy": PropertyMap("occupied")},
    )
}
DEVICES = [
    Device("a", "thermo", "pilot", "Delft", "tree/1", valid_from_ns=MOVED, record_hash=b"record-1"),
    Device("a", "thermo", "pilot", "Delft", "tree/0", valid_to_ns=MOVED),
    Device("b", "thermo", "pilot", "Delft", "tree/2", calibration={"temperature_c": (1.0, 0.5)}),
    Device("late", "thermo", "pilot", "Delft", "tree/3", valid_from_ns=NOW + 1),
    Device("lost", "no/such", "pilot", "Delft", "tree/4"),
]


def knowledge_of(uplinks: Sequence[Uplink | Rejected]) -> Knowledge:
    """A source whose messages are numbers of prepared uplinks."""
    return Knowledge({"mqtt": lambda _topic, body: uplinks[int(body)]}, DeviceIndex(DEVICES), PROFILES)


def received(place: int = 0, **more: Any) -> Received:
    return msgspec.structs.replace(Received("mqtt", "t", b"%d" % place, NOW, 0, 1), **more)


def refined(*uplinks: Uplink | Rejected, memory: Memory | None = None, **more: Any) -> list[Outcome | Waiting]:
    knowledge, memory = knowledge_of(uplinks), memory or Memory()
    return [process_at_once(place + 1, received(place, **more), knowledge, memory) for place in range(len(uplinks))]


def only(*uplinks: Uplink | Rejected, **more: Any) -> Outcome | Waiting:
    return refined(*uplinks, **more)[-1]


def lorawan(f_cnt: int = 1, payload: bytes = b"x", temp: object = 20.0, **more: Any) -> Uplink:
    uplink = Uplink(
        "a", payload=payload, f_port=5, f_cnt=f_cnt, session="key", receptions=HEARD, decoded={"temp": temp}
    )
    return msgspec.structs.replace(uplink, **more)


def test_an_uplink_is_accepted_with_all_that_the_ledger_keeps() -> None:
    outcome = only(lorawan(network_time_ns=NOW - 5))
    assert isinstance(outcome, Accepted)
    assert outcome.frame is not None
    assert outcome == Accepted(
        1,
        "a",
        "pilot",
        "Delft",
        "tree/1",
        NOW - 5,
        NOW,
        (Observation("tree/1", "temperature_c", 20.0, NOW - 5, "network"),),
        Link(1, 5, HEARD),
        ("key", outcome.frame[1]),
        "thermo",
        b"profile!",
        b"record-1",
    )


def test_the_record_that_held_at_event_time_names_the_feature() -> None:
    after, before = refined(lorawan(1, network_time_ns=MOVED), lorawan(2, network_time_ns=MOVED - 1))
    assert isinstance(after, Accepted)
    assert isinstance(before, Accepted)
    assert (after.feature, before.feature) == ("tree/1", "tree/0")


def test_a_further_reception_is_a_duplicate_and_keeps_who_heard_it() -> None:
    first, second = refined(lorawan(), lorawan(receptions=(Reception("gateway-2"),)))
    assert isinstance(first, Accepted)
    assert second == Duplicate(2, 1, "a", NOW, (Reception("gateway-2"),))


def test_without_a_frame_counter_nothing_is_a_duplicate() -> None:
    plain = Uplink("a", decoded={"temp": 20.0})
    for outcome in refined(plain, plain):
        assert isinstance(outcome, Accepted)
        assert outcome.frame is None
        assert outcome.link is None


def test_a_frame_heard_without_a_counter_still_keeps_its_receptions() -> None:
    outcome = only(Uplink("a", decoded={"temp": 20.0}, receptions=HEARD))
    assert isinstance(outcome, Accepted)
    assert outcome.link == Link(None, None, HEARD)


def test_a_rejected_frame_is_not_remembered() -> None:
    bad, good = refined(lorawan(decoded=None), lorawan())
    assert isinstance(bad, Rejected)
    assert bad.reason == "decode_failed"
    assert isinstance(good, Accepted)


@pytest.mark.parametrize(
    ("uplink", "more", "reason", "device"),
    [
        (Rejected("malformed", "not JSON"), {}, "malformed", ""),
        (Rejected("malformed", "no payload", device="a"), {}, "malformed", "a"),
        (Uplink("a", decoded={"temp": 1}), {"source": "gone"}, "no_dialect", ""),
        (Uplink("a", decoded={"temp": 1}), {"full_size": 300_000}, "oversize", ""),
        (Uplink("stranger"), {}, "unknown_device", "stranger"),
        (Uplink("x" * 999), {}, "unknown_device", "x" * 128),
        (Uplink("late", decoded={"temp": 1}), {}, "not_valid_then", "late"),
        (Uplink("lost", decoded={"temp": 1}), {}, "unknown_profile", "lost"),
        (Uplink("a", device_time_ns=0, decoded={"temp": 1}), {}, "implausible_time", "a"),
        (Uplink("a", decoded={"temp": 1}), {"retained": True}, "retained_without_time", "a"),
        (Uplink("a", decoded={}), {}, "no_readings", "a"),
        (Uplink("a", decoded={str(name): 1 for name in range(10)}), {}, "no_readings", "a"),
        (Uplink("a", kind="status", network_values={}), {}, "no_readings", "a"),
        (Uplink("a", decoded={"temp": nan}), {}, "no_readings", "a"),
        (lorawan(temp=inf), {}, "no_readings", "a"),
        (lorawan(f_cnt=2**32), {}, "malformed", "a"),
        (lorawan(f_cnt=-1), {}, "malformed", "a"),
        (lorawan(f_port=256), {}, "malformed", "a"),
    ],
)
def test_what_cannot_be_read_is_rejected_by_name(
    uplink: Uplink | Rejected, more: dict[str, Any], reason: str, device: str
) -> None:
    outcome = only(uplink, **more)
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.device, outcome.of, outcome.received_ns) == (reason, device, 1, NOW)


def test_no_readings_names_what_was_there() -> None:
    outcome = only(Uplink("a", decoded={"temp": nan, **{f"x{name}": 1 for name in range(9)}}))
    assert isinstance(outcome, Rejected)
    assert "'temp' unfit, 'x0' unmapped" in outcome.detail
    assert outcome.detail.endswith("and 2 more")
    empty = only(Uplink("a", decoded={}))
    assert isinstance(empty, Rejected)
    assert "no values" in empty.detail


def test_a_heartbeat_frame_is_accepted_for_its_link_facts() -> None:
    outcome = only(lorawan(decoded={"payloadVersion": 1}))
    assert isinstance(outcome, Accepted)
    assert outcome.observations == ()
    assert outcome.link == Link(1, 5, HEARD)


def test_a_frame_that_its_profile_knows_to_be_silent_is_accepted_too() -> None:
    silent = Rejected("no_readings", "port 6 carries the device's settings")
    profile = msgspec.structs.replace(PROFILES["thermo"], decode=lambda _uplink: silent)
    uplinks = [lorawan(), Uplink("a", payload=b"x")]
    knowledge = Knowledge({"mqtt": lambda _topic, body: uplinks[int(body)]}, DeviceIndex(DEVICES), {"thermo": profile})
    frame, plain = (process(place, received(place), knowledge, Memory()) for place in range(2))
    assert isinstance(frame, Accepted)
    assert frame.observations == ()
    assert isinstance(plain, Rejected)
    assert plain.reason == "no_readings"


def test_a_status_event_carries_vocabulary_names_and_no_frame() -> None:
    outcome = only(lorawan(kind="status", network_values={"battery_percent": 80, "rssi_dbm": -100.0}))
    assert isinstance(outcome, Accepted)
    assert [(o.property, o.value) for o in outcome.observations] == [("battery_percent", 80.0)]
    assert (outcome.frame, outcome.link) == (None, None)


def test_a_notice_is_accepted_with_nothing_to_observe() -> None:
    outcome = only(lorawan(kind="notice", decoded=None))
    assert isinstance(outcome, Accepted)
    assert outcome.observations == ()
    assert outcome.link is None


def test_mapped_fields_and_network_values_join_in_one_outcome() -> None:
    uplink = Uplink("b", decoded={"temperature_c": 20}, fields_mapped=True, network_values={"battery_v": 3.6, "y": 1})
    memory = Memory()
    outcome = only(uplink, memory=memory)
    assert isinstance(outcome, Accepted)
    assert [(o.property, o.value) for o in outcome.observations] == [("temperature_c", 20.5), ("battery_v", 3.6)]
    assert memory.unread == {("thermo", "y", "unmapped"): 1}


def test_mapped_fields_without_values_fall_to_the_profile() -> None:
    outcome = only(Uplink("a", fields_mapped=True))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "decode_failed"


def test_readings_that_make_nothing_are_counted_by_name() -> None:
    memory = Memory()
    refined(*(lorawan(f_cnt, decoded={"temp": 1.0, "vdd": 3, "busy": "no"}) for f_cnt in range(3)), memory=memory)
    assert memory.unread == {("thermo", "vdd", "unmapped"): 3, ("thermo", "busy", "unfit"): 3}


def test_an_entry_without_time_waits_for_the_clock_and_the_next_goes_on() -> None:
    plain, timed = Uplink("a", decoded={"temp": 20.0}), lorawan(network_time_ns=NOW)
    memory, knowledge = Memory(), knowledge_of([plain, timed])
    unset = {"clock": "unset", "received_ns": 3 * NS_PER_S}
    assert process(1, received(0, **unset), knowledge, memory) == Waiting("a")
    later = process(2, received(1, **unset), knowledge, memory)
    assert isinstance(later, Accepted)
    assert later.observations[0].reason == "clock"
    released = process(1, received(0), knowledge, memory)
    assert isinstance(released, Accepted)
    assert released.observations[0].time_source == "gateway"


def test_quality_comes_from_what_the_device_said_before() -> None:
    minute = 60 * NS_PER_S
    uplinks = [lorawan(n, temp=temp, network_time_ns=NOW + n * minute) for n, temp in enumerate((20.0, 45.0, 21.0))]
    outcomes = refined(*uplinks)
    assert [o.observations[0].reason for o in outcomes if isinstance(o, Accepted)] == ["", "spike", ""]


def test_devices_without_calibration_share_the_rules_of_their_profile() -> None:
    knowledge = knowledge_of([lorawan(), Uplink("b", decoded={"temp": 20.0})])
    for place in (0, 0, 1, 1):
        process(place, received(place), knowledge, Memory())
    assert len(knowledge.plans) == 2


values = st.floats() | st.integers() | st.integers(-(10**330), 10**330) | st.booleans() | st.text(max_size=5)
instants = st.none() | st.integers(NOW - 10**15, NOW + 10**15) | st.integers(-(2**70), 2**70)
uplinks = st.builds(
    Uplink,
    device_id=st.sampled_from(["a", "A", "b", "late", "lost", "stranger", ""]),
    kind=st.sampled_from(["uplink", "uplink", "uplink", "status", "notice"]),
    payload=st.none() | st.sampled_from([b"", b"x", b"y"]),
    f_port=st.none() | st.integers(-1, 256),
    f_cnt=st.none() | st.integers(0, 12) | st.sampled_from([-1, 2**32 - 1, 2**32]),
    session=st.sampled_from([None, None, "", "key", "#1"]),
    network_time_ns=instants,
    device_time_ns=instants,
    receptions=st.sampled_from([(), HEARD]),
    decoded=st.none() | st.dictionaries(st.sampled_from(["temp", "busy", "temperature_c", "leak"]), values),
    network_values=st.none() | st.dictionaries(st.sampled_from(["battery_v", "co2_ppm", "f_cnt", "?"]), values),
    fields_mapped=st.booleans(),
)
entries = st.builds(
    Received,
    source=st.sampled_from(["mqtt", "mqtt", "mqtt", "gone"]),
    topic=st.text(max_size=3),
    body=st.integers(0, 11).map(lambda place: b"%d" % place),
    received_ns=st.integers(NOW - 10**15, NOW + 10**15) | st.integers(-(2**63), 2**63 - 1),
    monotonic_ns=st.just(0),
    boot=st.just(1),
    clock=st.sampled_from(["trusted", "trusted", "unset"]),
    retained=st.booleans(),
    full_size=st.sampled_from([0, 0, 0, 300_000]),
)
scripts = st.tuples(st.lists(uplinks, min_size=12, max_size=12), st.lists(entries, max_size=30))
Script = tuple[list[Uplink], list[Received]]


def run(script: Script, memory: Memory) -> list[Outcome | Waiting]:
    knowledge = knowledge_of(script[0])
    return [process_at_once(number, entry, knowledge, memory) for number, entry in enumerate(script[1], 1)]


@settings(max_examples=60, deadline=None)
@given(scripts)
def test_every_message_has_exactly_one_outcome_that_the_ledger_can_hold(script: Script) -> None:
    outcomes = run(script, Memory())
    assert len(outcomes) == len(script[1])
    for number, outcome in enumerate(outcomes, 1):
        if isinstance(outcome, Waiting):
            assert script[1][number - 1].clock == "unset"
            continue
        assert outcome.of == number
        again = msgspec.msgpack.decode(msgspec.msgpack.encode(outcome), type=LedgerEntry)
        assert again == outcome
    kinds = Counter(type(outcome).__name__ for outcome in outcomes)
    assert kinds.total() == len(script[1])


@settings(max_examples=60, deadline=None)
@given(scripts)
def test_the_same_messages_give_the_same_outcomes(script: Script) -> None:
    assert run(script, Memory()) == run(script, Memory())


@settings(max_examples=60, deadline=None)
@given(scripts, scripts)
def test_a_memory_rebuilt_from_the_ledger_or_a_snapshot_equals_the_one_that_processed(
    before: Script, after: Script
) -> None:
    lived = Memory()
    outcomes = run(before, lived)
    rebuilt = Memory()
    for outcome in outcomes:
        if not isinstance(outcome, Waiting):
            rebuilt.absorb(msgspec.msgpack.decode(msgspec.msgpack.encode(outcome), type=LedgerEntry))
    restored = Memory.restore(lived.snapshot())
    assert rebuilt.snapshot() == lived.snapshot()
    expected = run(after, lived)
    assert run(after, rebuilt) == expected
    assert run(after, restored) == expected
