"""A series through local days: what is known, what held, mean and extremes; midnight cuts what a reading speaks for."""

from datetime import date

import pytest

from pipelines.domains import HOUR_NS, NEVER_NS
from pipelines.domains.daily import CLOSES_AFTER_NS, Days
from pipelines.domains.local_time import bounds_of
from tests.pipelines.domains.fold import BRUSSELS, at


def filled(begin_ns: int, end_ns: int, step_ns: int = HOUR_NS // 4) -> Days:
    days = Days()
    for number, time_ns in enumerate(range(begin_ns, end_ns + 1, step_ns)):
        days.add(time_ns, float(number % 8), BRUSSELS, ("odd",) if number % 2 else ())
    return days


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 7, 6), 24), (date(2026, 10, 25), 25)])
def test_a_day_is_whole_in_its_own_hours(day: date, hours: int) -> None:
    begin_ns, end_ns = bounds_of(day, BRUSSELS)
    days = filled(begin_ns - HOUR_NS, end_ns + HOUR_NS)
    assert days.due_ns == bounds_of(day, BRUSSELS)[0] + CLOSES_AFTER_NS
    _, found = days.over(end_ns + CLOSES_AFTER_NS)
    assert (found.begin_ns, found.end_ns, found.share) == (begin_ns, end_ns, 1.0)
    assert (found.low, found.high) == (0.0, 7.0)
    assert found.mean == pytest.approx(3.5, abs=0.05)
    assert found.hours("odd") == pytest.approx(hours / 2, abs=0.3)
    assert found.hours("even") == 0


def test_what_a_reading_speaks_for_is_cut_at_midnight_and_its_value_is_of_its_own_day() -> None:
    midnight = at("2026-07-07T00:00")
    days = Days()
    for minutes in (-90, -30, 30):
        days.add(midnight + minutes * 60 * 10**9, float(minutes), BRUSSELS)
    yesterday, today = days.open
    assert (yesterday.known_ns, today.known_ns) == (HOUR_NS * 3 // 2, HOUR_NS // 2)
    assert (yesterday.high, today.low) == (-30.0, 30.0)


def test_a_day_that_is_over_takes_nothing_more_and_silence_opens_none() -> None:
    begin_ns, end_ns = bounds_of(date(2026, 7, 6), BRUSSELS)
    days = filled(begin_ns, end_ns - HOUR_NS)
    assert not days.over(end_ns + CLOSES_AFTER_NS - 1)
    (found,) = days.over(end_ns + CLOSES_AFTER_NS)
    assert found.share == pytest.approx(23 / 24, abs=0.02)
    assert days.due_ns == NEVER_NS
    assert days.over(end_ns + 90 * 24 * HOUR_NS) == []
