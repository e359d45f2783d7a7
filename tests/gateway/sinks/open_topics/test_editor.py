"""What the ledger becomes on open topics: channels, retained or not, and for whom nothing is said."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from gateway.mqtt.outbox import Outgoing
from gateway.open_city import OpenCity
from gateway.sinks.open_topics.editor import EVENTS, PASSING, STATES_OF_QUARTERS, Editor
from gateway.sinks.open_topics.keeping import kept_of, restore
from gateway.sinks.open_topics.states import States
from pipelines.model import Derived, Observation, Revision
from pipelines.vocabulary import FEATURE_TYPES
from tests.gateway.sinks.entries import DAY, HOUR, MINUTE, T0, accepted, observed, revision
from tests.open_cities import city_of, device

QUARTER = 15 * MINUTE
BIN, COUNTER, STREET = "waste-container/B7", "bike-counter/bridge", "street-parking/kade"
CITY = city_of(
    [
        device(BIN, area="noord"),
        device(COUNTER, number=2),
        device("parking-spot/A-1", number=3, area="kade", details={"category": "ordinary"}),
        device("parking-spot/R-1", number=4, area="kade", details={"category": "disabled"}),
        *(device(f"electricity-meter/h{house}", number=100 + house, area="dorp") for house in range(12)),
    ]
)


def editor(city: OpenCity = CITY, **options: Any) -> Editor:
    made = Editor(States(b"salt"), Counter(), "open", expiry_s=86_400, sensorthings=options.get("sensorthings", False))
    made.city = city
    return made


def derived(*observations: Observation, producer: str = "waste-container", pilot: str = "waste-delft") -> Derived:
    return Derived(producer, 1, pilot, "delft", observations)


def told(made: Editor, *entries: Any, number: int = 1) -> list[Outgoing]:
    return made.take([revision(number + place, entry) for place, entry in enumerate(entries)]).messages


def suffixes(messages: list[Outgoing]) -> list[str]:
    return ["/".join(message.topic.split("/")[6:]) for message in messages]


def body(message: Outgoing) -> Any:
    return msgspec.json.decode(message.payload)


def test_what_happened_goes_to_event_and_how_things_stand_to_obs() -> None:
    made = editor()
    collected = observed(value=True, name="collected"), observed(40.0, name="collected_percent")
    messages = told(made, derived(*collected, observed(4.0, name="fill_level_clean_percent")))
    assert suffixes(messages) == ["event", "obs"]
    assert not any(message.retain for message in messages)
    event, obs = map(body, messages)
    assert event["collected"]["value"] is True
    assert event["dateLastEmptying"]["value"] == "2026-11-03T10:00:00Z"
    assert event["derivedBy"] == obs["derivedBy"] == "waste-container"
    state = next(iter(made.states.by_key.values()))
    assert state.latest.keys() == {"collected", "fill_level_clean_percent"}
    assert "dateLastEmptying" in body(made.state_message(state))


def test_alarms_stand_in_the_state_and_passing_events_do_not() -> None:
    assert PASSING < EVENTS
    made = editor()
    told(made, derived(observed(value=True, name="fire_alarm"), producer="waste-alarms"))
    assert body(made.state_message(next(iter(made.states.by_key.values()))))["status"]["value"] == "burning"
    bay = observed(value=True, name="overstay", feature="parking-spot/A-1")
    assert suffixes(told(made, derived(bay, producer="parking-street"))) == ["event"]
    assert not made.states.by_key["delft", "waste-delft", "parking-spot/A-1"].latest


@pytest.mark.parametrize(("length", "period"), [(QUARTER, "15m"), (HOUR, "1h"), (23 * HOUR, "1d"), (DAY, "1d")])
def test_an_interval_is_retained_under_its_period(length: int, period: str) -> None:
    (message,) = told(editor(), derived(observed(4.0, name="fill_rate_percent_day", interval_ns=length)))
    assert (suffixes([message]), message.retain) == ([f"agg/{period}"], True)
    assert "observedUntil" in body(message)["fillRatePercentDay"]


def test_an_interval_without_a_period_goes_to_obs() -> None:
    (message,) = told(editor(), derived(observed(4.0, name="overflow_h", interval_ns=8 * HOUR)))
    assert suffixes([message]) == ["obs"]


def test_the_retained_interval_never_goes_back_in_time_and_gathers_all_that_is_said_of_it() -> None:
    made = editor()
    first = observed(1.0, name="overflow_h", interval_ns=DAY)
    second = observed(2.0, T0 + DAY, name="overflow_h", interval_ns=DAY)
    beside = observed(3.0, T0 + DAY, name="coverage_percent", interval_ns=DAY)
    corrected = observed(1.5, name="overflow_h", interval_ns=DAY)
    messages = told(made, *map(derived, (first, second, beside, corrected)))
    assert [message.retain for message in messages] == [True, True, True, False]
    assert body(messages[2]).keys() >= {"overflowH", "coveragePercent"}
    again = editor()
    restore(again, list(kept_of(made)))
    assert [message.retain for message in told(again, derived(corrected), derived(second))] == [False, True]


def test_a_counter_says_its_newest_quarter_and_no_small_one() -> None:
    made = editor()
    raw = accepted(
        observed(1234.0, name="bicycle_count", feature=COUNTER), observed(3.6, name="battery_v", feature=COUNTER)
    )
    assert told(made, raw) == []
    assert made._told["open.withheld"] == 1
    quarters = [
        derived(observed(value, T0 + place * QUARTER, name="bicycles", feature=COUNTER, interval_ns=QUARTER))
        for place, value in enumerate((12.0, 3.0))
    ]
    many, few = told(made, *quarters)
    assert body(many)["intensity"]["value"] == 12
    assert body(few)["intensity"].keys() == {"observedAt", "observedUntil", "quality", "reason"}
    state = body(made.state_message(made.states.by_key["delft", "waste-delft", COUNTER]))
    assert state["intensity"]["quality"] == "suppressed"
    assert FEATURE_TYPES.keys() > STATES_OF_QUARTERS


def test_a_reserved_bay_is_not_heard_and_its_street_only_of_the_public_ones() -> None:
    made = editor()
    assert told(made, accepted(observed(value=True, name="occupied", feature="parking-spot/R-1"))) == []
    free = derived(
        observed(3.0, name="bays_free", feature=STREET), observed(9.0, name="bay_brier_5min", feature=STREET)
    )
    occupancy = derived(observed(50.0, name="occupancy_percent", feature=STREET, interval_ns=QUARTER))
    (message,) = told(made, free, occupancy)
    assert body(message)["availableSpotNumber"]["value"] == 3
    assert "bayBrier5min" not in body(message)


def test_households_are_one_sum_that_is_owed_until_it_is_acknowledged() -> None:
    made = editor()
    used = [
        derived(
            observed(0.2, name="energy_import_interval_kwh", feature=f"electricity-meter/h{house}", interval_ns=HOUR),
            producer="energy-meter",
        )
        for house in range(12)
    ]
    (message,) = told(made, *used)
    assert message.topic == "open/v1/delft/energy/waste-delft/dorp/agg/1h"
    assert body(message)["energyImportIntervalKwh"]["value"] == pytest.approx(2.4)
    assert told(made, *used) == [message]
    made.owed.clear()
    assert told(made, *used) == []
    assert not [state for state in made.states.by_key.values() if state.latest]


def test_a_pilot_that_the_files_do_not_name_is_not_heard() -> None:
    made = editor()
    assert told(made, accepted(observed(), pilot="secret")) == []
    assert told(made, accepted(observed(feature="waste-container/unknown"))) == []
    assert told(made, accepted(observed(feature="spaceship/x"))) == []
    assert made._told["open.withheld"] == 3


def test_sensorthings_says_the_same_under_a_number_that_stays() -> None:
    obs, sta = told(editor(sensorthings=True), accepted(observed(21.5)))
    again = told(editor(sensorthings=True), accepted(observed(22.5, T0 + HOUR)))[1]
    assert sta.topic == again.topic
    assert sta.topic.startswith("sta/v1.1/Datastreams(")
    assert body(sta) == {
        "phenomenonTime": "2026-11-03T10:00:00Z",
        "resultTime": "2026-11-03T10:00:01Z",
        "result": 21.5,
        "resultQuality": {"quality": "ok", "reason": ""},
        "parameters": {"property": "temperature_c", "unitOfMeasurement": "Cel", "revision": 1},
    }
    assert body(obs)["temperature"]["value"] == 21.5
    gone = told(editor(sensorthings=True), accepted(observed(21.5, quality="retracted")))[1]
    assert body(gone)["result"] is None


def test_a_batch_taken_again_gives_the_same_messages() -> None:
    made = editor()
    batch = [
        Revision(1, accepted(observed(1.0))),
        Revision(2, derived(observed(3.0, name="bicycles", feature=COUNTER, interval_ns=QUARTER))),
        Revision(3, derived(observed(33.0, name="bicycles", feature=COUNTER, interval_ns=HOUR))),
    ]
    assert made.take(batch).messages == made.take(batch).messages
