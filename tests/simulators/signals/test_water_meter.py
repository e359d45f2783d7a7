import statistics
from dataclasses import replace
from itertools import pairwise

import pytest

from simulators.signals.local_hours import LocalHours
from simulators.signals.water_meter import WaterMeters, calibration, details
from tests.simulated_site import ZONE, live, numbers, said, site, truths

TIGHT = WaterMeters(leaks_per_year=0.0)
HOUR_NS = 3_600_000_000_000
CLOCK = LocalHours(ZONE)


def test_a_household_uses_its_litres_in_draws() -> None:
    litres = numbers(live("water_meters", TIGHT, devices=8, days=60), "water_l")
    assert sum(litres) / 8 / 60 == pytest.approx(250, rel=0.05)
    assert statistics.fmean(hour == 0 for hour in litres) > 0.2


def test_the_register_counts_what_ran_to_the_litre() -> None:
    reports = live("water_meters", WaterMeters(leaks_per_year=20.0), days=30)
    register, litres = said(reports, "count"), numbers(reports, "water_l")
    assert register[-1] - register[0] == pytest.approx(sum(litres[1:]), abs=1.0)
    factor, offset = calibration(TIGHT)["water_m3"]
    assert register[0] * factor + offset == pytest.approx(register[0] / 1000)


def test_a_register_rolls_over_after_its_digits() -> None:
    district = replace(TIGHT, households=2_000, register_digits=3)
    reports = live("water_meters", district, days=14)
    rolls = 0
    for (before, after), litres in zip(pairwise(said(reports, "count")), numbers(reports, "water_l")[1:], strict=True):
        assert (after - before) % 1_000_000 == pytest.approx(litres, abs=1.0)
        rolls += after < before
    assert rolls >= 5
    assert details(district, "quarter", 0) == {"register_digits": 3, "most_m3_h": 400.0, "use": "other"}


def test_a_leak_runs_at_night_with_its_flow_from_begin_to_end() -> None:
    reports = live("water_meters", WaterMeters(leaks_per_year=80.0, leak_days=5.0), devices=4, days=60)
    for device in site("water_meters", 4).devices:
        flows = [(truth.at_ns, float(truth.value)) for truth in truths(reports, "leak_l_h", device.feature)]
        assert len(flows) > 2
        for hour in truths(reports, "water_l", device.feature):
            running = [flow for moment, flow in flows if moment <= hour.at_ns][-1:]
            changes = [moment for moment, _ in flows if hour.at_ns < moment < hour.at_ns + HOUR_NS]
            if running and not changes:
                assert float(hour.value) >= running[0] - 1e-9
            elif not running and not changes and CLOCK.at(hour.at_ns).hour == 3:
                assert float(hour.value) < 60


def test_meters_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="households"):
        WaterMeters(households=0)
    with pytest.raises(ValueError, match="report_min: 7"):
        WaterMeters(report_min=7)
