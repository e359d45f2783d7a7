"""A counter that cannot count at night: its days are made of the hours in which it can."""

from datetime import date, timedelta

import msgspec
import pytest

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.cycling.counts import CountMachine
from pipelines.domains.cycling.expected import expected_hours, read_hours
from pipelines.domains.cycling.kinds import BICYCLES
from pipelines.domains.cycling.settings import CounterDetails
from pipelines.domains.local_time import bounds_of, local
from pipelines.model import Location
from tests.pipelines.domains.fold import BRUSSELS, fold, of, site, values

CAMERA, LOOP = "bike-counter/camera", "bike-counter/loop"
MECHELEN = Location(4.48, 51.03)
FIRST = date(2026, 11, 30)


def quay(counted_hours: str = "daylight", **others: str) -> Site:
    details = CounterDetails(interval_min=60, counted_hours=counted_hours, **others)  # type: ignore[arg-type]
    return site(
        {CAMERA: Place("quay", MECHELEN, details), LOOP: Place("quay", MECHELEN, CounterDetails(interval_min=60))}
    )


def passed(hour: int) -> float:
    return 8.0 + hour % 4


SEEN = sum(passed(hour) for hour in range(9, 16))


def hourly(day: date, hours: range, feature: str = CAMERA) -> list[Reading]:
    """What passed in each of these hours, told at its end."""
    begin_ns = bounds_of(day, BRUSSELS)[0]
    return [
        Reading(begin_ns + (hour + 1) * HOUR_NS, "d", feature, "bicycle_count_interval", passed(hour)) for hour in hours
    ]


def days(count: int, hours: range, feature: str = CAMERA) -> list[Reading]:
    return [one for number in range(count) for one in hourly(FIRST + timedelta(days=number), hours, feature)]


def closed(count: int) -> int:
    return bounds_of(FIRST + timedelta(days=count - 1), BRUSSELS)[1] + HOUR_NS


def test_without_a_word_of_it_a_camera_never_has_a_day() -> None:
    said = fold(CountMachine(BICYCLES), days(10, range(9, 16)), quay(""), until=closed(10))
    assert {one.quality for one in of(said, "bicycles", 24 * HOUR_NS)} == {"missing"}


@pytest.mark.parametrize("counted_hours", ["daylight", "9-16"])
def test_with_it_every_day_is_what_it_saw(counted_hours: str) -> None:
    said = fold(CountMachine(BICYCLES), days(10, range(9, 16)), quay(counted_hours), until=closed(10), restarts=True)
    found = of(said, "bicycles", 24 * HOUR_NS)
    assert [(one.value, one.quality) for one in found] == [(SEEN, "ok")] * 10
    assert values(said, "coverage_percent", 24 * HOUR_NS) == [100.0] * 10


def test_nothing_is_filled_in_at_night_and_an_hour_lost_by_day_is() -> None:
    readings = [
        one for one in days(15, range(9, 16)) if local(one.time_ns, BRUSSELS).hour != 13 or one.time_ns < closed(14)
    ]
    said = fold(CountMachine(BICYCLES), readings, quay(), until=closed(15))
    last = bounds_of(FIRST + timedelta(days=14), BRUSSELS)[0]
    hours = {local(one.time_ns, BRUSSELS).hour: one for one in of(said, "bicycles", HOUR_NS) if one.time_ns >= last}
    assert set(hours) == set(range(9, 16))
    assert hours[12].quality == "estimated"
    assert of(said, "bicycles", 24 * HOUR_NS)[-1].quality == "estimated"


def test_below_three_quarters_of_the_expected_hours_a_day_is_missing() -> None:
    said = fold(CountMachine(BICYCLES), hourly(FIRST, range(9, 14)), quay(), until=closed(1))
    (day,) = of(said, "bicycles", 24 * HOUR_NS)
    assert day.quality == "missing"
    assert values(said, "coverage_percent", 24 * HOUR_NS) == [pytest.approx(100 * 5 / 7, abs=0.01)]


def test_what_it_sees_beside_its_hours_is_added() -> None:
    said = fold(CountMachine(BICYCLES), hourly(FIRST, range(8, 18)), quay("9-16"), until=closed(1))
    assert values(said, "bicycles", 24 * HOUR_NS) == [sum(map(passed, range(8, 18)))]


def test_a_year_of_days_by_daylight_has_an_average() -> None:
    said = fold(CountMachine(BICYCLES), days(100, range(9, 16)), quay("9-16"), until=closed(100))
    average = of(said, "average_daily_bicycles")[-1]
    assert (average.value, average.quality) == (SEEN, "estimated")  # of three months
    assert (
        of(fold(CountMachine(BICYCLES), days(100, range(9, 16)), quay(""), until=closed(100)), "average_daily_bicycles")
        == []
    )


def test_a_road_of_two_cameras_has_days_too() -> None:
    camera = CounterDetails(60, counted_hours="9-16", section="quay")
    both = {
        CAMERA: Place("quay", MECHELEN, msgspec.structs.replace(camera, direction="forward")),
        LOOP: Place("quay", MECHELEN, msgspec.structs.replace(camera, direction="backward")),
    }
    readings = days(2, range(9, 16)) + days(2, range(9, 16), LOOP)
    said = fold(CountMachine(BICYCLES), sorted(readings), site(both), until=closed(2))
    assert values(said, "section_bicycles", 24 * HOUR_NS) == [2 * SEEN, 2 * SEEN]


def test_daylight_follows_the_sun_and_clock_hours_the_clock() -> None:
    december, june = (bounds_of(day, BRUSSELS) for day in (date(2026, 12, 21), date(2026, 6, 21)))
    assert sum(expected_hours(*december, "daylight", MECHELEN, BRUSSELS)) == 7
    assert sum(expected_hours(*june, "daylight", MECHELEN, BRUSSELS)) == 16
    assert sum(expected_hours(*december, "daylight", None, BRUSSELS)) == 24
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        expected = expected_hours(*bounds_of(day, BRUSSELS), "6-20", None, BRUSSELS)
        assert (len(expected), sum(expected)) == (hours, 14)


@pytest.mark.parametrize("text", ["night", "20-6", "6-25", "6 to 20", "6-"])
def test_what_is_no_span_of_hours_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="write daylight, or 6-20"):
        read_hours(text)
    with pytest.raises(ValueError, match="counted_hours"):
        CounterDetails(counted_hours=text)
