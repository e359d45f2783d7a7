"""What leaves the store by age, what stays, and what comes too late."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.store import retention
from gateway.sinks.store.read import History
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.sink import StoreSink
from pipelines.model import Derived
from tests.gateway.sinks.entries import DAY, HOUR, MINUTE, T0, S, accepted, link, observed, revision

BIN = "waste-container/B7"
NOW = T0 + 10 * DAY
KEEP_3_DAYS = StoreSettings(history_days=3, rollup_days=8)


class SetClock:
    """A wall clock that tests move; the monotonic one moves with it."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns


def store(
    file: Path,
    settings: StoreSettings = KEEP_3_DAYS,
    *,
    now: Callable[[], int] = lambda: NOW,
    pilot_days: Callable[[str], int | None] = lambda _pilot: None,
) -> StoreSink:
    return StoreSink("store", settings, file, clock=Clock(now, now), events=Events(), pilot_days=pilot_days)


async def fill(sink: StoreSink, days: range = range(10)) -> None:
    """Three values on each day, in two hours."""
    for day in days:
        steps = [observed(float(day), T0 + day * DAY + step * 30 * MINUTE) for step in range(3)]
        await sink.write([revision(day + 1, accepted(*steps, link=link(day)))])


async def finish(sink: StoreSink) -> None:
    while not await sink.retain():
        pass


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


async def test_history_and_hours_end_after_their_own_days(file: Path) -> None:
    sink = store(file)
    await fill(sink)
    await finish(sink)
    with History(file) as history:
        assert min(reading.time_ns for reading in history.values(BIN, "temperature_c")) == T0 + 7 * DAY
        assert min(hour.time_ns for hour in history.hourly(BIN, "temperature_c")) == T0 + 2 * DAY
        assert [frame.f_cnt for frame in history.frames("a81758fffe0462b9")] == [7, 8, 9]
    await sink.close()


async def test_the_latest_value_of_a_silent_device_stays(file: Path) -> None:
    sink = store(file)
    await fill(sink, range(2))
    await finish(sink)
    with History(file) as history:
        assert [latest.reading.time_ns for latest in history.latest()] == [T0 + DAY + HOUR]
    await sink.write([revision(50, accepted(observed(7.0, T0 + DAY + HOUR + MINUTE)))])
    with History(file) as history:
        assert [latest.reading.value for latest in history.latest()] == [7.0]
    await sink.close()


async def test_a_value_too_late_for_its_hour_is_counted_and_leaves_the_roll_up_alone(file: Path) -> None:
    sink = store(file, StoreSettings(history_days=3, rollup_days=0))
    await fill(sink)
    await finish(sink)
    await sink.write([revision(99, accepted(observed(500.0, T0 + MINUTE)), first=False)])
    assert sink._events.counts["store.too_old"] == 1
    with History(file) as history:
        first = history.hourly(BIN, "temperature_c")[0]
        assert (first.time_ns, first.count, first.maximum) == (T0, 2, 0.0)
    await sink.close()


async def test_an_old_recording_is_rolled_up_before_its_values_go(file: Path) -> None:
    clock = SetClock(T0 + 900 * DAY)
    sink = store(file, now=clock)
    for day in range(3):
        await fill(sink, range(day, day + 1))
        clock.now_ns += 2 * HOUR  # each write is followed by a round of retention
    with History(file) as history:
        assert len(history.values(BIN, "temperature_c")) < 9
    assert sink._events.counts["store.too_old"] == 0
    assert sink._events.counts["store.values"] == 9
    await sink.close()


async def test_the_days_of_a_pilot_shorten_those_of_the_store(file: Path) -> None:
    sink = store(file, pilot_days={"waste-delft": 1}.get)
    await fill(sink)
    await sink.write(
        [revision(90, accepted(observed(1.0, T0 + 8 * DAY), observed(1.0, NOW), pilot="other", device="x"))]
    )
    await finish(sink)
    with History(file) as history:
        kept = {(reading.device, reading.time_ns) for reading in history.values(BIN, "temperature_c")}
    assert ("x", T0 + 8 * DAY) in kept
    assert min(time_ns for device, time_ns in kept if device != "x") == T0 + 9 * DAY
    await sink.close()


async def test_derived_values_stay_as_long_as_the_hours(file: Path) -> None:
    sink = store(file)
    quarters = tuple(observed(0.5, T0 + day * DAY, name="occupancy", interval_ns=15 * MINUTE) for day in range(10))
    await sink.write([revision(1, Derived("parking", 1, "waste-delft", "delft", quarters))])
    await finish(sink)
    with History(file) as history:
        assert [reading.time_ns for reading in history.values(BIN, "occupancy")] == [T0 + d * DAY for d in range(2, 10)]
    await sink.close()


async def test_nought_days_keep_for_ever(file: Path) -> None:
    sink = store(file, StoreSettings(history_days=0, rollup_days=0))
    await fill(sink)
    await finish(sink)
    with History(file) as history:
        assert len(history.values(BIN, "temperature_c")) == 30
        assert len(history.frames("a81758fffe0462b9")) == 10
    await sink.close()


async def test_a_clock_that_is_not_set_deletes_nothing(file: Path) -> None:
    sink = store(file, now=lambda: 5 * S)
    await fill(sink)
    assert await sink.retain()
    with History(file) as history:
        assert len(history.values(BIN, "temperature_c")) == 30
    await sink.close()


async def test_much_goes_in_small_steps(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP_ROWS", 50)
    sink = store(file, now=lambda: T0)  # nothing is over while it is written
    for part in range(4):
        many = [observed(1.0, T0 + (part * 100 + step) * S) for step in range(100)]
        await sink.write([revision(part + 1, accepted(*many))])
    await sink.write([revision(9, accepted(observed(1.0, NOW)))])
    sink._clock = Clock(lambda: NOW, lambda: NOW)
    steps = 1
    while not await sink.retain():
        steps += 1
    assert steps >= 8
    with History(file) as history:
        assert len(history.values(BIN, "temperature_c")) == 1
    await sink.close()
