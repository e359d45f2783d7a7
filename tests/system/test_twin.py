"""The generated twin of the recordings through the whole road, with a kill and an outage: runs everywhere."""

import random
import time
from pathlib import Path

import pytest

from tests.gateway_process import GatewayProcess
from tests.proofs import books, city, faults, influx, recordings, twin
from tests.proofs.recordings import ELSYS
from tests.servers import Server

UPLINKS = 1_000
DEVICES = {
    "twins": city.device(twin.MOUNTAIN, "elsys/ems", "weather-station/mountain")
    + city.device(twin.TOWER, "elsys/ems", "weather-station/tower")
    + city.device(twin.CLOCKLESS, "elsys/ems", "weather-station/clockless")
}


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_every_uplink_of_the_twin_arrives_once_over_three_kills_and_an_outage(
    gateway: GatewayProcess, broker: Server, influxdb1: Server, tmp_path: Path, version: str
) -> None:
    mountain, tower, clockless = twin.write(tmp_path, uplinks=UPLINKS)
    (tmp_path / "clockless.toml").write_text(twin.CLOCKLESS_MAPPING)
    high = recordings.chirpstack_truth(mountain, device=twin.MOUNTAIN, names=ELSYS)
    low = recordings.helium_truth(tower, device=twin.TOWER)
    assert (len(high.links), len(low.links)) == (UPLINKS, UPLINKS)
    assert high.statuses == UPLINKS // 25
    assert high.duplicates >= 10
    assert low.duplicates > 150
    sources = city.recording_sources(broker.port, version=version)
    gateway.write(city.config(*sources, influx=influxdb1), pilots=city.PILOTS, devices=DEVICES)
    gateway.start()
    gateway.await_links(len(sources))
    began_ns = time.time_ns()
    replayers = [
        (recordings.replay(mountain, "chirpstack-v3", broker), high.messages),
        (recordings.replay(tower, "helium", broker), low.messages),
        (
            recordings.replay(clockless, "chirpstack-v3", broker, "--map", str(tmp_path / "clockless.toml")),
            UPLINKS // 10,
        ),
    ]
    messages = sum(count for _, count in replayers)
    faults.kill_nine_times(gateway, 3, entries=messages, seed=3)
    faults.stop_for_a_while(influxdb1, seconds=1)
    for replayer, count in replayers:
        recordings.finished(replayer, count)
    books.settle(gateway, messages)
    recordings.same_in_influx(influxdb1, high)
    recordings.same_in_influx(influxdb1, low)
    books.conserved(gateway)
    holds_the_gateways_time(influxdb1, began_ns)


def holds_the_gateways_time(server: Server, began_ns: int) -> None:
    """Nobody told when these were heard: each has a time of its own by our clock, in the order of arrival."""
    links = influx.points(server, "lorawan", twin.CLOCKLESS)
    assert [links[at]["f_cnt"] for at in sorted(links)] == list(range(UPLINKS // 10))
    assert began_ns < min(links) < max(links) < time.time_ns()
    weather = influx.points(server, "weather", twin.CLOCKLESS)
    assert {point["time_source"] for point in weather.values()} == {"gateway"}


def test_the_twin_is_the_same_bytes_from_the_same_seed(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder in folders:
        folder.mkdir()
    one, two = (b"".join(path.read_bytes() for path in twin.write(folder, uplinks=50)) for folder in folders[:2])
    assert one == two
    assert one != b"".join(path.read_bytes() for path in twin.write(folders[2], uplinks=50, seed=8))


def test_the_twins_bytes_say_what_its_values_say() -> None:
    payload, said = twin.elsys(random.Random(1))
    assert payload[0] == 1
    assert int.from_bytes(payload[1:3], "big", signed=True) == said["temperature"] * 10
    assert payload[4] == said["humidity"]
