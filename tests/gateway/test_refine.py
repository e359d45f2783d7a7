"""The second loop over real logs: no outcome lost and none doubled, wherever it is stopped; poison; clocks."""

import asyncio
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gateway.events import ClockTrusted, EntryCrashed, TaskCrashed
from gateway.housekeeping import Housekeeping
from gateway.journal.options import MIB, LogOptions
from gateway.supervise import supervise
from pipelines.model import Accepted, Outcome, Rejected
from pipelines.process import Waiting
from tests.gateway.journal.disk import Disk
from tests.gateway.road import BOOT, NOW_NS, Road, SetClock, crumb_of, emitted, received, until

UNSET_NS = 10**9


async def refined_to_the_end(road: Road) -> None:
    await road.refine.refine_what_is_there()
    await road.ledger.commit()


def numbers_of(road: Road) -> Counter[int]:
    return Counter(outcome.of for outcome in road.first_outcomes())


async def test_every_entry_gets_one_outcome_in_order(tmp_path: Path) -> None:
    road = Road(tmp_path)
    await road.receive(*(received(str(n)) for n in range(1, 1_201)))
    await refined_to_the_end(road)
    outcomes = road.first_outcomes()
    assert [outcome.of for outcome in outcomes] == list(range(1, 1_201))
    assert isinstance(outcomes[41], Accepted)
    assert outcomes[41].observations[0].value == 42.0
    facts = road.refine.facts()
    assert (facts["position"], facts["accepted"], facts["unread"]) == (1_200, 1_200, 0)
    await road.stop()
    assert Road(tmp_path).progress.position == 1_200


@pytest.mark.parametrize("seed", range(4))
async def test_killed_anywhere_it_loses_no_outcome_and_doubles_none(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    sent = 0
    while sent < 2_500:
        road = Road(tmp_path)
        count = rng.randint(1, 1_000)
        await road.receive(*(received(str(n)) for n in range(count)))
        sent += count
        for _ in range(rng.randint(0, 4)):
            await road.refine.refine_some()
            if rng.random() < 0.6:
                await road.ledger.commit(sync=False)
            if rng.random() < 0.3:
                await road.refine._snapshot_when_due()
        road.crash()
        snapshot = road.refine.snapshot_file
        if snapshot.exists() and rng.random() < 0.5:
            fate = rng.choice(["missing", "torn", "kept aside"])
            if fate == "kept aside":
                shutil.copy(snapshot, tmp_path / "older")
            elif fate == "torn":
                snapshot.write_bytes(snapshot.read_bytes()[:-1])
            else:
                snapshot.unlink()
        elif (tmp_path / "older").exists():
            shutil.copy(tmp_path / "older", snapshot)
    road = Road(tmp_path)
    await refined_to_the_end(road)
    assert numbers_of(road) == Counter(range(1, sent + 1))
    assert road.progress.counts["accepted"] == sent
    road.crash()


async def test_a_power_cut_that_takes_the_ledgers_tail_takes_no_outcome(tmp_path: Path) -> None:
    disk = Disk()
    road = Road(tmp_path, storage=disk)
    await road.receive(*(received(str(n)) for n in range(300)))
    road.intake.append([], 1)
    await road.refine.refine_some()
    await road.refine._snapshot_when_due()
    await road.receive(*(received(str(n)) for n in range(300)))
    await road.refine.refine_some()
    await road.ledger.commit(sync=False)
    after = disk.image(len(disk.history), random.Random(3))
    road.crash()
    again = Road(tmp_path, storage=after)
    await refined_to_the_end(again)
    assert numbers_of(again) == Counter(range(1, 601))
    again.crash()


async def test_a_snapshot_speaks_of_nothing_that_was_appended_while_it_was_synced(tmp_path: Path) -> None:
    road = Road(tmp_path, clock=SetClock(UNSET_NS))
    await road.receive(received(clock="unset"), received("network 2"))
    await road.refine.refine_some()
    assert road.progress.waiting == [1]
    clock = road.clock
    assert isinstance(clock, SetClock)
    clock.now_ns = NOW_NS
    saving = road.refine._snapshot_when_due()
    saving.send(None)  # it has begun to wait for the ledger's sync …
    assert road.refine.release_waiting() == 1  # … when housekeeping writes one more outcome
    async with asyncio.TaskGroup() as group:
        group.create_task(finished(saving), name="snapshot")
    road.crash()
    again = Road(tmp_path)
    assert again.progress.waiting == [1], "its outcome was not written"
    await again.receive()
    assert again.refine.release_waiting() == 1
    await again.ledger.commit()
    assert numbers_of(again) == Counter([1, 2])
    again.crash()


async def finished(rest: object) -> None:
    while True:
        await asyncio.sleep(0.01)
        try:
            rest.send(None)  # type: ignore[attr-defined]
        except StopIteration:
            return


async def test_a_backlog_is_written_as_it_is_refined(tmp_path: Path) -> None:
    seen: list[int] = []
    road = Road(tmp_path, on_outcomes=lambda _first, _outcomes, _kind: seen.append(road.ledger.readable_number))
    await road.receive(*(received(str(n)) for n in range(3_000)))
    await road.refine.refine_what_is_there()
    assert seen == [0, 500, 1_000, 1_500, 2_000, 2_500]
    road.crash()


async def test_an_entry_that_raises_is_set_aside_by_the_next_run_and_costs_its_neighbours_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.supervise.FIRST_PAUSE_S", 0.01)
    road = Road(tmp_path)
    await road.receive(received("1"), received("raise"), received("3"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervise("refine", road.refine.run, road.events), name="refine")
        await until(lambda: road.progress.position == 3 and road.ledger.readable_number == 3)
        task.cancel()
    first, crashed, last = sorted(road.first_outcomes(), key=lambda outcome: outcome.of)
    assert isinstance(first, Accepted), "a second look must not take it for a duplicate of itself"
    assert isinstance(crashed, Rejected)
    assert crashed.reason == "crashed"
    assert isinstance(last, Accepted)
    assert emitted(road.events, EntryCrashed) == [EntryCrashed(number=2)]
    road.crash()


DIES = """
import asyncio, sys
from pathlib import Path
from tests.gateway.road import Road

async def main():
    road = Road(Path(sys.argv[1]))
    task = asyncio.ensure_future(road.refine.run())
    while road.progress.position < road.intake.durable_number:
        await asyncio.sleep(0.005)
    task.cancel()
    await road.ledger.commit()
    await road.stop()

asyncio.run(main())
"""


def code_of_a_start(folder: Path) -> int:
    return subprocess.run([sys.executable, "-c", DIES, str(folder)], check=False, timeout=30).returncode


async def test_an_entry_that_kills_the_process_is_rejected_after_three_deaths_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    road = Road(tmp_path)
    await road.receive(*(received("die" if n == 700 else str(n)) for n in range(1, 1_301)))
    road.crash()
    deaths = 0
    while await asyncio.to_thread(code_of_a_start, tmp_path):
        deaths += 1
        assert deaths <= 5, "a crash loop"
    again = Road(tmp_path)
    outcomes = again.first_outcomes()
    assert Counter(outcome.of for outcome in outcomes) == Counter(range(1, 1_301))
    crashed = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    assert [(outcome.of, outcome.reason) for outcome in crashed] == [(700, "crashed")]
    assert deaths <= 4
    assert crumb_of(again).careful_left == 0, "the last end was a clean one"
    again.crash()


async def test_what_arrived_before_the_clock_was_set_waits_and_gets_its_time_from_the_monotonic_clock(
    tmp_path: Path,
) -> None:
    clock = SetClock(UNSET_NS)
    road = Road(tmp_path, clock=clock)
    waiting = received("1", clock="unset", received_ns=UNSET_NS, monotonic_ns=clock.since_boot_ns)
    await road.receive(waiting, received("network 2", clock="unset", received_ns=UNSET_NS), received("3"))
    await refined_to_the_end(road)
    assert [outcome.of for outcome in road.first_outcomes()] == [2, 3], "those behind it go on"
    assert road.refine.facts()["waiting"] == 1
    clock.advance(600)
    assert road.refine.release_waiting() == 0, "the clock is still not set"
    clock.now_ns = NOW_NS
    assert road.refine.release_waiting() == 1
    await road.ledger.commit()
    released = road.first_outcomes()[-1]
    assert isinstance(released, Accepted)
    assert (released.of, released.time_ns) == (1, NOW_NS - 600 * 10**9)
    assert emitted(road.events, ClockTrusted) == [ClockTrusted(released=1)]
    road.crash()


async def test_what_waited_in_an_earlier_boot_is_rejected_once_the_clock_is_set(tmp_path: Path) -> None:
    road = Road(tmp_path, clock=SetClock(UNSET_NS))
    await road.receive(received("1", clock="unset", received_ns=5), received("network 2", clock="unset"))
    await refined_to_the_end(road)
    await road.stop()
    rebooted = Road(tmp_path, clock=SetClock(boot=BOOT + 1))
    assert rebooted.progress.waiting == [1]
    assert rebooted.refine.release_waiting() == 1
    await rebooted.ledger.commit()
    lost = rebooted.first_outcomes()[-1]
    assert isinstance(lost, Rejected)
    assert (lost.of, lost.reason, lost.device) == (1, "implausible_time", "a")
    assert "in an earlier boot, before the clock was set" in lost.detail
    assert rebooted.progress.waiting == []
    rebooted.crash()


async def test_a_day_without_a_clock_is_released_in_shares(tmp_path: Path) -> None:
    road = Road(tmp_path)
    await road.receive(*(received(str(n), clock="unset") for n in range(2_500)))
    await refined_to_the_end(road)
    assert [road.refine.release_waiting() for _ in range(4)] == [1_000, 1_000, 500, 0]
    await road.ledger.commit()
    assert numbers_of(road) == Counter(range(1, 2_501))
    road.crash()


async def test_while_the_ledger_finds_no_space_refine_waits_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.refine.LEDGER_PAUSE_S", 0.02)
    disk = Disk()
    road = Road(tmp_path, storage=disk, options=LogOptions(segment_bytes=MIB, quota_bytes=4 * MIB, ballast_bytes=0))
    await road.receive(*(received(str(n)) for n in range(2_000)))
    disk.fill()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(road.refine.run(), name="refine")
        await until(lambda: road.refine.ledger_refuses)
        assert road.progress.position <= 500
        disk.empty()
        await until(lambda: road.ledger.readable_number == 2_000)
        task.cancel()
    assert numbers_of(road) == Counter(range(1, 2_001))
    road.crash()


def test_housekeeping_needs_what_has_no_outcome(tmp_path: Path) -> None:
    road = Road(tmp_path)

    class Gateway:
        refine = road.refine

    housekeeping = Housekeeping(Gateway())  # type: ignore[arg-type]
    road.progress.position = 40
    assert housekeeping.needed_from() == 41
    road.progress.waiting = [7, 9]
    assert housekeeping.needed_from() == 7
    road.progress.asked = {6, 3}
    assert housekeeping.needed_from() == 3
    road.crash()


async def a_thousand_and_a_half_wait(folder: Path, raising: int | None = None) -> Road:
    """1 to 1,500 wait for the clock; the one to raise waits as one does whose profile was changed since."""
    road = Road(folder, clock=SetClock(UNSET_NS))
    bodies = ("raise" if number == raising else str(number) for number in range(1, 1_501))
    await road.receive(*(received(body, clock="unset", monotonic_ns=1) for body in bodies))
    if raising is None:
        await refined_to_the_end(road)
    else:
        road.progress.waiting = list(range(1, 1_501))
        road.progress.advance(1_500)
    return road


def set_clock(road: Road) -> None:
    assert isinstance(road.clock, SetClock)
    road.clock.now_ns = NOW_NS


async def test_what_goes_on_waiting_keeps_its_order_and_all_of_it_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    road = await a_thousand_and_a_half_wait(tmp_path)
    tried: list[int] = []
    try_one = road.refine._try_one

    def noted(number: int, outcomes: list[Outcome]) -> bool:
        tried.append(number)
        return try_one(number, outcomes)

    monkeypatch.setattr(road.refine, "_try_one", noted)
    await road.refine._take_up_waiting()
    assert tried == list(range(1, 1_501))
    assert road.progress.waiting == tried
    assert road.refine.release_waiting() == 0
    assert road.progress.waiting == list(range(1, 1_501)), "the first thousand were tried and stay in front"
    set_clock(road)
    assert [road.refine.release_waiting() for _ in range(3)] == [1_000, 500, 0]
    assert [outcome.of for outcome in road.first_outcomes()] == []
    await road.ledger.commit()
    assert [outcome.of for outcome in road.first_outcomes()] == list(range(1, 1_501))
    road.crash()


async def test_what_lined_up_and_then_waits_for_the_clock_takes_its_place_in_order(tmp_path: Path) -> None:
    road = Road(tmp_path)
    road.progress.waiting = [4, 9]
    road.refine._place(6, received(), Waiting("a"), [])
    assert road.progress.waiting == [4, 6, 9]
    road.crash()


async def test_an_entry_that_raises_when_it_is_released_costs_those_around_it_nothing(tmp_path: Path) -> None:
    road = await a_thousand_and_a_half_wait(tmp_path, raising=700)
    set_clock(road)
    with pytest.raises(ZeroDivisionError):
        road.refine.release_waiting()
    assert road.progress.waiting == list(range(701, 1_501)), "those not reached wait on, and 700 is set aside"
    assert [road.refine.release_waiting() for _ in range(2)] == [800, 0]
    await road.ledger.commit()
    outcomes = road.first_outcomes()
    assert [outcome.of for outcome in outcomes] == list(range(1, 1_501))
    assert [(o.of, o.reason) for o in outcomes if isinstance(o, Rejected)] == [(700, "crashed")]
    assert emitted(road.events, EntryCrashed) == [EntryCrashed(number=700)]
    road.crash()


async def test_a_release_while_refine_rests_after_one_that_raised_forgets_neither(tmp_path: Path) -> None:
    road = await a_thousand_and_a_half_wait(tmp_path, raising=700)
    await road.receive(received("raise"), received("2"))
    with pytest.raises(ZeroDivisionError):
        await road.refine.refine_some()
    set_clock(road)
    with pytest.raises(ZeroDivisionError):
        road.refine.release_waiting()
    await refined_to_the_end(road)
    assert emitted(road.events, EntryCrashed) == [EntryCrashed(number=1_501), EntryCrashed(number=700)]
    assert road.progress.position == 1_502
    road.crash()


async def test_an_entry_that_raises_when_it_is_taken_up_is_set_aside_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.supervise.FIRST_PAUSE_S", 0.01)
    road = await a_thousand_and_a_half_wait(tmp_path, raising=700)
    set_clock(road)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervise("refine", road.refine.run, road.events), name="refine")
        await until(lambda: road.ledger.readable_number == 1_500)
        task.cancel()
    assert numbers_of(road) == Counter(range(1, 1_501))
    assert emitted(road.events, EntryCrashed) == [EntryCrashed(number=700)]
    road.crash()


async def test_an_entry_that_raises_while_housekeeping_releases_it_does_not_end_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.supervise.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("gateway.housekeeping.EVERY_S", 0.01)
    road = await a_thousand_and_a_half_wait(tmp_path, raising=700)
    turns = 0

    class Gateway:
        refine, clock, events, deliveries = road.refine, road.clock, road.events, ()

    async def keep_quotas() -> None:
        nonlocal turns
        turns += 1

    housekeeping = Housekeeping(Gateway())  # type: ignore[arg-type]
    monkeypatch.setattr(housekeeping, "keep_quotas", keep_quotas)
    set_clock(road)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(housekeeping.run(), name="housekeeping")
        await until(lambda: road.ledger.readable_number == 1_500)
        before = turns
        await until(lambda: turns > before + 2)
        task.cancel()
    assert numbers_of(road) == Counter(range(1, 1_501))
    assert road.progress.waiting == []
    [crash] = emitted(road.events, TaskCrashed)
    assert isinstance(crash, TaskCrashed)
    assert crash.error.startswith("ZeroDivisionError: a decoder with a mistake (road.py:")
    road.crash()


async def test_after_an_unclean_end_what_waits_is_named_too_and_does_not_use_up_the_care(tmp_path: Path) -> None:
    before = await a_thousand_and_a_half_wait(tmp_path)
    await before.refine._snapshot_when_due()
    before.crash()
    road = Road(tmp_path, clock=SetClock(UNSET_NS))
    care = crumb_of(road).careful_left
    named: list[int] = []
    drop = crumb_of(road).drop
    crumb_of(road).drop = lambda number: named.append(number) or drop(number)  # type: ignore[method-assign, func-returns-value]
    await road.refine._take_up_waiting()
    assert named == list(range(1, 1_501))
    assert crumb_of(road).careful_left == care > 0
    road.crash()
