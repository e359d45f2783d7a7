"""Long and dense courses out of a real store: never more points than a page can draw, and what is left out is said."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.dashboard.series import MAX_POINTS, Course, Wanted, read_course
from gateway.events import Events
from gateway.sinks.store.read import History
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.sink import StoreSink
from pipelines.model import Accepted, Derived, LedgerEntry, Observation, Quality, Revision, Value
from pipelines.vocabulary import PROPERTIES
from tests.gateway.road import NOW_NS, SetClock

HOUR_NS = 3_600 * 10**9
BEGIN_NS = NOW_NS // HOUR_NS * HOUR_NS


def said(name: str, value: Value, at_ns: int, interval_ns: int = 0, quality: Quality = "ok") -> Observation:
    return Observation("tree/1", name, value, at_ns, quality=quality, interval_ns=interval_ns)


def by_device(*observations: Observation) -> Accepted:
    at_ns = observations[0].time_ns
    return Accepted(1, "a", "green", "delft", "tree/1", at_ns, at_ns, observations)


def entries() -> Iterator[LedgerEntry]:
    """Two days of temperatures each 15 s, 12,000 turns of a valve, and a year of daily and hourly counts."""
    for number in range(11_520):
        yield by_device(said("temperature_c", 20.0 + number % 10, BEGIN_NS + number * 15 * 10**9))
    for number in range(12_000):
        yield by_device(said("valve_open", number % 2 == 0, BEGIN_NS + number * 14 * 10**9))
    counts = [said("bicycles", 1.0, BEGIN_NS + hour * HOUR_NS, HOUR_NS) for hour in range(100 * 24)]
    counts += [said("bicycles", 24.0, BEGIN_NS + day * 24 * HOUR_NS, 24 * HOUR_NS) for day in range(100)]
    yield Derived("cycling-bicycles", 1, "green", "delft", tuple(counts))
    yield by_device(
        said("humidity_percent", 50.0, BEGIN_NS), said("pressure_hpa", 1_000.0, BEGIN_NS, quality="missing")
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "store.sqlite"

    async def fill() -> None:
        sink = StoreSink("store", StoreSettings(), file, clock=SetClock(), events=Events(SetClock()))
        await sink.start()
        await sink.write([Revision(number, entry) for number, entry in enumerate(entries(), 1)])
        await sink.close()

    asyncio.run(fill())
    return file


def course(store: Path, name: str, hours: float, *, device: str = "") -> Course:
    wanted = Wanted("tree/1", PROPERTIES[name], BEGIN_NS, BEGIN_NS + int(hours * HOUR_NS), device)
    with History(store) as history:
        return read_course(history, wanted)


def test_too_many_readings_for_a_page_are_told_by_hours(store: Path) -> None:
    few = course(store, "temperature_c", 2)
    assert [(line.per, len(line.at_ms)) for line in few.lines] == [("reading", 480)]
    many = course(store, "temperature_c", 47)
    (line,) = many.lines
    assert (line.per, len(line.at_ms), line.low, line.high) == ("hour", 47, (20.0,) * 47, (29.0,) * 47)
    assert line.value == (24.5,) * 47


def test_too_many_turns_are_cut_to_the_newest_and_it_is_said(store: Path) -> None:
    found = course(store, "valve_open", 12_000 * 14 / 3_600)
    (line,) = found.lines
    assert found.cut
    assert len(line.at_ms) == MAX_POINTS
    assert line.at_ms[-1] == (BEGIN_NS + 11_999 * 14 * 10**9) // 10**6
    assert found.from_ns > BEGIN_NS
    assert found.before in (True, False)


def test_counts_are_told_by_the_hour_for_weeks_and_by_the_day_for_longer(store: Path) -> None:
    for hours, interval_s in ((20, 3_600.0), (500, 3_600.0), (2_000, 86_400.0)):
        assert [line.interval_s for line in course(store, "bicycles", hours).lines] == [interval_s]


def test_a_missing_value_is_a_gap_with_its_mark(store: Path) -> None:
    (line,) = course(store, "pressure_hpa", 1).lines
    assert line.value == (None,)
    assert [(mark.index, mark.quality) for mark in line.marks] == [(0, "missing")]


def test_only_one_device_is_told_where_one_is_asked_for(store: Path) -> None:
    assert len(course(store, "humidity_percent", 1, device="a").lines) == 1
    assert course(store, "humidity_percent", 1, device="b").lines == []
    assert course(store, "humidity_percent", 500, device="b").lines == []


def test_nothing_is_told_of_what_nobody_measured(store: Path) -> None:
    assert course(store, "co2_ppm", 24).lines == []
    assert course(store, "valve_open", -1).lines == []
