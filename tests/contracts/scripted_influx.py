"""A small HTTP server that gives InfluxDB's answers word for word, and has faults with names.

It holds what was written, so that a contract can ask it as it asks the real servers.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11

from tests.contracts.influx_answers import Flavour, InfluxAnswers

VERSIONS: dict[Flavour, str] = {"1.6": "1.6.7~rc0", "2.7": "v2.7.12", "2.7 unparsable": "v2.7.12", "3": "3.10.0"}


@dataclass
class Canned:
    """One prepared answer; ``after`` what happens to the connection: kept, closed, or reset half-way."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Heard:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ScriptedInflux:
    """``next_answers`` come before the real ones; ``faults`` before those: "hang", "reset", "half", "garbage"."""

    answers: InfluxAnswers
    token: str = ""
    next_answers: list[Canned] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def writes(self) -> list[Heard]:
        return [heard for heard in self.heard if "/ping" not in heard.target]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self.drop_connections()
        await self._server.wait_closed()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._server = None

    def drop_connections(self) -> None:
        """Cut every kept connection, as an idle timeout of a server does."""
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, h11.RemoteProtocolError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        state = h11.Connection(h11.SERVER)
        heard = await _read_request(state, reader)
        if heard is None:
            return False
        self.heard.append(heard)
        if self.faults and "/ping" not in heard.target:
            return await self._misbehave(self.faults.pop(0), reader, writer)
        canned = self._answer(heard)
        length = ("content-length", str(len(canned.body)))
        writer.write(state.send(h11.Response(status_code=canned.status, headers=[length, *canned.headers])) or b"")
        writer.write((state.send(h11.Data(canned.body)) or b"") + (state.send(h11.EndOfMessage()) or b""))
        await writer.drain()
        return True

    async def _misbehave(self, fault: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        match fault:
            case "hang":
                await reader.read()
            case "half":
                writer.write(b"HTTP/1.1 204 No Content\r\nX-Inf")
                await writer.drain()
            case "garbage":
                writer.write(b"\x00\xff what is this\r\n\r\n")
                await writer.drain()
            case "lost answer":
                body = self.heard[-1]
                self.answers.write(_plain(body))  # written, but the answer never comes
        return False

    def _answer(self, heard: Heard) -> Canned:
        version = VERSIONS[self.answers.flavour]
        if heard.target == "/ping":
            return Canned(200 if version.startswith("3") else 204, headers=[("x-influxdb-version", version)])
        if self.next_answers:
            return self.next_answers.pop(0)
        if self.token and heard.headers.get("authorization") not in (f"Token {self.token}", f"Bearer {self.token}"):
            return Canned(401, b'{"code":"unauthorized","message":"unauthorized access"}')
        status, body = self.answers.write(_plain(heard))
        return Canned(status, body, [("content-type", "application/json")])


def bucket_not_found(name: str) -> Canned:
    return Canned(404, json.dumps({"code": "not found", "message": f'bucket "{name}" not found'}).encode())


def _plain(heard: Heard) -> bytes:
    return gzip.decompress(heard.body) if heard.headers.get("content-encoding") == "gzip" else heard.body


async def _read_request(state: h11.Connection, reader: asyncio.StreamReader) -> Heard | None:
    heard, body = None, b""
    while True:
        event = state.next_event()
        if event is h11.NEED_DATA:
            state.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            headers = {name.decode(): value.decode() for name, value in event.headers}
            heard = Heard(event.method.decode(), event.target.decode(), headers, b"")
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert heard is not None
            heard.body = body
            return heard
        else:
            return None


@asynccontextmanager
async def scripted(flavour: Flavour = "2.7", **settings: object) -> AsyncIterator[ScriptedInflux]:
    server = ScriptedInflux(InfluxAnswers(flavour), **settings)  # type: ignore[arg-type]
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
