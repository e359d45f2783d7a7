import statistics
from dataclasses import replace

import pytest

from simulators.signals.air import AirStations, growth
from simulators.signals.weather import SLOT_NS, CityWeather, Climate
from tests.simulated_site import live, numbers, said, site, truths

PERFECT = AirStations(gain_sigma=0.0, offset_ug_m3=0.0, noise_share=0.0)


@pytest.mark.parametrize(("humidity", "factor"), [(0.0, 1.0), (50.0, 1.2121), (80.0, 1.8485), (99.0, 2.9091)])
def test_particles_grow_with_humidity_as_kappa_koehler_says(humidity: float, factor: float) -> None:
    """1 + (0.35/1.65) a/(1 - a), with a at most 0.9."""
    assert growth(0.35, humidity) == pytest.approx(factor, abs=1e-4)


def test_dry_particles_are_measured_as_they_are_and_wet_ones_too_heavy() -> None:
    dry = live("air", replace(PERFECT, kappa=0.0), days=2)
    assert said(dry, "pm25_ug_m3") == pytest.approx(numbers(dry, "pm25_ug_m3"), abs=0.051)
    wet = live("air", PERFECT, days=30)
    ratios = [heard / true for heard, true in zip(said(wet, "pm25_ug_m3"), numbers(wet, "pm25_ug_m3"), strict=True)]
    assert 1.3 < statistics.fmean(ratios) < 2.9  # low-cost sensors read 40 % high and more in a moist climate


def test_a_year_is_that_of_a_street() -> None:
    reports = live("air", replace(PERFECT, report_min=60), days=364, start="2026-01-01T00:00", seed=5)
    assert 8 < statistics.fmean(numbers(reports, "pm25_ug_m3")) < 18
    assert 15 < statistics.fmean(numbers(reports, "no2_ug_m3")) < 40
    assert 30 < statistics.fmean(numbers(reports, "o3_ug_m3")) < 70
    particles = zip(numbers(reports, "pm25_ug_m3"), numbers(reports, "pm10_ug_m3"), strict=True)
    assert all(pm10 > pm25 for pm25, pm10 in particles)


def test_wind_clears_the_air() -> None:
    calm = numbers(live("air", PERFECT, days=20, weather=CityWeather(Climate(wind_scale_m_s=1.0), 1)), "no2_ug_m3")
    windy = numbers(live("air", PERFECT, days=20, weather=CityWeather(Climate(wind_scale_m_s=8.0), 1)), "no2_ug_m3")
    assert statistics.fmean(calm) > 2 * statistics.fmean(windy)


def test_where_traffic_makes_more_nitrogen_dioxide_there_is_as_much_less_ozone() -> None:
    reports = live("air", replace(PERFECT, no2_traffic_ug_m3=5.0), days=3, devices=4)
    sums: dict[int, list[float]] = {}
    for no2, o3 in zip(truths(reports, "no2_ug_m3"), truths(reports, "o3_ug_m3"), strict=True):
        sums.setdefault(no2.at_ns // SLOT_NS, []).append(float(no2.value) + float(o3.value))
    shared = [found for found in sums.values() if len(found) > 1]
    assert len(shared) > 100
    assert all(max(found) - min(found) < 1e-9 for found in shared)
    assert len(set(numbers(reports, "no2_ug_m3"))) > 1_000


def test_traffic_shows_at_the_rush_and_not_on_sundays() -> None:
    base = replace(PERFECT, pm25_background_ug_m3=0.0, no2_background_ug_m3=0.0)
    reports = live("air", base, days=28, start="2026-05-31T22:00")
    by_hour: dict[tuple[bool, int], list[float]] = {}
    for truth in truths(reports, "no2_ug_m3"):
        hours = truth.at_ns // 3_600_000_000_000 + 2
        by_hour.setdefault(((hours // 24 + 3) % 7 == 6, hours % 24), []).append(float(truth.value))
    rush, sunday, night = (statistics.fmean(by_hour[key]) for key in ((False, 8), (True, 8), (False, 3)))
    assert rush > 1.2 * sunday
    assert rush > 4 * night


def test_sensors_differ_and_breathe_the_same_air() -> None:
    reports = live("air", AirStations(gain_sigma=0.3), devices=12, days=3)
    heard, true = [], []
    for device in site("air", 12).devices:
        own = [report for report in reports if report.device == device]
        heard.append(statistics.fmean(said(own, "pm25_ug_m3")))
        true.append(statistics.fmean(numbers(own, "pm25_ug_m3")))
    assert statistics.pstdev(heard) / statistics.fmean(heard) > 2 * statistics.pstdev(true) / statistics.fmean(true)
