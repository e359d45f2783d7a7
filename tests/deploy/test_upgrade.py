"""Upgrade from the previous commit and back, over the same state, with a backlog: nothing lost, nothing doubled."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.deploy_files import deploy_dir
from tests import servers
from tests.contracts.influx_world import query
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import city
from tests.proofs.sender import Sender

ROOT = deploy_dir().parent
ROOMS = ("gateway", "device_profiles", "pipelines", "simulators", "deploy")
AT_NS = 1_793_600_000_000_000_000
LOOKS_BACK = 10
EACH = 60


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """The rooms of the newest earlier commit whose commands start; skips by name where there is no history."""
    for back in range(1, LOOKS_BACK + 1):
        archive = subprocess.run(
            ["git", "archive", f"HEAD~{back}", *ROOMS], cwd=ROOT, capture_output=True, check=False, timeout=60
        )
        if archive.returncode:
            break
        folder = tmp_path / f"previous-{back}"
        folder.mkdir()
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
        starts = "import gateway.run, gateway.sinks.table, gateway.cli.main; print(gateway.run.__file__)"
        done = subprocess.run(
            [sys.executable, "-c", starts], cwd=folder, capture_output=True, text=True, check=False, timeout=60
        )
        if done.returncode == 0:
            assert done.stdout.startswith(str(folder)), "the earlier rooms are the ones that start"
            return folder
    pytest.skip("needs an earlier commit in the history")


@pytest.fixture
def road(tmp_path: Path) -> Iterator[tuple[GatewayProcess, servers.Server, servers.Server]]:
    """A gateway's files, a broker that runs, and an InfluxDB that does not run yet."""
    influx = servers.influxdb1(tmp_path / "influxdb")
    with servers.running(servers.mosquitto(tmp_path / "mosquitto", config=city.QUICK_BROKER)) as broker:
        gateway = GatewayProcess(tmp_path / "gateway")
        store = '[sinks.store]\nkind = "store"'
        config = city.config(city.plain_source(broker.port), store, influx=influx, stop_within_s=2)
        gateway.write(config, pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
        yield gateway, broker, influx
        if gateway.process is not None:
            gateway.kill_nine()
        influx.stop()


def test_both_logs_stay_whole_through_an_upgrade_and_back(
    previous: Path,
    road: tuple[GatewayProcess, servers.Server, servers.Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway, broker, influx = road
    for turn, release in enumerate((previous, ROOT, previous)):
        monkeypatch.chdir(release)  # a child started with -m takes its rooms from there
        gateway.start()
        wait_until(lambda: len(gateway.events("SourceConnected")) == turn + 1, what="the gateway subscribed")  # noqa: B023
        if turn == 2:
            influx.start()
        with Sender(broker.port) as sender:
            for number in range(turn * EACH, (turn + 1) * EACH):
                sender.send(city.plain_topic(number), city.plain_body(AT_NS + number * 1_000_000_000, 20.0))
        wait_until(lambda: gateway.status()["refine"]["accepted"] == (turn + 1) * EACH, what="all is refined")  # noqa: B023
        if turn == 2:
            wait_until(lambda: gateway.status()["sinks"]["influx"]["pending"] == 0, what="the backlog is delivered")
        assert gateway.stop() in (0, 4), gateway.log_tail()
    monkeypatch.chdir(ROOT)
    verified = gateway.command("journal", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    (series,) = query(influx.url, "SELECT count(temperature_c) FROM weather")
    assert series["values"][0][1] == 3 * EACH
