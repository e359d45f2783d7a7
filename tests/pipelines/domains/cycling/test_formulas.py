from datetime import date, timedelta

import pytest

from pipelines.domains.cycling.formulas import annual_average, commute_index, middle, quantile, weekend_ratio
from pipelines.domains.cycling.year import Year

JANUARY = date(2027, 1, 1)


def days(number: int, since: date = JANUARY) -> list[date]:
    return [since + timedelta(days=place) for place in range(number)]


def test_the_annual_average_weighs_weekdays_and_months_alike() -> None:
    """By hand: AASHTO's mean of means; a month with more Sundays counted weighs no more than another."""
    totals = [(day, 100.0 if day.weekday() < 5 else 30.0) for day in days(365)]
    average = annual_average(totals)
    assert average is not None
    assert average.value == pytest.approx((5 * 100 + 2 * 30) / 7)
    assert (average.months, average.cells) == (12, 84)


def test_days_that_are_lost_by_weekday_bend_the_plain_mean_and_not_the_annual_average() -> None:
    totals = [(day, 100.0 if day.weekday() < 5 else 30.0) for day in days(365)]
    kept = [(day, total) for day, total in totals if day.weekday() < 5 or day.day <= 7]
    average = annual_average(kept)
    assert average is not None
    assert average.value == pytest.approx(80.0)
    assert sum(total for _, total in kept) / len(kept) > 85.0


def test_the_relaxed_form_leaves_out_what_is_not_there() -> None:
    average = annual_average([(day, float(day.month)) for day in days(365) if day.month not in {2, 3}])
    assert average is not None
    assert average.value == pytest.approx((78 - 5) / 10)
    assert (average.months, average.cells) == (10, 70)
    assert annual_average([]) is None


def test_a_year_that_rolls_gives_the_average_of_the_last_twelve_months() -> None:
    year = Year()
    for day in days(365 + 31 + 14):
        year.add(day, 200.0 if day >= date(2028, 1, 1) else 100.0, counted=True)
    in_january = year.average(date(2028, 1, 20))
    in_march = year.average(date(2028, 3, 1))
    assert in_january is not None
    assert in_march is not None
    assert in_march.value == pytest.approx((10 * 100 + 2 * 200) / 12)
    assert len(year.months) == 13
    half = Year()
    for day in days(365 + 14):
        half.add(day, 200.0 if day >= date(2028, 1, 1) else 100.0, counted=True)
    running = half.average(date(2028, 1, 15))
    assert running is not None
    assert running.value == pytest.approx(100.0)  # half a January does not replace a whole one
    assert half.days(date(2028, 1, 15)) == (365, 0)


def test_a_corrected_day_changes_its_sum_and_not_its_number() -> None:
    year = Year()
    for day in days(7):
        year.add(day, 10.0, counted=day.day != 3)
    year.correct(date(2027, 1, 3), 7.0)
    average = year.average(date(2027, 1, 8))
    assert average is not None
    assert average.value == pytest.approx(11.0)
    assert year.days(date(2027, 1, 8)) == (6, 1)


def test_a_commuters_week_and_a_leisure_week() -> None:
    commuters = [20.0 if hour in {7, 8} else 10.0 if hour in {11, 12} else 1.0 for _ in range(7) for hour in range(24)]
    assert commute_index(commuters) == pytest.approx(2.0)
    assert weekend_ratio(commuters) == pytest.approx(1.0)
    assert weekend_ratio([0.0] * 120 + [1.0] * 48) is None
    assert weekend_ratio([1.0] * 120 + [2.0] * 48) == pytest.approx(2.0)
    assert commute_index([0.0] * 168) is None


def test_middle_and_quantile() -> None:
    assert middle([3, 1, 2]) == 2
    assert middle([4, 1, 2, 3]) == 2.5
    assert quantile([0.0, 10.0], 0.9) == pytest.approx(9.0)
    assert quantile([5.0], 0.9) == 5.0
