from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS, Place, Reading
from pipelines.domains.air.formulas import BANDS, LIMITS_2030_UG_M3, UPPER_UG_M3, Pollutant, band, barkjohn
from pipelines.domains.air.station import AirDetails, AirMachine, AirSettings
from pipelines.domains.air.year import Year
from pipelines.domains.local_time import bounds_of
from tests.pipelines.domains.fold import BRUSSELS, at, fold, of, site, values

STATION = "air-station/canal"
TEN_MIN_NS = HOUR_NS // 6


def readings(begin_ns: int, end_ns: int, **constants: float) -> list[Reading]:
    """Every ten minutes; the first, at the begin, speaks for nothing."""
    times = range(begin_ns, end_ns + 1, TEN_MIN_NS)
    return [Reading(time_ns, "box", STATION, name, value) for name, value in constants.items() for time_ns in times]


def said_of(measured: list[Reading], until: int, details: AirDetails | None = None, **fold_options: Any) -> Any:
    where = site({STATION: Place(details=details)})
    return fold(AirMachine(), measured, where, until=until, **fold_options)


@pytest.mark.parametrize("pollutant", UPPER_UG_M3)
def test_the_bands_of_the_revised_index_include_their_upper_bounds(pollutant: Pollutant) -> None:
    """Bounds: ETC HE report 2024/17."""
    for place, bound in enumerate(UPPER_UG_M3[pollutant]):
        assert band(pollutant, bound) == place
        assert band(pollutant, bound + 0.01) == place + 1
    assert BANDS[band(pollutant, 1e4)] == "extremely-poor"


def test_the_old_index_is_another() -> None:
    assert BANDS[band("pm25", 8.0)] == "fair"  # 0 to 10 was good until 2024
    assert BANDS[band("no2", 39.0)] == "moderate"  # 0 to 40 was good


def test_barkjohn_has_the_published_coefficients() -> None:
    """Check by hand of the formula in Atmos. Meas. Tech. 14 (2021) 4617: 40 µg/m³ raw at 50 % RH."""
    assert barkjohn(40.0, 50.0) == pytest.approx(0.524 * 40 - 4.31 + 5.75)
    assert barkjohn(0.0, 100.0) == 0.0


def test_the_limits_are_those_of_directive_2024_2881() -> None:
    assert LIMITS_2030_UG_M3 == {"pm25": 10.0, "pm10": 20.0, "no2": 20.0}


@pytest.mark.parametrize(("minutes", "valid"), [(60, True), (50, True), (40, False), (10, False)])
def test_an_hourly_mean_needs_45_minutes(minutes: int, valid: bool) -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(begin_ns, begin_ns + minutes * HOUR_NS // 60, no2_ug_m3=30.0)
    (mean,) = of(said_of(measured, begin_ns + 2 * HOUR_NS), "no2_ug_m3", HOUR_NS)
    assert mean.quality == ("ok" if valid else "missing")
    assert mean.value == (30.0 if valid else 0.0)


def test_the_mean_is_weighed_by_time() -> None:
    begin_ns = at("2026-07-06T12:00")
    points = [(0, 0.0), (10, 10.0), (20, 20.0), (30, 30.0), (40, 40.0), (50, 50.0), (60, 60.0)]
    measured = [Reading(begin_ns + m * 60 * 10**9, "box", STATION, "o3_ug_m3", value) for m, value in points]
    said = said_of(measured, begin_ns + 2 * HOUR_NS)
    assert values(said, "o3_ug_m3", HOUR_NS) == [35.0]
    assert values(said, "coverage_percent", HOUR_NS) == [100.0]


def test_the_overall_band_is_that_of_the_worst_pollutant() -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(begin_ns, begin_ns + HOUR_NS, pm25_ug_m3=4.0, no2_ug_m3=61.0, o3_ug_m3=70.0)
    said = said_of(measured, begin_ns + 2 * HOUR_NS)
    bands = {one.property: (one.value, one.quality) for one in said.values() if "band" in one.property}
    assert bands == {
        "aqi_pm25_band": ("good", "ok"),
        "aqi_no2_band": ("poor", "ok"),
        "aqi_o3_band": ("fair", "ok"),
        "aqi_band": ("poor", "ok"),
    }


def test_without_the_pollutants_that_it_needs_the_overall_band_is_estimated() -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(begin_ns, begin_ns + HOUR_NS, pm25_ug_m3=4.0, no2_ug_m3=5.0)
    background, traffic = AirDetails(), AirDetails(station="traffic")
    (at_background,) = of(said_of(measured, begin_ns + 2 * HOUR_NS, background), "aqi_band")
    (at_traffic,) = of(said_of(measured, begin_ns + 2 * HOUR_NS, traffic), "aqi_band")
    assert (at_background.quality, at_traffic.quality) == ("estimated", "ok")


def test_particles_in_fog_are_suspect() -> None:
    begin_ns = at("2026-11-06T06:00")
    measured = readings(begin_ns, begin_ns + HOUR_NS, pm25_ug_m3=60.0, no2_ug_m3=30.0, humidity_percent=95.0)
    said = said_of(measured, begin_ns + 2 * HOUR_NS)
    qualities = {one.property: one.quality for one in said.values()}
    assert qualities["pm25_ug_m3"] == qualities["aqi_pm25_band"] == qualities["aqi_band"] == "suspect"
    assert qualities["no2_ug_m3"] == "ok"
    heated = said_of(measured, begin_ns + 2 * HOUR_NS, AirDetails(humid_percent=100.0))
    assert {one.quality for one in of(heated, "pm25_ug_m3")} == {"ok"}


def test_only_a_sensor_that_declares_it_is_corrected() -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(begin_ns, begin_ns + HOUR_NS, pm25_ug_m3=40.0, humidity_percent=50.0)
    said = said_of(measured, begin_ns + 2 * HOUR_NS, AirDetails(correction="barkjohn-2021"))
    assert values(said, "pm25_ug_m3", HOUR_NS) == [40.0]
    assert values(said, "pm25_corrected_ug_m3", HOUR_NS) == [22.4]
    assert values(said, "aqi_pm25_band") == ["moderate"]
    assert not of(said_of(measured, begin_ns + 2 * HOUR_NS), "pm25_corrected_ug_m3")


def test_without_humidity_there_is_no_correction_and_no_band() -> None:
    begin_ns = at("2026-07-06T12:00")
    measured = readings(begin_ns, begin_ns + HOUR_NS, pm25_ug_m3=40.0)
    said = said_of(measured, begin_ns + 2 * HOUR_NS, AirDetails(correction="barkjohn-2021"))
    assert [one.quality for one in of(said, "pm25_corrected_ug_m3")] == ["missing"]
    assert not of(said, "aqi_pm25_band")


@pytest.mark.parametrize("restarts", [False, True])
def test_a_day_has_its_means_its_highest_8_hours_and_its_hours_per_band(restarts: bool) -> None:
    begin_ns, end_ns = bounds_of(date(2026, 7, 6), BRUSSELS)
    noon_ns = begin_ns + 12 * HOUR_NS
    low = {"o3_ug_m3": 40.0, "pm25_ug_m3": 4.0, "no2_ug_m3": 8.0}
    high = {**low, "o3_ug_m3": 130.0}
    unique = {
        (one.time_ns, one.property): one
        for one in readings(begin_ns - 8 * HOUR_NS, end_ns + HOUR_NS, **low)
        + readings(noon_ns + TEN_MIN_NS, noon_ns + 4 * HOUR_NS, **high)
    }
    measured = list(unique.values())
    said = said_of(measured, end_ns + HOUR_NS, restarts=restarts)
    day = {
        one.property: one for one in said.values() if (one.time_ns, one.interval_ns) == (begin_ns, end_ns - begin_ns)
    }
    assert day["pm25_ug_m3"].value == 4.0
    assert day["o3_max_8h_ug_m3"].value == pytest.approx(85.0, abs=2.0)
    assert (day["aqi_good_h"].value, day["aqi_poor_h"].value) == (20.0, 4.0)
    assert sum(float(one.value) for name, one in day.items() if name.startswith("aqi_")) == 24.0


@pytest.mark.parametrize(("humid_hours", "quality"), [(1, "ok"), (5, "ok"), (6, "estimated"), (24, "estimated")])
def test_a_day_is_doubtful_from_a_quarter_of_its_hours_on(humid_hours: int, quality: str) -> None:
    begin_ns, end_ns = bounds_of(date(2026, 11, 6), BRUSSELS)
    measured = readings(begin_ns - HOUR_NS, end_ns + HOUR_NS, o3_ug_m3=40.0, pm25_ug_m3=4.0, no2_ug_m3=8.0)
    dry_ns = begin_ns + humid_hours * HOUR_NS
    measured += [
        Reading(time_ns, "box", STATION, "humidity_percent", 97.0 if begin_ns < time_ns <= dry_ns else 60.0)
        for time_ns in range(begin_ns - HOUR_NS, end_ns + HOUR_NS + 1, TEN_MIN_NS)
    ]
    (good,) = of(said_of(measured, end_ns + HOUR_NS, restarts=True), "aqi_good_h")[-1:]
    assert (good.value, good.quality) == (24.0, quality)


def test_a_day_of_17_hours_has_no_highest_8_hours() -> None:
    begin_ns, end_ns = bounds_of(date(2026, 7, 6), BRUSSELS)
    said = said_of(readings(begin_ns, begin_ns + 17 * HOUR_NS, o3_ug_m3=50.0), end_ns + HOUR_NS)
    assert [one.quality for one in of(said, "o3_max_8h_ug_m3")] == ["missing"]
    assert [one.quality for one in of(said, "o3_ug_m3", end_ns - begin_ns)] == ["missing"]
    assert {one.quality for one in of(said, "aqi_good_h")} == {"missing"}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_of_clock_change_has_23_or_25_hours_of_air(day: date, hours: int) -> None:
    begin_ns, end_ns = bounds_of(day, BRUSSELS)
    said = said_of(readings(begin_ns, end_ns + HOUR_NS, pm10_ug_m3=10.0), end_ns + HOUR_NS)
    assert values(said, "aqi_good_h", end_ns - begin_ns) == [float(hours)]


def test_an_annual_mean_of_too_few_hours_is_refused() -> None:
    year = Year()
    for day in range(365):
        if day % 2:
            year.add(date.fromordinal(date(2026, 1, 1).toordinal() + day), {"no2": dict.fromkeys(range(24), 30.0)})
    (mean,) = year.means(date(2027, 1, 1)).values()
    assert [mean.mean_ug_m3, mean.capture] == pytest.approx([30.0, 0.498], abs=0.002)


def test_a_month_of_a_station_is_no_year() -> None:
    begin_ns, end_ns = bounds_of(date(2026, 7, 1), BRUSSELS)[0], bounds_of(date(2026, 7, 31), BRUSSELS)[1]
    hourly = [Reading(time_ns, "box", STATION, "no2_ug_m3", 30.0) for time_ns in range(begin_ns, end_ns + 1, HOUR_NS)]
    strict = said_of(hourly, end_ns + HOUR_NS)
    assert [one.quality for one in of(strict, "no2_annual_ug_m3")] == ["missing"]
    assert of(strict, "coverage_percent", 0)[0].value == pytest.approx(8.48, abs=0.01)
    where = site(settings={"air": AirSettings(annual_capture=0.05)})
    lenient = fold(AirMachine(), hourly, where, until=end_ns + HOUR_NS)
    assert values(lenient, "no2_annual_ug_m3") == [30.0]
    assert values(lenient, "no2_of_limit_2030_percent") == [150.0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6 * 60), st.floats(0, 500)), min_size=1, max_size=80))
def test_a_mean_lies_between_its_values_and_survives_restarts(points: list[tuple[int, float]]) -> None:
    begin_ns = at("2026-07-06T12:00")
    unique = dict(points)
    measured = [Reading(begin_ns + m * 60 * 10**9, "b", STATION, "pm10_ug_m3", value) for m, value in unique.items()]
    said = said_of(measured, begin_ns + 48 * HOUR_NS, restarts=True)
    assert said == said_of(measured, begin_ns + 48 * HOUR_NS)
    for one in of(said, "pm10_ug_m3"):
        if one.quality == "ok":
            assert min(unique.values()) - 0.01 <= float(one.value) <= max(unique.values()) + 0.01


def test_a_station_is_at_most_a_few_kilobytes() -> None:
    machine, where = AirMachine(), site()
    state = machine.begin(STATION, where)
    begin_ns = at("2025-01-01T00:00")
    for hour in range(47):
        time_ns = begin_ns + hour * HOUR_NS
        list(machine.pass_time(state, time_ns, where))
        for pollutant in UPPER_UG_M3:
            machine.take(state, Reading(time_ns, "b", STATION, f"{pollutant}_ug_m3", 10.123), where)
    means = dict.fromkeys(UPPER_UG_M3, dict.fromkeys(range(24), 10.123))
    for day in range(450):
        state.year.add(date.fromordinal(date(2025, 1, 3).toordinal() + day), means)
    assert len(state.year.months) == 12
    assert len(msgspec.msgpack.encode(state)) < 5_000


def test_a_doubtful_value_is_not_measured() -> None:
    machine = AirMachine()
    state = machine.begin(STATION, site())
    reading = Reading(at("2026-07-06T12:00"), "box", STATION, "no2_ug_m3", 55.0, "suspect")
    assert machine.take(state, reading, site()) == ()
    assert state == machine.begin(STATION, site())
