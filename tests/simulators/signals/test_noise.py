import math
import statistics
from dataclasses import replace

import pytest

from simulators.signals.local_hours import LocalHours
from simulators.signals.noise import SoundMeters
from simulators.signals.weather import CityWeather
from tests.simulated_site import CALM, ZONE, live, numbers, said, truths

PATTERN = SoundMeters(whim_db=0, place_db=0, events_per_hour=(0, 0, 0), tolerance_db=0, weekend_db=0)
STILL = CityWeather(CALM, 1)
CLOCK = LocalHours(ZONE)


def energy_mean(levels: list[float]) -> float:
    return 10 * math.log10(statistics.fmean(10 ** (level / 10) for level in levels))


def test_the_lden_of_a_known_pattern_is_known() -> None:
    """Directive 2002/49/EC, annex I: Lden of 62, 59 and 52 dB by hand."""
    reports = live("noise", PATTERN, days=4, start="2026-05-31T22:00", weather=STILL)
    day = list(truths(reports, "laeq_db"))[96:192]
    periods: tuple[list[float], list[float], list[float]] = ([], [], [])
    for truth in day:
        hour = CLOCK.at(truth.at_ns).hour
        periods[0 if 7 <= hour < 19 else 1 if 19 <= hour < 23 else 2].append(float(truth.value))
    assert [len(levels) for levels in periods] == [48, 16, 32]
    found = [energy_mean(period) for period in periods]
    assert found == pytest.approx([62.0, 59.0, 52.0], abs=0.02)
    assert lden(*found) == pytest.approx(10 * math.log10((12 * 10**6.2 + 4 * 10**6.4 + 8 * 10**6.2) / 24), abs=0.02)


def lden(day: float, evening: float, night: float) -> float:
    """Annex I of the directive: evenings weigh 5 dB more, nights 10."""
    energy = 12 * 10 ** (day / 10) + 4 * 10 ** ((evening + 5) / 10) + 8 * 10 ** ((night + 10) / 10)
    return 10 * math.log10(energy / 24)


def test_events_add_their_energy_and_no_more() -> None:
    loud = replace(PATTERN, events_per_hour=(30, 30, 30), event_sigma_db=0.0, day_db=40, evening_db=40, night_db=40)
    levels = numbers(live("noise", loud, days=20, weather=STILL), "laeq_db")
    # 30 events an hour of 12 s at 78 dB: a tenth of the time
    expected = 10 * math.log10(10**4.0 + 0.1 * 10**7.8)
    assert energy_mean(levels) == pytest.approx(expected, abs=0.15)


def test_the_report_is_the_level_with_the_meter_s_own_error() -> None:
    exact = live("noise", PATTERN, days=2, weather=STILL)
    assert said(exact, "level_mean") == pytest.approx(numbers(exact, "laeq_db"), abs=0.051)
    off = live("noise", replace(PATTERN, tolerance_db=2.0), days=2, weather=STILL)
    errors = [heard - true for heard, true in zip(said(off, "level_mean"), numbers(off, "laeq_db"), strict=True)]
    assert statistics.pstdev(errors) < 0.06
    assert abs(statistics.fmean(errors)) > 0.1


def test_the_loudest_is_never_below_the_mean() -> None:
    reports = live("noise", SoundMeters(), days=5)
    assert all(
        most >= mean for most, mean in zip(said(reports, "level_maximum"), said(reports, "level_mean"), strict=True)
    )


def test_nights_are_quieter_and_weekends_too() -> None:
    reports = live("noise", SoundMeters(events_per_hour=(0, 0, 0), place_db=0), days=27.9, start="2026-05-31T22:00")
    levels: dict[tuple[bool, bool], list[float]] = {}
    for truth in truths(reports, "laeq_db"):
        _, weekday, hour = CLOCK.at(truth.at_ns)
        levels.setdefault((weekday >= 5, hour < 6), []).append(float(truth.value))
    means = {key: statistics.fmean(found) for key, found in levels.items()}
    assert means[False, False] > means[False, True] + 6
    assert means[False, False] > means[True, False] + 0.5


def test_meters_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="events_per_hour"):
        SoundMeters(events_per_hour=(1.0,))
    with pytest.raises(ValueError, match="report_min: 7"):
        SoundMeters(report_min=7)
