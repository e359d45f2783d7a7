"""``/open/v1/{pilot}/observations.{csv,geojson,ndjson,parquet}`` and ``…/aggregates.…``: files of a period.

Laws
- A file is never cut off: what would be longer than ``max_rows`` is refused before the first byte.
- Periods are of the beginnings of intervals: ``[from, to)``.
"""

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import cast, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.open_data.city import OpenPilot, Thing
from gateway.open_data.keys import Grant
from gateway.open_data.params import Params
from gateway.open_data.problems import Problem, quoted
from gateway.open_data.reading import Reading
from gateway.open_data.service import Body, Large, Service, gathered
from gateway.open_data.told import (
    AGGREGATES,
    EARLIEST_NS,
    LATEST_NS,
    SINGLE,
    Question,
    may_be_told,
    told,
    wanted_things,
)
from pipelines.domains import HOUR_NS
from pipelines.encodings.downloads import MEDIA_TYPES, WRITERS, Record, record_of
from pipelines.open_data.channels import BY_NAME, PERIODS, TIERS, Period, Tier

KNOWN = ("domain", "property", "feature", "area", "from", "to")
FORMS = ("csv", "geojson", "ndjson", "parquet")
DAY_NS = 24 * HOUR_NS
KINDS = {"observations": SINGLE, "aggregates": AGGREGATES}


def endpoint(service: Service) -> Callable[[Request], "object"]:
    """The handler of both kinds of file."""

    async def download(request: Request) -> Response:
        kind, form = request.path_params["kind"], request.path_params["form"]
        if kind not in KINDS:
            mend = "Ask for observations or aggregates, such as aggregates.csv."
            raise Problem(404, f"there are no {quoted(kind)} to download", mend, where="path")
        _check_form(form)
        params = Params(request, (*KNOWN, "period") if kind == "aggregates" else KNOWN)
        return await service.answer(
            request, lambda reading: _file(reading, request.path_params["pilot"], kind, form, params)
        )

    return download


def _check_form(form: str) -> None:
    if form not in FORMS:
        mend = f"One of {', '.join(FORMS)}."
        raise Problem(406, f"there is no form {quoted(form)}", mend, where="path")
    if form == "parquet" and importlib.util.find_spec("pyarrow") is None:
        mend = "Ask for csv, geojson or ndjson; the operator gets it with pip install 'citygate[parquet]'."
        raise Problem(406, "Parquet is not installed here", mend, where="path")


def _file(reading: Reading, name: str, kind: str, form: str, params: Params) -> Large:
    pilot = reading.pilot(name)
    question = Question(
        reading.grant.tier_for(name),
        _channels(reading.grant, name, kind, params),
        params.instant("from", EARLIEST_NS),
        params.instant("to", LATEST_NS),
        params.properties(),
        reading.until_ns,
    )
    if question.from_ns >= question.to_ns:
        raise Problem(400, "from is not before to", "Exchange them, or leave one out.", where="from")
    things = _things(reading, pilot, question, params)
    areas = _areas(reading, pilot, question, params)
    records = _records(reading, pilot, (things, areas), question)
    return Large(_pieces(records, form), MEDIA_TYPES[form], f"{name}-{kind}.{form}")


def _channels(grant: Grant, pilot: str, kind: str, params: Params) -> frozenset[str]:
    """The channels that were asked for. Raises Problem where none of them is open to who asks."""
    wanted = KINDS[kind]
    if kind == "aggregates":
        periods = params.words("period", get_args(Period))
        wanted = frozenset(f"agg-{period}" for period in periods) or wanted
    tier = grant.tier_for(pilot)
    if not any(tier in BY_NAME[name].tiers for name in wanted):
        needed: Tier = min((BY_NAME[name].tiers[0] for name in wanted), key=TIERS.index)
        mend = f"They need a key of tier {needed} for this pilot; aggregates of 1h and 1d are open to everybody."
        raise Problem(403, f"these {kind} are not open to tier {tier}", mend, where="Authorization")
    return wanted


def _things(reading: Reading, pilot: OpenPilot, question: Question, params: Params) -> Sequence[Thing]:
    """Those that were asked for. Raises Problem where there are too many values of them."""
    domains, entities, areas = params.domains(), params.words("feature"), params.words("area")
    wanted = wanted_things(reading.things(pilot), entities, areas)
    things = [thing for thing in wanted if not domains or thing.entity.address.domain in domains]
    series, most = reading.series(pilot), reading.settings.max_rows
    lengths = [bounds for channel in sorted(question.channels) for bounds in _lengths(channel)]
    rows = 0
    for thing in things:
        for one in series.get(thing.feature, ()):
            if not question.wants(one.property) or not may_be_told(thing.subject, one.property):
                continue
            for shortest_ns, longest_ns in lengths:
                rows += reading.pages.count(
                    one,
                    from_ns=question.from_ns,
                    to_ns=question.to_ns,
                    shortest_ns=shortest_ns,
                    longest_ns=longest_ns,
                    most=most + 1 - rows,
                )
                _check_length(rows, most)
    return things


def _areas(reading: Reading, pilot: OpenPilot, question: Question, params: Params) -> Sequence[Thing]:
    """The areas of households that were asked for. Raises Problem where there are too many sums of them."""
    if "agg-1h" not in question.channels:
        return []
    domains = params.domains()
    wanted = wanted_things(reading.areas(pilot), params.words("feature"), params.words("area"))
    areas = [area for area in wanted if not domains or area.entity.address.domain in domains]
    most, rows = reading.settings.max_rows, 0
    for area in areas:
        period = {"from_ns": question.from_ns, "to_ns": question.to_ns}
        rows += reading.sums.count(pilot.pilot.id, area.feature, **period, most=most + 1 - rows)
        _check_length(rows, most)
    return areas


def _check_length(rows: int, most: int) -> None:
    if rows > most:
        mend = "Ask for a shorter period (from, to), or fewer properties or features at a time."
        raise Problem(400, f"these are more than {most} values", mend, where="from")


def _lengths(channel: str) -> Sequence[tuple[int, int]]:
    """Shortest and longest intervals of a channel's values, in nanoseconds: moments, and what no period takes."""
    if channel in AGGREGATES:
        return [PERIODS[cast("Period", channel.removeprefix("agg-"))]]
    if channel == "event":
        return []  # moments, like those of obs: counted there
    edges = [0, *(edge for bounds in sorted(PERIODS.values()) for edge in (bounds[0] - 1, bounds[1] + 1)), LATEST_NS]
    return list(_gaps(edges))


def _gaps(edges: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Every second gap between edges."""
    return zip(edges[::2], edges[1::2], strict=True)


def _records(
    reading: Reading, pilot: OpenPilot, wanted: tuple[Sequence[Thing], Sequence[Thing]], question: Question
) -> Iterator[Record | None]:
    """Of things what the store tells, then of areas of households what the topics said."""
    series, (things, areas) = reading.series(pilot), wanted
    for thing in things:
        yield None
        for row in told(reading.pages, pilot, thing, series, question):
            yield None if row is None else record_of(thing.entity, thing.area, row.observation, row.revision)
    from_ns = max(question.from_ns, reading.until_ns - pilot.pilot.retention_days * DAY_NS)
    for area in areas:
        yield None
        for one, revision in reading.sums.rows(area.pilot, area.feature, from_ns=from_ns, to_ns=question.to_ns):
            yield record_of(area.entity, area.area, one, revision) if question.is_about(one) else None


def _pieces(records: Iterator[Record | None], form: str) -> Iterator[bytes]:
    if form == "parquet":
        from gateway.open_data.parquet import parquet_pieces  # noqa: PLC0415 - pyarrow is large, and optional

        return parquet_pieces(records)
    return gathered(_written(records, form))


def _written(records: Iterator[Record | None], form: str) -> Iterator[bytes | None]:
    writer = WRITERS[form]()
    with closing(records):  # type: ignore[type-var]
        yield writer.begin()
        for record in records:
            yield None if record is None else writer.record(record)
        yield writer.end()


def overview(service: Service) -> Callable[[Request], "object"]:
    """``/open/v1``: the pilots, and what the asker may have of each."""

    async def pilots(request: Request) -> Response:
        Params(request, ())
        return await service.answer(request, _overview)

    return pilots


def _overview(reading: Reading) -> Body:
    base = reading.settings.base_url
    pilots = [
        {
            "id": name,
            "title": pilot.pilot.title,
            "city": pilot.pilot.city,
            "domains": [domain.value for domain in pilot.pilot.domains],
            "licence": pilot.pilot.licence,
            "publisher": pilot.pilot.publisher,
            "contact": pilot.pilot.contact.email,
            "tier": reading.grant.tier_for(name),
            "aggregates": f"{base}/open/v1/{name}/aggregates.csv",
            "observations": f"{base}/open/v1/{name}/observations.csv",
        }
        for name, pilot in reading.city.pilots.items()
    ]
    return Body(msgspec.json.encode({"pilots": pilots}))
