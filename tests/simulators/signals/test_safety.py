from dataclasses import replace
from itertools import pairwise

import pytest

from simulators.signals.local_hours import LocalHours
from simulators.signals.safety import Doors
from tests.simulated_site import ZONE, live, said, truths

CLOCK = LocalHours(ZONE)


def test_doors_are_opened_as_often_as_they_should_and_mostly_at_work() -> None:
    reports = live("doors", Doors(left_open_share=0.0), devices=10, days=70, start="2026-05-31T22:00")
    opened = [CLOCK.at(truth.at_ns) for truth in truths(reports, "door_open") if truth.value]
    at_work = [moment for moment in opened if moment.weekday < 5 and 7 <= moment.hour < 18]
    assert len(at_work) / 10 / 50 == pytest.approx(3.0, rel=0.08)
    assert 0 < len(opened) - len(at_work) < 0.15 * len(opened)


def test_a_door_opens_and_closes_in_turn_and_says_so_at_once() -> None:
    reports = live("doors", Doors(), days=20)
    changes = list(truths(reports, "door_open"))
    assert all(before.value != after.value for before, after in pairwise(changes))
    for report in reports:
        for truth in truths([report], "door_open"):
            assert report.at_ns - truth.at_ns < 60 * 10**9
            assert report.readings is not None
    assert {report.readings["door"] for report in reports if report.readings} == {"open", "closed"}


def test_who_meddles_with_a_sensor_is_told() -> None:
    reports = live("doors", Doors(tampers_per_year=50.0), days=30)
    told = [truth for report in reports for truth in truths([report], "tamper")]
    assert len(told) > 2
    removed = next(report for report in reports if report.truth and report.truth[-1] == told[0])
    assert removed.readings is not None
    assert removed.readings["mounting"] == "removed"


def test_a_quiet_door_is_heard_at_its_heartbeat() -> None:
    quiet = replace(Doors(), openings_per_day=0.0, tampers_per_year=0.0, heartbeat_min=120)
    reports = live("doors", quiet, days=4)
    assert {after.at_ns - before.at_ns for before, after in pairwise(reports)} == {7_200 * 10**9}
    assert said(reports, "battery")


def test_doors_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="heartbeat_min"):
        Doors(heartbeat_min=0)
