"""A broker that misbehaves: a script of what to do with each connection, on a loopback port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from gateway.mqtt.decoder import Decoder
from gateway.mqtt.encoder import encode
from gateway.mqtt.packets import ConnAck, Packet, Version


class Peer:
    """The server's end of one connection: reads packets, writes whatever it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: Version) -> None:
        self.version: Version = version
        self.writer = writer
        self._reader = reader
        self._decoder = Decoder(version)
        self._packets: list[Packet] = []

    async def next_packet(self) -> Packet:
        while not self._packets:
            data = await self._reader.read(65_536)
            if not data:
                raise EOFError
            self._packets = self._decoder.feed(data)
        return self._packets.pop(0)

    async def greet(self, connack: ConnAck | None = None) -> None:
        await self.next_packet()
        self.send(connack or ConnAck())

    def send(self, *packets: Packet) -> None:
        self.writer.write(b"".join(encode(packet, self.version) for packet in packets))


Script = Callable[[Peer], Awaitable[None]]


@contextlib.asynccontextmanager
async def playing(script: Script, *, version: Version = "5") -> AsyncIterator[int]:
    """Serve the script to every connection; gives the port. Nothing of it is left at the end."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            with contextlib.suppress(EOFError, ConnectionError, asyncio.CancelledError):
                await script(Peer(reader, writer, version))
        finally:
            serving.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        async with server:
            yield server.sockets[0].getsockname()[1]
    finally:
        for task in serving:
            task.cancel()
        await asyncio.sleep(0.01)  # the cancelled close their sockets


async def black_hole(_peer: Peer) -> None:
    """Take everything, answer nothing."""
    await asyncio.Event().wait()
