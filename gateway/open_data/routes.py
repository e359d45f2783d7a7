"""Every address, and what all of them share: reading only, open to pages of others (CORS), refusals as problems.

/open/v1                                        pilots                 downloads.py
/open/v1/{pilot}/{observations,aggregates}.*    files                  downloads.py
/ngsi-ld/v1/entities[/{id}]                     states                 ngsi_ld.py
/sta/v1.1/…                                     SensorThings           sensorthings.py
/gbfs/3.0/{pilot}/{feed}.json                   docking stations       gbfs.py
"""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.open_data import documents, downloads, gbfs, ngsi_ld, sensorthings
from gateway.open_data.problems import Problem, answer_problem
from gateway.open_data.service import Service

EXPOSED = ("ETag", "Last-Modified", "Link", "NGSILD-Results-Count", "Retry-After")


def application(service: Service) -> Starlette:
    """The ASGI application."""
    routes = [
        Route("/open/v1", downloads.overview(service), methods=["GET"]),
        *(
            Route(f"/open/v1/{{pilot}}/{name}", documents.endpoint(service, name), methods=["GET"])
            for name in ("_asyncapi", "_catalog", "about.html")
        ),
        Route("/open/v1/{pilot}/{kind}.{form}", downloads.endpoint(service), methods=["GET"]),
        Route(ngsi_ld.ENTITIES, ngsi_ld.entities(service), methods=["GET"]),
        Route(ngsi_ld.ENTITIES + "/{id:path}", ngsi_ld.entity(service), methods=["GET"]),
        Route(sensorthings.ROOT, sensorthings.endpoint(service), methods=["GET"]),
        Route(sensorthings.ROOT + "/{path:path}", sensorthings.endpoint(service), methods=["GET"]),
        Route(gbfs.ROOT + "/{pilot}/{feed}.json", gbfs.endpoint(service), methods=["GET"]),
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD"],
        allow_headers=["Authorization", "If-None-Match"],
        expose_headers=EXPOSED,
    )
    refusals = {Problem: answer_problem, HTTPException: _answer_exception}
    made = Starlette(routes=routes, middleware=[cors], exception_handlers=refusals)
    made.router.redirect_slashes = False  # an address has one form; a redirect would repeat the Host that was sent
    return made


async def _answer_exception(_request: Request, error: Exception) -> Response:
    """What the router itself refuses: another path, another method."""
    assert isinstance(error, HTTPException)
    mend = "GET and HEAD are all there is." if error.status_code == 405 else "/open/v1 lists what there is."  # noqa: PLR2004 - HTTP
    answer = Problem(error.status_code, error.detail.lower(), mend, where="path").response()
    answer.headers.update(error.headers or {})
    return answer
