"""CPU per QoS 1 message received and acknowledged by the MQTT source, without a disk behind it.

    python -m tests.benchmarks.mqtt_receive

Two figures per body size: decoding alone (a prepared byte stream through the Decoder in 64 KiB reads), and the whole
road from the socket to the PUBACK written (a peer in another process sends; an intake in memory says "durable" once a
batch). CPU time of this process only; best of several rounds, as other work on the machine only adds.
"""

import asyncio
import contextlib
import multiprocessing
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from gateway.clock import Clock
from gateway.events import Events
from gateway.mqtt.decoder import Decoder
from gateway.mqtt.encoder import encode
from gateway.mqtt.packets import ConnAck, Publish, SubAck, Subscribe, Version
from gateway.sources.mqtt import MqttSource
from gateway.sources.mqtt_settings import MqttSourceSettings
from pipelines.model import Received

MESSAGES = 60_000
READ_BYTES = 65_536
ROUNDS = 5
SIZES = (120, 1_260)
VERSIONS: tuple[Version, ...] = ("3.1.1", "5")


def stream_of(version: Version, size: int) -> bytes:
    return b"".join(
        encode(
            Publish(
                f"v3/pilot@ttn/devices/bay-{number % 300}/up", bytes([number % 256]) * size, 1, packet_id=number + 1
            ),
            version,
        )
        for number in range(MESSAGES)
    )


class Durable:
    """An intake that keeps nothing and is durable at the next turn of the loop."""

    full = False

    def __init__(self) -> None:
        self.count = 0

    def receive(self, batch: Sequence[Received], on_durable: Callable[[int], None] | None = None) -> int:
        first = self.count + 1
        self.count += len(batch)
        if on_durable is not None:
            asyncio.get_running_loop().call_soon(on_durable, self.count)
        return first

    def hasten(self) -> None:
        """Nothing waits longer than a turn of the loop."""

    def on_space(self, call: Callable[[], None]) -> None:
        call()

    def tail(self, _source: str) -> Sequence[tuple[int, Received]]:
        return ()


def serve(listener: socket.socket, version: Version, size: int) -> None:
    """Child process: greet, grant, send everything, read acknowledgements until all are there."""
    stream = stream_of(version, size)
    link, _ = listener.accept()
    decoder = Decoder(version)
    asked: list[Any] = []
    link.settimeout(60)
    while not any(isinstance(packet, Subscribe) for packet in asked):
        asked += decoder.feed(link.recv(READ_BYTES))
        if len(asked) == 1:
            link.sendall(encode(ConnAck(), version))
    packet_id = next(packet.packet_id for packet in asked if isinstance(packet, Subscribe))
    link.sendall(encode(SubAck(packet_id, (1,)), version))
    sent = got = 0
    link.settimeout(0)
    while got < 4 * MESSAGES:
        with contextlib.suppress(BlockingIOError):
            sent += link.send(stream[sent : sent + READ_BYTES]) if sent < len(stream) else 0
        try:
            got += len(link.recv(READ_BYTES))
        except BlockingIOError:
            time.sleep(0.0005)
    link.settimeout(60)
    while link.recv(READ_BYTES):
        pass  # the other side closes first


async def receive_all(port: int, version: Version) -> float:
    intake = Durable()
    keys: dict[str, Any] = {"url": f"mqtt://127.0.0.1:{port}", "client_id": "bench", "topics": ["#"], "dialect": "none"}
    settings = MqttSourceSettings(kind="mqtt", version=version, **keys)
    source = MqttSource("bench", settings, intake, Clock(), Events())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run())
        while not intake.count:  # noqa: ASYNC110 - an event would be counted among the costs
            await asyncio.sleep(0.001)
        first, began_s = intake.count, time.process_time()
        while intake.count < MESSAGES:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
        spent_s = time.process_time() - began_s
        await source.stop_reading()
        await source.close()
        task.cancel()
    return spent_s / (MESSAGES - first) * 1e6


def whole_road(version: Version, size: int) -> float:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = multiprocessing.get_context("fork").Process(target=serve, args=(listener, version, size))
        peer.start()
        try:
            return asyncio.run(receive_all(listener.getsockname()[1], version))
        finally:
            peer.join(30)


def decoding(version: Version, size: int) -> float:
    stream = stream_of(version, size)
    reads = [stream[at : at + READ_BYTES] for at in range(0, len(stream), READ_BYTES)]
    decoder = Decoder(version)
    began_s = time.process_time()
    count = sum(len(decoder.feed(read)) for read in reads)
    return (time.process_time() - began_s) / count * 1e6


def main() -> None:
    print("version  body B  decode µs  received and acknowledged µs")
    for version in VERSIONS:
        for size in SIZES:
            decode_us = min(decoding(version, size) for _ in range(ROUNDS))
            whole_us = min(whole_road(version, size) for _ in range(ROUNDS))
            print(f"{version:>7}  {size:>6}  {decode_us:>9.2f}  {whole_us:>28.2f}")


if __name__ == "__main__":
    main()
