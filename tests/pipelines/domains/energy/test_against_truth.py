"""Simulated meters, whose truth is known: kWh exact over roll-overs and exchanges, a building's use as it was."""

from itertools import pairwise
from math import fsum

import msgspec
import pytest

from pipelines.domains import HOUR_NS, QUARTER_NS, Place, Reading, Site
from pipelines.domains.energy.balance import ConnectionBalance
from pipelines.domains.energy.details import MeterDetails
from pipelines.domains.energy.meter import ElectricityMeter
from simulators.signals import Report
from simulators.signals.energy import ElectricityMeters, details
from tests.pipelines.domains.fold import fold, of, site, values
from tests.simulated_site import live, truths

METERS = ("electricity-meter/sluisstraat-0", "electricity-meter/sluisstraat-1")
DAY = 24 * HOUR_NS


def building(parameters: ElectricityMeters) -> Site:
    described = [msgspec.convert(details(parameters, "school", index), MeterDetails) for index in range(2)]
    return site({meter: Place(details=one) for meter, one in zip(METERS, described, strict=True)})


def heard(reports: list[Report]) -> list[Reading]:
    return [
        Reading(one.at_ns, one.device.dev_eui, one.device.feature, name, float(one.readings[name]))
        for one in reports
        if one.readings
        for name in ("energy_import_kwh", "energy_export_kwh")
    ]


def test_over_a_roll_over_the_sum_is_what_was_drawn_to_the_watt_hour() -> None:
    parameters = ElectricityMeters(register_digits=3, start_kwh=900.0)
    reports = live("electricity", parameters, days=20)
    readings = heard(reports)
    said = fold(ElectricityMeter(), readings, building(parameters))
    imports = [one for one in readings if one.property == "energy_import_kwh"]
    assert any(float(after.value) < float(before.value) for before, after in pairwise(imports))
    quarters = of(said, "energy_import_interval_kwh", QUARTER_NS)
    true = {truth.at_ns: float(truth.value) for truth in truths(reports, "import_kwh")}
    inner = [one for one in quarters if one.quality == "ok" and one.time_ns in true]
    assert len(inner) > 20 * 95
    assert fsum(float(one.value) for one in inner) == pytest.approx(fsum(true[one.time_ns] for one in inner), abs=0.05)
    assert not of(said, "meter_exchanged")


def test_each_exchange_is_found_and_no_other() -> None:
    parameters = ElectricityMeters(exchanges_per_year=60.0)
    reports = live("electricity", parameters, days=40)
    said = fold(ElectricityMeter(), heard(reports), building(parameters))
    true = [truth.at_ns for truth in truths(reports, "meter_exchanged")]
    found = [one.time_ns for one in of(said, "meter_exchanged")]
    assert len(true) >= 3
    assert len(found) == len(true)
    assert all(0 <= after - moment <= QUARTER_NS + 60 * 10**9 for moment, after in zip(true, found, strict=True))


def test_a_buildings_day_is_found_again() -> None:
    parameters = ElectricityMeters(production_meter=True)
    reports = live("electricity", parameters, devices=2, days=10)
    said = fold(ConnectionBalance(), heard(reports), building(parameters))
    assert len(values(said, "self_consumption_percent")) >= 9
    for day in of(said, "energy_use_interval_kwh"):
        if day.quality != "ok":
            continue
        within = range(day.time_ns, day.time_ns + day.interval_ns)
        used = [float(one.value) for one in truths(reports, "load_kwh", METERS[0]) if one.at_ns in within]
        assert float(day.value) == pytest.approx(fsum(used), rel=0.01)
