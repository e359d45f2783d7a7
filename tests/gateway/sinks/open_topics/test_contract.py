"""Open topics against the questions that every sink must answer, on a real Mosquitto."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.open_topics.settings import OpenTopicsSettings
from gateway.sinks.open_topics.sink import OpenTopicsSink
from pipelines.instants import parse_rfc3339
from tests import servers
from tests.contracts.ledger_entries import SECOND, T0
from tests.contracts.sink_contract import RefusingSinkContract, SinkWorld
from tests.open_cities import city_of, device

QUIET_S = 0.25
CITY = city_of(
    device(f"air-station/A-{number}", pilot="air-delft", number=number, location=None) for number in range(100)
)


class Startup:
    """A subscriber with a persistent session that keeps to the rule: known by id and time, the higher revision wins."""

    def __init__(self, port: int) -> None:
        self.known: dict[tuple[str, str], int] = {}
        self.received = 0
        mqtt: Any = paho  # its published stubs are of version 1
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="start-up", protocol=mqtt.MQTTv5)
        self.client.on_connect = self._subscribe
        self.client.on_message = self._receive
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3_600
        self.client.connect("127.0.0.1", port, clean_start=False, properties=session)
        self.client.loop_start()

    def _subscribe(self, client: paho.Client, *_: Any) -> None:
        client.subscribe("open/v1/+/+/+/+/obs", qos=1)

    def _receive(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        body = msgspec.json.decode(message.payload)
        identity = body["id"], body["temperature"]["observedAt"]
        self.known[identity] = max(body["revision"], self.known.get(identity, 0))
        self.received += 1

    async def settle(self) -> None:
        """Wait until it is connected and nothing more comes."""
        async with asyncio.timeout(10):
            before = -1
            while before != self.received or not self.client.is_connected():
                before = self.received
                await asyncio.sleep(QUIET_S)


class OpenTopicsWorld(SinkWorld):
    """A broker with one subscriber."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = servers.mosquitto(folder / "mosquitto")
        self.broker.start()
        self.startup = Startup(self.broker.port)

    def sink(self) -> OpenTopicsSink:
        return OpenTopicsSink(
            "open",
            OpenTopicsSettings(url=f"mqtt://127.0.0.1:{self.broker.port}"),
            self.folder / "open-topics.sqlite",
            city="delft",
            gateway_id="gw-1",
            city_now=lambda: CITY,
            events=Events(Clock()),
            clock=Clock(),
        )

    async def arrived(self) -> Sequence[int]:
        await self.startup.settle()
        return sorted((parse_rfc3339(observed_at) - T0) // SECOND for _, observed_at in self.startup.known)

    async def stop(self) -> None:
        self.broker.stop()

    async def start(self) -> None:
        self.broker.start()

    async def poison(self) -> None:
        """A broker whose packets are too small for two attributes."""
        self.broker.stop()
        small = servers.mosquitto(self.folder / "mosquitto", port=self.broker.port, config="max_packet_size 360")
        self.broker = small
        small.start()

    def close(self) -> None:
        self.startup.client.disconnect()
        self.startup.client.loop_stop()
        self.broker.stop()


class TestOpenTopics(RefusingSinkContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[OpenTopicsWorld]:
        world = OpenTopicsWorld(tmp_path)
        await asyncio.sleep(0.05)
        yield world
        world.close()
