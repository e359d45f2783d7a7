from pipelines.domains import HOUR_NS
from pipelines.domains.hourly import Hours

MINUTE_NS = HOUR_NS // 60


def fed(minutes: list[int], value: float = 1.0) -> Hours:
    hours = Hours()
    for minute in minutes:
        middle_ns, length_ns = hours.span_of("no2_ug_m3", minute * MINUTE_NS)
        if length_ns:
            hours.add("no2_ug_m3", value, middle_ns, length_ns)
    return hours


def test_an_hour_is_over_half_an_interval_after_its_end() -> None:
    hours = fed(list(range(0, 61, 10)))
    assert hours.over(64 * MINUTE_NS) == []
    (hour,) = hours.over(65 * MINUTE_NS)
    assert (hour.begin_ns, hour.coverage("no2_ug_m3"), hour.mean("no2_ug_m3")) == (0, 1.0, 1.0)
    assert hours.over(90 * MINUTE_NS) == []


def test_time_may_pass_in_any_steps() -> None:
    at_once, by_minutes = fed(list(range(0, 181, 10))), fed(list(range(0, 181, 10)))
    whole = at_once.over(300 * MINUTE_NS)
    parts = [hour for minute in range(301) for hour in by_minutes.over(minute * MINUTE_NS)]
    assert whole == parts
    assert at_once == by_minutes


def test_a_value_that_comes_every_two_hours_speaks_for_one() -> None:
    hours = fed([0, 120, 240])
    assert [(hour.begin_ns // HOUR_NS, hour.coverage("no2_ug_m3")) for hour in hours.open] == [(1, 1.0), (3, 1.0)]


def test_a_value_in_an_hour_that_was_said_hands_it_back() -> None:
    hours = fed(list(range(0, 61, 10)))
    hours.over(70 * MINUTE_NS)
    again = hours.add("no2_ug_m3", 7.0, 30 * MINUTE_NS, 10 * MINUTE_NS)
    assert again is hours.open[0]
    assert hours.add("no2_ug_m3", 7.0, 70 * MINUTE_NS, 10 * MINUTE_NS) is None


def test_what_is_older_than_the_open_hours_is_left_out() -> None:
    hours = fed(list(range(0, 400, 10)))
    assert len(hours.open) == 2
    assert hours.add("no2_ug_m3", 7.0, 30 * MINUTE_NS, 10 * MINUTE_NS) is None
    assert hours.open[0].begin_ns > 0


def test_an_hour_knows_nothing_of_what_was_not_measured() -> None:
    (hour,) = fed([0, 10]).open
    assert hour.coverage("o3_ug_m3") == 0.0
    assert hour.mean("o3_ug_m3") is None
    assert Hours().over(10**18) == []
