"""A gateway with its operators' listener, and plain HTTP to ask it."""

import asyncio
import contextlib
import http.client
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import NamedTuple

from gateway.run import Gateway
from tests import servers
from tests.gateway import whole
from tests.gateway.road import SetClock, until

TOKEN = "a-token-of-the-operators"


class Said(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(port: int, path: str, *, method: str = "GET", **headers: str) -> Said:
    """Header names as keywords, with underscores."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Said(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Listener:
    """The running gateway and the port of its listener."""

    def __init__(self, gateway: Gateway, port: int) -> None:
        self.gateway, self.port = gateway, port

    async def ask(self, path: str, *, method: str = "GET", **headers: str) -> Said:
        return await asyncio.to_thread(lambda: ask(self.port, path, method=method, **headers))


@contextlib.asynccontextmanager
async def listening(
    folder: Path, *tables: str, token: str = "", keys: str = "dashboard = false\n", clock: SetClock | None = None
) -> AsyncIterator[Listener]:
    """A gateway that has read five messages, and its listener."""
    port = servers.free_port()
    if token:
        (folder / "token").write_text(f"{token}\n")
        (folder / "token").chmod(0o600)
        keys += 'token_file = "token"\n'
    table = f'[http]\nenabled = true\nlisten = "127.0.0.1:{port}"\n{keys}'
    whole.write_files(folder, [whole.line(number) for number in range(5)], table, *tables)
    async with whole.running(folder, clock) as gateway:
        await until(lambda: gateway.events.counts["ListeningOn"])
        await until(lambda: gateway.refine.progress.counts["accepted"] == 5)
        yield Listener(gateway, port)
