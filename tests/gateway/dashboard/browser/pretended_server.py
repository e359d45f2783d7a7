"""The pretended city as the gateway serves it: the same files, the same headers, the same addresses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.dashboard import answers as a
from gateway.dashboard.answering import RefusalError, refusal_answer
from gateway.dashboard.assets import asset, listed, shell
from gateway.dashboard.words import words
from tests.gateway.dashboard.browser import pretended_domains as domains
from tests.gateway.dashboard.browser import pretended_pages as pages
from tests.gateway.dashboard.browser.pretended import NOW_MS, City

STREAM_EVERY_S = 0.4


def application(state: Callable[[], City]) -> Starlette:
    """The page and its answers, as ``state`` has them at each question."""
    known = listed()

    def api(build: Callable[[City, Request], Any]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            c = state()
            c.asked.append(request.url.path)
            if c.status != 200:
                return PlainTextResponse("this needs the token", c.status)
            try:
                return Response(msgspec.json.encode(build(c, request)), media_type="application/json")
            except RefusalError as refused:
                return refusal_answer(refused)

        return answer

    async def stream(_request: Request) -> Response:
        c = state()
        if not c.stream or c.status != 200:
            return PlainTextResponse("not now", 503 if c.status == 200 else c.status)

        async def tell() -> AsyncIterator[bytes]:
            hello = a.Hello(NOW_MS, "0.1.0", 1)
            yield b"event: hello\ndata: " + msgspec.json.encode(hello) + b"\n\n"
            while state().stream:
                now = state()
                now.told += 1
                yield b"event: overview\ndata: " + msgspec.json.encode(pages.overview(now)) + b"\n\n"
                yield b"event: gateway\ndata: " + msgspec.json.encode(pages.gateway_page(now)) + b"\n\n"
                changed = a.ThingsChanged(NOW_MS, tuple(now.things[:2]), all=False)
                yield b"event: things\ndata: " + msgspec.json.encode(changed) + b"\n\n"
                await asyncio.sleep(STREAM_EVERY_S)

        return StreamingResponse(tell(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    def hours(request: Request) -> float:
        return float(request.query_params.get("hours", 24))

    return Starlette(
        routes=[
            Route("/api/words", api(lambda c, _r: words(c.zone))),
            Route("/api/overview", api(lambda c, _r: pages.overview(c))),
            Route("/api/things", api(lambda c, _r: pages.all_things(c))),
            Route("/api/thing", api(lambda c, r: pages.thing_page(c, r.query_params["id"]))),
            Route(
                "/api/series",
                api(lambda c, r: pages.series(c, r.query_params["feature"], r.query_params["property"], hours(r))),
            ),
            Route("/api/inbox", api(lambda c, _r: pages.inbox(c))),
            Route("/api/gateway", api(lambda c, _r: pages.gateway_page(c))),
            Route("/api/events", api(lambda c, _r: pages.events(c))),
            Route("/api/domains", api(lambda c, _r: domains.all_domains(c.things, NOW_MS))),
            Route(
                "/api/domains/{name}",
                api(lambda c, r: domains.page(r.path_params["name"], c.things, NOW_MS, silent=c.street_silent)),
            ),
            Route("/api/stream", stream),
            Route("/assets/{path:path}", asset(known)),
            Route("/{path:path}", shell(known, None)),
        ],
    )
