"""Days of a station: frost by the hour, heat by the day; nothing of a day that is not known."""

import math

import pytest

from pipelines.domains import HOUR_NS, Reading
from pipelines.domains.weather.temperature import Temperature
from tests.pipelines.domains.fold import at, fold, of, series, site, values

STATION = "weather-station/roof"
BEGIN = at("2026-01-10T00:00")
DAY = 24 * HOUR_NS
STEP = HOUR_NS // 6


def course(mean_c: float, swing_c: float, hours: int = 28) -> list[Reading]:
    """A cosine with its lowest value at midnight, every ten minutes from an hour before."""
    points = [
        (BEGIN + n * STEP, mean_c - swing_c * math.cos(2 * math.pi * n * STEP / DAY)) for n in range(-6, hours * 6)
    ]
    return series(STATION, "temperature_c", points)


def test_a_day_has_its_mean_its_extremes_and_its_hours_of_frost() -> None:
    said = fold(Temperature(), course(0.0, 6.0), site(), until=BEGIN + DAY + HOUR_NS, restarts=True)
    day = {one.property: one for one in said.values() if one.time_ns == BEGIN}
    assert day["temperature_c"].value == pytest.approx(0.0, abs=0.1)
    assert (day["temperature_min_c"].value, day["temperature_max_c"].value) == (-6.0, 6.0)
    assert day["frost_h"].value == pytest.approx(12.0, abs=0.2)
    assert (day["heat_day"].value, day["heat_day"].quality) == (0.0, "ok")
    assert day["temperature_coverage_percent"].value == 100.0


@pytest.mark.parametrize(("mean_c", "hot"), [(21.9, 0.0), (22.0, 1.0)])
def test_a_day_of_heat_reaches_thirty_degrees(mean_c: float, hot: float) -> None:
    said = fold(Temperature(), course(mean_c, 8.0), site(), until=BEGIN + DAY + HOUR_NS)
    assert [one.value for one in of(said, "heat_day") if one.time_ns == BEGIN] == [hot]
    assert [one.value for one in of(said, "frost_h") if one.time_ns == BEGIN] == [0.0]


@pytest.mark.parametrize(("hours", "quality"), [(24, "ok"), (20, "estimated"), (17, "missing")])
def test_what_is_not_known_well_enough_is_not_said(hours: int, quality: str) -> None:
    said = fold(Temperature(), course(5.0, 3.0, hours), site(), until=BEGIN + 3 * DAY)
    assert [one.quality for one in of(said, "temperature_max_c") if one.time_ns == BEGIN] == [quality]
    assert len(values(said, "temperature_coverage_percent")) == 2
