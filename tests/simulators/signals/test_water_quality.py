import statistics
from dataclasses import replace

import pytest

from simulators.signals.water_quality import WaterProbes
from simulators.signals.weather import CityWeather
from tests.simulated_site import CALM, live, numbers, said, truths


def test_rain_makes_water_turbid() -> None:
    dry = numbers(live("water_quality", WaterProbes(), days=30, weather=CityWeather(CALM, 1)), "turbidity_ntu")
    wet = numbers(live("water_quality", WaterProbes(), days=30), "turbidity_ntu")
    assert set(dry) == {6.0}
    assert max(wet) > 20
    assert min(wet) >= 6.0


def test_a_probe_fouls_until_it_is_cleaned() -> None:
    fouling = replace(WaterProbes(), fouling_ntu_per_day=1.0, cleaning_days=10.0)
    reports = live("water_quality", fouling, days=40, weather=CityWeather(CALM, 1))
    cleaned = [truth.at_ns for truth in truths(reports, "cleaned")]
    assert len(cleaned) == 4
    drift = {report.at_ns: said([report], "turbidity_ntu")[0] - 6.0 for report in reports}
    before = [drift[moment] for moment in sorted(drift) if moment < cleaned[1]][-1]
    assert before == pytest.approx(10.0, abs=1.0)
    assert drift[cleaned[1]] == pytest.approx(0.0, abs=1.0)


def test_water_is_steadier_than_air_and_its_acidity_follows_the_sun() -> None:
    reports = live("water_quality", WaterProbes(), days=10)
    assert statistics.pstdev(numbers(reports, "water_temperature_c")) < 4
    acidity = numbers(reports, "ph")
    assert 7.5 < min(acidity) < 7.7 < max(acidity) < 7.9


def test_a_probe_that_is_never_cleaned_is_refused() -> None:
    with pytest.raises(ValueError, match="cleaning_days"):
        WaterProbes(cleaning_days=0)
