"""Fixtures that every room may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers


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
