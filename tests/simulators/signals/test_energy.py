import statistics
from dataclasses import replace
from itertools import pairwise

import pytest

from simulators.signals.energy import ElectricityMeters, details
from tests.simulated_site import live, numbers, said, site, truths

PLAIN = ElectricityMeters(size_spread=0.0)
DEVICE = site("electricity", 1).devices[0].feature


def wh(kwh: float) -> int:
    return round(kwh * 1000)


def test_energy_is_neither_made_nor_lost() -> None:
    reports = live("electricity", PLAIN, days=14)
    rows = zip(*(numbers(reports, f"{name}_kwh") for name in ("load", "production", "import", "export")), strict=True)
    counted = 0
    for load, production, imported, exported in rows:
        assert wh(load) == wh(production) + wh(imported) - wh(exported)
        counted += 1
    assert counted == 14 * 96 - 1


def test_registers_grow_by_exactly_what_flowed() -> None:
    reports = live("electricity", PLAIN, days=14)
    for register, truth in (("energy_import_kwh", "import_kwh"), ("energy_export_kwh", "export_kwh")):
        steps = [wh(after) - wh(before) for before, after in pairwise(said(reports, register))]
        assert steps == [wh(kwh) for kwh in numbers(reports, truth)]
        assert sum(steps) > 0


def test_a_register_rolls_over_to_the_watt_hour() -> None:
    full = replace(PLAIN, register_digits=3, start_kwh=998.9, pv_kwp=0.0)
    reports = live("electricity", full, days=10)
    registers = said(reports, "energy_import_kwh")
    assert max(registers) < 1_000
    assert any(after < before for before, after in pairwise(registers))
    moved = sum((wh(after) - wh(before)) % 1_000_000 for before, after in pairwise(registers))
    assert moved == sum(wh(kwh) for kwh in numbers(reports, "import_kwh"))


def test_an_exchanged_meter_begins_at_zero_in_the_middle_of_a_quarter() -> None:
    reports = live("electricity", replace(PLAIN, exchanges_per_year=90.0), days=60)
    exchanged = [truth.at_ns for truth in truths(reports, "meter_exchanged")]
    assert len(exchanged) > 3
    for moment in exchanged:
        report = next(report for report in reports if report.at_ns > moment)
        quarter = next(truth for truth in report.truth if truth.quantity == "import_kwh")
        assert 0 <= said([report], "energy_import_kwh")[0] <= float(quarter.value)


def test_a_working_day_uses_what_it_should_and_panels_make_what_the_sun_gives() -> None:
    reports = live("electricity", PLAIN, days=28, start="2026-05-31T22:00")
    use = sum(numbers(reports, "load_kwh")) / 28
    assert use == pytest.approx(120 * (5 + 2 * 0.45) / 7, rel=0.03)
    made = sum(numbers(reports, "production_kwh")) / 28
    assert 2.5 < made / PLAIN.pv_kwp < 6.5  # kWh a day and kWp in June
    winter = live("electricity", PLAIN, days=28, start="2025-12-01T00:00")
    assert sum(numbers(winter, "production_kwh")) / 28 < 0.35 * made


def test_the_meter_at_the_panels_counts_what_they_make_and_no_more() -> None:
    paired = replace(PLAIN, production_meter=True)
    reports = live("electricity", paired, devices=2, days=7)
    border, panels = site("electricity", 2).devices
    made = numbers(reports, "production_kwh", border.feature)
    assert made == numbers(reports, "production_kwh", panels.feature)
    own = [report for report in reports if report.device == panels]
    steps = [wh(after) - wh(before) for before, after in pairwise(said(own, "energy_export_kwh"))]
    assert steps == [wh(kwh) for kwh in made]
    assert len(set(said(own, "energy_import_kwh"))) == 1
    assert [details(paired, "block", number)["role"] for number in (0, 1)] == ["grid", "production"]
    assert details(paired, "block", 0)["connection"] == details(paired, "block", 1)["connection"]


def test_buildings_differ_in_size() -> None:
    reports = live("electricity", ElectricityMeters(size_spread=0.5), devices=12, days=3)
    use = [sum(numbers(reports, "load_kwh", device.feature)) for device in site("electricity", 12).devices]
    assert statistics.pstdev(use) / statistics.fmean(use) > 0.15


def test_a_report_of_an_hour_holds_four_quarters() -> None:
    reports = live("electricity", replace(PLAIN, report_min=60), days=2)
    assert all(len(list(truths([report], "import_kwh", DEVICE))) == 4 for report in reports[1:])
    assert said(reports, "energy_import_kwh")[-1] > said(reports, "energy_import_kwh")[0]


def test_meters_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="use_hours: 1 numbers"):
        ElectricityMeters(use_hours=(1.0,))
    with pytest.raises(ValueError, match="register_digits: 1"):
        ElectricityMeters(register_digits=1)
    with pytest.raises(ValueError, match="report_min: 7"):
        ElectricityMeters(report_min=7)
