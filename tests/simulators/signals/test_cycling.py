import statistics
from collections import defaultdict
from dataclasses import replace

import pytest

from simulators.signals.counting import BicycleCounters, PeopleCounters, VehicleCounters
from simulators.signals.cycling import details
from simulators.signals.local_hours import LocalHours
from simulators.signals.weather import CityWeather, Climate
from tests.simulated_site import CALM, DAY_NS, ZONE, live, numbers, said, site, truths

FAIR = replace(
    BicycleCounters(),
    place_sigma=0.0,
    day_dispersion=0.0,
    events_per_year=0.0,
    temperature_effect=0.0,
    temperature_square_effect=0.0,
    rain_effect=0.0,
    wind_effect=0.0,
    summer_swing=0.0,
    growth_per_year=0.0,
)
CLOCK = LocalHours(ZONE)
COUNT = "bicycle_count_interval"


def test_a_year_without_whims_has_the_daily_mean() -> None:
    counts = numbers(live("cycling", replace(FAIR, report_min=60), days=364, start="2025-12-31T23:00"), COUNT)
    assert len(counts) == pytest.approx(364 * 24, abs=3)
    assert sum(counts) / 364 == pytest.approx(FAIR.mean_daily, rel=0.01)


def test_counts_of_equal_hours_are_poisson() -> None:
    quarters = [
        float(truth.value)
        for truth in truths(live("cycling", FAIR, days=210, start="2025-12-31T23:00"), COUNT)
        if CLOCK.at(truth.at_ns).weekday == 1 and int(CLOCK.at(truth.at_ns).hour) == 8
    ]
    assert len(quarters) == 30 * 4
    assert statistics.pvariance(quarters) / statistics.fmean(quarters) == pytest.approx(1.0, abs=0.35)


def test_days_with_a_whim_differ_more_than_chance() -> None:
    days: defaultdict[int, float] = defaultdict(float)
    flat = replace(FAIR, weekday_factors=(1.0,) * 7, day_dispersion=0.2)
    for truth in truths(live("cycling", flat, days=120), COUNT):
        days[truth.at_ns // DAY_NS] += float(truth.value)
    totals = list(days.values())[1:-1]
    assert statistics.pstdev(totals) / statistics.fmean(totals) == pytest.approx(0.2, abs=0.05)


def test_commuters_go_one_way_in_the_morning_and_the_other_in_the_evening() -> None:
    reports = live("cycling", FAIR, days=28, start="2025-12-31T23:00")
    by_hour: defaultdict[tuple[int, str], float] = defaultdict(float)
    for way in ("forward", "backward"):
        for truth in truths(reports, f"{COUNT}_{way}"):
            if CLOCK.at(truth.at_ns).weekday < 5:
                by_hour[int(CLOCK.at(truth.at_ns).hour), way] += float(truth.value)
    assert by_hour[8, "forward"] > 1.3 * by_hour[8, "backward"]
    assert by_hour[17, "backward"] > 1.3 * by_hour[17, "forward"]
    whole = sum(numbers(reports, COUNT))
    assert sum(by_hour.values()) < whole
    assert whole == sum(numbers(reports, f"{COUNT}_forward")) + sum(numbers(reports, f"{COUNT}_backward"))


def test_two_devices_of_a_section_share_its_days_and_count_one_way_each() -> None:
    split = replace(BicycleCounters(), counts="directions", day_dispersion=0.5, place_sigma=1.0)
    reports = live("cycling", split, devices=4, days=40)
    totals = [sum(numbers(reports, COUNT, device.feature)) for device in site("cycling", 4).devices]
    assert totals[0] == pytest.approx(totals[1], rel=0.1)
    assert totals[2] == pytest.approx(totals[3], rel=0.1)
    assert totals[0] != pytest.approx(totals[2], rel=0.1)
    assert details(split, "quai", 0)["direction"] == "forward"
    assert details(split, "quai", 1)["direction"] == "backward"
    assert details(split, "quai", 0)["section"] == details(split, "quai", 1)["section"]
    assert details(split, "quai", 2)["section"] != details(split, "quai", 1)["section"]


def test_rain_keeps_people_off_their_bicycles_by_its_effect() -> None:
    wet = CityWeather(Climate(wet_after_dry=0.9999, wet_after_wet=0.99995, wet_hour_shape=5_000.0, summer_rain=0.0), 1)
    effect = replace(FAIR, rain_effect=-0.5)
    in_rain = sum(numbers(live("cycling", effect, days=28, weather=wet), COUNT))
    dry = sum(numbers(live("cycling", effect, days=28, weather=CityWeather(CALM, 1)), COUNT))
    assert in_rain / dry == pytest.approx(2.718281828 ** (-0.5 * 0.8), rel=0.02)


def test_growth_is_what_a_year_adds() -> None:
    grown = replace(FAIR, growth_per_year=0.2)
    first = sum(numbers(live("cycling", grown, days=56, start="2026-01-05T00:00"), COUNT))
    later = sum(numbers(live("cycling", grown, days=56, start="2027-01-04T00:00"), COUNT))
    assert later / first == pytest.approx(1.2, rel=0.02)


def test_a_cumulative_register_rolls_over_to_the_last_unit() -> None:
    small = replace(FAIR, register="cumulative", register_max=999)
    reports = live("cycling", small, days=30)
    registers = said(reports, "bicycle_count")
    counts = numbers(reports, COUNT)
    rolled = 0
    for before, after, count in zip(registers, registers[1:], counts[1:], strict=False):
        assert after == (before + count) % 1_000
        rolled += after < before
    assert rolled > 20
    assert details(small, "quai", 0)["register_max"] == 999


def test_a_register_that_is_reset_says_so_in_truth_and_stands_at_zero() -> None:
    reports = live("cycling", replace(FAIR, register="cumulative", resets_per_year=50.0), days=60)
    resets = [report for report in reports if list(truths([report], "register_reset"))]
    assert len(resets) > 2
    assert all(report.readings == {"bicycle_count": 0} for report in resets)


def test_people_and_vehicles_are_counted_in_their_own_words() -> None:
    people = live("people", PeopleCounters(), days=2)
    assert said(people, "ltr") == numbers(people, "people_count_interval_forward")
    assert said(people, "rtl") == numbers(people, "people_count_interval_backward")
    vehicles = live("vehicles", VehicleCounters(), days=2)
    assert said(vehicles, "counter")[-1] < 65_536
    assert sum(numbers(vehicles, "vehicle_count_interval")) > 2_000


def test_the_interval_of_a_report_has_just_ended() -> None:
    for report in live("cycling", replace(FAIR, report_min=60), days=2):
        truth = report.truth[0]
        assert truth.interval_ns == 3_600 * 10**9
        assert truth.at_ns % truth.interval_ns == 0
        assert 0 < report.at_ns - truth.at_ns - truth.interval_ns <= 40 * 10**9


def test_counters_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="report_min: 7"):
        BicycleCounters(report_min=7)
    with pytest.raises(ValueError, match="24 numbers"):
        BicycleCounters(commuter_hours=(1.0,))
    with pytest.raises(ValueError, match="above 0"):
        BicycleCounters(weekday_factors=(0.0,) * 7)
