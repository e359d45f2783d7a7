"""The HTTP server inside our own process."""

import contextlib
from collections.abc import Iterator

import uvicorn


class Embedded(uvicorn.Server):
    """A uvicorn server whose signals are ours, not its."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers alone."""
        yield
