"""States only advance, entities keep their names, and no device shows."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sinks.open_topics.states import State, States, by_entity_and_time
from pipelines.model import Observation
from tests.gateway.sinks.entries import DAY, HOUR, T0, S, observed

BIN = "waste-container/B7"


def state_of(states: States, feature: str = BIN, pilot: str = "waste-delft") -> State:
    return states.of(("delft", pilot, feature))


def held(state: State) -> dict[str, object]:
    return {name: one.observation.value for name, one in state.latest.items()}


def test_a_newer_observation_moves_the_state_and_an_older_one_does_not() -> None:
    states = States(b"salt")
    state = state_of(states)
    assert states.advance(state, [observed(1.0, T0)], 5)
    assert not states.advance(state, [observed(9.0, T0 - S)], 6)
    assert not states.advance(state, [observed(1.0, T0)], 5)
    assert states.advance(state, [observed(2.0, T0)], 7)
    assert not states.advance(state, [observed(1.0, T0)], 5)
    assert held(state) == {"temperature_c": 2.0}


def test_properties_advance_each_on_their_own() -> None:
    states = States(b"salt")
    state = state_of(states)
    states.advance(state, [observed(1.0, T0), observed(50.0, T0, name="fill_level_percent")], 1)
    states.advance(state, [observed(2.0, T0 + S)], 2)
    assert held(state) == {"temperature_c": 2.0, "fill_level_percent": 50.0}


def test_a_time_in_the_future_does_not_hold_up_what_follows() -> None:
    states = States(b"salt")
    state = state_of(states)
    assert not states.advance(state, [observed(1.0, T0 + DAY, quality="suspect", reason="future")], 1)
    assert states.advance(state, [observed(2.0, T0)], 2)


def test_a_retraction_takes_back_only_the_very_observation() -> None:
    states = States(b"salt")
    state = state_of(states)
    states.advance(state, [observed(1.0, T0)], 1)
    assert not states.advance(state, [observed(1.0, T0 - S, quality="retracted")], 2)
    assert states.advance(state, [observed(1.0, T0, quality="retracted")], 3)
    assert held(state) == {}


@settings(max_examples=50)
@given(st.permutations([(T0 + step * S, revision) for revision, step in enumerate((0, 2, 1, 2, 3, 3, 0), start=1)]))
def test_any_order_ends_in_the_same_state(arrivals: list[tuple[int, int]]) -> None:
    states = States(b"salt")
    state = state_of(states)
    for time_ns, revision in arrivals:
        states.advance(state, [observed(float(revision), time_ns)], revision)
    assert held(state) == {"temperature_c": 6.0}


def test_a_change_while_a_state_is_on_its_way_is_not_lost() -> None:
    states = States(b"salt")
    state = state_of(states)
    states.advance(state, [observed(1.0, T0)], 1)
    sent = state.changes
    states.advance(state, [observed(2.0, T0 + S)], 2)
    states.published(state, changes=sent, due_s=10.0)
    assert states.dirty
    assert states.due(9.0) == []
    assert states.due(10.0) == [state]
    states.published(state, changes=state.changes, due_s=20.0)
    assert states.next_due_s() is None


def test_features_that_look_alike_keep_names_of_their_own() -> None:
    states = States(b"salt")
    features = ("people-counter/Gate 1", "vehicle-counter/gate-1", "people-counter/GATE 1")
    addresses = [state_of(states, feature).address for feature in features]
    assert len({address.entity for address in addresses}) == 3
    assert addresses[0].entity == "gate-1"
    again = States(b"salt")
    again.restore(states.by_key.values())
    assert [state_of(again, feature).address for feature in reversed(features)] == addresses[::-1]


def test_the_same_name_in_two_pilots_is_two_entities() -> None:
    states = States(b"salt")
    one, other = (state_of(states, pilot=pilot).address for pilot in ("a", "b"))
    assert one.entity == other.entity
    assert one.urn("WasteContainer") != other.urn("WasteContainer")


def test_a_name_that_is_a_device_id_is_hidden_behind_the_salt() -> None:
    feature = "waste-container/A81758FFFE0462B9"
    one, other = (state_of(States(salt), feature).address.entity for salt in (b"one", b"two"))
    assert one != other
    assert "462b9" not in one + other


def test_a_hidden_name_differs_from_pilot_to_pilot_and_hides_its_twin_too() -> None:
    states = States(b"salt")
    feature = "waste-container/dorpsstraat-5"
    one = states.of(("delft", "one", feature), hidden=True).address.entity
    other = states.of(("delft", "other", feature), hidden=True).address.entity
    assert one != other
    assert "dorpsstraat" not in one + other
    assert States(b"salt").of(("delft", "one", feature), hidden=True).address.entity == one


def test_the_expiry_follows_the_reporting_interval() -> None:
    states = States(b"salt")
    state = state_of(states)
    states.advance(state, [observed(1.0, T0)], 1)
    assert state.expiry_s(86_400) == 86_400
    states.advance(state, [observed(1.0, T0 + DAY)], 2)
    assert state.expiry_s(86_400) == 10 * 86_400
    states.advance(state, [observed(1.0, T0 + DAY + HOUR)], 3)
    assert state.expiry_s(86_400) == 86_400


def test_an_entry_becomes_one_message_per_feature_and_time() -> None:
    now = [observed(1.0), observed(2.0, name="fill_level_percent")]
    assert list(by_entity_and_time(now)) == [(BIN, now)]
    earlier = observed(3.0, T0 - HOUR)
    other: Observation = msgspec.structs.replace(now[0], feature="waste-container/B8")
    groups = list(by_entity_and_time([*now, earlier, other]))
    assert groups == [(BIN, now), (BIN, [earlier]), ("waste-container/B8", [other])]
