"""Simulated water, whose truth is known: leaks are found soon and none is made up, spikes do not get through."""

import msgspec
import pytest

from pipelines.domains import HOUR_NS, Place, Reading
from pipelines.domains.water.details import LevelDetails, WaterMeterDetails
from pipelines.domains.water.leakage import Leakage
from pipelines.domains.water.level import Level
from simulators.signals import Report
from simulators.signals.water import WaterLevels
from simulators.signals.water import details as level_details
from simulators.signals.water_meter import WaterMeters
from simulators.signals.water_meter import details as meter_details
from tests.pipelines.domains.fold import fold, of, site
from tests.simulated_site import live, truths


def heard(reports: list[Report], reading: str, name: str, factor: float) -> list[Reading]:
    return [
        Reading(one.at_ns, one.device.dev_eui, one.device.feature, name, float(one.readings[reading]) * factor)
        for one in reports
        if one.readings and reading in one.readings
    ]


@pytest.mark.parametrize("leaks_per_year", [4.0, 0.0])
def test_every_leak_of_a_household_is_found_within_a_day_and_a_half_and_none_is_made_up(leaks_per_year: float) -> None:
    parameters = WaterMeters(leaks_per_year=leaks_per_year)
    reports = live("water_meters", parameters, devices=8, days=60)
    readings = heard(reports, "count", "water_m3", 0.001)
    details = msgspec.convert(meter_details(parameters, "", 0), WaterMeterDetails)
    said = fold(Leakage(), readings, site({one.feature: Place(details=details) for one in readings}))
    raised = [one for one in of(said, "leak_suspected") if one.value is True]
    begun = [truth for truth in truths(reports, "leak") if truth.value]
    ended = {(truth.feature, truth.at_ns) for truth in truths(reports, "leak") if not truth.value}
    lasting = [
        leak
        for leak in begun
        if leak.at_ns < reports[-1].at_ns - 36 * HOUR_NS
        and not any(leak.feature == feature and 0 < at_ns - leak.at_ns < 36 * HOUR_NS for feature, at_ns in ended)
    ]
    found = [
        leak
        for leak in lasting
        if any(one.feature == leak.feature and 0 <= one.time_ns - leak.at_ns <= 36 * HOUR_NS for one in raised)
    ]
    assert bool(lasting) == bool(leaks_per_year)
    assert found == lasting
    assert len(raised) <= len(begun)


def test_a_clean_level_is_nearer_to_the_truth_than_the_sensors_reflections() -> None:
    parameters = WaterLevels(reflections_share=0.005)
    reports = live("water_level", parameters, devices=4, days=30)
    readings = heard(reports, "distance", "distance_mm", 1.0)
    details = msgspec.convert(level_details(parameters, "", 0), LevelDetails)
    said = fold(Level(), readings, site({one.feature: Place(details=details) for one in readings}))
    true = {(truth.feature, truth.at_ns): float(truth.value) for truth in truths(reports, "water_level_m")}
    off = [abs(float(one.value) - true[one.feature, one.time_ns]) for one in of(said, "water_level_m")]
    raw = [abs(parameters.sensor_m - float(one.value) / 1000 - true[one.feature, one.time_ns]) for one in readings]
    spikes = sum(error > 0.2 for error in raw)
    assert spikes > 50
    assert sum(error > 0.2 for error in off) <= 0.1 * spikes  # two in a row of the same kind get through
    assert sorted(off)[len(off) // 2] < 0.01
    assert not of(said, "flood_state") or max(true.values()) >= parameters.alert_m - 0.05
