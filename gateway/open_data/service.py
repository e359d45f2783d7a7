"""What every address shares: who asks, how often, the thread that reads, and answers that are large.

    request ─▶ key ─▶ allowance ─▶ (thread) Reading ─▶ unchanged? 304 ─▶ body, or a stream of pieces

Laws
- Every answer but a refusal has an ETag made of the position of store and sums, the files in force, the question and
  the tier: whoever asks again with If-None-Match costs next to nothing.
- What was answered to a key is private to caches; what was answered without one may be kept for half a minute.
- A reader who takes no piece within ``STALLED_S`` is given up: a place is not held by doing nothing.
"""

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.clock import Clock
from gateway.events import Events
from gateway.open_data.city import City
from gateway.open_data.keys import Grant, Keys
from gateway.open_data.limits import Allowance, Downloads
from gateway.open_data.problems import Problem
from gateway.open_data.reading import Reading
from gateway.open_data.settings import OpenDataTable

STALLED_S = 60.0
TRIES_PER_MINUTE = 10
PUBLIC_AGE_S = 30
PIECE_BYTES = 128 << 10

Answer = TypeVar("Answer")


class InThread(Protocol):
    """Does blocking work in the thread."""

    def __call__(self, work: Callable[[], Answer]) -> Coroutine[Any, Any, Answer]:
        """The work's answer."""


class Body(msgspec.Struct):
    """A whole answer."""

    content: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = {}


class Large(msgspec.Struct):
    """An answer in pieces; an empty piece only gives way. ``file_name``: what a browser shall save it as."""

    pieces: Iterator[bytes]
    media_type: str
    file_name: str


class Service:
    """Shared by all addresses.

    ``city_now``: what the files in force say; the same object as long as they are the same. ``delay_ns``: how long the
    topics hold things back. ``sums``: what the open-topics sink remembers, where there is one.
    """

    def __init__(
        self,
        settings: OpenDataTable,
        file: Path,
        *,
        city_now: Callable[[], City],
        delay_ns: int,
        sums: Path | None = None,
        keys: Keys,
        clock: Clock,
        events: Events,
    ) -> None:
        self.settings = settings
        self._file = file
        self._city_now = city_now
        self._delay_ns = delay_ns
        self._sums = sums
        self._keys = keys
        self._clock = clock
        self._events = events
        self._allowance = Allowance(clock.monotonic_ns)
        self._downloads = Downloads(settings.max_downloads)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="open data")
        self._city: City | None = None
        self._generation = os.urandom(4)

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def grant(self, request: Request) -> Grant:
        """Who asks. Raises Problem."""
        given = request.headers.get("authorization")
        address = request.client.host if request.client else ""
        if given is not None and not self._keys.is_remembered(given):
            self._allowance.spend(f"tries {address}", TRIES_PER_MINUTE)
        grant = await self._in_thread(lambda: self._keys.grant(given))
        per_minute = self.settings.key_per_minute if grant.name else self.settings.public_per_minute
        self._allowance.spend(f"key {grant.name}" if grant.name else f"address {address}", per_minute)
        self._events.counts[f"open_data.{grant.tier}"] += 1
        return grant

    async def answer(self, request: Request, work: Callable[[Reading], Body | Large]) -> Response:
        """The answer to a request: ``work`` is done in the thread. Raises Problem."""
        grant = await self.grant(request)
        caller = grant.name or (request.client.host if request.client else "")
        self._downloads.take(caller)
        held = True
        try:
            reading = await self._in_thread(lambda: self._open(grant))
            try:
                headers = await self._in_thread(lambda: self._validators(request, reading))
                if headers["ETag"] in _tags(request.headers.get("if-none-match", "")):
                    return Response(status_code=304, headers=headers)
                found = await self._in_thread(lambda: work(reading))
                if isinstance(found, Body):
                    return Response(found.content, 200, {**headers, **found.headers}, found.media_type)
                headers["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
                stream = Stream(found, headers, self._in_thread, lambda: self._end(reading, caller))
                held = False
                return stream
            finally:
                if held:
                    await self._in_thread(reading.close)
        finally:
            if held:
                self._downloads.give_back(caller)

    def _end(self, reading: Reading, caller: str) -> None:
        reading.close()
        self._downloads.give_back(caller)

    def _open(self, grant: Grant) -> Reading:
        city = self._city_now()
        if self._city is not city:
            self._city, self._generation = city, os.urandom(4)
        until_ns = self._clock.wall_ns() - self._delay_ns
        return Reading(city, self._file, grant, self.settings, until_ns, sums=self._sums)

    def _validators(self, request: Request, reading: Reading) -> dict[str, str]:
        question = f"{request.method} {request.url.path}?{request.url.query}\0{reading.grant!r}".encode()
        tag = hashlib.blake2b(question, digest_size=9, key=self._generation).hexdigest()
        log = self._file.with_name(self._file.name + "-wal")
        written = max(file.stat().st_mtime for file in (self._file, log) if file.exists())
        age = "private, no-cache" if reading.grant.name else f"public, max-age={PUBLIC_AGE_S}"
        return {
            "ETag": f'W/"{reading.position}-{tag}"',
            "Last-Modified": formatdate(written, usegmt=True),
            "Cache-Control": age,
            "Vary": "Authorization",
        }

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise Problem(503, "the history cannot be read now", "Try again later.", retry_s=60) from error


def _tags(header: str) -> set[str]:
    return {tag.strip() for tag in header.split(",")}


class Stream(Response):
    """Pieces one by one, each when the one before it has been taken."""

    def __init__(
        self,
        large: Large,
        headers: Mapping[str, str],
        in_thread: InThread,
        end: Callable[[], None],
    ) -> None:
        super().__init__(None, 200, headers, large.media_type)
        del self.headers["content-length"]
        self._pieces = large.pieces
        self._in_thread = in_thread
        self._end = end
        self._gone = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all pieces, until the reader goes away. Raises TimeoutError for one who takes nothing."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                async with asyncio.TaskGroup() as group:
                    watching = group.create_task(self._watch(receive), name="open data reader")
                    try:
                        await self._send_pieces(send)
                    finally:
                        watching.cancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self._in_thread(self._close)  # in its turn, after a piece that is being made

    async def _send_pieces(self, send: Send) -> None:
        while not self._gone and (piece := await self._in_thread(self._next)) is not None:
            if piece:
                async with asyncio.timeout(STALLED_S):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _watch(self, receive: Receive) -> None:
        message: Message = await receive()
        while message["type"] != "http.disconnect":
            message = await receive()
        self._gone = True

    def _next(self) -> bytes | None:
        return next(self._pieces, None)

    def _close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        self._end()


def gathered(parts: Iterator[bytes | None]) -> Iterator[bytes]:
    """Small parts in pieces worth sending; None becomes an empty piece, to give way."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        if part is None:
            yield b""
            continue
        held.append(part)
        size += len(part)
        if size >= PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
