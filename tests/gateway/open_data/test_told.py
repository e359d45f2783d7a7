"""Counts are judged with everything around them: no question gets more told than another."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.open_data.city import Thing
from gateway.open_data.told import AGGREGATES, EARLIEST_NS, LATEST_NS, Question, by_end, told
from gateway.sinks.store.pages import PAGE_ROWS, Pages, Row, Series
from gateway.sinks.store.writer import Writer
from pipelines.model import Derived, Observation, Revision
from tests.gateway.open_data.small_city import PILOT, QUARTER, bicycles, city, write
from tests.gateway.sinks.entries import DAY, HOUR, T0, observed

QUARTERS = [6.0, 3.0, 8.0, 0.0] * 24 + [9.0] * 95 + [2.0] + [12.0, 1.0, 1.0, 30.0] * 24


def told_rows(file: Path, question: Question) -> list[Observation]:
    pilot = city().pilots[PILOT]
    thing = pilot.thing("bike-counter/east")
    assert isinstance(thing, Thing)
    with Pages(file) as pages:
        series: dict[str, list[Series]] = {}
        for one in pages.series(PILOT):
            series.setdefault(one.feature, []).append(one)
        return [row.observation for row in told(pages, pilot, thing, series, question) if row is not None]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "store.sqlite"
    observations = bicycles("bike-counter/east", QUARTERS)
    entry = Derived("cycling.counter/1", 1, PILOT, "delft", tuple(observations))
    write(file, [Revision(1, entry)])
    return file


def test_small_counts_are_suppressed_and_so_are_totals_that_would_tell_them(file: Path) -> None:
    rows = told_rows(file, Question("partner"))
    quality = {(one.time_ns, one.interval_ns): (one.quality, one.value) for one in rows}
    assert len(rows) == len(bicycles("bike-counter/east", QUARTERS))
    for number, value in enumerate(QUARTERS):
        expected = ("suppressed", 0.0) if 0 < value < 5 else ("ok", value)
        assert quality[T0 + number * QUARTER, QUARTER] == expected
    assert quality[T0, HOUR] == ("suppressed", 0.0), "6 + 8 + 0 are told: the hour would give the 3 away"
    assert quality[T0 + DAY + 23 * HOUR, HOUR][0] == "suppressed"
    assert quality[T0 + DAY, DAY][0] == "suppressed", "its one hidden hour is the last"
    assert quality[T0 + DAY, HOUR] == ("ok", 36.0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.tuples(st.integers(-8, 300), st.integers(-8, 300)).map(sorted),
    off=st.integers(-1, 1),
    periods=st.sets(st.sampled_from(sorted(AGGREGATES)), min_size=1),
)
def test_what_is_told_of_a_value_does_not_depend_on_the_question(
    file: Path, cut: list[int], off: int, periods: set[str]
) -> None:
    from_ns, to_ns = T0 + cut[0] * QUARTER, T0 + cut[1] * QUARTER + off
    question = Question("partner", frozenset(periods), from_ns, to_ns)
    everything = told_rows(file, Question("partner", frozenset(periods)))
    assert told_rows(file, question) == [one for one in everything if from_ns <= one.time_ns < to_ns]


def test_the_tier_decides_about_periods_and_never_about_values(file: Path) -> None:
    public = told_rows(file, Question("public"))
    assert {one.interval_ns for one in public} == {HOUR, DAY}
    assert public == [one for one in told_rows(file, Question("partner")) if one.interval_ns != QUARTER]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from([0, 1, 4, 20])), max_size=60))
def test_rows_in_order_of_begin_come_in_order_of_end(spans: list[tuple[int, int]]) -> None:
    rows = [Row(observed(1.0, begin, interval_ns=length), n) for n, (begin, length) in enumerate(sorted(spans))]
    ends = [
        (row.observation.time_ns + row.observation.interval_ns, row.observation.interval_ns) for row in by_end(rows)
    ]
    assert ends == sorted((begin + length, length) for begin, length in spans)


def test_pages_join_without_a_seam(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    count = 3 * PAGE_ROWS
    observations = tuple(observed(float(n), T0 + n, name="temperature_c") for n in range(count))
    write(file, [Revision(1, Derived("d", 1, PILOT, "delft", observations))])
    with Pages(file) as pages:
        (series,) = pages.series(PILOT)
        for from_n, to_n in ((0, count), (1, PAGE_ROWS + 1), (PAGE_ROWS, 2 * PAGE_ROWS), (5, 5)):
            rows = pages.rows(series, from_ns=T0 + from_n, to_ns=T0 + to_n)
            assert [row.observation.value for row in rows] == [float(n) for n in range(from_n, to_n)]
        whole = list(pages.rows(series, from_ns=EARLIEST_NS, to_ns=LATEST_NS))
        assert len(whole) == count
        assert pages.edge(series, from_ns=T0, to_ns=T0 + count, count=10, backwards=True) == T0 + count - 11
        assert pages.count(series, from_ns=T0, to_ns=T0 + count, most=7) == 7


def test_a_reader_in_the_middle_of_a_file_does_not_keep_the_stores_log_from_being_taken_in(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    observations = tuple(observed(float(n), T0 + n, name="temperature_c") for n in range(3 * PAGE_ROWS))
    write(file, [Revision(1, Derived("d", 1, PILOT, "delft", observations))])
    writer = Writer(file)
    try:
        with Pages(file) as pages:
            (series,) = pages.series(PILOT)
            rows = pages.rows(series, from_ns=EARLIEST_NS, to_ns=LATEST_NS)
            next(rows)
            writer.write([Revision(2, Derived("d", 2, PILOT, "delft", (observed(1.0, T0 - 1, name="temperature_c"),)))])
            busy, _, left = writer.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert (busy, left) == (0, 0)
            assert sum(1 for _ in rows) == 3 * PAGE_ROWS - 1
    finally:
        writer.close()
