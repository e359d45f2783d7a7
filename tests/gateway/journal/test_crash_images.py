"""P2 on the Log alone: power cuts at any step of a run, and what must be there afterwards.

A run appends, commits, compresses, purges, expires and reopens on the simulated disk, and notes after each commit
what is durable. Then the disk is cut at random steps of its history, with unsynced writes lost, kept, cut or torn, and
opened again.
"""

import asyncio
import random
from dataclasses import dataclass, field

import msgspec
import pytest

from gateway.journal.notices import LogFullError
from tests.gateway.journal.city import DIRECTORY, SMALL_LAZY, body, compress, open_log, read_from_disk
from tests.gateway.journal.disk import Disk

OPTIONS = msgspec.structs.replace(SMALL_LAZY, segment_bytes=4 << 10, quota_bytes=24 << 10)


@dataclass
class Run:
    """What happened at which step of the disk's history."""

    disk: Disk = field(default_factory=Disk)
    durable: list[tuple[int, int]] = field(default_factory=list)
    expired: list[tuple[int, int]] = field(default_factory=list)
    purges: list[tuple[int, set[int]]] = field(default_factory=list)

    def durable_at(self, steps: int) -> int:
        return max((number for step, number in self.durable if step <= steps), default=0)

    def given_up_before(self, steps: int) -> int:
        """Numbers up to here may be gone: an expiry that began before this step."""
        return max((number for step, number in self.expired if step <= steps), default=0)

    def purged_before(self, steps: int) -> set[int]:
        return set().union(*(numbers for step, numbers in self.purges if step <= steps))


async def a_run(seed: int) -> Run:
    rng = random.Random(seed)
    run = Run()
    log = open_log(run.disk, options=OPTIONS)
    for _ in range(60):
        match rng.choices(
            ("commit", "write", "compress", "purge", "expire", "reopen", "fault", "full"), (24, 6, 3, 2, 3, 2, 3, 1)
        )[0]:
            case "commit" | "write" as how:
                log.append([body(log.next_number + at) for at in range(rng.randint(1, 12))])
                await log.commit(sync=how == "commit")
            case "compress":
                compress(log)
            case "purge":
                began = len(run.disk.history)
                chosen = {number for number in range(1, log.next_number) if rng.random() < 0.1}
                await log.purge(lambda entry, chosen=chosen: entry.number in chosen)  # type: ignore[misc]
                run.purges.append((began, chosen))
            case "expire":
                began = len(run.disk.history)
                if (expired := await log.enforce_quota()) is not None:
                    run.expired.append((began, expired.last))
            case "reopen":
                await log.close()
                log = open_log(run.disk, options=OPTIONS)
            case "fault":
                log.append([body(log.next_number)])
                run.disk.failing_syncs = 1
                await log.commit()
            case "full":
                log.append([body(log.next_number)])
                run.disk.fill()
                with pytest.raises(LogFullError):
                    await log.commit()
                run.disk.empty()
                await log.commit()
        run.durable.append((len(run.disk.history), log.durable_number))
    await log.close()
    run.durable.append((len(run.disk.history), log.durable_number))
    return run


async def check(run: Run, image: Disk, steps: int) -> Disk:
    """Open the image and hold it to the promises; then go on writing on it."""
    log = open_log(image, options=OPTIONS)
    found = read_from_disk(log)
    wrong = [number for number, payload in found.items() if payload != body(number)]
    assert wrong == []
    durable = run.durable_at(steps)
    due = set(range(run.given_up_before(steps) + 1, durable + 1)) - run.purged_before(steps)
    assert due <= found.keys(), f"acknowledged and lost: {sorted(due - found.keys())}"
    assert log.next_number > max(found, default=0)
    assert log.next_number > durable
    assert log.verify().entries == len(found)  # a torn seal under a whole footer is damage that costs nothing
    first = log.append([body(log.next_number)])
    await log.commit()
    assert read_from_disk(log) == found | {first: body(first)}
    log.abandon()
    return image


async def cut(run: Run, rng: random.Random) -> None:
    """A power cut; sometimes another one while it recovers or right after."""
    steps = rng.randint(0, len(run.disk.history))
    image = run.disk.image(steps, rng)
    before = len(image.history)
    await check(run, image, steps)
    if rng.random() < 0.5:
        await check(run, image.image(rng.randint(before, len(image.history)), rng), steps)


async def test_no_acknowledged_entry_is_lost_in_500_power_cuts() -> None:
    for seed in range(20):
        run = await a_run(seed)
        rng = random.Random(seed)
        for _ in range(25):
            await cut(run, rng)


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_no_acknowledged_entry_is_lost_in_2000_power_cuts() -> None:
    for seed in range(1000, 1100):
        run = await a_run(seed)
        rng = random.Random(seed)
        for _ in range(20):
            await cut(run, rng)


async def test_the_run_does_what_it_is_meant_to() -> None:
    """Else the promise would hold of nothing."""
    done = [await a_run(seed) for seed in range(5)]
    what = {step.what for run in done for step in run.disk.history}
    assert {"write", "sync", "sync_failed", "rename", "remove", "create", "truncate"} <= what
    assert any(run.expired for run in done)
    assert any(run.purges for run in done)
    assert all(run.durable_at(10**9) > 50 for run in done)


async def test_a_disk_that_lies_about_syncing_is_found_out() -> None:
    """The check itself can fail: without syncs in the history, acknowledged entries are missed."""
    run = await a_run(1)
    run.disk.history = [step for step in run.disk.history if step.what != "sync"]
    run.durable = [(0, run.durable_at(10**9))]
    rng = random.Random(1)
    image = run.disk.image(len(run.disk.history), rng)
    with pytest.raises(AssertionError, match="acknowledged and lost"):
        await check(run, image, len(run.disk.history))


def test_directory_is_where_the_images_look() -> None:
    log = asyncio.run(a_run(3)).disk
    assert all(DIRECTORY in path.parents for path in log.files)
