"""The store sink over real files: revisions, roll-up, crashes, failures."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks import SinkUnavailableError
from gateway.sinks.store import rollup
from gateway.sinks.store.read import History
from gateway.sinks.store.rows import QUALITY_CODE, REASON_CODE, TIME_SOURCE_CODE
from gateway.sinks.store.schema import HOUR_NS, VERSION
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.sink import StoreSink
from gateway.sinks.store.writer import Writer
from pipelines.model import Derived, Quality, QualityReason, Revision, TimeSource
from tests.gateway.sinks.entries import HOUR, MINUTE, T0, S, accepted, link, observed, revision

BIN = "waste-container/B7"


def store(file: Path) -> StoreSink:
    return StoreSink("store", StoreSettings(), file, clock=Clock(lambda: T0 + 2 * HOUR), events=Events())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.sqlite"


@pytest.fixture
async def sink(file: Path) -> AsyncIterator[StoreSink]:
    sink = store(file)
    await sink.start()
    yield sink
    await sink.close()


async def test_a_written_value_is_read_back_with_its_whole_story(sink: StoreSink, file: Path) -> None:
    reading = observed(21.5, T0, quality="suspect", reason="spike")
    await sink.write([revision(9, accepted(reading, link=link()))])
    with History(file) as history:
        (latest,) = history.latest()
        assert (latest.series.pilot, latest.series.city, latest.series.device) == (
            "waste-delft",
            "delft",
            "a81758fffe0462b9",
        )
        assert latest.reading.value == 21.5
        assert (latest.reading.quality, latest.reading.reason, latest.reading.time_source) == (
            "suspect",
            "spike",
            "network",
        )
        assert (latest.reading.time_ns, latest.reading.revision) == (T0, 9)
        assert history.position() == 9
        (frame,) = history.frames("a81758fffe0462b9")
        assert (frame.f_cnt, frame.f_port, frame.rssi_dbm, frame.snr_db, frame.receptions) == (7, 5, -90.0, 7.5, 2)


async def test_every_kind_of_value_keeps_its_type(sink: StoreSink, file: Path) -> None:
    values = [observed(True, name="fire"), observed(1.0, name="battery_v"), observed("open", name="mode")]
    await sink.write([revision(1, accepted(*values))])
    with History(file) as history:
        found = {latest.series.property: latest.reading.value for latest in history.latest(feature=BIN)}
    assert found == {"fire": True, "battery_v": 1.0, "mode": "open"}
    assert [type(found[name]) for name in ("fire", "battery_v", "mode")] == [bool, float, str]


async def test_the_higher_revision_wins_in_either_order(sink: StoreSink, file: Path) -> None:
    old, new = revision(3, accepted(observed(1.0))), revision(8, accepted(observed(2.0)), first=False)
    for order in ([old, new], [new, old]):
        for one in order:
            await sink.write([one])
        with History(file) as history:
            (reading,) = history.values(BIN, "temperature_c")
            assert (reading.value, reading.revision) == (2.0, 8)
            (hour,) = history.hourly(BIN, "temperature_c")
            assert (hour.count, hour.mean) == (1, 2.0)


async def test_the_higher_revision_wins_within_one_batch(sink: StoreSink, file: Path) -> None:
    await sink.write([revision(8, accepted(observed(2.0))), revision(3, accepted(observed(1.0)))])
    with History(file) as history:
        assert [reading.value for reading in history.values(BIN, "temperature_c")] == [2.0]


async def test_a_retracted_value_is_gone_and_does_not_come_back(sink: StoreSink, file: Path) -> None:
    first = revision(1, accepted(observed(1.0), observed(5.0, T0 + MINUTE)))
    await sink.write([first])
    await sink.write([revision(2, accepted(observed(5.0, T0 + MINUTE, quality="retracted")), first=False)])
    await sink.write([first])
    with History(file) as history:
        assert [reading.value for reading in history.values(BIN, "temperature_c")] == [1.0]
        assert [latest.reading.value for latest in history.latest()] == [1.0]
        assert [(hour.count, hour.maximum) for hour in history.hourly(BIN, "temperature_c")] == [(1, 1.0)]


async def test_an_hour_whose_last_value_is_retracted_disappears(sink: StoreSink, file: Path) -> None:
    await sink.write([revision(1, accepted(observed(1.0)))])
    await sink.write([revision(2, accepted(observed(1.0, quality="retracted")), first=False)])
    with History(file) as history:
        assert history.hourly(BIN, "temperature_c") == []
        assert history.latest() == []


async def test_late_values_and_corrections_move_their_hour(sink: StoreSink, file: Path) -> None:
    await sink.write([revision(1, accepted(observed(10.0, T0 + 5 * MINUTE)))])
    await sink.write([revision(2, accepted(observed(50.0, T0 + HOUR)))])
    await sink.write([revision(3, accepted(observed(20.0, T0)))])
    await sink.write([revision(4, accepted(observed(12.0, T0 + 5 * MINUTE)), first=False)])
    with History(file) as history:
        early, late = history.hourly(BIN, "temperature_c")
        assert (early.time_ns, early.count, early.minimum, early.mean, early.maximum) == (T0, 2, 12.0, 16.0, 20.0)
        assert (late.time_ns, late.count, late.mean) == (T0 + HOUR, 1, 50.0)
        assert history.hourly(BIN, "temperature_c", from_ns=T0 + 1, to_ns=T0 + HOUR) == []
        assert history.hourly(BIN, "temperature_c", from_ns=T0 + 1, to_ns=T0 + HOUR + 1) == [late]


async def test_doubtful_values_are_counted_but_do_not_move_the_mean(sink: StoreSink, file: Path) -> None:
    values = [observed(10.0), observed(900.0, T0 + S, quality="suspect", reason="range")]
    await sink.write([revision(1, accepted(*values, observed("x", name="mode")))])
    with History(file) as history:
        (hour,) = history.hourly(BIN, "temperature_c")
        assert (hour.count, hour.usable, hour.maximum) == (2, 1, 10.0)
        (states,) = history.hourly(BIN, "mode")
        assert (states.count, states.usable, states.mean) == (1, 0, None)


async def test_derived_values_are_history_of_their_producer_and_not_rolled_up(sink: StoreSink, file: Path) -> None:
    quarter = observed(0.5, name="occupancy", interval_ns=15 * MINUTE)
    await sink.write([revision(1, Derived("parking", 7, "waste-delft", "delft", (quarter,)))])
    with History(file) as history:
        (name,) = history.series()
        assert (name.device, name.derived) == ("parking", True)
        assert [reading.interval_ns for reading in history.values(BIN, "occupancy")] == [15 * MINUTE]
        assert history.hourly(BIN, "occupancy") == []
        assert history.devices() == []


async def test_devices_show_first_and_last_receipt_and_their_newest_place(sink: StoreSink, file: Path) -> None:
    await sink.write([revision(5, accepted(observed(), received_ns=T0 + 50, pilot="new", city="delft"))])
    await sink.write([revision(2, accepted(observed(1.0, T0 - S), received_ns=T0 - 10, pilot="old"))])
    with History(file) as history:
        (device,) = history.devices()
        assert (device.first_seen_ns, device.last_seen_ns, device.pilot) == (T0 - 10, T0 + 50, "new")
        assert history.devices("elsewhere") == []


async def test_a_forgotten_device_leaves_no_byte_behind(sink: StoreSink, file: Path) -> None:
    secret = observed("household 12", name="mode")
    await sink.write([revision(1, accepted(secret, device="gone-device", link=link()))])
    await sink.write([revision(2, accepted(observed(2.0), device="kept"))])
    assert await sink.purge_device("gone-device") > 3
    with History(file) as history:
        assert [device.id for device in history.devices()] == ["kept"]
        assert [latest.series.device for latest in history.latest()] == ["kept"]
    files = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert b"household 12" not in files
    assert b"gone-device" not in files
    await sink.write([revision(3, accepted(observed(4.0), device="gone-device"))])
    with History(file) as history:
        assert len(history.latest()) == 2


async def test_a_failed_transaction_leaves_nothing_and_the_next_one_works(sink: StoreSink, file: Path) -> None:
    assert sink._writer is not None
    sink._writer.connection.execute("CREATE TRIGGER no BEFORE INSERT ON link BEGIN SELECT RAISE(ABORT, 'no'); END")
    batch = [revision(1, accepted(observed(), link=link()))]
    with pytest.raises(SinkUnavailableError, match="no"):
        await sink.write(batch)
    with History(file) as history:
        assert (history.series(), history.devices(), history.position()) == ([], [], 0)
    sink._writer.connection.execute("DROP TRIGGER no")
    await sink.write(batch)
    with History(file) as history:
        assert len(history.latest()) == 1


@pytest.fixture
def scribbled(file: Path) -> Path:
    file.parent.mkdir()
    file.write_bytes(b"not a database, but long enough to be taken for one" * 50)
    return file


async def test_a_file_that_is_no_store_is_named_with_how_to_mend_it(scribbled: Path) -> None:
    sink = store(scribbled)
    with pytest.raises(SinkUnavailableError, match=r"store\.sqlite") as caught:
        await sink.start()
    assert "aside" in caught.value.mend
    await sink.close()


async def test_a_store_of_a_later_release_is_refused_untouched(sink: StoreSink, file: Path) -> None:
    await sink.close()
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    later = store(file)
    with pytest.raises(SinkUnavailableError, match="format"):
        await later.start()
    await later.close()


def test_a_missing_store_is_told_in_words(file: Path) -> None:
    with pytest.raises(FileNotFoundError, match="first runs"):
        History(file)


async def test_the_store_can_be_read_after_the_gateway_has_gone(sink: StoreSink, file: Path) -> None:
    await sink.write([revision(1, accepted(observed()))])
    await sink.close()
    with History(file) as history:
        assert len(history.latest()) == 1


async def test_a_cancelled_write_may_be_repeated(sink: StoreSink, file: Path) -> None:
    batch = [revision(n, accepted(observed(float(n), T0 + n * S))) for n in range(1, 500)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await sink.write(batch)
    await sink.write(batch)
    with History(file) as history:
        assert sum(hour.count for hour in history.hourly(BIN, "temperature_c")) == 499


def test_every_word_of_the_model_has_a_code() -> None:
    for words, codes in ((Quality, QUALITY_CODE), (QualityReason, REASON_CODE), (TimeSource, TIME_SOURCE_CODE)):
        assert set(get_args(words)) == set(codes)


ENTRY = st.tuples(
    st.integers(0, 5),  # ten-minute steps: three in each of two hours
    st.integers(-3, 3),
    st.sampled_from(["ok", "ok", "suspect", "estimated", "retracted"]),
)


@settings(max_examples=40, deadline=None)
@given(entries=st.lists(ENTRY, min_size=1, max_size=25), seed=st.integers(0, 9), chunk=st.integers(1, 7))
def test_any_order_with_repeats_gives_the_same_history_and_roll_up(
    entries: list[tuple[int, int, str]], seed: int, chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    revisions = [
        Revision(number, accepted(observed(float(value), T0 + step * 20 * MINUTE, quality=quality)))
        for number, (step, value, quality) in enumerate(entries, start=1)
    ]
    final = {one.entry.observations[0].time_ns: one for one in revisions}  # type: ignore[union-attr]
    order = random.Random(seed)
    arrivals = revisions + order.sample(revisions, len(revisions) // 2)
    order.shuffle(arrivals)
    writer = Writer(tmp_path_factory.mktemp("any") / "store.sqlite")
    for start in range(0, len(arrivals), chunk):
        writer.write(arrivals[start : start + chunk])
    kept = {t: r.entry.observations[0] for t, r in final.items() if r.entry.observations[0].quality != "retracted"}  # type: ignore[union-attr]
    rows = writer.connection.execute("SELECT time_ns, value FROM history WHERE quality <> 5").fetchall()
    assert dict(rows) == {time_ns: one.value for time_ns, one in kept.items()}
    before = writer.connection.execute("SELECT * FROM hourly ORDER BY series, hour").fetchall()
    hours = {(1, time_ns // HOUR_NS) for time_ns in final}
    rollup.recompute(writer.connection, hours)
    assert before == writer.connection.execute("SELECT * FROM hourly ORDER BY series, hour").fetchall()
    writer.close()


CRASHER = """
import sys, itertools
from pathlib import Path
sys.path.insert(0, ".")
from gateway.sinks.store.writer import Writer
from tests.gateway.sinks.entries import T0, S, accepted, observed, revision
writer = Writer(Path(sys.argv[1]))
for n in itertools.count(int(sys.argv[2]), 50):
    writer.write([revision(k, accepted(observed(float(k), T0 + k * S))) for k in range(n, n + 50)])
    print(n + 49, flush=True)
"""


def test_kill_nine_loses_nothing_confirmed_and_leaves_the_roll_up_right(file: Path) -> None:
    confirmed = 0
    for _ in range(3):
        command = [sys.executable, "-c", CRASHER, str(file), str(max(1, confirmed - 60))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                confirmed = int(line)
                if confirmed % 1_000 > 600:
                    break
            os.kill(process.pid, signal.SIGKILL)
    with History(file) as history:
        values = [reading.value for reading in history.values(BIN, "temperature_c", limit=1_000_000)]
        assert values == [float(k) for k in range(1, len(values) + 1)]
        assert len(values) >= confirmed > 0
        assert history.position() == len(values)
        hours = history.hourly(BIN, "temperature_c", limit=1_000_000)
        assert sum(hour.count for hour in hours) == len(values)
        assert sum((hour.mean or 0) * hour.usable for hour in hours) == pytest.approx(sum(values))  # type: ignore[arg-type]
