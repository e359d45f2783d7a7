import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domains import QUARTER_NS, Reading
from pipelines.domains.cycling.kinds import BICYCLES
from pipelines.domains.cycling.meter import Meter, Span, passed, register_increment
from pipelines.domains.cycling.settings import CounterDetails

DETAILS = CounterDetails()


def spans(points: list[tuple[int, float]], name: str, details: CounterDetails = DETAILS) -> list[Span | None]:
    """``points``: quarter of an hour and value."""
    meter = Meter()
    return [
        passed(meter, Reading(at * QUARTER_NS, "box", "bike-counter/a", name, value), BICYCLES, details)
        for at, value in points
    ]


def numbers(points: list[tuple[int, float]], name: str, details: CounterDetails = DETAILS) -> list[float | None]:
    return [None if span is None else span.number for span in spans(points, name, details)]


def test_a_register_tells_what_passed_since_its_last_reading() -> None:
    assert spans([(0, 100.0), (1, 110.0), (4, 140.0)], "bicycle_count") == [
        None,
        Span(0, QUARTER_NS, 10.0),
        Span(QUARTER_NS, 4 * QUARTER_NS, 30.0),
    ]


@pytest.mark.parametrize(
    ("before", "now", "register_max", "expected"),
    [
        (65_530.0, 4.0, 0.0, 10.0),  # two bytes
        (4_294_967_290.0, 4.0, 0.0, 10.0),  # four bytes
        (999_990.0, 0.0, 0.0, 10.0),  # six digits
        (60_000.0, 5.0, 0.0, None),  # of two bytes, reset rather than rolled over
        (9_995.0, 5.0, 9_999.0, 10.0),  # four digits, as declared
        (9_995.0, 2_000.0, 9_999.0, None),  # falls too far for a rollover
        (9_995.0, 5.0, 0.0, None),  # not declared: begun anew
        (500.0, 0.0, 0.0, None),
        (65_000.0, 6_000.0, 0.0, None),  # a rollover would mean more than can pass
        (100.0, 100.0, 0.0, 0.0),
        (100.0, 5_000.0, 0.0, None),  # damaged
    ],
)
def test_a_register_that_falls_has_rolled_over_or_begun_anew(
    before: float, now: float, register_max: float, expected: float | None
) -> None:
    assert register_increment(before, now, most=1_000.0, register_max=register_max) == expected


def test_a_damaged_register_costs_its_two_spans() -> None:
    points = [(0, 100.0), (1, 110.0), (2, 9e9), (3, 130.0), (4, 140.0)]
    assert numbers(points, "bicycle_count") == [None, 10.0, None, None, 10.0]


def test_another_device_on_the_feature_begins_anew() -> None:
    meter = Meter()
    boxes = [(0, "old", 900.0), (1, "old", 910.0), (2, "new", 5.0), (3, "new", 12.0)]
    readings = [Reading(at * QUARTER_NS, box, "bike-counter/a", "bicycle_count", value) for at, box, value in boxes]
    found = [passed(meter, one, BICYCLES, DETAILS) for one in readings]
    assert [None if span is None else span.number for span in found] == [None, 10.0, None, 7.0]


def test_a_count_per_interval_tells_of_its_own_interval_only() -> None:
    points = [(0, 3.0), (1, 4.0), (2, 5.0), (5, 6.0)]
    assert spans(points, "bicycle_count_interval")[1:] == [
        Span(0, QUARTER_NS, 4.0),
        Span(QUARTER_NS, 2 * QUARTER_NS, 5.0),
        Span(4 * QUARTER_NS, 5 * QUARTER_NS, 6.0),
    ]


def test_a_declared_interval_makes_the_first_count_useful() -> None:
    details = CounterDetails(interval_min=60)
    assert spans([(4, 3.0)], "bicycle_count_interval", details) == [Span(0, 4 * QUARTER_NS, 3.0)]


def test_a_device_that_sends_both_is_read_by_its_register() -> None:
    meter = Meter()
    found = []
    for at in range(3):
        for name, value in (("bicycle_count", 10.0 * at), ("bicycle_count_interval", 10.0)):
            reading = Reading(at * QUARTER_NS, "box", "bike-counter/a", name, value)
            found.append(passed(meter, reading, BICYCLES, DETAILS))
    assert [None if span is None else span.number for span in found] == [None, None, 10.0, None, 10.0, None]


def test_twelve_equal_counts_mean_that_the_sensor_hangs() -> None:
    found = spans([(at, 7.0 if at else 3.0) for at in range(15)], "bicycle_count_interval")
    assert [span.hangs for span in found[1:] if span is not None] == [False] * 11 + [True] * 3
    assert found[12] == Span(0, 12 * QUARTER_NS, 0.0, hangs=True)
    quiet = spans([(at, 1.0) for at in range(15)], "bicycle_count_interval")
    assert not any(span.hangs for span in quiet[1:] if span is not None)


def test_more_than_can_pass_is_not_believed() -> None:
    details = CounterDetails(max_per_hour=500, interval_min=15)
    assert spans([(1, 501.0)], "bicycle_count_interval", details) == [None]


@given(st.lists(st.integers(0, 200), min_size=1, max_size=60), st.integers(0, 65_535))
def test_no_bicycle_is_lost_at_a_rollover(counts: list[int], start: int) -> None:
    register, points = start, [(0, float(start))]
    for at, count in enumerate(counts, 1):
        register = (register + count) % 65_536
        points.append((at, float(register)))
    details = CounterDetails(register_max=65_535)
    assert sum(number or 0.0 for number in numbers(points, "bicycle_count", details)) == sum(counts)
