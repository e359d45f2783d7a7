"""Every address of the page, as README.md lists them. Mounted on the operators' listener, which guards the door.

Laws
- Reading only. An answer is made of what is in memory, or of what a thread has read; the loop waits for no disk.
- What cannot be answered is an ``Error`` with its status. An address that is not there shows the page, which says so.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.dashboard import assets
from gateway.dashboard.answering import RefusalError, encode, json_answer, refusal_answer
from gateway.dashboard.answers import EventsAnswer, Things
from gateway.dashboard.board import Board
from gateway.dashboard.domains import domain_page, domains
from gateway.dashboard.inbox import inbox
from gateway.dashboard.machine_room import EventBook, gateway_page
from gateway.dashboard.overview import overview
from gateway.dashboard.questions import wanted_series
from gateway.dashboard.series import series
from gateway.dashboard.stream import Stream
from gateway.dashboard.thing_page import thing_page
from gateway.dashboard.things import MAX_THINGS
from gateway.dashboard.words import notice, words

if TYPE_CHECKING:
    from gateway.run import Gateway

PAGES = ("/", "/things", "/domains", "/parking", "/waste", "/cycling", "/green", "/inbox", "/gateway", "/events")
DEEP_PAGES = ("/things/{rest:path}", "/domains/{rest:path}")

Ask = Callable[[Request], Awaitable[msgspec.Struct]]
Endpoint = Callable[[Request], Awaitable[Response]]


def routes(gateway: "Gateway") -> list[BaseRoute]:
    """The routes over one gateway."""
    board = Board(gateway)
    events = EventBook(gateway)
    stream = Stream(board, events)
    known = assets.listed()
    origin = assets.origin_of(gateway.config.http.tiles)
    page = _guarded_file(assets.shell(known, origin))
    questions = _questions(board, events)
    return [
        *(Route(path, page) for path in (*PAGES, *DEEP_PAGES)),
        Route("/assets/{path:path}", _guarded_file(assets.asset(known))),
        Route("/api/words", _words(board)),
        Route("/api/stream", _guarded(stream.answer)),
        *(Route(path, _guarded(_json(board, ask))) for path, ask in questions.items()),
        Route("/api/{rest:path}", _guarded(_nowhere)),
        Route("/{rest:path}", _guarded_file(assets.shell(known, origin, status=404))),
    ]


def _questions(board: Board, events: EventBook) -> dict[str, Ask]:
    async def ask_overview(_request: Request) -> msgspec.Struct:
        return overview(board)

    async def ask_things(_request: Request) -> msgspec.Struct:
        return things(board)

    async def ask_thing(request: Request) -> msgspec.Struct:
        return await thing_page(board, request.query_params.get("id", ""))

    async def ask_series(request: Request) -> msgspec.Struct:
        return await series(board, wanted_series(request.query_params, board.gateway.clock.wall_ns()))

    async def ask_domains(_request: Request) -> msgspec.Struct:
        return domains(board)

    async def ask_domain(request: Request) -> msgspec.Struct:
        return await domain_page(board, request.path_params["domain"])

    async def ask_inbox(_request: Request) -> msgspec.Struct:
        return await inbox(board)

    async def ask_gateway(_request: Request) -> msgspec.Struct:
        return gateway_page(board)

    async def ask_events(_request: Request) -> msgspec.Struct:
        return EventsAnswer(board.now_ms, tuple(reversed(events.newest())))

    return {
        "/api/overview": ask_overview,
        "/api/things": ask_things,
        "/api/thing": ask_thing,
        "/api/series": ask_series,
        "/api/domains": ask_domains,
        "/api/domains/{domain}": ask_domain,
        "/api/inbox": ask_inbox,
        "/api/gateway": ask_gateway,
        "/api/events": ask_events,
    }


def things(board: Board) -> Things:
    """``/api/things``: every device, for list and map."""
    found = board.book.ordered()
    placed = [(one.longitude, one.latitude) for one in found if one.longitude is not None and one.latitude is not None]
    east = [longitude for longitude, _ in placed if longitude is not None]
    north = [latitude for _, latitude in placed if latitude is not None]
    notices = board.notices()
    if not found:
        notices.append(notice("no-devices"))
    elif not board.present.spoken:
        notices.append(notice("nothing-heard"))
    return Things(
        at_ms=board.now_ms,
        total=len({one.id for one in board.gateway.known.files.devices}),
        things=tuple(found[:MAX_THINGS]),
        box=(min(east), min(north), max(east), max(north)) if placed else None,
        tiles=board.gateway.config.http.tiles,
        notices=tuple(notices),
    )


def _json(board: Board, ask: Ask) -> Endpoint:
    async def answer(request: Request) -> Response:
        await board.now()
        return json_answer(request, encode(await ask(request)))

    return answer


def _words(board: Board) -> Endpoint:
    """Made once for a zone, which changes only with the operator's files."""
    made = cache(lambda zone: encode(words(zone)))

    async def answer(request: Request) -> Response:
        return json_answer(request, made(board.zone()))

    return answer


def _guarded(answer: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except RefusalError as refused:
            return refusal_answer(refused)

    return guarded


def _guarded_file(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Starlette runs it in a thread, as it is no coroutine: files are read there."""

    def guarded(request: Request) -> Response:
        try:
            return answer(request)
        except RefusalError as refused:
            return refusal_answer(refused)

    return guarded


async def _nowhere(request: Request) -> Response:
    raise RefusalError("not-found", request.url.path[:200])
