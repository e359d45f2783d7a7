"""The HTTP server inside our own process."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN_S = 10.0
"""From a request's first byte, or the connection, to the end of its head."""
UNREAD_WITHIN_S = 30.0
"""A peer that takes nothing of its answer for so long is let go by the kernel."""
HANG_UP_AFTER_S = 0.5
"""At a stop answers that are short come to their end; streams, which have none, are hung up on."""

MAX_CONNECTIONS = 64
IDLE_S = 15
HEAD_BYTES = 16 << 10
"""Of pages that people and their programs look at."""


def bound(address: tuple[str, int], *, backlog: int, said: str) -> socket.socket:
    """A listening socket. Raises OSError that begins with ``said``: which setting, and what stands there."""
    host, port = address
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=backlog)
    except OSError as error:
        raise OSError(f"{said} cannot be bound: {error}") from error


class Embedded(uvicorn.Server):
    """A uvicorn server whose signals are ours, not its."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers alone."""
        yield


async def serve_pages(
    app: ASGIApp,
    listener: socket.socket,
    *,
    http: str | type[asyncio.Protocol],
    close_within_s: int,
    cert_file: Path | None,
    key_file: Path | None,
) -> None:
    """Serve pages until cancelled; then answers have ``close_within_s`` to end. Closes the listener."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        http=http,
        ws="none",
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        backlog=MAX_CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=close_within_s,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ssl_certfile=cert_file,
        ssl_keyfile=key_file,
    )
    server = Embedded(config)
    try:
        await server.serve(sockets=[listener])
    except asyncio.CancelledError:
        await server.shutdown(sockets=[listener])
        raise
    finally:
        listener.close()


class Punctual(H11Protocol):
    """HTTP/1.1 that waits for nobody: slow heads, unread answers and endless streams do not hold a connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        peer: socket.socket | None = transport.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_WITHIN_S * 1_000))
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Stop waiting where the head is complete, begin where the next one has begun."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head_is_there()
        elif self._head_due is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._head_is_there()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End after the answer that is under way, if it ends soon."""
        super().shutdown()
        if not self.transport.is_closing():
            self.loop.call_later(HANG_UP_AFTER_S, self.transport.close)

    def _wait_for_head(self) -> None:
        self._head_due = self.loop.call_later(HEAD_WITHIN_S, self.transport.abort)

    def _head_is_there(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
