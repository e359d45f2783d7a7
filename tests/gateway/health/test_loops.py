"""The watchdog of a whole gateway, against a real notify socket: fed while every loop moves, and only then."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.health.loops import STUCK_AFTER_S, UNSEEN_NS, Movement
from gateway.run import Gateway
from gateway.service import notify
from pipelines.model import NS_PER_S
from tests.gateway.road import received, until
from tests.gateway.service_manager import ServiceManager
from tests.gateway.whole import line, running, write_files

WAIT_FOR_OTHERS = {"open data", "operators' listener", "watchdog"}
"""Loops that no restart would mend, and the one that asks; sources and sinks come on top."""

ON_THE_WAY = 2
"""Words that were sent before a moment and are read after it."""


class Heard:
    """What the service manager hears, with the time of each word."""

    def __init__(self, manager: ServiceManager) -> None:
        self.words: list[tuple[float, str]] = []
        self._manager = manager
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        while (word := self._manager.hears()) != "STOPPING=1":
            self.words.append((time.monotonic(), word))

    def between(self, began: float, ended: float) -> list[str]:
        return [word for at, word in self.words if began <= at <= ended]

    def since(self, began: float) -> list[str]:
        return self.between(began, time.monotonic())

    def end(self) -> None:
        self._listener.join(20)


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    manager = ServiceManager(address)
    heard = Heard(manager)
    yield heard
    notify("STOPPING=1")  # should the gateway have fallen before it could say so
    heard.end()
    manager.close()


@pytest.mark.parametrize(("log", "loops"), [("intake", {"ingest"}), ("ledger", {"refine", "analytics"})])
async def test_a_disk_that_does_not_answer_starves_the_watchdog_until_it_does(
    tmp_path: Path, heard: Heard, log: str, loops: set[str]
) -> None:
    write_files(tmp_path, [line(number) for number in range(5)])
    async with running(tmp_path) as gateway:
        await until(lambda: gateway.refine.progress.position == 5)
        await until(lambda: "WATCHDOG=1" in heard.since(0))
        gateway.health.loops.stuck_after_s = 1.5  # health comes round once a second
        answered = threading.Event()
        stalled = gateway.logs.intake if log == "intake" else gateway.logs.ledger
        stalled._writing.submit(answered.wait, 30)
        try:
            gateway.ingest.receive([received(f"{number}.0", source="plain") for number in range(2_000)])
            await until(lambda: stuck(gateway) & loops)
            await until(lambda: is_status(heard.words[-1][1]))
            count = len(heard.words)
            await until(lambda: len(heard.words) >= count + 4)
            assert all(is_status(word) for _at, word in heard.words[count:]), heard.words[count:]
        finally:
            answered.set()
        await until(lambda: not stuck(gateway))
        began = time.monotonic()
        await until(lambda: "WATCHDOG=1" in heard.since(began))


def is_status(word: str) -> bool:
    return word.startswith("STATUS=stuck: ")


def stuck(gateway: Gateway) -> set[str]:
    return {loop for loop, moves in gateway.health.moving().items() if not moves}


async def test_an_event_loop_that_is_held_up_feeds_no_watchdog(tmp_path: Path, heard: Heard) -> None:
    write_files(tmp_path, [line(1)])
    async with running(tmp_path):
        await until(lambda: "WATCHDOG=1" in heard.since(0))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        time.sleep(0.6)  # noqa: ASYNC251 - a part that does not give the loop back is what is tried here
        ended = time.monotonic()
        assert len(heard.between(began, ended)) <= ON_THE_WAY, "a dozen would be due"
        await until(lambda: "WATCHDOG=1" in heard.since(ended))


async def test_every_loop_of_a_gateway_is_watched_or_waits_for_others(tmp_path: Path) -> None:
    write_files(tmp_path, [line(1)], "[open_data]\nenabled = true\nlisten = '127.0.0.1:0'\n")
    before = asyncio.all_tasks()
    async with running(tmp_path) as gateway:
        tasks = {task.get_name() for task in asyncio.all_tasks() - before}
        far_sides = {source.name for source in gateway.sources}
        far_sides |= {delivery.sink.id for delivery in gateway.deliveries}
        watched = gateway.health.moving().keys()
        assert watched <= tasks
        within = {"gateway", "refine answers", "retention", "release", "ticks", "analytics rebuild", "codec workers"}
        others = tasks - watched - WAIT_FOR_OTHERS - far_sides - within
        assert not {name for name in others if not name.startswith("Task-")}, "watch it, or say why not"


def test_a_machine_that_was_asleep_has_no_stuck_loops() -> None:
    movement = Movement()
    assert movement.stands_s(7, 0) == 0
    assert movement.stands_s(7, 3_600 * NS_PER_S) == UNSEEN_NS / NS_PER_S < STUCK_AFTER_S
    assert movement.stands_s(7, 3_610 * NS_PER_S) == UNSEEN_NS / NS_PER_S + 10
    assert movement.stands_s(7, 3_611 * NS_PER_S, idle=True) == 0
    assert movement.stands_s(8, 3_700 * NS_PER_S) == 0
