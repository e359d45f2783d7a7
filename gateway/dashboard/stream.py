"""``/api/stream``: server-sent events, one beat a second for all open pages.

    each page: every second ─▶ Board.now ─▶ what changed since *this* page was told ─▶ one piece of bytes

Laws
- There is no queue: a page that reads slowly is told the newest state when it has taken the last piece, and skips
  what lay between. Named events are kept a hundred at most, and what was missed of more is missed.
- Pieces are made once a beat and shared: sixteen pages cost little more than one.
- Format: WHATWG HTML, server-sent events: ``event:`` and ``data:`` lines, a blank line, ``:`` before a comment.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.dashboard.answering import RefusalError, encode
from gateway.dashboard.answers import Hello, Reload, ThingsChanged
from gateway.dashboard.board import Board
from gateway.dashboard.machine_room import EventBook, gateway_page
from gateway.dashboard.overview import overview
from gateway.version import VERSION

MAX_PAGES = 16
BEAT_S = 1.0
GATEWAY_EVERY_BEATS = 2
OVERVIEW_AT_LEAST_EVERY_BEATS = 30
ALIVE_EVERY_BEATS = 15
MAX_CHANGED = 200
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",  # a proxy in front shall pass each piece on at once
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
MEDIA_TYPE = "text/event-stream"
UNTIMED = ("at_ms", "uptime_s", "rates")
"""Fields of the overview that alone are no reason to tell it again."""


class Counted(StreamingResponse):
    """A stream that counts as an open page from the moment it is promised until it has ended, however it ends."""

    def __init__(self, board: Board, pieces: AsyncIterator[bytes]) -> None:
        super().__init__(pieces, headers=HEADERS, media_type=MEDIA_TYPE)
        self._board = board
        board.pages_open += 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the page goes."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._board.pages_open -= 1


class Told(msgspec.Struct):
    """What one page knows: versions of things and overview, the last event, the files, and how many beats it had."""

    things: int
    overview: bytes
    event: int
    files: int
    beats: int = 0


class Beat(msgspec.Struct):
    """One second's pieces, made once for all pages. ``at`` is the beat's number by the loop's clock."""

    at: int = -1
    overview: bytes = b""
    overview_core: bytes = b""
    gateway: bytes = b""


class Stream:
    """The endpoint. One per board."""

    def __init__(self, board: Board, events: EventBook) -> None:
        self._board = board
        self._events = events
        self._beat = Beat()

    async def answer(self, request: Request) -> Response:
        """A stream that ends when the page goes. Raises RefusalError where too many are open."""
        if self._board.pages_open >= MAX_PAGES:
            raise RefusalError("too-many-pages", MAX_PAGES)
        if request.method == "HEAD":
            return Response(headers=HEADERS, media_type=MEDIA_TYPE)
        return Counted(self._board, self._pieces())

    async def _pieces(self) -> AsyncIterator[bytes]:
        board = self._board
        await board.now()
        newest = self._events.newest()
        told = Told(board.present.version, b"", newest[-1].number if newest else 0, board.book.files)
        yield b"retry: 2000\n" + piece("hello", Hello(board.now_ms, VERSION, board.book.files))
        while True:
            if news := self._news(told):
                yield news
            told.beats += 1
            await asyncio.sleep(BEAT_S)
            await board.now()

    def _news(self, told: Told) -> bytes:
        """Everything that this page does not know yet."""
        board, beat = self._board, self._now()
        parts: list[bytes] = []
        if board.book.files != told.files:
            told.files = board.book.files
            parts.append(piece("reload", Reload(told.files)))
        if beat.overview_core != told.overview or told.beats % OVERVIEW_AT_LEAST_EVERY_BEATS == 0:
            told.overview = beat.overview_core
            parts.append(beat.overview)
        if changed := self._changed(told):
            parts.append(changed)
        if told.beats % GATEWAY_EVERY_BEATS == 0:
            parts.append(beat.gateway)
        for event in self._events.newest():
            if event.number > told.event:
                told.event = event.number
                parts.append(piece("event", event))
        if not parts and told.beats % ALIVE_EVERY_BEATS == 0:
            parts.append(b": alive\n\n")
        return b"".join(parts)

    def _changed(self, told: Told) -> bytes:
        book = self._board.book
        ids = [id_ for id_, at in book.changed.items() if at > told.things]
        told.things = self._board.present.version
        if not ids:
            return b""
        things = tuple(book.things[id_] for id_ in ids[:MAX_CHANGED])
        return piece("things", ThingsChanged(self._board.now_ms, things, len(ids) > MAX_CHANGED))

    def _now(self) -> Beat:
        """This beat's pieces; made by the first page that asks."""
        at = int(asyncio.get_running_loop().time() / BEAT_S)
        if at != self._beat.at:
            made = overview(self._board)
            core: dict[str, Any] = {name: getattr(made, name) for name in made.__struct_fields__ if name not in UNTIMED}
            self._beat = Beat(at, piece("overview", made), encode(core), piece("gateway", gateway_page(self._board)))
        return self._beat


def piece(name: str, body: msgspec.Struct) -> bytes:
    """One server-sent event; JSON has no bare line ends."""
    return b"event: " + name.encode() + b"\ndata: " + encode(body) + b"\n\n"
