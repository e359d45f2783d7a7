"""A lamp through its days: on time, late, by daylight, silent; its energy; out, and mended."""

import pytest

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.light.details import LampDetails, LightSettings
from pipelines.domains.light.lamp import Lamp
from pipelines.domains.light.sun import daylight
from pipelines.model import Location
from tests.pipelines.domains.fold import at, fold, of, series, site, values

LIGHT = "street-light/12"
BEGIN = at("2026-11-03T00:00")
DAY = 24 * HOUR_NS
MECHELEN = Location(4.48, 51.03)
RISES, SINKS = daylight(BEGIN, 51.03, 4.48)


def street(rated_w: float | None = 40.0, **settings: float) -> Site:
    places = {LIGHT: Place(location=MECHELEN, details=LampDetails(rated_w=rated_w))}
    return site(places, {"light": LightSettings(**settings)})


def says(time_ns: int, *, on: bool, level: float = 100.0, power_w: float | None = None) -> list[Reading]:
    """One uplink, in the order in which its readings come."""
    power = (40.0 * level / 100 if on else 0.0) if power_w is None else power_w
    told: dict[str, float | bool] = {"lamp_level_percent": level if on else 0.0, "power_w": power, "switched_on": on}
    return [Reading(time_ns, "device", LIGHT, name, value) for name, value in told.items()]


def hourly(night: tuple[int, int], days: int = 1, *, level: float = 100.0) -> list[Reading]:
    """On from hour ``night[0]`` to ``night[1]`` of each day, told every hour and at the end."""
    readings: list[Reading] = []
    for hour in range(days * 24):
        on = night[0] <= hour % 24 < night[1]
        readings += says(BEGIN + hour * HOUR_NS, on=on, level=level)
    return readings


def test_hours_on_are_set_beside_the_hours_without_sun() -> None:
    said = fold(Lamp(), hourly((18, 24)), street(), until=BEGIN + DAY, restarts=True)
    assert values(said, "burn_time_h", DAY) == [6.0]
    assert values(said, "burn_in_daylight_h", DAY) == [0.0]
    dark = 24 - (SINKS - RISES) / HOUR_NS
    assert values(said, "dark_time_h", DAY) == [pytest.approx(dark, abs=1e-4)]
    dawn = (daylight(BEGIN, 51.03, 4.48, -6.0)[0] - BEGIN) / HOUR_NS
    assert values(said, "dark_unlit_h", DAY) == [pytest.approx(dawn, abs=1e-4)]  # from 17 h off to 18 h on: not sure
    assert values(said, "coverage_percent", DAY) == [100.0]


def test_a_lamp_that_burns_by_day_shows() -> None:
    said = fold(Lamp(), hourly((0, 24)), street(), until=BEGIN + DAY)
    assert values(said, "burn_in_daylight_h") == [pytest.approx((SINKS - RISES) / HOUR_NS, abs=1e-4)]
    assert values(said, "dark_unlit_h") == [0.0]


@pytest.mark.parametrize("report_min", [15, 60, 150])
def test_a_healthy_lamp_is_never_called_unlit(report_min: int) -> None:
    """Switched twenty minutes after sunset and before sunrise; it tells that only with its next report."""
    on_ns, off_ns = SINKS + HOUR_NS // 3, RISES - HOUR_NS // 3
    times = range(BEGIN, BEGIN + 2 * DAY, report_min * 60 * 10**9)
    readings = [one for at_ns in times for one in says(at_ns, on=not off_ns <= (at_ns - BEGIN) % DAY + BEGIN < on_ns)]
    said = fold(Lamp(), readings, street(), until=BEGIN + 2 * DAY, restarts=True)
    assert values(said, "dark_unlit_h") == [0.0, 0.0]
    assert values(said, "dark_time_h")[0] == pytest.approx(24 - (SINKS - RISES) / HOUR_NS, abs=1e-4)


def test_a_lamp_that_stays_off_is_unlit_from_dusk_to_dawn() -> None:
    said = fold(Lamp(), hourly((0, 0)), street(), until=BEGIN + DAY, restarts=True)
    dawn, dusk = daylight(BEGIN, 51.03, 4.48, -6.0)
    assert values(said, "dark_unlit_h") == [pytest.approx(24 - (dusk - dawn) / HOUR_NS, abs=1e-4)]


def test_a_pilot_that_switches_at_dusk_has_a_shorter_dark() -> None:
    sunset = fold(Lamp(), hourly((18, 24)), street(), until=BEGIN + DAY)
    dusk = fold(Lamp(), hourly((18, 24)), street(sun_below_deg=-6.0), until=BEGIN + DAY)
    assert values(sunset, "dark_time_h")[0] - values(dusk, "dark_time_h")[0] == pytest.approx(1.15, abs=0.15)


def test_energy_is_expected_by_rating_and_dimming_and_measured_by_power() -> None:
    said = fold(Lamp(), hourly((18, 24), level=50.0), street(), until=BEGIN + DAY, restarts=True)
    assert values(said, "energy_expected_interval_kwh") == [0.12]
    assert values(said, "energy_import_interval_kwh") == [0.12]


def test_a_register_tells_the_energy_exactly_where_there_is_one() -> None:
    counts = [round((999_999.9 + 0.01 * hour) % 1_000_000, 2) for hour in range(26)]
    register = series(LIGHT, "energy_import_kwh", [(BEGIN + h * HOUR_NS, count) for h, count in enumerate(counts)])
    said = fold(Lamp(), hourly((18, 24)) + register, street(), until=BEGIN + 2 * DAY)
    assert values(said, "energy_import_interval_kwh", DAY)[0] == pytest.approx(0.24)


def test_a_lamp_that_tells_only_its_power_is_on_from_a_tenth_of_its_rating() -> None:
    points = [(BEGIN + hour * HOUR_NS, 40.0 if hour >= 18 else 0.5) for hour in range(24)]
    said = fold(Lamp(), series(LIGHT, "power_w", points), street(), until=BEGIN + DAY)
    assert values(said, "burn_time_h") == [6.0]
    assert not of(said, "lamp_out")


def test_after_three_silent_hours_nobody_knows() -> None:
    silent = [one for one in hourly((18, 24)) if not 2 <= (one.time_ns - BEGIN) // HOUR_NS < 8]
    said = fold(Lamp(), silent, street(), until=BEGIN + DAY)
    (burnt,) = of(said, "burn_time_h")
    assert (burnt.value, burnt.quality, burnt.reason) == (6.0, "estimated", "gap")
    assert values(said, "coverage_percent") == [83.33]


def test_half_a_day_is_too_little_and_a_silent_lamp_has_no_days() -> None:
    half = [one for one in hourly((18, 24)) if one.time_ns >= BEGIN + 12 * HOUR_NS]
    said = fold(Lamp(), half, street(), until=BEGIN + 9 * DAY)
    assert [one.quality for one in of(said, "burn_time_h")] == ["missing", "missing"]
    assert values(said, "coverage_percent") == [50.0, 8.33]


def test_without_a_position_there_is_no_sun_and_without_a_rating_no_expectation() -> None:
    said = fold(Lamp(), hourly((18, 24)), site(), until=BEGIN + DAY)
    assert {one.property for one in said.values()} == {"burn_time_h", "coverage_percent", "energy_import_interval_kwh"}


def test_days_of_23_and_25_hours_burn_that_long() -> None:
    for midnight, hours in (("2026-03-29T00:00", 23), ("2026-10-25T00:00", 25)):
        begin = at(midnight)
        readings = [one for hour in range(27) for one in says(begin + hour * HOUR_NS, on=True)]
        said = fold(Lamp(), readings, street(), until=begin + hours * HOUR_NS)
        assert values(said, "burn_time_h", hours * HOUR_NS) == [float(hours)]


def nights(*powers: float) -> list[Reading]:
    return [one for hour, power in enumerate(powers) for one in says(BEGIN + hour * HOUR_NS, on=True, power_w=power)]


def told(readings: list[Reading], where: Site | None = None) -> list[tuple[bool, int]]:
    said = fold(Lamp(), readings, where or street(), until=BEGIN + 3 * DAY, restarts=True)
    return [(bool(one.value), (one.time_ns - BEGIN) // HOUR_NS) for one in of(said, "lamp_out")]


def test_a_lamp_is_out_with_its_second_reading_without_power_and_back_with_its_first_with() -> None:
    assert told(nights(40.0, 1.5, 1.5, 1.5, 40.0, 40.0)) == [(True, 2), (False, 4)]
    assert told(nights(40.0, 1.5, 40.0, 1.5, 40.0)) == []


def test_a_dimmed_lamp_is_held_against_what_it_should_draw_dimmed() -> None:
    dimmed = [one for h in range(3) for one in says(BEGIN + h * HOUR_NS, on=True, level=20.0, power_w=3.0)]
    assert told(dimmed) == []
    assert told(nights(3.0, 3.0)) == [(True, 1)]


def test_switching_off_is_no_failure_and_a_lamp_that_is_out_stays_so_by_day() -> None:
    by_day = [one for h in range(4) for one in says(BEGIN + h * HOUR_NS, on=False)]
    assert told(by_day) == []
    later = [one for h in range(10, 12) for one in says(BEGIN + h * HOUR_NS, on=True, power_w=40.0)]
    assert told(
        nights(1.5, 1.5) + [one for h in range(2, 6) for one in says(BEGIN + h * HOUR_NS, on=False)] + later
    ) == [
        (True, 1),
        (False, 10),
    ]


def test_a_lamp_without_a_rating_is_never_out() -> None:
    assert told(nights(0.0, 0.0, 0.0), street(rated_w=None)) == []
