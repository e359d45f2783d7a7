"""Stopping, reloading and starting again while messages stream in: nothing is lost by what an operator does."""

import json
import time

from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import books, city, influx, kills
from tests.proofs.sender import Stream
from tests.servers import Server

PER_S = 300.0


def start(gateway: GatewayProcess, broker: Server, server: Server) -> Stream:
    """A gateway, and messages that stream in until the stream is ended."""
    source = city.plain_source(broker.port)
    gateway.write(city.config(source, influx=server), pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
    gateway.start()
    gateway.await_links()
    stream = Stream(broker.port, kills.message, per_s=PER_S)
    stream.start()
    return stream


def test_a_stop_drains_in_order_and_loses_no_message(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    stream = start(gateway, broker, influxdb1)
    for _ in range(2):
        time.sleep(0.8)
        assert gateway.stop() == 0
        stopped = gateway.events("GatewayStopped")[-1]
        assert stopped["complete"]
        assert stopped["seconds"] < 5
        drained = influx.count(influxdb1, "weather", "temperature_c")
        stat = gateway.command("journal", "stat", "--json")
        entries = {log["name"]: log["next_number"] - 1 for log in json.loads(stat.stdout)}
        assert drained == entries["intake"] == entries["ledger"], "what was acknowledged has reached InfluxDB"
        gateway.start()
    accepted = stream.end()
    books.settle(gateway, accepted)
    assert kills.compare(influxdb1, accepted) == (0, 0)
    account = books.conserved(gateway)
    assert account["entries"] == accepted, "an orderly stop leaves nothing to send again"
    assert gateway.stop() == 0
    said = [json.loads(line)["event"] for line in gateway.log.read_text().splitlines()]
    assert said == 3 * ["GatewayStarted", "SourceConnected", "GatewayStopped"], "nothing else happened"


def test_reloading_devices_while_messages_stream_in_loses_none(
    gateway: GatewayProcess, broker: Server, influxdb1: Server
) -> None:
    stream = start(gateway, broker, influxdb1)
    for turn in range(5):
        time.sleep(0.3)
        text = city.device(f"newcomer-{turn}", "generic/json", f"weather-station/n{turn}")
        (gateway.folder / "devices" / f"newcomer-{turn}.toml").write_text(text)
        gateway.hang_up()
        wait_until(lambda turn=turn: len(gateway.events("FilesReloaded")) > turn, within_s=30, what="reloaded")  # type: ignore[misc]
        account = books.audit(gateway)
        assert account["conserved"], f"at every instant, also while messages stream in: {account}"
    accepted = stream.end()
    books.settle(gateway, accepted)
    assert kills.compare(influxdb1, accepted) == (0, 0)
    assert books.conserved(gateway)["entries"] == accepted
    assert books.status(gateway)["devices"] == city.STATIONS + 5


def test_a_broker_that_restarts_loses_nothing_of_what_it_accepted(
    gateway: GatewayProcess, mosquitto: Server, influxdb1: Server
) -> None:
    """Here Mosquitto keeps its store on disk after each message."""
    source = city.plain_source(mosquitto.port)
    gateway.write(city.config(source, influx=influxdb1), pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
    gateway.start()
    gateway.await_links()
    stream = Stream(mosquitto.port, kills.message, per_s=PER_S / 2)
    stream.start()
    time.sleep(0.7)
    assert gateway.stop() == 0
    time.sleep(0.3)  # these wait in the broker alone
    accepted = stream.end()
    mosquitto.stop()
    mosquitto.start()
    gateway.start()
    books.settle(gateway, accepted)
    assert kills.compare(influxdb1, accepted) == (0, 0)
    books.conserved(gateway)
