"""HTTP push: webhooks of The Things Stack and ChirpStack, or any program that can POST JSON.

Laws
- 200 is answered only after the body is durable (fdatasync). The sender may forget it then, and not before.
- A body that cannot be understood is still 200: it is kept, and refine says why it was rejected. Sending it again
  would not mend it. Refused outright: a wrong token (401), another path (404), a body over the limit (413), one that
  does not come to its end (408), a full ring or an orderly stop (503 with Retry-After): these were never ours.
- Memory is bounded: ``MAX_CONNECTIONS`` bodies of ``max_payload_bytes``; further senders get 503.
"""

import asyncio
import hmac
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.clock import Clock
from gateway.events import Events, ListeningOn
from gateway.http.embedded import Embedded, bound
from gateway.sources import Intake
from gateway.sources.http_settings import HttpSourceSettings
from pipelines.model import Received

RETRY_AFTER_S = 5
BODY_WITHIN_S = 30.0
MAX_CONNECTIONS = 128
CLOSE_WITHIN_S = 5


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
        self._ended = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """Serve until cancelled. Raises OSError where the address cannot be bound."""
        listener = self._bound()
        host, port = listener.getsockname()[:2]
        at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        base = self._settings.path.rstrip("/")
        routes = [
            Route(base or "/", self._push, methods=["POST"]),
            Route(base + "/{rest:path}", self._push, methods=["POST"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            log_config=None,
            access_log=False,
            lifespan="off",
            http="h11",
            ws="none",
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=CLOSE_WITHIN_S,
        )
        self._server = Embedded(config)
        self._events.emit(ListeningOn(what=f"source {self.name}", address=f"http://{at}{base or '/'}"))
        self._ended.clear()
        try:
            await self._server.serve(sockets=[listener])
        finally:
            listener.close()
            self._ended.set()

    async def stop_reading(self) -> None:
        """Answer 503 from now on; requests already received get their 200 when they are durable."""
        self._stopping = True

    async def close(self) -> None:
        """End the listener after the answers that are due."""
        if self._server is not None:
            self._server.should_exit = True
            await self._ended.wait()

    def _bound(self) -> socket.socket:
        said = f"sources.{self.name}.listen: {self._settings.listen}"
        return bound(self._settings.address, backlog=MAX_CONNECTIONS, said=said)

    async def _push(self, request: Request) -> Response:
        if self._token is not None and not self._authorised(request):
            return self._refused("token", 401, "wrong or missing token: send 'Authorization: Bearer …'")
        if self._holds_off():
            return self._busy()
        body = await self._body(request)
        if not isinstance(body, bytes):
            return body
        if self._holds_off():  # since it began to send
            return self._busy()
        await self._until_durable(self._received(request, body))
        return PlainTextResponse("kept\n", 200)

    async def _body(self, request: Request) -> bytes | Response:
        """The whole body, or the refusal of it."""
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await self._read(request)
        except TimeoutError:
            return self._refused("slow", 408, f"the body did not come to its end within {BODY_WITHIN_S:.0f} s")
        except ClientDisconnect:
            return self._refused("broken_off", 400, "the sender went away")
        if body is None:
            return self._refused("oversize", 413, f"body over {self._settings.max_payload_bytes} bytes")
        return body

    def _holds_off(self) -> bool:
        return self._stopping or self._intake.full

    def _busy(self) -> Response:
        return self._refused("full", 503, "busy, send again later", {"Retry-After": str(RETRY_AFTER_S)})

    def _refused(self, why: str, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
        """An answer that ends the connection: what the sender still has under way is not read."""
        self._events.counts[f"refused.{self.name}.{why}"] += 1
        return PlainTextResponse(text + "\n", status, {"Connection": "close"} | (headers or {}))

    def _authorised(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1"), self._token or b"")

    async def _read(self, request: Request) -> bytes | None:
        promised = request.headers.get("content-length", "")
        if promised.isascii() and promised.isdigit() and int(promised) > self._settings.max_payload_bytes:
            return None
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > self._settings.max_payload_bytes:
                return None
            parts.append(part)
        return b"".join(parts)

    def _received(self, request: Request, body: bytes) -> Received:
        rest = str(request.path_params.get("rest", ""))
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
