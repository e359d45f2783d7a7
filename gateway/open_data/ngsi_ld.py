"""``/ngsi-ld/v1/entities``: what is last known of each entity, a read-only subset of the NGSI-LD API (ETSI GS CIM 009).

Laws
- The bodies are those of the topic ``…/state``, in the concise form, and of what is only said of intervals the newest
  one; ``options=keyValues`` gives names and values alone.
- Attributes are those that the asker's tier may read. Without a key these are the newest aggregates of 1h and 1d; an
  entity of which nothing is open to the asker is not there for them.
- What the subset lacks is refused by its name; a query is never answered as if it had asked for less.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.open_data.city import Thing
from gateway.open_data.params import Params
from gateway.open_data.problems import Problem, quoted
from gateway.open_data.reading import Reading, links
from gateway.open_data.service import Body, Service
from gateway.open_data.told import Asker, newest
from pipelines.encodings.ngsi_ld import state_body
from pipelines.vocabulary import FEATURE_TYPES

ENTITIES = "/ngsi-ld/v1/entities"
KNOWN = ("type", "id", "limit", "offset", "count", "options")
LACKING = frozenset(
    {"q", "georel", "geometry", "coordinates", "geoproperty", "attrs", "scopeQ", "csf", "idPattern", "lang", "format"}
)
CONTEXT = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld"
DEFAULT_LIMIT, MOST = 20, 500
TYPES = frozenset(kind.sdm_type for kind in FEATURE_TYPES.values())

Json = Mapping[str, Any]


def entities(service: Service) -> Callable[[Request], "object"]:
    """The handler of the list."""

    async def handler(request: Request) -> Response:
        _refuse_lacking(request)
        params = Params(request, KNOWN)
        return await service.answer(request, lambda reading: _list(reading, params))

    return handler


def entity(service: Service) -> Callable[[Request], "object"]:
    """The handler of one entity."""

    async def handler(request: Request) -> Response:
        _refuse_lacking(request)
        params = Params(request, ("options",))
        wanted = request.path_params["id"]
        return await service.answer(request, lambda reading: _one(reading, wanted, params))

    return handler


def _refuse_lacking(request: Request) -> None:
    for name in request.query_params:
        if name in LACKING:
            mend = f"This subset understands {', '.join(KNOWN)}."
            raise Problem(501, f"{name} of NGSI-LD is not supported here", mend, where=name)


def _list(reading: Reading, params: Params) -> Body:
    types, ids = params.words("type", TYPES), params.words("id")
    if not types and not ids:
        mend = f"Name at least one: type={','.join(sorted(TYPES)[:3])}…, or id."
        raise Problem(400, "neither type nor id is given", mend, where="type")
    limit = params.number("limit", DEFAULT_LIMIT, most=MOST)
    offset = params.number("offset", 0, most=10_000_000)
    reduce = _form(params)
    wants_count = params.flag("count")
    if limit == 0 and not wants_count:
        raise Problem(400, "limit=0 without count=true asks for nothing", "Add count=true.", where="limit")
    found = _bodies(reading, lambda thing: _matches(thing, types, ids))
    skipped = sum(1 for _ in islice(found, offset))
    page = [reduce(body) for body in islice(found, limit)]
    more = next(found, None) is not None
    headers = dict(_page_links(reading, params, limit=limit, offset=offset, more=more))
    if wants_count:
        headers["NGSILD-Results-Count"] = str(skipped + len(page) + more + sum(1 for _ in found))
    return Body(msgspec.json.encode(page), headers=headers)


def _one(reading: Reading, wanted: str, params: Params) -> Body:
    reduce = _form(params)
    for body in _bodies(reading, lambda thing: thing.entity.id == wanted):
        return Body(msgspec.json.encode(reduce(body)), headers=_page_links(reading))
    mend = f"{ENTITIES}?type=… lists what is open to you; some need a key."
    raise Problem(404, f"there is no entity {quoted(wanted)} that is open to you", mend, where="path")


def _matches(thing: Thing, types: frozenset[str], ids: frozenset[str]) -> bool:
    return (not types or _type(thing) in types) and (not ids or thing.entity.id in ids)


def _bodies(reading: Reading, is_wanted: Callable[[Thing], bool]) -> Iterator[Json]:
    for name, pilot in reading.city.pilots.items():
        tier = reading.grant.tier_for(name)
        for thing in filter(is_wanted, reading.things(pilot)):
            latest = newest(reading.pages, pilot, thing, reading.series(pilot), Asker(tier, reading.until_ns))
            if latest:
                yield msgspec.json.decode(state_body(thing.entity, latest))


def _type(thing: Thing) -> str:
    return thing.entity.feature_type.sdm_type


def _form(params: Params) -> Callable[[Json], Json]:
    options = params.words("options", ("concise", "keyValues", "simplified", "normalized"))
    if "normalized" in options:
        raise Problem(
            501, "the normalized form is not supported here", "Ask for concise or keyValues.", where="options"
        )
    return key_values if options & {"keyValues", "simplified"} else dict


def key_values(body: Json) -> Json:
    """An entity reduced to names and values; what has no value is left out."""
    reduced: dict[str, Any] = {}
    for name, attribute in body.items():
        if not isinstance(attribute, dict) or name == "location":
            reduced[name] = attribute
        elif "value" in attribute or "object" in attribute:
            reduced[name] = attribute.get("value", attribute.get("object"))
    return reduced


def _page_links(
    reading: Reading, params: Params | None = None, *, limit: int = 0, offset: int = 0, more: bool = False
) -> Mapping[str, str]:
    """Links to the context, and to the pages before and after."""
    context = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    if params is None:
        return {"Link": context}

    def page(at: int) -> str:
        words = {name: params.text(name) for name in ("type", "id", "count", "options") if params.text(name)}
        query = urlencode({**words, "limit": limit, "offset": at}, quote_via=quote)
        return f"{reading.settings.base_url}{ENTITIES}?{query}"

    paging = links(next=page(offset + limit) if more else "", prev=page(max(0, offset - limit)) if offset else "")
    return {"Link": ", ".join([context, *paging.values()])}
