import asyncio

import pytest

from gateway.mqtt.liveness import LinkWatch

pytestmark = pytest.mark.looptime


class Link:
    def __init__(self) -> None:
        self.pings: list[float] = []
        self.silent: list[float] = []
        self.watch = LinkWatch(40, self.ping, self.give_up)

    def ping(self) -> None:
        self.pings.append(asyncio.get_running_loop().time())

    def give_up(self, _silence_s: float) -> None:
        self.silent.append(asyncio.get_running_loop().time())


async def test_a_silent_peer_is_given_up_within_one_and_a_half_keep_alives() -> None:
    link = Link()
    began_s = asyncio.get_running_loop().time()
    link.watch.start()
    await asyncio.sleep(600)
    (given_up_s,) = link.silent
    assert 1.25 * 40 <= given_up_s - began_s <= 1.5 * 40


async def test_two_pings_leave_per_keep_alive() -> None:
    link = Link()
    link.watch.start()
    for _ in range(40):
        await asyncio.sleep(10)
        link.watch.heard_s = asyncio.get_running_loop().time()
    link.watch.stop()
    assert link.silent == []
    assert 19 <= len(link.pings) <= 21


async def test_silence_says_nothing_while_we_do_not_read() -> None:
    link = Link()
    link.watch.start()
    link.watch.pause()
    await asyncio.sleep(600)
    assert link.silent == []
    assert link.pings
    link.watch.resume()
    await asyncio.sleep(60)
    assert len(link.silent) == 1


async def test_keep_alive_zero_watches_nothing() -> None:
    pings: list[float] = []
    watch = LinkWatch(0, lambda: pings.append(0), pings.append)
    watch.start()
    await asyncio.sleep(1_000)
    assert pings == []


async def test_a_loop_that_stood_still_does_not_blame_the_peer() -> None:
    link = Link()
    link.watch.start()
    link.watch.heard_s -= 1_000
    link.watch._due_s -= 1_000
    await asyncio.sleep(20)
    assert link.silent == []
    link.watch.stop()
