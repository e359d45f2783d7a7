"""Delivery over a real ledger to sinks with named faults, and to the InfluxDB sink."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from gateway.clock import Clock
from gateway.deliver import Delivery, refused_entry
from gateway.events import Events
from gateway.journal.cursor import CursorFile
from gateway.journal.log import Log
from gateway.journal.notices import LogFullError
from gateway.journal.options import MIB, LogOptions
from gateway.ledger_tail import LedgerTail, first_position
from gateway.outage import Pauses
from gateway.progress import KIND_CORRECTION, KIND_FIRST
from gateway.sinks import Refusal, SinkRefusedError, SinkUnavailableError
from gateway.supervise import supervise
from pipelines.model import Accepted, Derived, LedgerEntry, Refused, Rejected, Revision
from tests import servers
from tests.contracts.influx_world import InfluxWorld1, carbon_dioxide, influx_sink
from tests.contracts.ledger_entries import T0, accepted, observed, poisoned, reading, uplink
from tests.contracts.scripted_influx import scripted

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(LedgerEntry).decode
QUICK = Pauses(first_s=0.01, longest_s=0.05, mend_s=0.02, burst_s=0)


class ListSink:
    """Keeps what it was given. ``failures`` come first, one at each write; ``refuses`` are numbers."""

    takes: tuple[type[LedgerEntry], ...] = (Accepted,)

    def __init__(self, max_batch: int = 100) -> None:
        self.id = "list"
        self.max_batch = max_batch
        self.batches: list[list[Revision]] = []
        self.failures: list[Exception] = []
        self.refuses: set[int] = set()
        self.crashes_over: set[int] = set()
        self.hanging = asyncio.Event()
        self.hanging.set()
        self.starts = self.closes = self.tries = 0

    @property
    def numbers(self) -> list[int]:
        return [revision.number for batch in self.batches for revision in batch]

    async def start(self) -> None:
        self.starts += 1

    async def write(self, batch: Sequence[Revision]) -> None:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        if any(revision.number in self.crashes_over for revision in batch):
            raise ZeroDivisionError("division by zero")
        await self.hanging.wait()
        self.batches.append([revision for revision in batch if revision.number not in self.refuses])
        if refused := [revision.number for revision in batch if revision.number in self.refuses]:
            raise SinkRefusedError([Refusal(number, "I do not like it", b"body") for number in refused])

    async def close(self) -> None:
        self.closes += 1


class Bench:
    """A real ledger in a folder with what a delivery needs around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.events = Events(self.clock)
        options = LogOptions(
            readable="written", segment_bytes=MIB, quota_bytes=4 * MIB, tail_bytes=64 << 10, compress="never"
        )
        self.ledger = Log.open(folder / "ledger", name="ledger", options=options)
        self.tail = LedgerTail(self.ledger, self.events.counts, keep=50)

    async def add(self, *entries: LedgerEntry, kind: int = KIND_FIRST) -> int:
        first = self.ledger.append([encode(entry) for entry in entries], kind)
        await self.ledger.commit(sync=False)
        return first

    async def add_readings(self, count: int) -> int:
        return await self.add(*(reading(number).entry for number in range(1, count + 1)))

    def delivery(self, sink: ListSink, **options: object) -> Delivery:
        cursor = CursorFile(self.folder / "cursor")
        settings = {"linger_s": 0.0, "pauses": QUICK} | options
        return Delivery(sink, self.tail, cursor, self.events, self.clock, **settings)  # type: ignore[arg-type]

    async def entries(self) -> list[LedgerEntry]:
        return [decode(entry.payload) for entry in await self.ledger.fetch(1, max_entries=100_000)]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await bench.ledger.close()


async def until_done(delivery: Delivery, *, within_s: float = 30.0) -> None:
    """Run a delivery until it has nothing left."""
    async with asyncio.timeout(within_s), asyncio.TaskGroup() as group:
        task = group.create_task(delivery.run())
        while delivery.lag:  # noqa: ASYNC110 - looked at from outside, as status does
            await asyncio.sleep(0.005)
        task.cancel()


async def test_a_sink_gets_what_it_takes_in_ledger_order(bench: Bench) -> None:
    sink = ListSink(max_batch=7)
    await bench.add(Rejected("malformed", "no JSON"), *(reading(n).entry for n in range(2, 40)))
    delivery = bench.delivery(sink)
    await until_done(delivery)
    assert sink.numbers == list(range(2, 40))
    assert max(map(len, sink.batches)) <= 7
    assert (delivery.delivered, delivery.refused, delivery.position) == (38, 0, 39)


async def test_corrections_are_told_from_first_statements(bench: Bench) -> None:
    sink = ListSink()
    await bench.add(reading(1).entry)
    await bench.add(reading(1).entry, kind=KIND_CORRECTION)
    await until_done(bench.delivery(sink))
    assert [(revision.number, revision.first) for revision in sink.batches[0]] == [(1, True), (2, False)]


async def test_few_entries_are_gathered_for_the_linger(bench: Bench) -> None:
    sink = ListSink()
    delivery = bench.delivery(sink, linger_s=0.1)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(delivery.run())
        for number in range(1, 6):
            await bench.add(reading(number).entry)
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.2)
        task.cancel()
    assert [len(batch) for batch in sink.batches] == [5]


async def test_an_unavailable_sink_gets_the_same_again_and_one_alarm(bench: Bench) -> None:
    sink = ListSink()
    sink.failures = [SinkUnavailableError("connection refused") for _ in range(4)]
    await bench.add_readings(10)
    delivery = bench.delivery(sink)
    await until_done(delivery)
    assert sink.numbers == list(range(1, 11))
    assert sink.starts == 5, "started again after each failure"
    assert (bench.events.counts["SinkDelayed"], bench.events.counts["SinkRecovered"]) == (1, 1)
    assert delivery.outage.why == ""


async def test_a_misconfigured_sink_says_what_to_mend_and_loses_nothing(bench: Bench) -> None:
    sink = ListSink()
    sink.failures = [SinkUnavailableError("401", mend="put a token there") for _ in range(3)]
    await bench.add_readings(3)
    await until_done(bench.delivery(sink))
    assert sink.numbers == [1, 2, 3]
    assert bench.events.counts["SinkMisconfigured"] == 1


async def test_refused_entries_go_to_the_ledger_before_the_cursor_moves(bench: Bench) -> None:
    sink = ListSink()
    sink.refuses = {4}
    await bench.add_readings(6)
    delivery = bench.delivery(sink)
    await until_done(delivery)
    assert sink.numbers == [1, 2, 3, 5, 6]
    (refused,) = [entry for entry in await bench.entries() if isinstance(entry, Refused)]
    assert (refused.sink, refused.revision, refused.of, refused.detail) == ("list", 4, 4, "I do not like it")
    assert refused.body == b"body"
    assert bench.ledger.durable_number >= 7
    assert (delivery.delivered, delivery.refused) == (5, 1)
    assert bench.events.counts["SinkRefusedEntries"] == 1


async def test_a_refusal_is_appended_once_however_often_the_disk_is_too_full_to_commit_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = ListSink()
    sink.refuses = {2, 3}
    await bench.add_readings(3)
    delivery = bench.delivery(sink)
    commit = bench.ledger.commit

    async def full(**_: bool) -> int:
        raise LogFullError("no space left")

    monkeypatch.setattr(bench.ledger, "commit", full)
    for _ in range(3):
        with pytest.raises(LogFullError):
            await delivery.deliver_some()
    assert (delivery.position, delivery.refused) == (0, 0)
    monkeypatch.setattr(bench.ledger, "commit", commit)
    await until_done(delivery)
    kept = [entry.revision for entry in await bench.entries() if isinstance(entry, Refused)]
    assert kept == [2, 3]
    assert bench.ledger.durable_number == 5
    assert delivery.refused == 2


async def test_an_entry_over_which_a_sink_crashes_three_times_is_kept_as_refused_and_the_others_go_on(
    bench: Bench,
) -> None:
    sink = ListSink()
    sink.crashes_over = {4}
    sink.refuses = {2}
    await bench.add_readings(6)
    delivery = bench.delivery(sink)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await delivery.deliver_some()
    assert (delivery.position, sink.numbers) == (0, [])
    await until_done(delivery)
    assert sink.numbers == [1, 3, 5, 6]
    kept = {entry.revision: entry.detail for entry in await bench.entries() if isinstance(entry, Refused)}
    assert kept == {2: "I do not like it", 4: "the sink crashed: ZeroDivisionError: division by zero"}
    assert (delivery.delivered, delivery.refused) == (4, 2)


async def test_a_sink_that_crashes_over_everything_refuses_nothing(bench: Bench) -> None:
    sink = ListSink()
    sink.crashes_over = {1, 2, 3}
    await bench.add_readings(3)
    delivery = bench.delivery(sink)
    for _ in range(6):
        with pytest.raises(ZeroDivisionError):
            await delivery.deliver_some()
    assert (delivery.position, len(await bench.entries())) == (0, 3)
    sink.crashes_over.clear()
    await until_done(delivery)
    assert sink.numbers == [1, 2, 3]


async def test_a_sink_that_goes_away_while_a_crash_is_looked_into_gets_all_of_it_later(bench: Bench) -> None:
    sink = ListSink()
    sink.crashes_over = {2}
    sink.failures = [ZeroDivisionError(), ZeroDivisionError(), ZeroDivisionError(), SinkUnavailableError("down")]
    await bench.add_readings(3)
    delivery = bench.delivery(sink)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await delivery.deliver_some()
    assert await delivery.deliver_some() == "unavailable"
    assert (delivery.position, len(await bench.entries())) == (0, 3)
    await until_done(delivery)
    assert sink.numbers == [1, 3]


async def test_a_crash_over_fresh_entries_does_not_stop_the_backlog(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = ListSink(max_batch=10)
    sink.crashes_over = {95}
    monkeypatch.setattr("gateway.supervise.FIRST_PAUSE_S", 0.01)
    await bench.add_readings(100)
    delivery = bench.delivery(sink, order="fresh first")
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(supervise("sink", delivery.run, bench.events))
        while delivery.lag:  # noqa: ASYNC110 - looked at from outside, as status does
            await asyncio.sleep(0.005)
        task.cancel()
    assert sorted(set(sink.numbers)) == [number for number in range(1, 101) if number != 95]
    assert delivery.refused == 1


async def test_a_refused_refusal_is_not_written_again(bench: Bench) -> None:
    sink = ListSink()
    sink.takes = (Refused,)
    sink.refuses = {1}
    await bench.add(Refused("other", 1, 1, "no", b"", T0))
    await until_done(bench.delivery(sink))
    assert len(await bench.entries()) == 1


async def test_after_a_kill_it_goes_on_from_the_cursor_and_repeats_at_most_what_came_since(bench: Bench) -> None:
    await bench.add_readings(20)
    sink = ListSink()
    first = bench.delivery(sink)
    await first.drain(1)
    await first.close()
    await bench.add_readings(5)
    killed = bench.delivery(ListSink())
    await killed.drain(1)  # no close: its cursor was not stored
    again = ListSink()
    await until_done(bench.delivery(again))
    assert sink.numbers == list(range(1, 21))
    assert again.numbers == list(range(21, 26))
    assert sink.closes == 1


async def test_the_cursor_is_stored_when_it_becomes_quiet(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.deliver.CURSOR_EVERY_S", 0.05)
    await bench.add_readings(3)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bench.delivery(ListSink()).run())
        await asyncio.sleep(0.3)
        task.cancel()
    assert CursorFile(bench.folder / "cursor").load() == 3


async def test_drain_ends_at_its_deadline_and_at_an_unavailable_sink(bench: Bench) -> None:
    await bench.add_readings(3)
    hung = ListSink()
    hung.hanging.clear()
    delivery = bench.delivery(hung)
    await delivery.drain(0.05)
    assert delivery.position == 0
    down = ListSink()
    down.failures = [SinkUnavailableError("down")]
    delivery = bench.delivery(down)
    await delivery.drain(60)
    assert (delivery.position, down.tries) == (0, 1)


async def test_a_hung_sink_holds_up_nobody_else(bench: Bench) -> None:
    hung, well = ListSink(), ListSink()
    hung.hanging.clear()
    waiting = bench.delivery(hung)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(waiting.run())
        await bench.add_readings(50)
        await until_done(bench.delivery(well))
        task.cancel()
    assert len(well.numbers) == 50
    assert waiting.lag == 50


async def test_fresh_first_statements_go_ahead_of_a_backlog_and_corrections_keep_order(bench: Bench) -> None:
    sink = ListSink(max_batch=10)
    await bench.add_readings(100)
    await bench.add(reading(1).entry, kind=KIND_CORRECTION)
    await bench.add(reading(102).entry)
    delivery = bench.delivery(sink, order="fresh first")
    await until_done(delivery)
    assert sink.numbers[:9] == [93, 94, 95, 96, 97, 98, 99, 100, 102], "the newest first, without the correction"
    assert sorted(set(sink.numbers)) == list(range(1, 103))
    assert sink.numbers.count(101) == 1
    last = {number: at for at, number in enumerate(sink.numbers)}
    assert sorted(last, key=last.__getitem__) == list(range(1, 103)), "each has its turn, in ledger order"
    assert (delivery.delivered, delivery.ahead) == (102, 9)


async def test_fresh_entries_do_not_wait_for_the_backlog(bench: Bench) -> None:
    sink = ListSink(max_batch=10)
    await bench.add_readings(4_000)
    delivery = bench.delivery(sink, order="fresh first")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(delivery.run())
        while delivery.position < 50:  # noqa: ASYNC110 - looked at from outside, as status does
            await asyncio.sleep(0)
        number = await bench.add(reading(4_001).entry)
        while number not in sink.numbers:  # noqa: ASYNC110 - same
            await asyncio.sleep(0)
        assert delivery.position < 3_000  # a busy disk takes its time to commit the fresh one
        task.cancel()


async def test_expired_numbers_are_counted_and_passed_over(bench: Bench) -> None:
    sink = ListSink()
    big = accepted(*(observed(feature=f"air-station/{'x' * 400}{n}") for n in range(300)))
    for _ in range(60):
        await bench.add(big)
    await bench.ledger.enforce_quota()
    oldest = bench.ledger.oldest_number
    assert oldest > 1
    delivery = bench.delivery(sink)
    await until_done(delivery)
    assert delivery.expired == oldest - 1
    assert sink.numbers == list(range(oldest, 61))


async def test_sinks_that_keep_up_share_one_decoding(bench: Bench) -> None:
    await bench.add_readings(30)
    first, second = ListSink(), ListSink()
    await bench.delivery(first).drain(1)
    await bench.delivery(second).drain(1)
    assert [a is b for a, b in zip(first.batches[0], second.batches[0], strict=True)] == [True] * 30


async def test_the_shared_tail_is_bounded_and_one_that_lags_reads_for_itself(bench: Bench) -> None:
    await bench.add_readings(200)
    for _ in range(2):
        sink = ListSink(max_batch=33)
        await bench.delivery(sink).drain(2)
        assert sink.numbers == list(range(1, 201))
    assert len(bench.tail._held) <= 50 + 50 // 6


async def test_an_entry_of_a_newer_version_is_counted_and_passed_over(bench: Bench) -> None:
    bench.ledger.append([encode(["Z", 1, 2])], KIND_FIRST)
    await bench.add(reading(2).entry)
    sink = ListSink()
    await until_done(bench.delivery(sink))
    assert sink.numbers == [2]
    assert bench.events.counts["ledger_unreadable"] == 1


async def test_a_new_sink_starts_at_the_oldest_or_now(bench: Bench) -> None:
    await bench.add_readings(5)
    assert first_position("oldest", bench.ledger) == 0
    assert first_position("now", bench.ledger) == 5


def test_what_is_kept_of_a_refusal_is_bounded() -> None:
    entry = accepted(observed(), of=9)
    kept = refused_entry("influxdb", Refusal(3, "x" * 9_999, b"y" * 99_999), entry, T0)
    assert (kept.of, kept.device, len(kept.detail), len(kept.body)) == (9, entry.device, 500, 4_096)
    derived = Derived("hours", 3, "p", "c", ())
    assert refused_entry("influxdb", Refusal(4, "no"), derived, T0).device == "hours"


async def test_a_poison_point_reaches_the_quarantine_s_ledger_and_the_rest_the_server(bench: Bench) -> None:
    async with scripted("2.7") as server:
        server.answers.refuses = carbon_dioxide
        entries = [poisoned(n).entry if n == 617 else reading(n).entry for n in range(1, 1_001)]
        await bench.add(*entries)
        sink = influx_sink(server.url)
        delivery = bench.delivery(sink)  # type: ignore[arg-type]
        await until_done(delivery)
        await delivery.close()
        assert (delivery.delivered, delivery.refused) == (999, 1)
        air = [key for key in server.answers.points if key[0] == "air"]
        assert len(air) == 999
        (refused,) = [entry for entry in await bench.entries() if isinstance(entry, Refused)]
        assert refused.revision == 617
        assert "already exists as type integer" in refused.detail


async def test_a_server_that_comes_and_goes_gets_everything_once(bench: Bench) -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url, batch_max_lines=40)
        delivery = bench.delivery(sink)  # type: ignore[arg-type]
        server.faults = ["hang", "half", "garbage", "lost answer", "lost answer", "reset", "reset"]
        sink.settings = sink.settings.model_copy(update={"timeout_s": 0.1})
        await bench.add_readings(500)
        await until_done(delivery, within_s=20)
        await delivery.close()
        assert len(server.answers.points) == 500
        assert delivery.delivered == 500


async def test_a_real_influxdb_killed_in_the_middle_has_everything_once_in_the_end(
    bench: Bench, influxdb1: servers.Server
) -> None:
    sink = influx_sink(influxdb1.url, batch_max_lines=100)
    delivery = bench.delivery(sink)  # type: ignore[arg-type]
    await bench.add(*(uplink(number).entry for number in range(1, 2_001)))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(delivery.run())
        while delivery.position < 500:  # noqa: ASYNC110 - looked at from outside, as status does
            await asyncio.sleep(0.001)
        await asyncio.to_thread(influxdb1.kill_nine)
        await asyncio.sleep(0.1)
        assert delivery.outage.why
        await asyncio.to_thread(influxdb1.start)
        async with asyncio.timeout(20):
            while delivery.lag:  # noqa: ASYNC110 - same
                await asyncio.sleep(0.005)
        task.cancel()
    await delivery.close()
    assert await InfluxWorld1(influxdb1).arrived() == list(range(1, 2_001))
    assert (delivery.delivered, delivery.refused) == (2_000, 0)
