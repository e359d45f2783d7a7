"""Silence: raised once patience ends, cleared with the next word, learnt from the device itself."""

import random

import pytest

from pipelines.domains import HEARD, HOUR_NS, Reading
from pipelines.domains.devices.silence import SHORTEST_S, UNLEARNT_S, Silence
from pipelines.model import NS_PER_S
from tests.pipelines.domains.fold import at, fold, of, site, values

BIN = "waste-container/9"
MINUTE = 60 * NS_PER_S
BEGIN = at("2026-06-01T00:00")


def heard(minutes: list[float]) -> list[Reading]:
    return [Reading(BEGIN + round(minute * MINUTE), "d1", BIN, HEARD, True) for minute in minutes]


def every(minutes: float, count: int, start: float = 0) -> list[float]:
    return [start + minutes * number for number in range(count)]


def test_a_device_of_ten_minutes_that_loses_nothing_is_silent_after_five_and_a_half_pauses() -> None:
    said = fold(Silence(), heard(every(10, 30)), site(), until=BEGIN + 12 * HOUR_NS)
    (alarm,) = of(said, "silent")
    assert alarm.value is True
    assert alarm.time_ns == BEGIN + (290 + 55) * MINUTE


def test_the_alarm_is_cleared_with_the_next_word_and_the_silence_measured() -> None:
    said = fold(Silence(), heard([*every(10, 30), 600, 610]), site(), until=BEGIN + 620 * MINUTE)
    assert values(said, "silent") == [True, False]
    assert values(said, "silence_min") == [310.0]


def test_a_word_at_the_very_end_of_patience_is_in_time() -> None:
    minutes = every(10, 30)
    patience = 55
    assert not of(fold(Silence(), heard([*minutes, minutes[-1] + patience]), site()), "silent")
    assert of(fold(Silence(), heard([*minutes, minutes[-1] + patience + 1]), site()), "silent")


def test_a_device_that_is_hardly_known_is_given_a_day() -> None:
    day = UNLEARNT_S * NS_PER_S
    last = BEGIN + 10 * MINUTE
    assert not fold(Silence(), heard([0, 10]), site(), until=last + day)
    (alarm,) = of(fold(Silence(), heard([0, 10]), site(), until=last + day + 1), "silent")
    assert alarm.time_ns == last + day


def test_a_device_that_speaks_every_second_is_not_judged_by_the_second() -> None:
    said = fold(Silence(), heard(every(1 / 60, 100)), site(), until=BEGIN + HOUR_NS)
    (alarm,) = of(said, "silent")
    assert alarm.time_ns == BEGIN + 99 * NS_PER_S + SHORTEST_S * NS_PER_S


@pytest.mark.parametrize(("loss", "false_alarms"), [(0.0, 0), (0.05, 3), (0.2, 3)])
def test_lost_frames_raise_hardly_any_false_alarm(loss: float, false_alarms: int) -> None:
    """Sixty devices over a week, every ten minutes: 60,000 frames."""
    raised = 0
    for seed in range(60):
        rng = random.Random(seed)
        minutes = [minute for minute in every(10, 1_008) if rng.random() >= loss]
        raised += sum(values(fold(Silence(), heard(minutes), site()), "silent"))
    assert raised <= false_alarms


def test_losses_in_runs_are_learnt_and_raise_hardly_any_false_alarm() -> None:
    """Sixty devices over three weeks, one frame in fifty lost, one lost in three followed by another."""
    raised = 0
    for seed in range(60):
        rng = random.Random(seed)
        lost, minutes = False, []
        for minute in every(30, 1_008):
            lost = rng.random() < (1 / 3 if lost else 0.0136)
            if not lost:
                minutes.append(minute)
        raised += values(fold(Silence(), heard(minutes), site()), "silent").count(True)
    assert raised <= 12  # 60 if each loss is taken for an accident of its own


def test_one_outage_does_not_make_a_device_patient_but_a_nightly_rest_does() -> None:
    once = [*every(10, 60), *every(10, 60, 1_200)]
    said = fold(Silence(), heard(once), site(), until=BEGIN + 31 * HOUR_NS)
    assert [(one.time_ns - BEGIN) // MINUTE for one in of(said, "silent") if one.value] == [590 + 55, 1_790 + 55]
    nightly = [minute for day in range(6) for minute in every(20, 48, day * 1_440)]  # 16 hours awake, 8 asleep
    said = fold(Silence(), heard(nightly), site())
    assert [(one.time_ns - BEGIN) // (24 * HOUR_NS) for one in of(said, "silent") if one.value] == [0, 1]


def test_three_silences_in_a_day_are_flapping_until_a_day_is_calm() -> None:
    minutes = [minute for start in (0, 300, 600, 900) for minute in every(10, 20, start)]
    steady = every(10, 6 * 48, 1_100)
    said = fold(Silence(), heard([*minutes, *steady]), site(), restarts=True)
    assert values(said, "flapping") == [True, False]
    raised, cleared = of(said, "flapping")
    assert (cleared.time_ns - raised.time_ns) // HOUR_NS >= 24


def test_steps_of_time_do_not_matter() -> None:
    state, other = Silence().begin("d1", site()), Silence().begin("d1", site())
    readings = heard(every(10, 12))
    for reading in readings:
        Silence().take(state, reading, site())
        Silence().take(other, reading, site())
    until = BEGIN + 80 * HOUR_NS
    stepped = [one for step in range(80) for one in Silence().pass_time(state, BEGIN + step * HOUR_NS, site())]
    stepped += Silence().pass_time(state, until, site())
    assert stepped == list(Silence().pass_time(other, until, site()))
    assert len(stepped) == 1


def test_an_hour_of_frames_each_minute_does_not_make_its_own_hourly_pace_an_alarm() -> None:
    """A bin that burns speaks each minute for an hour, and then hourly again."""
    burns = every(60, 48)
    minutes = [*burns, *every(1, 70, burns[-1] + 30), *every(60, 200, burns[-1] + 150)]
    assert not of(fold(Silence(), heard(minutes), site(), restarts=True), "silent")


def test_a_new_slower_pace_is_learnt_within_half_a_day() -> None:
    minutes = [*every(5, 600), *every(60, 300, 3_060)]
    raised = values(fold(Silence(), heard(minutes), site(), restarts=True), "silent").count(True)
    assert 1 <= raised <= 14
