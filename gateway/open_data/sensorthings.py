"""``/sta/v1.1/``: OGC SensorThings 1.1, for reading: what GIS programs ask for of things and their series.

Laws
- Things, Locations, Datastreams and ObservedProperties are what ``…/meta`` tells everybody; of Observations everyone
  gets those whose channel their tier may read.
- Observations are ordered by the begin of their phenomenonTime. They are read in windows of some hundred values, so
  memory is flat and the newest ten of a year cost as little as the oldest ten.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.open_data import sta_bodies as bodies
from gateway.open_data.city import OpenPilot, Thing
from gateway.open_data.problems import Problem
from gateway.open_data.reading import Reading
from gateway.open_data.service import Body, Service
from gateway.open_data.sta_query import NAVIGATION, SETS, Options, Path, Set, options_of, path_of
from gateway.open_data.told import AGGREGATES, SINGLE, Question, told
from gateway.sinks.store.pages import Row, Series

ROOT = "/sta/v1.1"
ALL = AGGREGATES | SINGLE
WINDOW_ROWS = 500
CONFORMANCE = (
    "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel/thing",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel/location",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel/datastream",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel/observed-property",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel/observation",
)

Json = dict[str, Any]
Place = tuple[OpenPilot, Thing]
Stream = tuple[OpenPilot, Thing, str]
"""Of which pilot and thing, and which property: a Datastream."""


def endpoint(service: Service) -> Callable[[Request], "object"]:
    """The handler of everything below the root."""

    async def handler(request: Request) -> Response:
        text = request.path_params.get("path", "")
        if not text:
            options_of(request, "Things", many=False)
            return await service.answer(request, _root)
        path = path_of(text)
        of, many = NAVIGATION[path.set][path.leads_to] if path.leads_to else (path.set, not path.id)
        options = options_of(request, of, many=many)
        return await service.answer(request, lambda reading: _Answer(reading, path, options).body(of, many=many))

    return handler


def _root(reading: Reading) -> Body:
    root = reading.settings.base_url + ROOT
    value = [{"name": name, "url": f"{root}/{name}"} for name in SETS]
    return Body(msgspec.json.encode({"value": value, "serverSettings": {"conformance": CONFORMANCE}}))


class _Answer:
    """One question."""

    def __init__(self, reading: Reading, path: Path, options: Options) -> None:
        self._reading = reading
        self._path = path
        self._options = options
        self._addresses = bodies.Addresses(reading.settings.base_url + ROOT)

    def body(self, of: Set, *, many: bool) -> Body:
        """Raises Problem where there is no such entity, or where it is asked for what cannot be."""
        found = self._entities(of)
        if not many:
            one = next(found, None)
            if one is None:
                mend = f"{ROOT}/{self._path.set} lists what there is for you."
                raise Problem(404, f"there is no {self._path.set}({self._path.id})", mend, where="path")
            return Body(msgspec.json.encode(one))
        options = self._options
        skipped = sum(1 for _ in islice(found, options.skip))
        page = list(islice(found, options.top))
        more = next(found, None) is not None
        answer: Json = {}
        if options.counts:
            answer["@iot.count"] = skipped + len(page) + more + self._rest(found)
        if more and options.top:
            answer["@iot.nextLink"] = self._next_link()
        return Body(msgspec.json.encode(answer | {"value": page}))

    def _rest(self, found: Iterator[Json]) -> int:
        most = self._reading.settings.max_rows
        rest = sum(1 for _ in islice(found, most + 1))
        if rest > most:
            raise Problem(
                400, f"there are more than {most} to count", "Narrow $filter, or leave $count out.", where="$count"
            )
        return rest

    def _next_link(self) -> str:
        given = dict(self._options.given) | {"$skip": str(self._options.skip + self._options.top)}
        path = self._path
        own = path.set + (f"({path.id})" if path.id else "") + (f"/{path.leads_to}" if path.leads_to else "")
        if path.set == "Observations" and path.id:
            own = own.replace(f"({path.id})", f"('{path.id}')")
        return f"{self._addresses.root}/{own}?{urlencode(given, quote_via=quote, safe='$')}"

    def _entities(self, of: Set) -> Iterator[Json]:
        match of:
            case "Things":
                return (self._thing(place) for place in self._places())
            case "Locations":
                located = (thing for _, thing in self._places() if thing.entity.location is not None)
                return (bodies.location_body(self._addresses, thing) for thing in located)
            case "ObservedProperties":
                names = sorted({name for _, _, name in self._streams()})
                return (bodies.property_body(self._addresses, name) for name in names)
            case "Datastreams":
                return (self._datastream(stream) for stream in self._streams())
            case "Observations":
                return self._observations()

    def _places(self) -> Iterator[Place]:
        """Things that the path speaks of."""
        for pilot in self._reading.city.pilots.values():
            for thing in self._reading.things(pilot):
                if self._is_meant(pilot, thing):
                    yield pilot, thing

    def _is_meant(self, pilot: OpenPilot, thing: Thing) -> bool:
        path = self._path
        if path.set in ("Things", "Locations"):
            return not path.id or path.id == str(bodies.thing_id(thing))
        return any(self._is_stream_meant(thing, name) for name in self._reading.properties(pilot, thing))

    def _is_stream_meant(self, thing: Thing, name: str) -> bool:
        path = self._path
        if not path.id or path.set in ("Things", "Locations"):
            return True
        if path.set == "ObservedProperties":
            return path.id == str(bodies.property_id(name))
        return path.id.partition("-")[0] == str(bodies.datastream_id(thing, name))

    def _streams(self) -> Iterator[Stream]:
        """Datastreams that the path speaks of."""
        for pilot, thing in self._places():
            for name in self._reading.properties(pilot, thing):
                if self._is_stream_meant(thing, name):
                    yield pilot, thing, name

    def _thing(self, place: Place) -> Json:
        pilot, thing = place
        body = bodies.thing_body(self._addresses, thing)
        if "Locations" in self._options.expand:
            has_place = thing.entity.location is not None
            body["Locations"] = [bodies.location_body(self._addresses, thing)] if has_place else []
        if "Datastreams" in self._options.expand:
            names = self._reading.properties(pilot, thing)
            body["Datastreams"] = [bodies.datastream_body(self._addresses, thing, name) for name in names]
        return body

    def _datastream(self, stream: Stream) -> Json:
        _, thing, name = stream
        body = bodies.datastream_body(self._addresses, thing, name)
        if "Thing" in self._options.expand:
            body["Thing"] = bodies.thing_body(self._addresses, thing)
        if "ObservedProperty" in self._options.expand:
            body["ObservedProperty"] = bodies.property_body(self._addresses, name)
        return body

    def _observations(self) -> Iterator[Json]:
        if self._options.backwards and self._path.set != "Datastreams":
            mend = "Ask Datastreams(…)/Observations."
            raise Problem(501, "$orderby over many Datastreams is not supported here", mend, where="$orderby")
        times = None
        if self._path.set == "Observations" and self._path.id:
            times = _times_of(self._path.id)
        for pilot, thing, name in self._streams():
            for row in self._windows(pilot, thing, name, times):
                if times is None or row.observation.interval_ns == times[1]:
                    yield bodies.observation_body(self._addresses, thing, row)

    def _windows(self, pilot: OpenPilot, thing: Thing, name: str, times: tuple[int, int] | None) -> Iterator[Row]:
        """The values of one Datastream in order of their begin, window by window."""
        from_ns, to_ns = (times[0], times[0] + 1) if times else (self._options.from_ns, self._options.to_ns)
        tier = self._reading.grant.tier_for(thing.pilot)
        series = self._reading.series(pilot)
        own = [one for one in series[thing.feature] if one.property == name]
        while from_ns < to_ns:
            first_ns, last_ns = self._window(own, from_ns, to_ns)
            question = Question(tier, ALL, first_ns, last_ns, frozenset({name}), self._reading.until_ns)
            rows = [row for row in told(self._reading.pages, pilot, thing, series, question) if row is not None]
            rows.sort(key=lambda row: (row.observation.time_ns, row.observation.interval_ns))
            yield from reversed(rows) if self._options.backwards else rows
            if self._options.backwards:
                to_ns = first_ns
            else:
                from_ns = last_ns

    def _window(self, own: Sequence[Series], from_ns: int, to_ns: int) -> tuple[int, int]:
        """The part of a period to read next: no series has more than ``WINDOW_ROWS`` values in it."""
        pages, backwards = self._reading.pages, self._options.backwards
        edges = [pages.edge(one, from_ns=from_ns, to_ns=to_ns, count=WINDOW_ROWS, backwards=backwards) for one in own]
        found = [edge for edge in edges if edge is not None]
        if not found:
            return from_ns, to_ns
        if backwards:
            return min(max(found), to_ns - 1), to_ns
        return from_ns, max(min(found), from_ns + 1)


def _times_of(number: str) -> tuple[int, int]:
    """Begin and length in the id of an Observation. Raises Problem."""
    parts = number.split("-")
    if len(parts) != 3 or any(not part.isdigit() or len(part) > 19 for part in parts):  # noqa: PLR2004 - see bodies
        mend = "It is what @iot.id says, in quotes: Observations('…')."
        raise Problem(404, "this is not the id of an Observation", mend, where="path")
    time_ns, interval_ns = int(parts[1]), int(parts[2])
    return min(time_ns, 1 << 61), interval_ns
