"""A gateway process for each system test, with its log shown when the test fails and its process never left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.gateway_process import GatewayProcess
from tests.proofs.city import QUICK_BROKER


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[servers.Server]:
    """Mosquitto that does not write its whole store after each message: here the gateway is killed, not the broker."""
    with servers.running(servers.mosquitto(tmp_path / "mosquitto", config=QUICK_BROKER)) as server:
        yield server


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    process = GatewayProcess(tmp_path / "gw")
    process.folder.mkdir()
    try:
        yield process
    finally:
        if process.process is not None and process.process.poll() is None:
            process.stop()
        print(process.log_tail())  # pytest shows it when the test fails
