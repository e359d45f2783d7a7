"""The recordings again, with the gateway killed or InfluxDB away in the middle: nothing lost, nothing twice."""

from pathlib import Path

import pytest

from tests import servers
from tests.gateway_process import GatewayProcess
from tests.proofs import books, city, faults, recordings
from tests.proofs.recordings import MOUNTAIN_FILE, TOWER_FILE, Truth
from tests.servers import Server

pytestmark = pytest.mark.recording

KILLS = 10
DIALECTS = {MOUNTAIN_FILE: "chirpstack-v3", TOWER_FILE: "helium"}


def truth_of(path: Path) -> Truth:
    return recordings.chirpstack_truth(path) if path.name == MOUNTAIN_FILE else recordings.helium_truth(path)


def start(gateway: GatewayProcess, broker: Server, influx: Server) -> None:
    sources = city.recording_sources(broker.port)
    gateway.write(city.config(*sources, influx=influx), pilots=city.PILOTS, devices=city.RECORDING_DEVICES)
    gateway.start()
    gateway.await_links(len(sources))


def held(gateway: GatewayProcess, influx: Server, truth: Truth, *, within_s: float = 60.0) -> None:
    """Everything is there once; what the broker sent again became a duplicate, or the same point again."""
    books.settle(gateway, truth.messages, within_s=within_s)
    recordings.same_in_influx(influx, truth)
    account = books.conserved(gateway)
    repeats = account["entries"] - truth.messages
    duplicates = books.status(gateway)["refine"]["duplicate"]
    assert truth.duplicates <= duplicates <= truth.duplicates + repeats
    print(f"{truth.messages} messages, {repeats} came twice from the broker")


def killed(gateway: GatewayProcess, broker: Server, influx: Server, name: str, *, seed: int) -> None:
    path = servers.recording(name)
    truth = truth_of(path)
    start(gateway, broker, influx)
    replayer = recordings.replay(path, DIALECTS[name], broker)
    reached = faults.kill_nine_times(gateway, KILLS, entries=truth.messages, seed=seed)
    recordings.finished(replayer, truth.messages)
    assert sum(place < truth.messages for place in reached) >= KILLS // 2, "killed while messages were on their way"
    held(gateway, influx, truth)


def without_influx(gateway: GatewayProcess, broker: Server, influx: Server, name: str, *, away_s: float) -> None:
    path = servers.recording(name)
    truth = truth_of(path)
    start(gateway, broker, influx)
    replayer = recordings.replay(path, DIALECTS[name], broker)
    faults.stop_for_a_while(influx, seconds=away_s)
    recordings.finished(replayer, truth.messages)
    assert gateway.events("SinkDelayed"), "the sink noticed"
    held(gateway, influx, truth, within_s=30 + 2 * away_s)


def test_ten_kills_during_the_tower_lose_and_double_nothing(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    killed(gateway, broker, influxdb1, TOWER_FILE, seed=1)


@pytest.mark.proof
def test_ten_kills_during_the_mountain_lose_and_double_nothing(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    killed(gateway, broker, influxdb1, MOUNTAIN_FILE, seed=2)


def test_five_seconds_without_influxdb_lose_and_double_nothing(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    without_influx(gateway, broker, influxdb1, MOUNTAIN_FILE, away_s=5)


@pytest.mark.proof
@pytest.mark.parametrize("name", [MOUNTAIN_FILE, TOWER_FILE])
@pytest.mark.timeout(600)
def test_a_minute_without_influxdb_loses_and_doubles_nothing(
    gateway: GatewayProcess, broker: Server, influxdb1: Server, name: str
) -> None:
    without_influx(gateway, broker, influxdb1, name, away_s=60)
