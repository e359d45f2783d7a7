"""The other ways in and out of a real gateway: HTTP push, recording file, embedded store, open topics."""

import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.request

import aiomqtt

from gateway.sinks.store.read import History
from tests import servers
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import books, city, kills
from tests.proofs.sender import Sender
from tests.servers import Server

DEVICE_FIELD = 'dialect_settings = { device_field = "id", time_field = "time_ns", time_format = "epoch_ns" }'


def test_http_push_answers_200_only_for_what_outlives_a_kill(gateway: GatewayProcess, influxdb1: Server) -> None:
    port = servers.free_port()
    source = f'[sources.web]\nkind = "http"\nlisten = "127.0.0.1:{port}"\ndialect = "plain-json"\n{DEVICE_FIELD}\n'
    gateway.write(city.config(source, influx=influxdb1), pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
    kept = 0
    for _ in range(2):
        gateway.start()
        wait_until(lambda: servers.tcp_answers(port), within_s=60, what="the listener")
        for _ in range(3):
            push(port, kept)
            kept += 1
        gateway.kill_nine()  # at once after the last 200
    with contextlib.suppress(urllib.error.URLError):
        push(port, 999)  # nobody listens: this one was never ours
    gateway.start()
    books.settle(gateway, kept)
    assert kills.compare(influxdb1, kept) == (0, 0)
    assert books.conserved(gateway)["entries"] == kept


def push(port: int, number: int) -> None:
    """POST one reading; returns when 200 is answered."""
    body = json.loads(kills.message(number)[1]) | {"id": f"station-{number % city.STATIONS}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/push", json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200


def test_a_recording_is_read_on_from_where_a_kill_stopped_it_and_no_line_twice(
    gateway: GatewayProcess, influxdb1: Server
) -> None:
    lines = 30_000
    with (gateway.folder / "recording.ndjson").open("w") as out:
        for number in range(lines):
            topic, body = kills.message(number)
            out.write(
                json.dumps({"topic": topic, "received_ns": kills.FIRST_NS + number, "body": body.decode()}) + "\n"
            )
    source = (
        f'[sources.plain]\nkind = "file"\npath = "recording.ndjson"\ndialect = "plain-json"\n{city.PLAIN_SETTINGS}\n'
    )
    gateway.write(city.config(source, influx=influxdb1), pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
    reached = []
    for place in (1, 4_000, 12_000):
        gateway.start()
        deadline = time.monotonic() + 20
        while (number := books.intake_next(gateway)) <= place and time.monotonic() < deadline:
            time.sleep(0.002)
        gateway.kill_nine()
        reached.append(number)
    assert reached[0] <= lines, "killed while it read"
    gateway.start()
    books.settle(gateway, lines)
    assert kills.compare(influxdb1, lines) == (0, 0)
    assert books.conserved(gateway)["entries"] == lines


def test_without_an_influxdb_the_embedded_store_holds_everything(gateway: GatewayProcess, broker: Server) -> None:
    messages = 500
    gateway.write(city.config(city.plain_source(broker.port)), pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
    gateway.start()
    gateway.await_links()
    with Sender(broker.port) as sender:
        for number in range(messages):
            sender.send(*kills.message(number))
    books.settle(gateway, messages)
    account = books.conserved(gateway)
    assert set(account["sinks"]) == {"store", "quarantine"}
    found: dict[int, object] = {}
    with History(gateway.folder / "state" / "store.sqlite") as store:
        assert len(store.devices()) == city.STATIONS
        for station in range(city.STATIONS):
            for reading in store.values(f"weather-station/s{station}", "temperature_c"):
                found[reading.time_ns] = reading.value
    assert found == {kills.FIRST_NS + number * kills.EVERY_NS: float(number) for number in range(messages)}


async def test_a_start_up_receives_every_observation_and_finds_the_newest_state_retained(
    gateway: GatewayProcess, broker: Server
) -> None:
    sink = f'[sinks.open]\nkind = "open-topics"\nurl = "mqtt://127.0.0.1:{broker.port}"\ncoalesce_s = 0.2\n'
    gateway.write(city.config(city.plain_source(broker.port), sink), pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
    gateway.start()
    gateway.await_links()
    topic = "open/v1/grenoble/weather/recordings"
    now_ns = time.time_ns()
    observations: set[str] = set()
    async with aiomqtt.Client("127.0.0.1", broker.port) as startup:
        await startup.subscribe(f"{topic}/+/obs", qos=1)
        with Sender(broker.port) as sender:
            for number in range(40):
                sender.send(city.plain_topic(number), city.plain_body(now_ns + number * 1_000_000, number / 4))
        async for message in startup.messages:
            assert not message.retain
            observations.add(f"{message.topic}")
            body = json.loads(bytes(message.payload))
            assert "revision" in json.dumps(body)
            if len(observations) == city.STATIONS:
                break
    books.settle(gateway, 40)
    await asyncio.sleep(0.5)  # states are coalesced for 0.2 s
    states: dict[str, float] = {}
    async with aiomqtt.Client("127.0.0.1", broker.port) as late_comer:
        await late_comer.subscribe(f"{topic}/+/state", qos=1)
        async for message in late_comer.messages:
            assert message.retain
            body = json.loads(bytes(message.payload))
            states[str(message.topic).split("/")[-2]] = body["temperature"]["value"]
            if len(states) == city.STATIONS:
                break
    assert states == {f"s{station}": (20 + station) / 4 for station in range(city.STATIONS)}
    books.conserved(gateway)
