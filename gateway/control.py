r"""How commands talk to the running gateway: one Unix socket, one JSON object a line, in both directions.

    ask ──▶ {"command": "replay", "since_ns": …}\n
        ◀── {"reply": {…}}\n …                         as many as the handler yields
        ◀── {"done": true}\n   or   {"error": "what", "mend": "how"}\n

Laws
- Only the gateway's own user and root may ask: the socket has mode 0600 and the kernel's word on the peer is checked.
- A question is one line of at most 64 KiB, sent within ten seconds. What cannot be understood is answered, not raised.
- A client that goes away cancels its question; the gateway itself is never held up by a slow reader.
"""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

Reply = dict[str, Any]
Handler = Callable[[Reply], AsyncIterator[Reply]]
"""Takes the question (without ``command``), yields replies; raises ControlError for what the asker should be told."""

MAX_LINE_BYTES = 1 << 16
ASK_WITHIN_S = 10.0
MAX_CLIENTS = 16
CONNECT_WITHIN_S = 2.0
LONGEST_SOCKET_PATH = 107  # sun_path of Linux, without its closing zero


class NotRunningError(Exception):
    """Nobody listens on the control socket."""


class ControlError(Exception):
    """The gateway answered that it could not; ``mend`` says what to do."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.mend = mend


class ControlServer:
    """``async with ControlServer(path, handlers): …`` answers until the block ends."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self.path = path
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._clients = 0

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError where the socket cannot be made, with the mend in its text."""
        self._server = await asyncio.start_unix_server(self._serve, sock=self._bound(), limit=MAX_LINE_BYTES)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and take the socket away."""
        if self._server is not None:
            self._server.close()
        self.path.unlink(missing_ok=True)

    def _bound(self) -> socket.socket:
        """The listening socket, 0600 from its first moment. The state directory's lock makes a found one stale."""
        if len(os.fsencode(self.path)) > LONGEST_SOCKET_PATH:
            raise OSError(f'{self.path} is too long for a socket: set a short path, [control] socket = "/run/…"')
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(str(self.path))
        except OSError:
            listener.close()
            raise
        finally:
            os.umask(before)
        return listener

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            try:
                await self._answer(reader, writer)
            except ControlError as error:
                await _send(writer, {"error": str(error), "mend": error.mend})
        except (ConnectionError, TimeoutError):
            pass  # the asker is gone: nobody is left to tell
        finally:
            self._clients -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not _may_ask(writer):
            raise ControlError("only the gateway's own user and root may ask", "Run the command with sudo.")
        if self._clients > MAX_CLIENTS:
            raise ControlError("too many commands ask at once", "Try again in a moment.")
        async with asyncio.timeout(ASK_WITHIN_S):
            question = await _read_question(reader)
        command = question.pop("command", None)
        handler = self._handlers.get(command) if isinstance(command, str) else None
        if handler is None:
            raise ControlError(f"this gateway knows no command {command!r}", "Are both of the same version?")
        replies = handler(question)
        try:
            async for reply in replies:
                await _send(writer, {"reply": reply})
        finally:
            if isinstance(replies, AsyncGenerator):
                await replies.aclose()  # an asker who went away ends the work now, not at the next collection
        await _send(writer, {"done": True})


async def _read_question(reader: asyncio.StreamReader) -> Reply:
    try:
        line = await reader.readuntil(b"\n")
        question = msgspec.json.decode(line, type=dict[str, Any])
    except asyncio.IncompleteReadError:
        raise ConnectionResetError from None
    except (asyncio.LimitOverrunError, msgspec.DecodeError) as error:
        raise ControlError("the question is not one JSON object on a line", "Are both of the same version?") from error
    return question


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(msgspec.json.encode(reply) + b"\n")
    async with asyncio.timeout(ASK_WITHIN_S):
        await writer.drain()


def _may_ask(writer: asyncio.StreamWriter) -> bool:
    """The kernel tells who is at the other end (struct ucred: pid, uid, gid)."""
    peer: socket.socket = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] in (0, os.geteuid())


def ask(path: Path, command: str, *, within_s: float | None = 60.0, **question: Any) -> Iterator[Reply]:
    """Ask the running gateway and yield its replies as they come.

    ``within_s`` bounds the wait for each reply. Raises NotRunningError, ControlError.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(CONNECT_WITHIN_S)
        try:
            line.connect(str(path))
        except PermissionError as error:
            raise ControlError(f"{path} belongs to another user", "Run the command with sudo.") from error
        except OSError as error:
            raise NotRunningError(f"nobody listens on {path}") from error
        line.settimeout(within_s)
        yield from _conversation(line, {"command": command, **question})


def _conversation(line: socket.socket, question: Reply) -> Iterator[Reply]:
    try:
        line.sendall(msgspec.json.encode(question) + b"\n")
        with line.makefile("rb") as answers:
            for answer in answers:
                reply = msgspec.json.decode(answer, type=dict[str, Any])
                if "error" in reply:
                    raise ControlError(reply["error"], reply.get("mend", ""))
                if "done" in reply:
                    return
                yield reply["reply"]
    except TimeoutError as error:
        raise ControlError("the gateway does not answer", "citygate status, or its log, tells more.") from error
    except (OSError, msgspec.DecodeError, KeyError) as error:
        raise ControlError("the gateway broke off in the middle of its answer", "Look into its log.") from error
    raise ControlError("the gateway stopped in the middle of its answer", "Start it, then ask again.")
