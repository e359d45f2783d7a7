from dataclasses import replace

import pytest

from simulators.signals.light import StreetLights
from simulators.signals.local_hours import LocalHours
from simulators.signals.weather import solar_elevation_deg
from tests.simulated_site import ZONE, live, numbers, said, truths

SOUND = StreetLights(failures_per_year=0.0)
CLOCK = LocalHours(ZONE)
HOUR_NS = 3_600_000_000_000


def test_lamps_are_on_from_dusk_to_dawn_and_dimmed_between() -> None:
    reports = live("lights", SOUND, days=6, start="2026-03-01T12:00")
    levels = list(truths(reports, "lamp_level_percent"))
    assert [truth.value for truth in levels[:4]] == [100.0, 50.0, 100.0, 0.0]
    for truth in levels:
        hour = CLOCK.at(truth.at_ns).hour
        elevation = solar_elevation_deg(truth.at_ns, 51.025, 4.479)
        if truth.value == 50.0:
            assert hour == pytest.approx(23.0, abs=0.001)
        elif truth.value == 0.0 or hour > 12:
            assert elevation == pytest.approx(-3.0, abs=0.01)
        else:
            assert hour == pytest.approx(5.5, abs=0.001)


def test_a_night_uses_its_hours_times_the_level() -> None:
    reports = live("lights", SOUND, days=4, start="2026-03-01T12:00")
    night = next(truths(reports, "energy_kwh"))
    hours = night.interval_ns / HOUR_NS
    power_kw = said(reports, "power_w")
    assert max(power_kw) == pytest.approx(42, rel=0.05)
    assert float(night.value) == pytest.approx((hours - 6.5 + 6.5 * 0.5) * 42 / 1000, rel=0.04)
    first, last = said(reports, "energy_import_kwh")[0], said(reports, "energy_import_kwh")[-1]
    assert last - first == pytest.approx(sum(numbers(reports, "energy_kwh")), rel=0.05, abs=0.2)


def test_a_lamp_that_has_failed_is_switched_on_and_draws_next_to_nothing() -> None:
    reports = live("lights", replace(SOUND, failures_per_year=30.0), days=60)
    failures = list(truths(reports, "lamp_failed"))
    assert len(failures) > 2
    began, mended = failures[0].at_ns, failures[1].at_ns
    dark = [report for report in reports if began < report.at_ns < mended and said([report], "switched_on") == [1.0]]
    assert dark
    assert all(power < 3 for power in said(dark, "power_w"))


def test_a_midsummer_night_s_dimming_may_end_with_the_dawn() -> None:
    levels = list(truths(live("lights", SOUND, days=1, start="2026-06-21T12:00"), "lamp_level_percent"))
    assert [truth.value for truth in levels] == [100.0, 50.0, 0.0]


def test_lamps_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="dim_percent"):
        StreetLights(dim_percent=200.0)
