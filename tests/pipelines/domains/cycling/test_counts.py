import random
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS, QUARTER_NS, Place, Reading, Site
from pipelines.domains.cycling.counts import CountMachine
from pipelines.domains.cycling.kinds import BICYCLES, PEOPLE
from pipelines.domains.cycling.settings import CounterDetails
from pipelines.domains.local_time import bounds_of
from pipelines.model import Observation
from tests.pipelines.domains.cycling import cities
from tests.pipelines.domains.fold import BRUSSELS, Identity, at, fold, of, series, site, values

COUNTER = "bike-counter/quay"
NEIGHBOUR = "bike-counter/bridge"
MONDAY = date(2026, 7, 6)
DAY_NS = 24 * HOUR_NS
Said = dict[Identity, Observation]


def said_of(readings: list[Reading], until: int, where: Site | None = None, *, restarts: bool = False) -> Said:
    return fold(CountMachine(BICYCLES), readings, where or site(), until=until, restarts=restarts)


def hours_of(said: Said, feature: str = COUNTER) -> dict[int, Observation]:
    return {one.time_ns: one for one in of(said, "bicycles", HOUR_NS) if one.feature == feature}


def day_of(said: Said, day: date, feature: str = COUNTER, name: str = "bicycles") -> Observation:
    begin_ns, end_ns = bounds_of(day, BRUSSELS)
    return said[feature, name, begin_ns, end_ns - begin_ns]


def closed(day: date) -> int:
    """When the day has been said."""
    return bounds_of(day, BRUSSELS)[1] + HOUR_NS


@pytest.mark.parametrize("restarts", [False, True])
def test_quarters_make_hours_and_hours_make_the_day(restarts: bool) -> None:
    begin_ns, end_ns = bounds_of(MONDAY, BRUSSELS)
    points = [(at_ns, float(at_ns // QUARTER_NS % 7)) for at_ns in range(begin_ns, end_ns + 1, QUARTER_NS)]
    said = said_of(series(COUNTER, "bicycle_count_interval", points), closed(MONDAY), restarts=restarts)
    total = sum(value for _, value in points[1:])
    assert sum(values(said, "bicycles", QUARTER_NS)) == total
    assert sum(values(said, "bicycles", HOUR_NS)) == total
    assert (day_of(said, MONDAY).value, day_of(said, MONDAY).quality) == (total, "ok")
    assert [one.quality for one in of(said, "bicycles")].count("ok") == 96 + 24 + 1
    assert set(values(said, "coverage_percent", HOUR_NS)) == {100.0}


def test_an_hour_is_said_as_soon_as_it_is_known() -> None:
    machine, where = CountMachine(BICYCLES), site()
    state = machine.begin("", where)
    said: list[Observation] = []
    for minute in range(0, 65, 5):
        at_ns = at("2026-07-06T08:00") + minute * 60 * 10**9
        machine.pass_time(state, at_ns, where)
        said = list(machine.take(state, Reading(at_ns, "b", COUNTER, "bicycle_count", float(minute)), where))
    assert [(one.property, one.value) for one in said if one.interval_ns == HOUR_NS] == [
        ("bicycles", 60.0),
        ("coverage_percent", 100.0),
    ]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
@pytest.mark.parametrize("register", [False, True])
def test_a_day_of_clock_change_has_its_own_hours(day: date, hours: int, register: bool) -> None:
    counts = cities.even(day - timedelta(days=1), 2)
    readings = (cities.register_readings if register else cities.interval_readings)(COUNTER, counts)
    said = said_of(readings, closed(day))
    begin_ns, end_ns = bounds_of(day, BRUSSELS)
    of_day = [one for one in of(said, "bicycles", HOUR_NS) if begin_ns <= one.time_ns < end_ns]
    assert len(of_day) == hours
    assert day_of(said, day).value == sum(number for at_ns, number in counts.items() if at_ns >= begin_ns)
    assert day_of(said, day).quality == "ok"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 80), st.integers(0, 40)), min_size=2, max_size=40), st.booleans())
def test_what_a_register_counted_within_a_day_is_the_days_whatever_was_lost(
    steps: list[tuple[int, int]], restarts: bool
) -> None:
    """Readings of a register at any minute: every bicycle between the first and the last is in exactly one hour."""
    begin_ns, end_ns = bounds_of(MONDAY, BRUSSELS)
    minute, register, points = 0, 65_000, [(begin_ns, 65_000.0)]
    for gap_min, number in steps:
        minute += gap_min
        register = (register + number) % 65_536
        if begin_ns + minute * 60 * 10**9 > end_ns:
            break
        points.append((begin_ns + minute * 60 * 10**9, float(register)))
    machine, where = CountMachine(BICYCLES), site()
    state = machine.begin("", where)
    for one in series(COUNTER, "bicycle_count", points):
        machine.pass_time(state, one.time_ns, where)
        machine.take(state, one, where)
        if restarts:
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=machine.state)
    moved = sum(number for _, number in steps[: len(points) - 1])
    laid = sum(sum(day.counted) for counter in state.counters.values() for day in counter.days)
    assert laid == pytest.approx(moved)


def test_silence_is_missing_and_a_reported_zero_is_zero() -> None:
    begin_ns = bounds_of(MONDAY, BRUSSELS)[0]
    points = [(begin_ns + hour * HOUR_NS, 0.0) for hour in range(5)]  # then silence
    said = said_of(series(COUNTER, "bicycle_count_interval", points), closed(MONDAY))
    assert [(one.value, one.quality) for one in hours_of(said).values()] == [(0.0, "ok")] * 4
    assert day_of(said, MONDAY).quality == "missing"
    assert day_of(said, MONDAY, name="coverage_percent").value == pytest.approx(16.67)


def weeks(lost: set[int], *, days: int = 22, register: bool = False, scale: float = 10.0) -> list[Reading]:
    counts = cities.even(MONDAY, days, scale)
    return (cities.register_readings if register else cities.interval_readings)(COUNTER, counts, lost)


def test_lost_hours_are_filled_with_what_is_usual_and_say_so() -> None:
    day = MONDAY + timedelta(days=21)
    lost = {bounds_of(day, BRUSSELS)[0] + hour * HOUR_NS for hour in range(9, 13)}
    said = said_of(weeks(lost), closed(day))
    truth = cities.even(day, 1)
    for at_ns in lost:
        assert (hours_of(said)[at_ns].quality, hours_of(said)[at_ns].reason) == ("estimated", "gap")
        assert hours_of(said)[at_ns].value == pytest.approx(truth[at_ns], rel=0.03)
    assert day_of(said, day).quality == "estimated"
    assert day_of(said, day).value == pytest.approx(sum(truth.values()), rel=0.01)
    assert day_of(said, day, name="coverage_percent").value == pytest.approx(83.33)


def test_a_lost_day_is_filled_by_what_its_neighbours_saw() -> None:
    """Rain halves the city; the silent counter's day is half too, because its neighbour says so."""
    day = MONDAY + timedelta(days=21)
    begin_ns = bounds_of(day, BRUSSELS)[0]
    whole_day = {begin_ns + hour * HOUR_NS for hour in range(24)}
    near = {
        at_ns: number // 2 if at_ns in whole_day else number for at_ns, number in cities.even(MONDAY, 22, 30).items()
    }
    readings = weeks(whole_day) + cities.interval_readings(NEIGHBOUR, near)
    truth = sum(cities.even(day, 1).values())
    together = site({COUNTER: Place("centre"), NEIGHBOUR: Place("centre")})
    apart = site({COUNTER: Place("centre"), NEIGHBOUR: Place("harbour")})
    assert day_of(said_of(readings, closed(day), together), day).value == pytest.approx(truth / 2, rel=0.03)
    assert day_of(said_of(readings, closed(day), apart), day).value == pytest.approx(truth, rel=0.03)


def test_zeros_of_a_busy_morning_are_an_outage_and_zeros_of_the_night_are_not() -> None:
    day = MONDAY + timedelta(days=21)
    begin_ns = bounds_of(day, BRUSSELS)[0]
    counts = cities.even(MONDAY, 22)
    counts |= {begin_ns + hour * HOUR_NS: 0 for hour in range(12)}
    hours = hours_of(said_of(cities.interval_readings(COUNTER, counts), closed(day)))
    truth = cities.even(day, 1)
    assert hours[begin_ns + 8 * HOUR_NS].quality == "estimated"
    assert hours[begin_ns + 8 * HOUR_NS].value == pytest.approx(truth[begin_ns + 8 * HOUR_NS], rel=0.03)
    quiet = cities.even(MONDAY, 22, 0.1)
    still = hours_of(said_of(cities.interval_readings(COUNTER, quiet), closed(day)))
    assert {one.quality for one in still.values()} == {"ok"}


def test_zeros_that_the_whole_area_sees_are_true() -> None:
    """A closed bridge next door to a closed bridge: nobody passes anywhere, and nobody is made up."""
    day = MONDAY + timedelta(days=21)
    begin_ns = bounds_of(day, BRUSSELS)[0]
    readings = []
    for feature in (COUNTER, NEIGHBOUR):
        counts = cities.even(MONDAY, 22)
        counts |= {begin_ns + hour * HOUR_NS: 0 for hour in range(24)}
        readings += cities.interval_readings(feature, counts)
    where = site({COUNTER: Place("centre"), NEIGHBOUR: Place("centre")})
    said = said_of(readings, closed(day), where)
    assert (day_of(said, day).value, day_of(said, day).quality) == (0.0, "ok")


def test_a_register_knows_what_passed_while_its_messages_were_lost() -> None:
    day = MONDAY + timedelta(days=21)
    lost = {bounds_of(day, BRUSSELS)[0] + hour * HOUR_NS for hour in range(9, 15)}
    said = said_of(weeks(lost, register=True), closed(day))
    truth = cities.even(day, 1)
    assert day_of(said, day).value == pytest.approx(sum(truth.values()))
    assert day_of(said, day).quality == "estimated"  # its hours are shared out
    for at_ns in lost:
        assert hours_of(said)[at_ns].value == pytest.approx(truth[at_ns], abs=3)


def test_a_register_that_stood_still_in_silence_was_off() -> None:
    day = MONDAY + timedelta(days=21)
    begin_ns = bounds_of(day, BRUSSELS)[0]
    lost = {begin_ns + hour * HOUR_NS for hour in range(9, 15)}
    counts = cities.even(MONDAY, 22)
    off = {at_ns: 0 if at_ns in lost else number for at_ns, number in counts.items()}
    lost_messages = lost - {begin_ns + 14 * HOUR_NS}
    said = said_of(cities.register_readings(COUNTER, off, lost_messages), closed(day))
    assert day_of(said, day).value == pytest.approx(sum(cities.even(day, 1).values()), rel=0.02)
    assert day_of(said, day).quality == "estimated"


def test_a_register_read_in_the_morning_corrects_yesterday() -> None:
    yesterday, today = MONDAY + timedelta(days=20), MONDAY + timedelta(days=21)
    begin_ns, end_ns = bounds_of(yesterday, BRUSSELS)
    lost = {at_ns for at_ns in cities.even(yesterday, 2) if begin_ns + 18 * HOUR_NS <= at_ns < end_ns + 9 * HOUR_NS}
    counts = cities.even(MONDAY, 22)
    counts |= {at_ns: 3 * number for at_ns, number in counts.items() if at_ns in lost}
    readings = cities.register_readings(COUNTER, counts, lost - {end_ns + 8 * HOUR_NS})
    said = said_of(readings, closed(today))
    both = float(day_of(said, yesterday).value) + float(day_of(said, today).value)
    assert both == pytest.approx(sum(number for at_ns, number in counts.items() if at_ns >= begin_ns))


def test_a_hanging_sensor_is_not_believed_from_its_first_equal_count_on() -> None:
    day = MONDAY + timedelta(days=21)
    begin_ns = bounds_of(day, BRUSSELS)[0]
    counts = cities.even(MONDAY, 22)
    counts |= {begin_ns + hour * HOUR_NS: 77 for hour in range(3, 24)}
    said = said_of(cities.interval_readings(COUNTER, counts), closed(day))
    assert day_of(said, day).value == pytest.approx(sum(cities.even(day, 1).values()), rel=0.03)
    assert {hours_of(said)[begin_ns + hour * HOUR_NS].quality for hour in range(3, 24)} == {"estimated"}


def test_raw_and_calibrated_stand_side_by_side() -> None:
    where = site({COUNTER: Place(details=CounterDetails(factors="2026-07-06 1.25"))})
    sunday = MONDAY - timedelta(days=1)
    said = said_of(cities.interval_readings(COUNTER, cities.even(sunday, 2)), closed(MONDAY), where)
    truth = sum(cities.even(MONDAY, 1).values())
    assert day_of(said, MONDAY).value == pytest.approx(1.25 * truth)
    assert day_of(said, MONDAY, name="bicycles_counted").value == pytest.approx(truth)
    assert values(said, "bicycles_counted", HOUR_NS)[0] == values(said, "bicycles", HOUR_NS)[0]  # Sunday: factor 1


def test_both_directions_of_a_road_are_put_together() -> None:
    there, back = "bike-counter/bridge-out", "bike-counter/bridge-in"
    where = site(
        {
            there: Place("centre", details=CounterDetails(section="bridge", direction="forward")),
            back: Place("centre", details=CounterDetails(section="bridge", direction="backward")),
        }
    )
    counts = cities.even(MONDAY - timedelta(days=1), 2, 10)
    readings = cities.interval_readings(there, counts)
    readings += cities.interval_readings(back, {at_ns: 3 * number for at_ns, number in counts.items()})
    said = said_of(readings, closed(MONDAY), where)
    road = "bike-section/bridge"
    assert day_of(said, MONDAY, road, "section_bicycles").value == 4 * sum(cities.even(MONDAY, 1).values())
    assert day_of(said, MONDAY, road, "forward_percent").value == 25.0
    begin_ns = bounds_of(MONDAY, BRUSSELS)[0]
    hourly = [float(one.value) for one in of(said, "section_bicycles", HOUR_NS) if one.time_ns >= begin_ns]
    assert sum(hourly) == day_of(said, MONDAY, road, "section_bicycles").value
    assert not [one for one in of(said, "bicycles") if one.feature == road]


def test_a_counter_that_is_gone_is_not_made_up_for_ever() -> None:
    until = closed(MONDAY + timedelta(days=70))
    said = said_of(weeks(set()), until)
    last_ns = max(one.time_ns for one in of(said, "bicycles"))
    assert last_ns < bounds_of(MONDAY + timedelta(days=22 + 28), BRUSSELS)[1]


def test_a_counter_silent_for_a_year_is_forgotten() -> None:
    machine, where = CountMachine(BICYCLES), site()
    state = machine.begin(COUNTER, where)
    for one in weeks(set(), days=2):
        machine.pass_time(state, one.time_ns, where)
        machine.take(state, one, where)
    machine.pass_time(state, closed(MONDAY + timedelta(days=500)), where)
    assert state == machine.begin(COUNTER, where)


def test_a_doubtful_count_and_a_count_below_zero_are_not_counted() -> None:
    machine, where = CountMachine(BICYCLES), site()
    state = machine.begin(COUNTER, where)
    begin_ns = bounds_of(MONDAY, BRUSSELS)[0]
    doubtful = Reading(begin_ns, "box", COUNTER, "bicycle_count_interval", 30_000.0, "suspect")
    assert machine.take(state, doubtful, where) == ()
    assert state == machine.begin(COUNTER, where)
    assert (
        said_of(series(COUNTER, "bicycle_count", [(begin_ns, 5.0), (begin_ns + HOUR_NS, -1.0)]), closed(MONDAY)) == {}
    )


def test_a_road_of_which_one_counter_is_gone_is_not_said() -> None:
    there, back = "bike-counter/bridge-out", "bike-counter/bridge-in"
    details = CounterDetails(section="bridge")
    where = site({there: Place("centre", details=details), back: Place("centre", details=details)})
    counts = cities.even(MONDAY, 40)
    readings = cities.interval_readings(there, counts)
    readings += cities.interval_readings(back, cities.even(MONDAY, 2))
    said = said_of(readings, closed(MONDAY + timedelta(days=39)), where)
    last_ns = max(one.time_ns for one in of(said, "section_bicycles"))
    assert last_ns < bounds_of(MONDAY + timedelta(days=2 + 28), BRUSSELS)[1]


def test_people_are_counted_in_their_own_words() -> None:
    counts = cities.interval_readings("people-counter/square", cities.even(MONDAY, 1))
    readings = [msgspec.structs.replace(one, property="people_count_interval") for one in counts]
    said = fold(CountMachine(PEOPLE), readings, site(), until=closed(MONDAY))
    assert len(values(said, "people", HOUR_NS)) == 23
    assert CountMachine(PEOPLE).producer == "mobility-people"


def test_a_week_of_commuters_shows_in_the_profile() -> None:
    said = said_of(weeks(set()), closed(MONDAY + timedelta(days=21)))
    sunday_night = bounds_of(MONDAY + timedelta(days=20), BRUSSELS)[1]
    assert said[COUNTER, "commute_index", sunday_night, 0].value == pytest.approx((80 + 120) / (40 + 50), abs=1e-4)
    assert float(said[COUNTER, "weekend_ratio", sunday_night, 0].value) < 1.0


def average_error_percent(seed: int, *, register: bool, counters: int = 3) -> list[float]:
    """Errors of the annual average in a year of which a fifth is lost, half of it in outages of days."""
    world = cities.city(seed, counters=counters, begin=date(2026, 11, 20), days=407)
    readings: list[Reading] = []
    for feature, counts in world.items():
        lost = cities.outages(counts, 0.2, random.Random(f"{seed}{feature}"))
        readings += (cities.register_readings if register else cities.interval_readings)(feature, counts, lost)
    where = site({feature: Place("centre") for feature in world})
    said = said_of(readings, closed(date(2027, 12, 31)), where)
    end_ns = bounds_of(date(2027, 12, 31), BRUSSELS)[1]
    found = {feature: said[feature, "average_daily_bicycles", end_ns, 0] for feature in world}
    assert {one.quality for one in found.values()} == {"estimated"}
    return [100 * (float(one.value) / cities.true_average(world[name], 2027) - 1) for name, one in found.items()]


@pytest.mark.parametrize("register", [False, True])
def test_the_annual_average_is_right_to_two_percent_with_a_fifth_of_the_data_lost(register: bool) -> None:
    assert max(map(abs, average_error_percent(3, register=register))) < 2.0


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_over_many_cities_the_annual_average_is_right_to_one_percent_on_average() -> None:
    for register in (False, True):
        errors = [error for seed in range(10) for error in average_error_percent(seed, register=register, counters=4)]
        mean, worst = sum(map(abs, errors)) / len(errors), max(map(abs, errors))
        print(f"register {register}: mean {mean:.2f} %, worst {worst:.2f} %, bias {sum(errors) / len(errors):+.2f} %")
        assert mean < 1.0
        assert abs(sum(errors)) / len(errors) < 0.5


def test_a_full_year_gives_an_average_without_reserve() -> None:
    counts = cities.even(date(2026, 12, 31), 366)
    said = said_of(cities.interval_readings(COUNTER, counts), closed(date(2027, 12, 31)))
    end_ns = bounds_of(date(2027, 12, 31), BRUSSELS)[1]
    average: Any = said[COUNTER, "average_daily_bicycles", end_ns, 0]
    assert (average.quality, average.value) == ("ok", pytest.approx(cities.true_average(counts, 2027)))
    assert said[COUNTER, "coverage_percent", end_ns, 0].value == 100.0
    early = of(said, "average_daily_bicycles")
    assert early[0].quality == "missing"  # of fewer than three months nothing is said
    assert max(len(msgspec.msgpack.encode(state)) for state in _states(counts)) < 6_000


def _states(counts: cities.Counts) -> list[Any]:
    machine, where = CountMachine(BICYCLES), site()
    state = machine.begin("", where)
    for one in cities.interval_readings(COUNTER, counts):
        machine.pass_time(state, one.time_ns, where)
        machine.take(state, one, where)
    return list(state.counters.values())
