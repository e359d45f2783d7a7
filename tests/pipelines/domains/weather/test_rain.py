"""Rain: amounts and totals, over lost reports, restarts of the gauge and days of any length."""

import pytest

from pipelines.domains import HOUR_NS, QUARTER_NS, Reading
from pipelines.domains.weather.rain import Rain
from tests.pipelines.domains.fold import at, fold, of, series, site, values

STATION = "weather-station/roof"
BEGIN = at("2026-07-06T00:00")
DAY = 24 * HOUR_NS


def test_amounts_belong_to_the_time_before_their_report() -> None:
    amounts = [(BEGIN + number * QUARTER_NS, 0.4 if number == 4 else 0.0) for number in range(9)]
    said = fold(Rain(), series(STATION, "rain_mm", amounts), site(), restarts=True)
    assert values(said, "rain_mm", HOUR_NS) == [0.4, 0.0]
    assert values(said, "rain_coverage_percent", HOUR_NS) == [100.0, 100.0]


def test_after_lost_reports_the_hours_without_any_are_not_told() -> None:
    points = [(BEGIN, 0.0), (BEGIN + HOUR_NS, 1.0), (BEGIN + 5 * HOUR_NS, 2.0), (BEGIN + 24 * HOUR_NS, 0.5)]
    said = fold(Rain(), series(STATION, "rain_mm", points), site())
    assert [(one.time_ns, one.value) for one in of(said, "rain_mm", HOUR_NS)] == [
        (BEGIN, 1.0),
        (BEGIN + 4 * HOUR_NS, 2.0),
        (BEGIN + 23 * HOUR_NS, 0.5),
    ]
    (day,) = of(said, "rain_mm", DAY)
    assert day.quality == "missing"


def test_a_total_keeps_what_fell_while_reports_were_lost() -> None:
    points = [(BEGIN, 100.0), (BEGIN + HOUR_NS, 101.0), (BEGIN + 9 * HOUR_NS, 112.2), (BEGIN + 24 * HOUR_NS, 112.2)]
    said = fold(Rain(), series(STATION, "rain_total_mm", points), site())
    (day,) = of(said, "rain_mm", DAY)
    assert day.value == pytest.approx(12.2)
    assert day.quality == "ok"
    assert {one.quality for one in of(said, "rain_mm", HOUR_NS)[1:9]} == {"estimated"}


def test_a_gauge_that_starts_again_at_nothing_loses_only_the_time_of_its_restart() -> None:
    points = [(BEGIN + hour * HOUR_NS, 500.0 + hour) for hour in range(12)]
    points += [(BEGIN + hour * HOUR_NS, 0.5 * (hour - 12)) for hour in range(12, 26)]
    said = fold(Rain(), series(STATION, "rain_total_mm", points), site())
    (day,) = of(said, "rain_mm", DAY)
    assert (day.value, day.quality) == (11.0 + 6.0, "estimated")
    assert values(said, "rain_coverage_percent", DAY) == [95.83]


def test_a_gauge_that_says_both_is_not_counted_twice() -> None:
    points = [BEGIN + number * QUARTER_NS for number in range(9)]
    readings = series(STATION, "rain_mm", [(time_ns, 0.5) for time_ns in points])
    readings += series(STATION, "rain_total_mm", [(time_ns, 0.5 * n) for n, time_ns in enumerate(points)])
    assert values(fold(Rain(), readings, site()), "rain_mm", HOUR_NS) == [2.0, 2.0]


def test_the_day_of_25_hours_has_25_hours_of_rain() -> None:
    begin = at("2026-10-25T00:00")
    points = [(begin + hour * HOUR_NS, 1.0) for hour in range(27)]
    said = fold(Rain(), series(STATION, "rain_mm", points), site())
    assert values(said, "rain_mm", 25 * HOUR_NS) == [25.0]


def test_a_doubtful_amount_is_not_rain() -> None:
    points = [Reading(BEGIN + n * QUARTER_NS, "d", STATION, "rain_mm", 0.0) for n in range(6)]
    doubtful = Reading(BEGIN + QUARTER_NS // 2, "d", STATION, "rain_mm", 150.0, "suspect")
    assert values(fold(Rain(), [*points, doubtful], site()), "rain_mm", HOUR_NS) == [0.0]
