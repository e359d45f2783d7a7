"""A city made of the answers' own structs, served as the gateway serves them: for what a real one shows only rarely.

Here a street falls silent, a sink stops and names are hostile at will. What a real gateway answers is walked through in
``test_real_gateway.py``.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.dashboard import answers as a
from gateway.dashboard.answering import RefusalError, refusal_answer
from gateway.dashboard.assets import asset, listed, shell
from gateway.dashboard.words import notice, words
from tests.gateway.dashboard.browser import pretended_domains as domains

NOW_MS = 1_794_312_000_000  # 2026-11-10 12:00 UTC
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
HOSTILE = (
    '<img src=x onerror="window.harmed=1">',
    '"><script>window.harmed=1</script>',
    "\u202eevil \u2066reversed",
    "x" * 500,
    "'); window.harmed=1; ('",
    "{{constructor.constructor('window.harmed=1')()}}",
)
PAGES = ("/", "/things", "/things/bay-1", "/domains", "/domains/parking", "/domains/waste", "/domains/cycling")
PAGES += ("/domains/green", "/domains/air", "/inbox", "/gateway", "/events")


def reading(prop: str, value: Any, unit: str, minutes_ago: float = 6, **more: Any) -> a.Reading:
    return a.Reading(f"x/{prop}", prop, value, unit, int(NOW_MS - minutes_ago * MINUTE_MS), **more)


def thing(index: int, domain: str, kind: str, main: a.Reading | None, **more: Any) -> a.Thing:
    area = ("bruul", "korenmarkt", "vaartstraat")[index % 3]
    east, north = (0.0, 0.0045, -0.006)[index % 3], (0.0, 0.003, 0.0035)[index % 3]
    given = {
        "id": f"{domain}-{index}", "name": f"{kind.replace('-', ' ')} {index}", "pilot": f"{domain}-mechelen", "domain": domain,
        "feature": f"{kind}/{index}", "feature_type": kind, "area": area, "longitude": 4.4776 + east + index * 0.00009,
        "latitude": 51.0257 + north + index * 0.00004, "state": "ok", "last_heard_ms": NOW_MS - 6 * MINUTE_MS,
        "battery_percent": 82.0, "main": main, "alarms": (),
    }  # fmt: skip
    return a.Thing(**(given | more))


def trouble(kind: str, subject: str, what: str, mend: str, severity: Any = "critical", **more: Any) -> a.Trouble:
    link = f"/things/{more['thing']}" if "thing" in more else "/gateway"
    about: Any = "thing" if "thing" in more else "gateway"
    said, cure = a.Text(what, what), a.Text(mend, mend)
    return a.Trouble(kind, subject, severity, said, cure, NOW_MS - 41 * MINUTE_MS, link, about, **more)


FIRE = trouble("fire_alarm", "waste container 2", "It burns in this container.", "Call the fire brigade.", thing="waste-2")
SILENT = trouble("silent", "parking spot 4", "Not heard for 9 h.", "Look at its battery.", "warning", thing="parking-4")
STALLED = trouble("sink-stalled", "influxdb", "influxdb takes nothing: 401 unauthorized.", "Give it a new token in token_file.")


@dataclass
class City:
    """What is answered now; a test changes a field and the next question sees it."""

    things: list[a.Thing]
    wrong: list[a.Trouble] = field(default_factory=list)
    notices: list[a.Notice] = field(default_factory=list)
    clock: Any = "trusted"
    sink_error: str = ""
    street_silent: bool = False
    status: int = 200
    stream: bool = True
    name: str = "mechelen"
    unknown: list[str] = field(default_factory=lambda: ["70b3d5e75e012345"])
    asked: list[str] = field(default_factory=list)


def city(**more: Any) -> City:
    things = [thing(i, "parking", "parking-spot", reading("occupied", i % 3 == 0, "")) for i in range(1, 17)]
    things += [thing(i, "waste", "waste-container", reading("fill_level_percent", 11.0 * i, "%")) for i in range(1, 8)]
    things += [thing(i, "cycling", "bike-counter", reading("bicycles", 120.0 + i, "", interval_s=900)) for i in range(1, 4)]
    things += [thing(i, "green", "tree", reading("soil_tension_kpa", 20.0 * i, "kPa")) for i in range(1, 7)]
    things += [thing(i, "air", "air-station", reading("pm25_ug_m3", 8.4, "µg/m³", quality="suspect", reason="range")) for i in (1, 2)]
    things[3] = msgspec.structs.replace(things[3], state="silent", last_heard_ms=NOW_MS - 9 * HOUR_MS)
    things[17] = msgspec.structs.replace(things[17], state="alarm", alarms=("fire_alarm",))
    things[30] = msgspec.structs.replace(things[30], state="never", last_heard_ms=None, main=None, battery_percent=None)
    return City(**({"things": things, "wrong": [FIRE, SILENT]} | more))


def empty_city() -> City:
    return City(things=[], notices=[notice("no-pilots"), notice("no-devices")], unknown=[])


def overview(c: City) -> a.Overview:
    pilots = []
    for pilot in dict.fromkeys(one.pilot for one in c.things):
        own = [one for one in c.things if one.pilot == pilot]
        headline = a.Headline(domains.HEADLINES.get(own[0].domain, "heard"), 7, "", "bruul", f"/domains/{own[0].domain}", NOW_MS - 4 * MINUTE_MS)
        bad = [one for one in own if one.state != "ok"]
        worst = tuple(a.Worst(one.id, one.name, (*one.alarms, one.state)[0], NOW_MS - HOUR_MS) for one in bad)
        silent, never = (sum(one.state == state for one in own) for state in ("silent", "never"))
        alarms = sum(one.state == "alarm" for one in own)
        pilots.append(a.PilotCard(
            pilot, f"{own[0].domain.title()} in {c.name}", "Can we do this with fewer trips?", c.name, (own[0].domain,), "running", "2026-10-01",
            "2026-12-30", 41, 90, len(own), len(own) - never, silent, never, alarms, 100 * (len(own) - never) / len(own), (headline, headline), worst,
        ))  # fmt: skip
    states = {state: sum(one.state == state for one in c.things) for state in ("ok", "alarm", "silent", "never")}
    state: Any = "running" if c.things else "empty"
    return a.Overview(
        NOW_MS, "demo", c.name, "0.1.0", 7_260.0, c.clock, state, tuple(c.notices), tuple(pilots), tuple(c.wrong), len(c.wrong), rates(), states
    )


def rates() -> a.Rates:
    return a.Rates(12.4, 48_213, 47_103, 12, 1_098, 0)


def all_things(c: City) -> a.Things:
    return a.Things(NOW_MS, len(c.things), tuple(c.things), None, None, tuple(c.notices))


def thing_page(c: City, name: str) -> a.ThingPage:
    found = next((one for one in c.things if one.id == name), None)
    if found is None and name != "bay-1":
        raise RefusalError("not-found", name)
    found = found or c.things[0]
    now = [("occupied", True, "", "flag"), ("temperature_c", 11.4, "°C", "gauge"), ("battery_percent", 82.0, "%", "gauge")]
    properties = tuple(a.PropertyNow(reading(prop, value, unit), kind, "", False, None) for prop, value, unit, kind in now)  # type: ignore[arg-type]
    odd = reading("humidity_percent", 104.0, "%", quality="suspect", reason="range")
    properties += (a.PropertyNow(odd, "gauge", "", False, a.Text("above 100 %", "boven 100 %")),)
    explained = a.Explained(
        48_213, NOW_MS - 6 * MINUTE_MS, (("intake number", "48,213"), ("topic", "application/1/device/70b3/event/up"), ("dialect", "chirpstack-v4")),
        '{"deduplicationId": "3ac7", "fPort": 85, "data": "AXVkA2cAAAA="}', "01756403670a00",
        (a.Span(0, 2, "channel 01, type 75: battery, %", "", None, ""), a.Span(2, 1, "u8", "battery", 100, "%"), a.Span(3, 4, "i16 / 10", "temperature", 11.4, "°C")),
        "", (a.Step("battery", 100, "%", "battery_percent", 100.0, "%", "ok", ""), a.Step("seq", 7, "", "", None, "", "", "the profile maps it to nothing")),
        "accepted, ledger 48,213, profile milesight/vs341", "", "", (), "parking,city=mechelen,device=bay-1 occupied=true 1794312000000000000",
    )  # fmt: skip
    profile = a.Profile("milesight/vs341", "layout", "9f3c", 600.0, "C")
    record = a.Record("milesight/vs341", found.feature, found.pilot, None, None, {"temperature_c": (1.02, -0.1)}, {"category": "blue", "max_stay_min": 120.0})
    link = a.LinkNow(NOW_MS - 6 * MINUTE_MS, 4_821, 85, (a.Heard("a84041ffff1ee2b4", -97.0, 7.5), a.Heard("a84041ffff1ee2b5", -109.0, -2.0)))
    return a.ThingPage(NOW_MS, found, "Parking in Mechelen", (record, record), profile, NOW_MS - 900 * HOUR_MS, link, properties, tuple(c.wrong[:1]), explained, ())


def series(_: City, feature: str, prop: str, hours: float) -> a.SeriesAnswer:
    start = int(NOW_MS - hours * HOUR_MS)
    count = 96
    at_ms = tuple(start + int(i * hours * HOUR_MS / count) for i in range(count))
    line: tuple[Any, ...] = tuple(None if 40 < i < 46 else 12 + 6 * math.sin(i / 9) for i in range(count))
    marks = tuple(a.Mark(i, "estimated", "gap") for i in range(60, 66)) + (a.Mark(20, "suspect", "spike"),)
    kind: Any = "gauge"
    if prop == "occupied":
        kind, line, marks = "flag", tuple(i % 11 < 6 for i in range(count)), ()
    found = a.Line("bay-1", 0, "reading", at_ms, line, None, None, marks)
    return a.SeriesAnswer(feature, prop, kind, "°C", start, NOW_MS, (found,), False, (), None, ())


def inbox(c: City) -> a.Inbox:
    claim = a.Claim("dingtek/df702", "likely", 0.93, 12, 12, (("fill_level_percent", 41.0, "%"),))
    unknown = tuple(
        a.Unknown(one, 12, NOW_MS - HOUR_MS, NOW_MS - MINUTE_MS, 48_000, "network-server", f"application/1/device/{one}", (claim,),
                  f"citygate inbox accept '{one}' --profile dingtek/df702") for one in c.unknown
    )  # fmt: skip
    failure = a.Failure("parking-4", True, "decode_failed", 3, NOW_MS - HOUR_MS, NOW_MS - MINUTE_MS, 47_911, "5 bytes are missing", "citygate explain 47911")
    failures = (failure,) if c.things else ()
    return a.Inbox(NOW_MS, unknown, len(unknown), failures, len(failures), {"unknown_device": 12} if unknown else {}, {}, ())


def gateway_page(c: City) -> a.GatewayPage:
    failing = NOW_MS - 41 * MINUTE_MS if c.sink_error else None
    mend = "Give it a new token in token_file." if c.sink_error else ""
    sinks = (
        a.SinkNow("store", "store", 0, 0.0, 48_213, 0, 0, "", "", None),
        a.SinkNow("influxdb", "influxdb", 31_004 if failing else 3, 2_460.0 if failing else 0.2, 17_209, 1, 0, c.sink_error, mend, failing),
    )
    logs = (a.LogNow("intake", 1, 48_213, 48_214, 22_400_000, 2_147_483_648), a.LogNow("ledger", 1, 60_001, 60_002, 9_100_000, 1_073_741_824))
    loops = {"ingest": True, "refine": True, "deliver store": True, "analytics": True}
    source = a.SourceNow("network-server", "mqtt", {"received": 48_213, "redelivered": 2}, None)
    return a.GatewayPage(
        NOW_MS, "demo", c.name, "0.1.0", "3.11.2", 7_260.0, c.clock, 58_000_000, rates(), (source,), sinks, logs, loops,
        a.AnalyticsNow(0, 9_123, 0, 71), len(c.things), 5, 1, tuple(one for one in c.wrong if one.about == "gateway"),
    )  # fmt: skip


def events(_: City) -> a.EventsAnswer:
    names = ("ListeningOn", "SinkDelayed", "SourceConnected")
    levels: tuple[Any, ...] = ("info", "warning", "info")
    return a.EventsAnswer(NOW_MS, tuple(a.EventNow(9 - i, NOW_MS - i * MINUTE_MS, levels[i], name, {"sink": "influxdb", "n": i}) for i, name in enumerate(names)))


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
                yield b"event: overview\ndata: " + msgspec.json.encode(overview(now)) + b"\n\n"
                yield b"event: gateway\ndata: " + msgspec.json.encode(gateway_page(now)) + b"\n\n"
                changed = a.ThingsChanged(NOW_MS, tuple(now.things[:2]), all=False)
                yield b"event: things\ndata: " + msgspec.json.encode(changed) + b"\n\n"
                await asyncio.sleep(0.4)

        return StreamingResponse(tell(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    def hours(request: Request) -> float:
        return float(request.query_params.get("hours", 24))

    return Starlette(routes=[
        Route("/api/words", api(lambda _c, _r: words())),
        Route("/api/overview", api(lambda c, _r: overview(c))),
        Route("/api/things", api(lambda c, _r: all_things(c))),
        Route("/api/thing", api(lambda c, r: thing_page(c, r.query_params["id"]))),
        Route("/api/series", api(lambda c, r: series(c, r.query_params["feature"], r.query_params["property"], hours(r)))),
        Route("/api/inbox", api(lambda c, _r: inbox(c))),
        Route("/api/gateway", api(lambda c, _r: gateway_page(c))),
        Route("/api/events", api(lambda c, _r: events(c))),
        Route("/api/domains", api(lambda c, _r: domains.all_domains(c.things, NOW_MS))),
        Route("/api/domains/{name}", api(lambda c, r: domains.page(r.path_params["name"], c.things, NOW_MS, silent=c.street_silent))),
        Route("/api/stream", stream),
        Route("/assets/{path:path}", asset(known)),
        Route("/{path:path}", shell(known, None)),
    ])  # fmt: skip
