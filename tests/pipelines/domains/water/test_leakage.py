"""A household's meter: its use, its nights, a leak that runs and one that stops; clock changes and lost messages."""

import pytest

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.local_time import local
from pipelines.domains.water.details import WaterMeterDetails
from pipelines.domains.water.leakage import Leakage
from tests.pipelines.domains.fold import BRUSSELS, at, fold, of, series, site, values

METER = "water-meter/1"
BEGIN = at("2026-06-01T00:00")
DAY = 24 * HOUR_NS


def meter(**details: float | str) -> Site:
    return site({METER: Place(details=WaterMeterDetails(**details))})  # type: ignore[arg-type]


def household(days: int, leak: dict[int, float] | None = None, begin: int = BEGIN) -> list[Reading]:
    """Hourly readings: 20 L an hour from 6 to 23 h, nothing by night; ``leak``: from hour → L/h, until the next."""
    litres, running, readings = 99_990_000.0, 0.0, []
    for hour in range(days * 24 + 1):
        time_ns = begin + hour * HOUR_NS
        readings.append(Reading(time_ns, "device", METER, "water_m3", litres % 100_000_000 / 1_000))
        running = (leak or {}).get(hour, running)
        litres += running + (20.0 if 6 <= local(time_ns, BRUSSELS).hour < 23 else 0.0)
    return readings


def test_use_is_exact_by_hour_and_day_also_when_the_register_rolls_over() -> None:
    said = fold(Leakage(), household(2), meter(), restarts=True)
    assert values(said, "water_use_l", DAY) == [pytest.approx(340)] * 2
    assert sum(values(said, "water_use_l", HOUR_NS)) == pytest.approx(680)
    assert set(values(said, "coverage_percent")) == {100.0}


def test_a_quiet_household_has_quiet_nights_and_no_leak() -> None:
    said = fold(Leakage(), household(20), meter(), restarts=True)
    assert values(said, "night_flow_l_h") == [0.0] * 20
    assert not of(said, "leak_suspected")


def test_water_that_runs_for_a_day_is_a_leak_until_it_stands_still_for_an_hour() -> None:
    said = fold(Leakage(), household(3, {7: 5.0, 50: 0.0}), meter(), restarts=True)
    assert [(one.value, (one.time_ns - BEGIN) // HOUR_NS) for one in of(said, "leak_suspected")] == [
        (True, 30),
        (False, 51),
    ]


def test_two_nights_in_a_row_above_their_limit_are_a_sign_of_their_own() -> None:
    said = fold(Leakage(), household(7, {4 * 24 + 1: 30.0, 5 * 24 + 12: 0.0}), meter(use="other"), restarts=True)
    assert values(said, "leak_sign") == ["night_flow", "none"]
    assert [(one.value, (one.time_ns - BEGIN) // HOUR_NS) for one in of(said, "leak_suspected")] == [
        (True, 5 * 24 + 4),
        (False, 6 * 24 + 4),
    ]


def test_one_night_above_its_limit_is_none() -> None:
    said = fold(Leakage(), household(7, {4 * 24 + 1: 30.0, 4 * 24 + 12: 0.0}), meter(use="other"))
    assert values(said, "night_flow_l_h")[4] == pytest.approx(30)
    assert not of(said, "leak_suspected")


def test_both_signs_are_one_leak() -> None:
    said = fold(Leakage(), household(7, {4 * 24 + 1: 30.0}), meter(), restarts=True)
    assert values(said, "leak_sign") == ["continuous_flow", "both"]
    assert values(said, "leak_suspected") == [True]


def test_a_leak_does_not_become_the_measure_of_nights() -> None:
    said = fold(Leakage(), household(30, {5 * 24: 30.0}), meter(use="other"), restarts=True)
    assert values(said, "leak_suspected") == [True]
    assert values(said, "night_flow_l_h")[5:] == [pytest.approx(30)] * 25


def test_one_late_shower_does_not_raise_a_night() -> None:
    said = fold(Leakage(), household(6, {4 * 24 + 3: 80.0, 4 * 24 + 4: 0.0}), meter())
    assert values(said, "night_flow_l_h")[4] == 0.0
    assert not of(said, "leak_suspected")


def test_only_a_household_must_stand_still() -> None:
    readings = household(3, {0: 5.0})
    assert not of(fold(Leakage(), readings, meter(use="other")), "leak_suspected")
    assert values(fold(Leakage(), readings, meter()), "leak_suspected") == [True]


def test_a_silence_of_hours_proves_no_leak_and_clears_none() -> None:
    readings = household(4, {0: 5.0})
    lost = [one for one in readings if not 20 <= (one.time_ns - BEGIN) // HOUR_NS < 23]
    (raised,) = of(fold(Leakage(), lost, meter()), "leak_suspected")
    assert (raised.time_ns - BEGIN) // HOUR_NS == 47
    later = [one for one in readings if not 50 <= (one.time_ns - BEGIN) // HOUR_NS < 60]
    assert values(fold(Leakage(), later, meter()), "leak_suspected") == [True]


def test_a_night_without_its_readings_is_missing() -> None:
    lost = [one for one in household(2) if not 1 <= (one.time_ns - BEGIN) // HOUR_NS < 6]
    first, second = of(fold(Leakage(), lost, meter()), "night_flow_l_h")
    assert (first.quality, first.time_ns) == ("missing", BEGIN + 2 * HOUR_NS)
    assert (second.quality, second.interval_ns) == ("ok", 2 * HOUR_NS)


def test_the_night_has_one_hour_in_spring_and_three_in_autumn() -> None:
    for midnight, hours in (("2026-03-29T00:00", 1), ("2026-10-25T00:00", 3)):
        said = fold(Leakage(), household(1, begin=at(midnight)), meter())
        (night,) = of(said, "night_flow_l_h")
        assert (night.quality, night.interval_ns // HOUR_NS) == ("ok", hours)
        assert local(night.time_ns + night.interval_ns, BRUSSELS).hour == 4


def test_pulses_count_where_the_details_say_what_one_is() -> None:
    pulses = series(METER, "pulses", [(BEGIN + n * HOUR_NS, 5.0 * n) for n in range(25)])
    said = fold(Leakage(), pulses, meter(litres_per_pulse=10.0), restarts=True)
    assert values(said, "water_use_l", DAY) == [pytest.approx(1_200)]
    assert not fold(Leakage(), pulses, meter())
