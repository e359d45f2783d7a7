"""A small HTTP/1.1 client for sinks: one kept connection, one request at a time, bounded answers, named timeouts.

Laws
- Everything sent through it is harmless when repeated: a kept connection that the server had meanwhile closed is
  replaced once, and the same bytes are sent again.
- An answer that arrives before the request is fully sent counts (a 413 does): the connection is then given up.
- Nothing waits for ever: ``Timeouts`` names every wait. At most ``max_answer_bytes`` of an answer are kept.
- Certificates are always verified.

An ``asyncio.Protocol`` and not streams: a stream reader forgets the answer it holds once a write fails.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

import h11
import msgspec

USER_AGENT = "citygate"
PORTS = {"http": 80, "https": 443}


class NoAnswerError(Exception):
    """The server gave no whole answer; the text tells which step failed. What it did with the request is unknown."""


class Timeouts(msgspec.Struct, frozen=True):
    """Every wait, in seconds: ``connect_s`` for TCP and TLS, ``answer_s`` from sending until the answer is whole."""

    connect_s: float = 5.0
    answer_s: float = 10.0


class Answer(msgspec.Struct, frozen=True):
    """A whole answer. Header names are lower case; ``body`` may be only the head of a longer one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


class HttpClient:
    """Speaks to one server. Requests of several tasks follow one another."""

    def __init__(
        self,
        url: str,
        *,
        timeouts: Timeouts | None = None,
        tls: ssl.SSLContext | None = None,
        max_answer_bytes: int = 64 << 10,
    ) -> None:
        """``url``: scheme, host, port and, where a proxy wants one, a path prefix. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is no http or https address. Write http://host:8086")
        self.timeouts = timeouts or Timeouts()
        self._host = parts.hostname
        self._port = parts.port or PORTS[parts.scheme]
        self._prefix = parts.path.rstrip("/")
        self._authority = parts.netloc.rpartition("@")[2]
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._max_answer_bytes = max_answer_bytes
        self._connection: _Connection | None = None
        self._turn = asyncio.Lock()

    @property
    def peer(self) -> str:
        """Host and port, for messages."""
        return f"{self._host}:{self._port}"

    async def request(
        self, method: str, target: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send one request and return the answer, whatever its status. Raises NoAnswerError."""
        head = h11.Request(
            method=method,
            target=self._prefix + target,
            headers=[
                ("host", self._authority),
                ("user-agent", USER_AGENT),
                ("content-length", str(len(body))),
                *(headers or {}).items(),
            ],
        )
        async with self._turn:
            kept = self._connection
            if kept is not None and kept.usable:
                try:
                    return await self._exchange(kept, head, body)
                except _StaleError:
                    pass
            return await self._exchange(await self._connect(), head, body)

    async def close(self) -> None:
        """Close the kept connection; the next request opens a new one."""
        self._drop()
        await asyncio.sleep(0)  # the transport closes its socket in the loop's next turn

    async def _connect(self) -> "_Connection":
        self._drop()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.timeouts.connect_s):
                _, connection = await loop.create_connection(
                    lambda: _Connection(self._max_answer_bytes),
                    self._host,
                    self._port,
                    ssl=self._tls,
                    server_hostname=self._host if self._tls else None,
                )
        except TimeoutError as error:
            text = f"connecting to {self.peer} took longer than connect_s = {self.timeouts.connect_s:g} s"
            raise NoAnswerError(text) from error
        except (OSError, ssl.SSLError) as error:
            raise NoAnswerError(f"cannot connect to {self.peer}: {error}") from error
        self._connection = connection
        return connection

    async def _exchange(self, connection: "_Connection", head: h11.Request, body: bytes) -> Answer:
        try:
            async with asyncio.timeout(self.timeouts.answer_s):
                answer = await connection.send(head, body)
        except TimeoutError as error:
            self._drop()
            text = f"{self.peer} gave no whole answer within answer_s = {self.timeouts.answer_s:g} s"
            raise NoAnswerError(text) from error
        except _StaleError as error:
            self._drop()
            if connection.answers:
                raise  # it answered before, so it was merely kept too long
            raise NoAnswerError(f"{self.peer} closed the connection without an answer") from error
        except h11.ProtocolError as error:
            self._drop()
            raise NoAnswerError(f"{self.peer} does not speak HTTP/1.1: {error}") from error
        except OSError as error:
            self._drop()
            raise NoAnswerError(f"the connection to {self.peer} broke: {error}") from error
        except BaseException:
            self._drop()  # cancelled half-way: what comes next on this connection belongs to nobody
            raise
        if not connection.usable:
            self._drop()
        return answer

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._connection = None


class _StaleError(Exception):
    """The connection ended before the first byte of an answer."""


class _Connection(asyncio.Protocol):
    """One TCP or TLS connection with its h11 state; ``answers`` counts what it has served."""

    def __init__(self, max_answer_bytes: int) -> None:
        self.answers = 0
        self._max_answer_bytes = max_answer_bytes
        self._transport: asyncio.Transport | None = None
        self._state = h11.Connection(h11.CLIENT)
        self._waiting: asyncio.Future[Answer] | None = None
        self._response: h11.Response | None = None
        self._body = bytearray()
        self._heard = False

    @property
    def usable(self) -> bool:
        """True when the next request may go over it."""
        transport, state = self._transport, self._state
        return transport is not None and not transport.is_closing() and state.our_state is h11.IDLE

    async def send(self, head: h11.Request, body: bytes) -> Answer:
        """One exchange. Raises _StaleError, OSError, h11.ProtocolError; the caller bounds the time."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._response, self._heard = None, False
        self._body.clear()
        sent = [self._state.send(head), self._state.send(h11.Data(body)) if body else b""]
        sent.append(self._state.send(h11.EndOfMessage()))
        self._transport.writelines(chunk for chunk in sent if chunk)
        answer = await self._waiting
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            if self._transport.get_write_buffer_size():
                self.abort()  # answered before it was sent: the rest of the body would follow
            else:
                self._state.start_next_cycle()
        self.answers += 1
        return answer

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's have its face and not its class

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():
            self.abort()  # nobody asked
            return
        self._heard = True
        self._state.receive_data(data)
        self._read_events()

    def eof_received(self) -> None:
        if self._waiting is not None and not self._waiting.done() and self._heard:
            self._state.receive_data(b"")  # an answer without a length ends here
            self._read_events()

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting is None or self._waiting.done():
            return
        if not self._heard:
            self._waiting.set_exception(_StaleError(str(error or "closed")))
        else:
            self._waiting.set_exception(error or ConnectionResetError("closed in the middle of an answer"))

    def _read_events(self) -> None:
        assert self._waiting is not None
        try:
            while True:
                event = self._state.next_event()
                match event:
                    case h11.Response():
                        self._response = event
                    case h11.Data():
                        room = self._max_answer_bytes - len(self._body)
                        self._body += event.data[:room]
                        if len(event.data) > room:
                            self._finish()
                            self.abort()  # the head is enough, the rest is not worth reading
                            return
                    case h11.EndOfMessage():
                        self._finish()
                        return
                    case h11.InformationalResponse():
                        pass
                    case _:
                        return  # NEED_DATA, PAUSED or ConnectionClosed: nothing more in hand
        except h11.ProtocolError as error:
            self._waiting.set_exception(error)

    def _finish(self) -> None:
        assert self._waiting is not None
        assert self._response is not None
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in self._response.headers}
        self._waiting.set_result(Answer(self._response.status_code, headers, bytes(self._body)))
