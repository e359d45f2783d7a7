"""One worker process seen from the gateway: start it, send it requests, take its frames apart, end it.

Law: what comes back is foreign. A frame that is too long, of an unknown kind or not asked for ends the worker.
"""

import asyncio
import contextlib
import marshal
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from gateway.codecs import worker

HERE = Path(__file__).parent
MAX_FRAME_BYTES = worker.MAX_ANSWER_BYTES + 1_024

OnFrame = Callable[[int, int, bytes], None]
"""Called with kind, number and body."""


class WorkerProcess(asyncio.SubprocessProtocol):
    """Lives from ``start`` until ``on_end``; after that nothing is called any more."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        """Set when the worker said hello, and when it ended without."""
        self.gone = asyncio.Event()
        self.greeted = False
        self.ended = False
        self.pid = 0
        self.known: set[int] = set()
        """Numbers of the codecs that were sent to it."""
        self.on_frame: OnFrame = lambda _kind, _number, _body: None
        self.on_end: Callable[[int | None], None] = lambda _code: None
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None
        self._unread = bytearray()
        self._pidfd: int | None = None

    @classmethod
    async def start(cls, engine: Path) -> "WorkerProcess":
        """Start the program; it greets a little later. Raises OSError."""
        loop = asyncio.get_running_loop()
        environment = {"TZ": "UTC"}
        if "LD_LIBRARY_PATH" in os.environ:  # an interpreter may need it to find its own library
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        _transport, process = await loop.subprocess_exec(
            cls,
            *(sys.executable, "-I", "-S", "-B", str(HERE / "worker.py"), str(engine), str(HERE / "prelude.js")),
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
        return process

    def send(self, *request: str | float) -> None:
        """Queue one request for the pipe."""
        body = marshal.dumps(request)
        if self._stdin is not None:
            self._stdin.write(len(body).to_bytes(4, "little") + body)

    def kill(self) -> None:
        """End it now; ``on_end`` follows.

        By pidfd: asyncio's own kill reaps a process that has just died by itself, and the exit code, which tells whom
        to blame, would be lost.
        """
        if self._transport is None or self.ended:
            return
        with contextlib.suppress(ProcessLookupError):
            if self._pidfd is None:
                self._transport.kill()
            else:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def let_go(self) -> None:
        """End it without being told."""
        self.on_frame = lambda _kind, _number, _body: None
        self.on_end = lambda _code: None
        self.kill()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The program runs."""
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport
        self.pid = transport.get_pid()
        with contextlib.suppress(OSError):  # a kernel before 5.3, or a filter that forbids it
            self._pidfd = os.pidfd_open(self.pid)
        stdin = transport.get_pipe_transport(0)
        assert isinstance(stdin, asyncio.WriteTransport)
        self._stdin = stdin

    def pipe_data_received(self, _fd: int, data: bytes | bytearray) -> None:
        """Frames, cut anywhere."""
        unread = self._unread
        unread += data
        start = 0
        while len(unread) - start >= worker.HEADER_BYTES and not self.ended:
            size = int.from_bytes(unread[start : start + 4], "little")
            if size > MAX_FRAME_BYTES:
                self.kill()
                break
            body = start + worker.HEADER_BYTES
            if len(unread) < body + size:
                break
            self._take(
                unread[start + 4], int.from_bytes(unread[start + 5 : body], "little"), bytes(unread[body : body + size])
            )
            start = body + size
        del unread[:start]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the exit code says more
        """The process is gone and all it wrote has been read."""
        self.ended = True
        self.ready.set()
        self.gone.set()
        transport, self._transport, self._stdin = self._transport, None, None
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        assert transport is not None
        code = transport.get_returncode()
        transport.close()
        self.on_end(code)

    def _take(self, kind: int, number: int, body: bytes) -> None:
        if kind == worker.HELLO:
            self.greeted = True
            self.ready.set()
        else:
            self.on_frame(kind, number, body)
