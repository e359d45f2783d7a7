"""The HTTP server inside our own process."""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn

LAST_PORT = 65_535


def bound(address: tuple[str, int], *, backlog: int, said: str) -> socket.socket:
    """A listening socket. Raises OSError that begins with ``said``: which setting, and what stands there."""
    host, port = address
    if port > LAST_PORT:
        raise OSError(f"{said} cannot be bound: no such port")
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
