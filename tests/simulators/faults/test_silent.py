"""Devices that fall silent for good: by name, at their day, and only they."""

from simulators.faults import DAY_NS
from simulators.faults.silent import Silent
from tests.simulators.faults.streams import DEVICES, EVERY_NS, START_NS, reports, scope


def test_it_says_nothing_more_from_that_day_on_and_the_others_go_on() -> None:
    gone, after_days = DEVICES[3].feature, 0.25
    came = list(Silent((gone,), after_days).apply(reports(100), scope()))
    last_ns = max(one.at_ns for one in came if one.device.feature == gone and one.readings is not None)
    assert START_NS + after_days * DAY_NS - EVERY_NS <= last_ns < START_NS + after_days * DAY_NS
    assert all(one.readings is not None for one in came if one.device.feature != gone)


def test_its_end_is_a_truth_told_once_and_what_is_true_of_the_bin_goes_on_being_told() -> None:
    gone = DEVICES[3].feature
    came = list(Silent((gone,), 0.25).apply(reports(100), scope()))
    told = [truth for one in came for truth in one.truth if truth.feature == gone]
    assert [truth.value for truth in told if truth.quantity == "device_dead"] == [True]
    assert sum(truth.quantity == "fill_level_percent" for truth in told) == 100


def test_without_names_nobody_falls_silent() -> None:
    assert list(Silent().apply(reports(10), scope())) == list(reports(10))
