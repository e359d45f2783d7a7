"""What a whole city reports, in order; and the past of a city that goes live."""

from itertools import pairwise
from typing import Any

from simulators.city.settle import City, settle
from simulators.city_clock import NS_PER_S
from simulators.reports import reports
from simulators.scenario import parse_scenario
from simulators.signals import Report

START_NS = 1_793_574_000 * NS_PER_S
MINUTE_NS, HOUR_NS = 60 * NS_PER_S, 3_600 * NS_PER_S
LIVE_NS, END_NS = START_NS + 12 * HOUR_NS, START_NS + 14 * HOUR_NS


def city(**given: Any) -> City:
    site = {"kind": "water_level", "pilot": "p", "count": 1, "report_min": 2, **given}
    weather = {"kind": "weather", "pilot": "p", "count": 1, "report_min": 5, "past_report_min": 60}
    return settle(parse_scenario({"title": "t", "town": "delft", "seed": 1, "site": [site, weather]}, "t"))


def of(kind: str, said: list[Report]) -> list[Report]:
    return [one for one in said if one.device.feature.startswith(kind)]


def test_a_device_reports_less_often_until_the_city_is_live_and_then_at_once_as_it_should() -> None:
    said = of("water-level", list(reports(city(past_report_min=30), START_NS, END_NS, live_ns=LIVE_NS)))
    past = [one.at_ns for one in said if one.at_ns < LIVE_NS]
    present = [one.at_ns for one in said if one.at_ns >= LIVE_NS]
    assert {(after - before) // MINUTE_NS for before, after in pairwise(past)} == {30}
    assert present[0] - LIVE_NS <= 2.2 * MINUTE_NS
    assert all(after - before <= 2.2 * MINUTE_NS for before, after in pairwise(present))


def test_a_run_that_never_goes_live_knows_no_past() -> None:
    said = of("water-level", list(reports(city(past_report_min=30), START_NS, LIVE_NS)))
    assert len(said) > 340


def test_rain_of_the_longer_interval_is_told_whole() -> None:
    truths = [
        truth
        for one in of("weather-station", list(reports(city(), START_NS, END_NS, live_ns=LIVE_NS)))
        for truth in one.truth
        if truth.quantity == "rain_mm"
    ]
    assert all(before.at_ns + before.interval_ns == after.at_ns for before, after in pairwise(truths))
