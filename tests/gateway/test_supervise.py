"""A part that fails is reported with its place, rested, and started again; one that ends is left."""

import asyncio

import pytest

from gateway.events import Events, TaskCrashed
from gateway.supervise import GOOD_RUN_S, supervise
from tests.gateway.road import emitted

pytestmark = pytest.mark.looptime


async def test_a_part_is_started_again_until_it_ends() -> None:
    events, starts = Events(), 0

    async def part() -> None:
        nonlocal starts
        starts += 1
        await asyncio.sleep(0.1)
        if starts < 4:
            raise LookupError("no such thing")

    await supervise("sink x", part, events)
    assert starts == 4
    crashes = emitted(events, TaskCrashed)
    assert len(crashes) == 3
    first = crashes[0]
    assert isinstance(first, TaskCrashed)
    assert first.part == "sink x"
    assert first.error.startswith("LookupError: no such thing (test_supervise.py:")


async def test_pauses_grow_to_a_minute_and_a_good_run_makes_them_short_again() -> None:
    events, starts = Events(), 0

    async def part() -> None:
        nonlocal starts
        starts += 1
        if starts == 13:
            await asyncio.sleep(GOOD_RUN_S + 1)
        if starts < 14:
            raise OSError("down")

    await supervise("sink x", part, events)
    pauses = [crash.retry_s for crash in emitted(events, TaskCrashed) if isinstance(crash, TaskCrashed)]
    assert all(pause <= min(60.0, 2.0**place) for place, pause in enumerate(pauses[:12]))
    assert pauses[12] <= 1.0


async def test_of_a_part_that_runs_tasks_the_first_fault_within_is_reported() -> None:
    events, starts = Events(), 0

    async def fails() -> None:
        await asyncio.sleep(0.1)
        raise LookupError("no such table")

    async def part() -> None:
        nonlocal starts
        starts += 1
        if starts > 1:
            return
        async with asyncio.TaskGroup() as outer, asyncio.TaskGroup() as inner:
            outer.create_task(asyncio.sleep(9), name="another")
            inner.create_task(fails(), name="fails")

    await supervise("sink x", part, events)
    [crash] = emitted(events, TaskCrashed)
    assert isinstance(crash, TaskCrashed)
    assert crash.error.startswith("LookupError: no such table (test_supervise.py:")
