"""Fixtures that every room may use."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers


def pytest_sessionstart() -> None:
    """Looptime asks for the current loop around synchronous tests too; without this it would make one and leave it."""
    asyncio.set_event_loop(None)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[servers.Server]:
    with servers.running(servers.mosquitto(tmp_path / "mosquitto")) as server:
        yield server


@pytest.fixture
def influxdb1(tmp_path: Path) -> Iterator[servers.Server]:
    with servers.running(servers.influxdb1(tmp_path / "influxdb")) as server:
        yield server


@pytest.fixture
def victoria_metrics(tmp_path: Path) -> Iterator[servers.Server]:
    with servers.running(servers.victoria_metrics(tmp_path / "victoria")) as server:
        yield server
