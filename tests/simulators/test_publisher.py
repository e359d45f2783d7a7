"""The publisher against a real broker, and against a peer that fails on purpose."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import pytest

from simulators import publisher as publishing
from simulators.publisher import BrokerRefusedError, Publisher
from tests import servers


class FailingPeer:
    """Speaks just enough MQTT 3.1.1 to be published to; ``mute_after`` and ``hang_up_after`` are its faults."""

    def __init__(self) -> None:
        self.packets: list[tuple[bool, int, bytes]] = []  # dup, packet id, body
        self.connects: list[bytes] = []
        self.connack_code = 0
        self.hang_up_after: list[int] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.hang_up_after.pop(0) if self.hang_up_after else None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head, body = await self._packet(reader)
                if head == 0x10:
                    self.connects.append(body)
                    writer.write(bytes([0x20, 2, 0, self.connack_code]))
                elif head & 0xF0 == 0x30:
                    name_size = int.from_bytes(body[:2], "big")
                    packet_id = int.from_bytes(body[2 + name_size : 4 + name_size], "big")
                    self.packets.append((bool(head & 0x08), packet_id, body[4 + name_size :]))
                    if left is not None and (left := left - 1) < 0:
                        break
                    writer.write(b"\x40\x02" + packet_id.to_bytes(2, "big"))
        writer.close()

    async def _packet(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readexactly(1))[0]
        size = shift = 0
        while True:
            byte = (await reader.readexactly(1))[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return head, await reader.readexactly(size)


@pytest.fixture
async def peer() -> AsyncIterator[FailingPeer]:
    made = FailingPeer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


async def test_sends_again_with_dup_what_was_not_acknowledged(peer: FailingPeer) -> None:
    peer.hang_up_after = [10, 0, 3]
    async with Publisher(f"mqtt://127.0.0.1:{peer.port}", inflight=7) as publisher:
        for at in range(50):
            await publisher.publish("city/x", b"%d" % at)
        await publisher.drain()
        assert (publisher.acknowledged, publisher.reconnects) == (50, 3)
    assert {int(body) for _, _, body in peer.packets} == set(range(50))
    first_id: dict[bytes, int] = {}
    for dup, packet_id, body in peer.packets:
        assert first_id.setdefault(body, packet_id) == packet_id
        assert dup or [seen for _, _, seen in peer.packets].count(body) >= 1
    assert any(dup for dup, _, _ in peer.packets)
    first_seen = list(dict.fromkeys(int(body) for _, _, body in peer.packets))
    assert first_seen == sorted(first_seen)


async def test_keeps_the_session_while_it_works_and_clears_it_at_the_end(peer: FailingPeer) -> None:
    async with Publisher(f"mqtt://us%40er:p%3Aw@127.0.0.1:{peer.port}", client_id="replay-7") as publisher:
        await publisher.publish("a", b"1")
    first, last = peer.connects
    assert first[7] == 0xC0  # user, password, session kept
    assert last[7] == 0xC2  # the same, clean
    assert first.endswith(b"\x00\x08replay-7\x00\x05us@er\x00\x03p:w")


async def test_counts_only_what_was_acknowledged(peer: FailingPeer) -> None:
    async with Publisher(f"mqtt://127.0.0.1:{peer.port}") as publisher:
        await publisher.publish("a", b"1")
        assert publisher.acknowledged == 0
        await publisher.drain()
        assert publisher.acknowledged == 1


async def test_a_refusal_is_told_at_once(peer: FailingPeer) -> None:
    peer.connack_code = 5
    with pytest.raises(BrokerRefusedError, match="not authorised"):
        async with Publisher(f"mqtt://127.0.0.1:{peer.port}"):
            pass


async def test_an_absent_broker_is_named_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "GIVE_UP_AFTER_S", 0.1)
    port = servers.free_port()
    with pytest.raises(ConnectionError, match=f"no broker at 127.0.0.1:{port}"):
        async with Publisher(f"mqtt://127.0.0.1:{port}"):
            pass


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "127.0.0.1:1883", "mqtt:/x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected mqtt://"):
        Publisher(url)


@pytest.mark.parametrize("inflight", [0, 65_536])
def test_a_window_that_packet_ids_cannot_fill_is_refused(inflight: int) -> None:
    with pytest.raises(ValueError, match="1 to 65535"):
        Publisher("mqtt://x", inflight=inflight)


class Listener:
    """An independent client (paho) with a kept session that counts bodies."""

    def __init__(self, port: int) -> None:
        self.bodies: list[bytes] = []
        self.subscribed = threading.Event()
        paho: Any = import_module("paho.mqtt.client")  # the stubs that reach mypy describe paho 1
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda *_: self._client.subscribe("city/#", 1)
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.on_message = lambda _client, _data, message: self.bodies.append(message.payload)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


async def heard(listener: Listener, count: int) -> None:
    async with asyncio.timeout(20):
        while len(set(listener.bodies)) < count:  # noqa: ASYNC110 - filled by another thread
            await asyncio.sleep(0.02)


async def test_an_independent_client_hears_every_message_once_and_in_order(mosquitto: servers.Server) -> None:
    listener = Listener(mosquitto.port)
    try:
        assert await asyncio.to_thread(listener.subscribed.wait, 10)
        async with Publisher(f"mqtt://127.0.0.1:{mosquitto.port}") as publisher:
            for at in range(400):
                await publisher.publish("city/a", b"%d" % at)
            await publisher.drain()
        await heard(listener, 400)
        assert listener.bodies == [b"%d" % at for at in range(400)]
    finally:
        listener.close()


async def test_a_broker_restart_on_the_way_loses_nothing(mosquitto: servers.Server) -> None:
    listener = Listener(mosquitto.port)
    try:
        assert await asyncio.to_thread(listener.subscribed.wait, 10)
        async with Publisher(f"mqtt://127.0.0.1:{mosquitto.port}", inflight=100) as publisher:
            for at in range(600):
                if at == 200:
                    mosquitto.stop()
                    await asyncio.to_thread(mosquitto.start)
                await publisher.publish("city/a", b"%d" % at)
            await publisher.drain()
            assert publisher.acknowledged == 600
            assert publisher.reconnects >= 1
        await heard(listener, 600)
        assert set(listener.bodies) == {b"%d" % at for at in range(600)}
    finally:
        listener.close()


async def test_a_paced_publisher_notices_a_lost_link_at_the_next_message(peer: FailingPeer) -> None:
    peer.hang_up_after = [1]
    async with Publisher(f"mqtt://127.0.0.1:{peer.port}") as publisher:
        for at in range(4):
            await publisher.publish("city/x", b"%d" % at)
            await asyncio.sleep(0.05)
        assert publisher.reconnects == 1
        assert publisher.acknowledged >= 3
