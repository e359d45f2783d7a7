"""``/healthz`` for load balancers and watchdogs of others, ``/metrics`` for Prometheus."""

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.health.condition import Condition
from gateway.health.conditions import conditions
from gateway.http.guard import is_known

if TYPE_CHECKING:
    from gateway.run import Gateway

BARE = frozenset({"/healthz"})
"""Answered without the token, too: who watches over a gateway need not be able to read it."""


def health_routes(gateway: "Gateway") -> list[BaseRoute]:
    """Both pages of a gateway."""

    async def healthz(request: Request) -> Response:
        found = conditions(gateway)
        body = health_body(found) if is_known(request) else {"status": status_word(found)}
        return Response(msgspec.json.encode(body), 503 if is_critical(found) else 200, media_type="application/json")

    async def metrics(request: Request) -> Response:
        from gateway.health.exposition import expose  # noqa: PLC0415 - who is never scraped does not pay for it

        body, media_type = expose(gateway, request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": media_type})

    return [Route("/healthz", healthz), Route("/metrics", metrics)]


def is_critical(found: list[Condition]) -> bool:
    """Must a person act?"""
    return any(one.severity == "critical" for one in found)


def status_word(found: list[Condition]) -> str:
    """``ok``, ``warning`` or ``critical``: the worst of what is wrong."""
    return "critical" if is_critical(found) else "warning" if found else "ok"


def health_body(found: list[Condition]) -> dict[str, Any]:
    """The answer with its reasons: what is wrong, what to do, since when (nanoseconds since 1970)."""
    return {"status": status_word(found), "conditions": found}
