"""Real recordings through a real road: simulator ▸ Mosquitto ▸ gateway ▸ InfluxDB 1.6.7, at full speed."""

from pathlib import Path

import pytest

from tests import servers
from tests.gateway_process import GatewayProcess
from tests.proofs import books, city, recordings
from tests.proofs.recordings import MOUNTAIN_FILE, TOWER_FILE, Truth
from tests.servers import Server

pytestmark = pytest.mark.recording


def through_the_road(gateway: GatewayProcess, broker: Server, influx: Server, path: Path, truth: Truth) -> int:
    """Replay a recording and hold what arrives against the file; returns how many values were compared."""
    sources = city.recording_sources(broker.port)
    gateway.write(city.config(*sources, influx=influx), pilots=city.PILOTS, devices=city.RECORDING_DEVICES)
    gateway.start()
    gateway.await_links(len(sources))
    dialect = "chirpstack-v3" if path.name == MOUNTAIN_FILE else "helium"
    recordings.finished(recordings.replay(path, dialect, broker), truth.messages)
    books.settle(gateway, truth.messages)
    compared = recordings.same_in_influx(influx, truth)
    account = books.conserved(gateway)
    assert account["entries"] == truth.messages
    stands = books.status(gateway)
    assert stands["received"] == truth.messages, "received = intake, and nothing was refused"
    assert stands["refine"]["duplicate"] == truth.duplicates
    assert stands["refine"]["rejected"] == 0
    assert gateway.stop() == 0
    return compared


def test_every_uplink_and_status_of_the_mountain_is_in_influxdb_once(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    path = servers.recording(MOUNTAIN_FILE)
    truth = recordings.chirpstack_truth(path)
    # 9,418 uplinks were published; frame 11,641 twice within 10 ms, so 9,417 are distinct.
    assert (truth.messages, len(truth.links), truth.duplicates, truth.statuses) == (9_786, 9_417, 1, 368)
    assert through_the_road(gateway, broker, influxdb1, path, truth) == 14_486


def test_every_uplink_of_the_tower_is_in_influxdb_once_with_the_vendors_values(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    path = servers.recording(TOWER_FILE)
    truth = recordings.helium_truth(path)
    assert (truth.messages, len(truth.links), truth.duplicates) == (12_614, 10_633, 1_981)
    assert len(truth.links) - len(truth.values) == 1, "the frame on port 6 has no values"
    assert through_the_road(gateway, broker, influxdb1, path, truth) == 106_318
