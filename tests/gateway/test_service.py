"""What systemd is told, against a real datagram socket as it gives one in $NOTIFY_SOCKET."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.service import notify, watch
from tests.gateway.service_manager import ServiceManager

CONFIG = """
[gateway]
id = "notifier"
city = "mechelen"
stop_within_s = 5

[sources.push]
kind = "http"
listen = "127.0.0.1:0"
dialect = "tts-v3"
"""


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceManager]:
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    made = ServiceManager(address)
    yield made
    made.close()


def test_a_state_is_one_datagram(manager: ServiceManager) -> None:
    notify("READY=1")
    notify("STOPPING=1")
    assert [manager.hears(), manager.hears()] == ["READY=1", "STOPPING=1"]


def test_an_abstract_address_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"citygate-test-{os.getpid()}"
    manager = ServiceManager("\0" + name)
    monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
    notify("READY=1")
    assert manager.hears() == "READY=1"
    manager.close()


def test_without_systemd_and_after_it_went_away_nothing_happens(
    manager: ServiceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")
    assert manager.silent()
    for gone in ("/nowhere/notify", "@citygate-nobody-listens"):
        monkeypatch.setenv("NOTIFY_SOCKET", gone)
        notify("READY=1")


def test_a_service_manager_that_does_not_read_holds_nobody_up(manager: ServiceManager) -> None:
    for _ in range(10_000):
        notify("WATCHDOG=1")
    assert manager.hears() == "WATCHDOG=1"


async def test_the_watchdog_is_fed_at_half_its_time_while_every_loop_moves(
    manager: ServiceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch(lambda: {"ingest": True, "refine": True}), name="watchdog")
        heard = [await asyncio.to_thread(manager.hears) for _ in range(3)]
        task.cancel()
    assert heard == ["WATCHDOG=1"] * 3
    assert loop.time() - began >= 3 * 0.05


async def test_the_watchdog_starves_and_the_stuck_loop_is_named(
    manager: ServiceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch(lambda: {"ingest": True, "refine": False}), name="watchdog")
        heard = {await asyncio.to_thread(manager.hears) for _ in range(3)}
        task.cancel()
    assert heard == {"STATUS=stuck: refine"}


async def test_a_loop_that_moves_again_is_no_longer_named(
    manager: ServiceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    moves = iter([True, False, False])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch(lambda: {"refine": next(moves, True)}), name="watchdog")
        heard = [await asyncio.to_thread(manager.hears) for _ in range(6)]
        task.cancel()
    stuck = "STATUS=stuck: refine"
    assert heard == ["WATCHDOG=1", stuck, stuck, "STATUS=", "WATCHDOG=1", "WATCHDOG=1"]


def test_a_gateway_tells_its_whole_life(manager: ServiceManager, tmp_path: Path) -> None:
    for name in ("devices", "pilots"):
        (tmp_path / name).mkdir()
    (tmp_path / "citygate.toml").write_text(CONFIG)
    command = [sys.executable, "-m", "gateway.cli.main", "run", "--config", str(tmp_path)]
    env = os.environ | {"WATCHDOG_USEC": "1000000"}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as gateway:
        assert gateway.stderr is not None
        said: list[bytes] = []
        reader = threading.Thread(target=lambda: said.extend(gateway.stderr or ()))
        reader.start()
        try:
            assert manager.hears() == "READY=1"
            assert manager.hears() == "WATCHDOG=1"
            gateway.send_signal(signal.SIGHUP)
            after = [word for _ in range(4) if (word := manager.hears()) != "WATCHDOG=1"]
            assert after[:2] == ["RELOADING=1", "READY=1"]
            gateway.terminate()
            while (word := manager.hears()) == "WATCHDOG=1":
                pass
            assert word == "STOPPING=1"
            assert gateway.wait(15) == 0
        finally:
            gateway.kill()
            reader.join()
