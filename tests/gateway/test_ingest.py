"""The first loop over a real log: when it commits, in which order it acknowledges, and what it does without space."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.events import Events, IntakeFailed
from gateway.ingest import COMMIT_BYTES, Ingest, decode_received
from gateway.journal.log import Log
from gateway.journal.notices import JournalError
from gateway.journal.options import LogOptions
from tests.gateway.journal.disk import Disk
from tests.gateway.road import emitted, received

KIB64 = 1 << 16
SMALL = LogOptions(segment_bytes=KIB64, quota_bytes=4 * KIB64, ballast_bytes=0, compress="never")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.ingest.FULL_PAUSE_S", 0.05)


class Intake:
    """An Ingest over a disk in memory, with the times at which what was received became durable."""

    def __init__(self, *, ring_bytes: int = 8 << 20, options: LogOptions = SMALL) -> None:
        self.disk, self.events = Disk(), Events()
        self.log = Log.open(Path("intake"), name="intake", options=options, storage=self.disk)
        self.ingest = Ingest(self.log, self.events, ring_bytes=ring_bytes)
        self.durable: list[tuple[int, float]] = []
        self._progress = asyncio.Event()

    def receive(self, count: int = 1, body: str = "1") -> int:
        return self.ingest.receive([received(body)] * count, self._note)

    async def acknowledged(self, upto: int) -> None:
        while not self.durable or self.durable[-1][0] < upto:
            self._progress.clear()
            await self._progress.wait()

    def _note(self, last: int) -> None:
        assert self.log.durable_number >= last, "acknowledged before it is durable"
        self.durable.append((last, asyncio.get_running_loop().time()))
        self._progress.set()


@contextlib.asynccontextmanager
async def running(intake: Intake) -> AsyncIterator[Intake]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(intake.ingest.run(), name="ingest")
        yield intake
        task.cancel()
    intake.log.abandon()


def is_full(intake: Intake) -> bool:
    return intake.ingest.full


async def waited(intake: Intake, upto: int) -> float:
    began = asyncio.get_running_loop().time()
    await intake.acknowledged(upto)
    return asyncio.get_running_loop().time() - began


async def waits(gather: Callable[[Intake], Awaitable[None]]) -> list[float]:
    """How long each of five intakes waited after ``gather``: a machine that stalls once does not stall five times."""
    times = []
    for _ in range(5):
        async with running(Intake()) as intake:
            await gather(intake)
            times.append(await waited(intake, intake.log.next_number - 1))
    return sorted(times)


async def test_few_messages_gather_half_a_second() -> None:
    async def gather(intake: Intake) -> None:
        intake.receive(19)

    times = await waits(gather)
    assert 0.5 <= times[0] < 0.6


async def test_twenty_messages_gather_fifty_milliseconds() -> None:
    async def gather(intake: Intake) -> None:
        intake.receive(19)
        await asyncio.sleep(0.01)
        intake.receive()

    assert 0.03 <= (await waits(gather))[0] < 0.2


async def test_a_mebibyte_is_committed_at_once() -> None:
    async def gather(intake: Intake) -> None:
        intake.receive(1, "1" * COMMIT_BYTES)

    assert (await waits(gather))[0] < 0.04


async def test_a_sender_whose_window_is_used_up_does_not_wait() -> None:
    async def gather(intake: Intake) -> None:
        intake.receive(2)
        intake.ingest.hasten()

    assert (await waits(gather))[0] < 0.04


async def test_hasten_with_nothing_received_changes_nothing_for_the_next() -> None:
    async with running(Intake()) as intake:
        intake.ingest.hasten()
        intake.receive()
        assert await waited(intake, 1) >= 0.5


async def test_acknowledges_in_order_of_receipt_and_only_what_is_durable() -> None:
    async with running(Intake()) as intake:
        for count in (3, 1, 40, 2):
            intake.receive(count)
            await asyncio.sleep(0.02)
        await intake.acknowledged(46)
        assert [last for last, _ in intake.durable] == [3, 4, 44, 46]
        assert intake.events.counts["intake"] == 46


async def test_what_comes_during_a_commit_joins_the_next_and_the_orderly_stop_waits_for_both() -> None:
    async with running(Intake()) as intake:
        intake.receive(30)
        await asyncio.gather(intake.ingest.commit(), intake.ingest.commit())
        intake.receive(5)
        await intake.ingest.commit()
        assert [last for last, _ in intake.durable] == [30, 35]
        assert not intake.ingest.full


async def test_a_full_ring_stops_sources_and_space_lets_them_go_on_once() -> None:
    async with running(Intake(ring_bytes=50_000)) as intake:
        called = []
        intake.ingest.on_space(lambda: called.append("at once"))
        intake.receive(20, "1" * 6_000)
        assert is_full(intake)
        intake.ingest.on_space(lambda: called.append("later"))
        assert called == ["at once"]
        await intake.acknowledged(20)
        await asyncio.sleep(0)
        assert not is_full(intake)
        assert called == ["at once", "later"]


async def test_while_held_sources_wait_whatever_the_ring_holds() -> None:
    async with running(Intake()) as intake:
        called: list[int] = []
        intake.ingest.held = True
        assert intake.ingest.full
        intake.ingest.on_space(lambda: called.append(1))
        intake.receive(20)
        await intake.acknowledged(20)
        assert called == []
        intake.ingest.release()
        assert called == [1]


async def test_a_full_disk_acknowledges_nothing_and_gives_up_the_oldest_segment_to_go_on() -> None:
    async with running(Intake()) as intake:
        for _ in range(3):
            intake.receive(1, "1" * (KIB64 - 1_000))
            intake.ingest.hasten()
            await intake.acknowledged(intake.log.next_number - 1)
        intake.disk.fill()
        intake.receive(1, "2" * (KIB64 - 1_000))
        intake.ingest.hasten()
        await asyncio.sleep(0.02)
        assert intake.durable[-1][0] == 3, "acknowledged what does not fit"
        assert await waited(intake, 4) < 3.0
        assert intake.log.oldest_number > 1
        assert intake.ingest.log.durable_number == 4


async def test_a_full_disk_costs_no_entry_that_is_still_needed() -> None:
    async with running(Intake()) as intake:
        intake.ingest.needed_from = lambda: 1
        for _ in range(3):
            intake.receive(1, "1" * (KIB64 - 1_000))
            intake.ingest.hasten()
            await intake.acknowledged(intake.log.next_number - 1)
        intake.disk.fill()
        intake.receive(1, "2" * (KIB64 - 1_000))
        intake.ingest.hasten()
        await asyncio.sleep(0.2)
        assert intake.log.oldest_number == 1
        assert len(intake.durable) == 3
        intake.disk.empty()
        assert await waited(intake, 4) < 3.0


async def test_storage_that_cannot_be_written_ends_ingest_and_says_how_to_mend_it() -> None:
    intake = Intake()
    intake.disk.failing_writes = 10
    intake.receive(30)
    with pytest.raises(JournalError):
        await intake.ingest.run()
    [event] = emitted(intake.events, IntakeFailed)
    assert "replace the storage" in str(event)
    assert intake.durable == []
    intake.log.abandon()


async def test_the_tail_is_what_one_source_received_oldest_first() -> None:
    async with running(Intake()) as intake:
        entries = [received(str(n), source=("mqtt", "http")[n % 2], packet_id=n) for n in range(2_500)]
        intake.ingest.receive(entries, intake._note)
        await intake.acknowledged(2_500)
        tail = list(intake.ingest.tail("http"))
        assert [entry.packet_id for _, entry in tail] == list(range(1, 2_500, 2))
        assert tail[0] == (2, entries[1])
        assert list(intake.ingest.tail("nobody")) == []


async def test_an_entry_comes_back_as_it_was_received() -> None:
    async with running(Intake()) as intake:
        entry = received("3", topic="a/ü", retained=True, epoch=2, digest=b"\x00" * 8)
        intake.ingest.receive([entry])
        await intake.ingest.commit()
        assert decode_received(intake.log.read(1)[0].payload) == entry
