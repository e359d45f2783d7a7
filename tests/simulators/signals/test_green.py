import itertools
import statistics
from dataclasses import replace

import pytest

from simulators.signals.green import Parcels, Trees
from simulators.signals.local_hours import LocalHours
from simulators.signals.weather import CityWeather, Climate
from tests.simulated_site import CALM, DAY_NS, ZONE, at, live, numbers, said, site, truths

EXACT = Trees(moisture_bias_percent=0.0, moisture_noise_percent=0.0)
DRY = CityWeather(CALM, 1)
CLOCK = LocalHours(ZONE)


def test_a_tree_without_rain_and_rounds_dries_out_and_needs_water() -> None:
    reports = live("trees", replace(EXACT, rounds="none"), days=60, weather=DRY)
    moisture = numbers(reports, "soil_moisture_percent")
    assert all(after <= before for before, after in itertools.pairwise(moisture))
    needs = [bool(truth.value) for truth in truths(reports, "needs_water")]
    assert needs == sorted(needs)
    assert needs[-1]
    assert numbers(reports, "soil_tension_kpa")[-1] > 60


def test_rounds_bring_their_litres_on_their_days_in_their_months() -> None:
    reports = live("trees", EXACT, devices=3, days=365, start="2026-01-01T00:00", weather=DRY)
    rounds = list(truths(reports, "watered_l"))
    assert {truth.value for truth in rounds} == {80.0}
    assert {CLOCK.at(truth.at_ns).weekday for truth in rounds} == {1, 4}
    assert {CLOCK.month(CLOCK.at(truth.at_ns).day) for truth in rounds} == {5, 6, 7, 8, 9}
    days = sum((day + 3) % 7 in (1, 4) for day in range(20_574, 20_574 + 153))  # May to September 2026
    assert [len(list(truths(reports, "watered_l", device.feature))) for device in site("trees", 3).devices] == [
        days
    ] * 3


def test_rounds_by_need_water_only_where_the_soil_is_dry_and_save_water() -> None:
    by_need = replace(EXACT, rounds="need", soils=("loam",))
    always = sum(numbers(live("trees", replace(by_need, rounds="always"), days=90), "watered_l"))
    reports = live("trees", by_need, days=90, weather=DRY)
    saved = sum(numbers(live("trees", by_need, days=90), "watered_l"))
    assert saved < 0.7 * always
    for round_ in truths(reports, "watered_l"):
        day = next(t for t in truths(reports, "needs_water") if 0 <= round_.at_ns - t.at_ns < t.interval_ns)
        assert day.value
    assert list(truths(reports, "watered_l"))


def test_evaporation_of_a_year_is_that_of_the_low_countries() -> None:
    days = numbers(live("trees", EXACT, days=364, start="2026-01-01T00:00", seed=4), "reference_evaporation_mm")
    assert 450 < sum(days) < 750  # mm a year by Makkink
    assert statistics.fmean(days[160:200]) > 6 * statistics.fmean(days[:30])


def test_days_are_local_and_without_a_gap() -> None:
    days = list(truths(live("trees", EXACT, days=30, start="2026-03-15T00:00"), "needs_water"))
    assert all(day.at_ns + day.interval_ns == after.at_ns for day, after in itertools.pairwise(days))
    assert sorted({day.interval_ns // 3_600_000_000_000 for day in days}) == [23, 24]


def test_a_sensor_is_off_by_its_own_bias() -> None:
    biased = replace(EXACT, moisture_bias_percent=3.0, soils=("loam",))
    reports = live("trees", biased, devices=30, days=2)
    errors = []
    for device in site("trees", 30).devices:
        own = [report for report in reports if report.device == device]
        errors.append(said(own, "moisture_fine")[0] - numbers(own, "soil_moisture_percent")[0])
    assert statistics.pstdev(errors) == pytest.approx(3.0, rel=0.4)


def test_soil_is_warmer_in_summer_and_steadier_than_air() -> None:
    summer = said(live("trees", EXACT, days=10, start="2026-07-01T00:00"), "temperature")
    winter = said(live("trees", EXACT, days=10, start="2026-01-10T00:00"), "temperature")
    sky = CityWeather(Climate(), 1)
    air = [sky.at(at("2026-07-01T00:00") + hour * 3_600_000_000_000).temperature_c for hour in range(240)]
    assert statistics.fmean(summer) > statistics.fmean(winter) + 6
    assert statistics.pstdev(summer) < 0.7 * statistics.pstdev(air)


def test_a_parcel_drinks_all_the_rain() -> None:
    open_sky = live("parcels", Parcels(rounds="none"), days=20, seed=2)
    roofed = live("parcels", Parcels(rounds="none", rain_share=0.0), days=20, seed=2)
    assert numbers(open_sky, "soil_moisture_percent")[-1] > numbers(roofed, "soil_moisture_percent")[-1]


def test_reports_come_at_their_interval_from_a_phase_of_their_own() -> None:
    reports = live("trees", replace(EXACT, report_min=30.0), devices=5, days=3)
    first = {report.device.dev_eui: report.at_ns for report in reversed(reports)}
    assert len(set(first.values())) == 5
    assert max(first.values()) - min(first.values()) < 0.03 * DAY_NS
    assert len(reports) == pytest.approx(5 * 3 * 48, abs=8)


def test_trees_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="readily"):
        Trees(readily=1.0)
    with pytest.raises(ValueError, match="round_days"):
        Trees(round_days=(7,))
    with pytest.raises(ValueError, match="soils"):
        Trees(soils=())
