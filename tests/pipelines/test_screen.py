"""Quality with its reason: each row of the table at the head of the stage."""

import pytest

from pipelines.model import NS_PER_S, ClockQuality, Observation, Quality, QualityReason, Received
from pipelines.screen import FUTURE_NS, LATE_NS, SPIKE_WITHIN_NS, WATCHED, Recent, Watch, screen, watch_for
from pipelines.vocabulary import PROPERTIES
from pipelines.when import EventTime

NOW = 1_790_000_000 * NS_PER_S
MINUTE = 60 * NS_PER_S
HOUR = 60 * MINUTE
TEMPERATURE = {"temperature_c": Watch(15, 0)}
PRESSURE = {"pressure_hpa": Watch(20, 24)}


def received(at: int = NOW, clock: ClockQuality = "trusted") -> Received:
    return Received("mqtt", "t", b"", at, 0, 1, clock=clock)


def reading(value: float | bool, at: int = NOW, name: str = "temperature_c") -> Observation:
    return Observation("tree/1", name, value, at)


def screened(
    observation: Observation,
    recent: Recent | None = None,
    *,
    watched: dict[str, Watch] | None = None,
    message: Received | None = None,
    time_ns: int | None = None,
    heard_ns: int | None = None,
) -> tuple[Quality, QualityReason]:
    time_ns = observation.time_ns if time_ns is None else time_ns
    when = EventTime(time_ns, "network", time_ns if heard_ns is None else heard_ns)
    message = message or received(time_ns)
    [result] = screen([observation], TEMPERATURE if watched is None else watched, recent or Recent(), message, when)
    assert result.value == observation.value
    return result.quality, result.reason


def history(*values: tuple[float, int], name: str = "temperature_c") -> Recent:
    """A device that has sent these (value, minute) readings, each judged as it came."""
    recent = Recent()
    watch = {name: Watch(15, 0) if name == "temperature_c" else Watch(20, 24)}
    for value, minute in values:
        at = NOW + minute * MINUTE
        observations = screen([reading(value, at, name)], watch, recent, received(at), EventTime(at, "network", at))
        recent.remember(at, at, observations)
    return recent


def test_a_plain_value_is_ok() -> None:
    assert screened(reading(20.0)) == ("ok", "")
    assert screened(reading(True, name="occupied")) == ("ok", "")
    assert screened(reading(20.0), watched={}) == ("ok", "")


def test_what_normalise_found_out_of_range_stays_so() -> None:
    hot = Observation("tree/1", "temperature_c", 70.0, NOW, "network", "suspect", "range")
    assert screened(hot, history((20.0, -5))) == ("suspect", "range")
    assert screened(hot, heard_ns=NOW + LATE_NS + 1) == ("suspect", "range")


def test_a_value_from_the_future_is_suspect_whatever_else_it_is() -> None:
    assert screened(reading(20.0), message=received(NOW - FUTURE_NS)) == ("ok", "")
    assert screened(reading(20.0), message=received(NOW - FUTURE_NS - 1)) == ("suspect", "future")
    hot = Observation("tree/1", "temperature_c", 70.0, NOW, "network", "suspect", "range")
    assert screened(hot, message=received(NOW - HOUR)) == ("suspect", "future")


def test_a_stored_value_is_backfilled_but_good() -> None:
    old = reading(20.0, NOW - LATE_NS - 1)
    assert screened(old, time_ns=NOW) == ("ok", "backfilled")
    assert screened(reading(20.0, NOW - LATE_NS), time_ns=NOW) == ("ok", "")
    assert screened(reading(20.0), heard_ns=NOW + LATE_NS + 1) == ("ok", "backfilled")


def test_a_message_far_behind_the_newest_is_late_but_good() -> None:
    recent = history((20.0, 61))
    assert screened(reading(20.0), recent) == ("ok", "late")
    assert screened(reading(20.0, NOW + MINUTE), recent) == ("ok", "")


def test_without_our_clock_a_value_says_so_and_is_good() -> None:
    assert screened(reading(20.0), message=received(0, "unset")) == ("ok", "clock")


def test_a_lone_jump_is_a_spike_and_the_way_back_is_good() -> None:
    assert screened(reading(36.0, NOW + 20 * MINUTE), history((20.0, 0))) == ("suspect", "spike")
    assert screened(reading(35.0, NOW + 20 * MINUTE), history((20.0, 0))) == ("ok", "")
    assert screened(reading(20.0, NOW + 40 * MINUTE), history((20.0, 0), (36.0, 20))) == ("ok", "")


def test_a_second_value_on_the_new_level_confirms_it() -> None:
    assert screened(reading(37.0, NOW + 40 * MINUTE), history((20.0, 0), (36.0, 20))) == ("ok", "")
    assert screened(reading(-5.0, NOW + 40 * MINUTE), history((20.0, 0), (36.0, 20))) == ("suspect", "spike")
    assert screened(reading(36.0, NOW + 60 * MINUTE), history((20.0, 0), (36.0, 20), (20.0, 40))) == (
        "suspect",
        "spike",
    )


def test_after_a_long_silence_any_change_is_possible() -> None:
    recent = history((20.0, 0))
    assert screened(reading(50.0, NOW + SPIKE_WITHIN_NS), recent) == ("suspect", "spike")
    assert screened(reading(50.0, NOW + SPIKE_WITHIN_NS + 1), recent) == ("ok", "")


def test_a_value_older_than_the_memory_is_not_compared_and_not_remembered() -> None:
    recent = history((20.0, 0))
    assert screened(reading(50.0, NOW - MINUTE), recent) == ("ok", "")
    recent.remember(NOW - MINUTE, NOW, (reading(50.0, NOW - MINUTE),))
    assert recent.past["temperature_c"].value == 20.0


def test_a_wavering_quantity_that_stands_still_is_stuck() -> None:
    still = [(1013.2, minute * 60) for minute in range(23)]
    assert screened(
        reading(1013.2, NOW + 23 * HOUR, "pressure_hpa"), history(*still, name="pressure_hpa"), watched=PRESSURE
    ) == (
        "suspect",
        "stuck",
    )
    assert screened(
        reading(1013.3, NOW + 23 * HOUR, "pressure_hpa"), history(*still, name="pressure_hpa"), watched=PRESSURE
    ) == (
        "ok",
        "",
    )


def test_equal_values_are_not_stuck_while_few_or_within_half_a_day() -> None:
    few = history((1013.2, 0), name="pressure_hpa")
    assert screened(reading(1013.2, NOW + 23 * HOUR, "pressure_hpa"), few, watched=PRESSURE) == ("ok", "")
    quick = history(*((1013.2, minute) for minute in range(40)), name="pressure_hpa")
    assert screened(reading(1013.2, NOW + HOUR, "pressure_hpa"), quick, watched=PRESSURE) == ("ok", "")


def test_a_stuck_quantity_stays_stuck_until_it_moves() -> None:
    recent = history(*((1013.2, minute * 60) for minute in range(40)), name="pressure_hpa")
    assert recent.past["pressure_hpa"].count == 40
    assert screened(reading(1013.2, NOW + 40 * HOUR, "pressure_hpa"), recent, watched=PRESSURE) == ("suspect", "stuck")


def test_a_change_begins_the_count_of_equal_values_again() -> None:
    recent = history((1013.2, 0), (1013.2, 60), (1013.4, 120), name="pressure_hpa")
    past = recent.past["pressure_hpa"]
    assert (past.value, past.count, past.since_ns) == (1013.4, 1, NOW + 2 * HOUR)


def test_a_watched_property_with_a_value_of_another_type_is_left_alone() -> None:
    assert screened(reading(True), history((20.0, -5))) == ("ok", "")


@pytest.mark.parametrize("reason", ["range", "future"])
def test_suspect_values_leave_no_trace(reason: QualityReason) -> None:
    recent = Recent()
    recent.remember(NOW, NOW, (Observation("tree/1", "temperature_c", 99.0, NOW, "network", "suspect", reason),))
    assert recent.past == {}
    assert recent.newest_ns == NOW


def test_a_spike_without_a_past_leaves_no_trace() -> None:
    recent = Recent()
    recent.remember(NOW, NOW, (Observation("tree/1", "temperature_c", 9.0, NOW, "network", "suspect", "spike"),))
    assert recent.past == {}


def test_a_time_from_the_future_does_not_make_the_rest_late() -> None:
    recent = Recent()
    recent.remember(NOW + HOUR, NOW, ())
    assert recent.newest_ns == -1
    recent.remember(NOW + FUTURE_NS, NOW, (reading(True, name="occupied"), reading(3.0, name="pulses")))
    assert recent.newest_ns == NOW + FUTURE_NS
    assert recent.past == {}


def test_only_what_the_vocabulary_marks_is_watched() -> None:
    assert {name for name, row in PROPERTIES.items() if watch_for(row) is not None} == WATCHED
    assert "temperature_c" in WATCHED
    assert "occupied" not in WATCHED
