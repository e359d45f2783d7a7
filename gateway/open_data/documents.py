"""``/open/v1/{pilot}/_asyncapi``, ``_catalog`` and ``about.html``: what data there are, for everybody.

The first two are the bodies that the topics retain under the same names; the third is the first one for people.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from gateway.open_data.params import Params
from gateway.open_data.reading import Reading
from gateway.open_data.service import Body, Service

HTML_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def endpoint(service: Service, name: str) -> Callable[[Request], "object"]:
    """The handler of one document: ``_asyncapi``, ``_catalog`` or ``about.html``."""

    async def handler(request: Request) -> Response:
        Params(request, ())
        return await service.answer(request, lambda reading: _document(reading, request.path_params["pilot"], name))

    return handler


def _document(reading: Reading, pilot: str, name: str) -> Body:
    from gateway.catalogue.facts import facts_of  # noqa: PLC0415 - half a megabyte that few ask for
    from gateway.catalogue.page import page  # noqa: PLC0415 - see above
    from pipelines.catalogue.documents import CONTENT_TYPES, documents  # noqa: PLC0415 - see above

    facts = facts_of(reading.city.open_city, reading.pilot(pilot).pilot.id, sensorthings=reading.city.sensorthings)
    if name == "about.html":
        return Body(page(facts).encode(), "text/html; charset=utf-8", HTML_HEADERS)
    body = next(body for topic, body in documents(facts).items() if topic.endswith(f"/{name}"))
    return Body(body, CONTENT_TYPES[name])
