import asyncio

import pytest

from gateway.mqtt.window import WindowWatch

pytestmark = pytest.mark.looptime


class Count:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1


async def test_the_same_number_at_two_stalls_is_the_window() -> None:
    watch = WindowWatch(Count())
    assert not watch.reached(20)
    await asyncio.sleep(0.01)
    watch.acknowledged(0)
    assert watch.window == 0
    assert not watch.reached(20)
    await asyncio.sleep(0.01)
    watch.acknowledged(0)
    assert watch.window == 20
    assert not watch.reached(12)
    assert watch.reached(20)


async def test_a_larger_number_disproves_the_window() -> None:
    watch = WindowWatch(Count())
    watch.window = 20
    assert not watch.reached(21)
    assert watch.window == 0


async def test_the_end_of_a_burst_is_told_once_after_five_milliseconds() -> None:
    stalled = Count()
    watch = WindowWatch(stalled)
    for waiting in (4, 8, 12):
        watch.reached(waiting)
        await asyncio.sleep(0.003)
    assert stalled.calls == 0
    await asyncio.sleep(0.004)
    assert stalled.calls == 1
    await asyncio.sleep(1)
    assert stalled.calls == 1


async def test_a_few_messages_are_no_burst() -> None:
    stalled = Count()
    watch = WindowWatch(stalled)
    watch.reached(7)
    await asyncio.sleep(1)
    assert stalled.calls == 0


async def test_a_steady_trickle_is_no_burst() -> None:
    stalled = Count()
    watch = WindowWatch(stalled)
    for waiting in range(1, 15):
        watch.reached(waiting)
        await asyncio.sleep(0.004)
    await asyncio.sleep(1)
    assert stalled.calls == 0
