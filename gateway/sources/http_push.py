"""HTTP push: webhooks of The Things Stack and ChirpStack, or any program that can POST JSON.

Laws
- 200 is answered only after the body is durable (fdatasync). The sender may forget it then, and not before.
- A body that cannot be understood is still 200: it is kept, and refine says why it was rejected. Sending it again
  would not mend it. Refused outright: a wrong token (401), another path (404), a body over the limit (413), a full
  ring (503 with Retry-After): these were never ours.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Iterator
from urllib.parse import unquote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.clock import Clock
from gateway.events import Events, ListeningOn
from gateway.sources import Intake
from gateway.sources.http_settings import HttpSourceSettings
from pipelines.model import Received

RETRY_AFTER_S = 5


class HttpPushSource:
    """One listener. The topic of an entry is the request's path below ``path`` with ``?event=`` where given."""

    def __init__(
        self,
        name: str,
        settings: HttpSourceSettings,
        intake: Intake,
        clock: Clock,
        events: Events,
        *,
        token: bytes | None = None,
    ) -> None:
        self.name = name
        self._settings = settings
        self._intake = intake
        self._clock = clock
        self._events = events
        self._token = token
        self._server: uvicorn.Server | None = None
        self._stopping = False

    async def run(self) -> None:
        """Serve until cancelled. Raises OSError where the address cannot be bound."""
        host, _, port = self._settings.listen.rpartition(":")
        base = self._settings.path.rstrip("/")
        routes = [
            Route(base or "/", self._push, methods=["POST"]),
            Route(base + "/{rest:path}", self._push, methods=["POST"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            host=host,
            port=int(port),
            log_config=None,
            access_log=False,
            lifespan="off",
            http="h11",
            ws="none",
            server_header=False,
        )
        self._server = Embedded(config)
        self._events.emit(ListeningOn(what=f"source {self.name}", address=f"http://{host}:{port}{base or '/'}"))
        try:
            await self._server.serve()
        except SystemExit as stopped:  # uvicorn's answer to an address that is taken
            raise OSError(f"sources.{self.name}.listen: {self._settings.listen} cannot be bound") from stopped

    async def stop_reading(self) -> None:
        """Answer 503 from now on; requests already taken get their 200 when they are durable."""
        self._stopping = True

    async def close(self) -> None:
        """End the listener after the answers that are due."""
        if self._server is not None:
            self._server.should_exit = True

    async def _push(self, request: Request) -> Response:
        if self._token is not None and not self._authorised(request):
            self._events.counts[f"refused.{self.name}.token"] += 1
            return PlainTextResponse("wrong or missing token: send 'Authorization: Bearer …'\n", 401)
        if self._stopping or self._intake.full:
            self._events.counts[f"refused.{self.name}.full"] += 1
            return PlainTextResponse("busy, send again later\n", 503, {"Retry-After": str(RETRY_AFTER_S)})
        body = await self._read(request)
        if body is None:
            self._events.counts[f"refused.{self.name}.oversize"] += 1
            return PlainTextResponse(f"body over {self._settings.max_payload_bytes} bytes\n", 413)
        await self._until_durable(self._received(request, body))
        return PlainTextResponse("kept\n", 200)

    def _authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
        return hmac.compare_digest(given, self._token or b"")

    async def _read(self, request: Request) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > self._settings.max_payload_bytes:
                return None
            parts.append(part)
        return b"".join(parts)

    def _received(self, request: Request, body: bytes) -> Received:
        rest = unquote(str(request.path_params.get("rest", "")))
        event = request.query_params.get("event", "")
        self._events.counts[f"received.{self.name}"] += 1
        return Received(
            source=self.name,
            topic=f"{rest}?event={event}" if event else rest,
            body=body,
            received_ns=self._clock.wall_ns(),
            monotonic_ns=self._clock.monotonic_ns(),
            boot=self._clock.boot,
            clock=self._clock.quality(),
            qos=1,
        )

    async def _until_durable(self, received: Received) -> None:
        durable = asyncio.get_running_loop().create_future()

        def settle(_last: int) -> None:
            if not durable.done():  # the sender may have gone meanwhile
                durable.set_result(None)

        self._intake.receive([received], settle)
        await durable


class Embedded(uvicorn.Server):
    """A uvicorn server inside our own process: signals are ours, not its."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers alone."""
        yield
