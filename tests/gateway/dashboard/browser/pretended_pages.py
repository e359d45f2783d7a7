"""What the pretended city answers to each question of the page."""

import math
from typing import Any

import msgspec

from gateway.dashboard import answers as a
from gateway.dashboard.answering import RefusalError
from gateway.dashboard.troubles import MAX_TROUBLES
from gateway.dashboard.words import word
from tests.gateway.dashboard.browser.pretended import HOUR_MS, MINUTE_MS, NOW_MS, City, reading
from tests.gateway.dashboard.browser.pretended_domains import HEADLINES


def overview(c: City) -> a.Overview:
    pilots = []
    for pilot in dict.fromkeys(one.pilot for one in c.things):
        own = [one for one in c.things if one.pilot == pilot]
        headline = a.Headline(
            HEADLINES.get(own[0].domain, "heard"),
            7,
            "",
            "bruul",
            f"/domains/{own[0].domain}",
            NOW_MS - 4 * MINUTE_MS,
        )
        if own[0].domain == "air":
            headline = msgspec.structs.replace(headline, code="worst_air", value="fair", word=word("states", "fair"))
        bad = [one for one in own if one.state != "ok"]
        worst = tuple(a.Worst(one.id, one.name, (*one.alarms, one.state)[0], NOW_MS - HOUR_MS) for one in bad)
        silent, never = (sum(one.state == state for one in own) for state in ("silent", "never"))
        alarms = sum(one.state == "alarm" for one in own)
        pilots.append(
            a.PilotCard(
                pilot,
                f"{own[0].domain.title()} in {c.name}",
                "Can we do this with fewer trips?",
                c.name,
                (own[0].domain,),
                "running",
                "2026-10-01",
                "2026-12-30",
                41,
                90,
                len(own),
                len(own) - never,
                silent,
                never,
                alarms,
                100 * (len(own) - never) / len(own),
                (headline, headline),
                worst,
            ),
        )
    states = {state: sum(one.state == state for one in c.things) for state in ("ok", "alarm", "silent", "never")}
    state: Any = "running" if c.things else "empty"
    return a.Overview(
        NOW_MS,
        "demo",
        c.name,
        "0.1.0",
        7_260.0,
        c.clock,
        state,
        tuple(c.notices),
        tuple(pilots),
        tuple(c.wrong[:MAX_TROUBLES]),
        len(c.wrong),
        rates(),
        states,
    )


def rates() -> a.Rates:
    return a.Rates(12.4, 60, 48_213, 47_103, 12, 1_098, 0)


def all_things(c: City) -> a.Things:
    return a.Things(NOW_MS, len(c.things), tuple(c.things), None, None, tuple(c.notices))


def thing_page(c: City, name: str) -> a.ThingPage:
    found = next((one for one in c.things if one.id == name), None)
    if found is None and name != "bay-1":
        raise RefusalError("not-found", name)
    found = found or c.things[0]
    now: list[tuple[str, Any, str, Any]] = [
        ("occupied", True, "", "flag"),
        ("temperature_c", 11.4, "°C", "gauge"),
        ("battery_percent", 82.0, "%", "gauge"),
    ]
    properties = tuple(
        a.PropertyNow(reading(prop, value, unit), kind, "", False, None) for prop, value, unit, kind in now
    )
    odd = reading("humidity_percent", 104.0, "%", quality="suspect", reason="range")
    properties += (a.PropertyNow(odd, "gauge", "", False, a.Text("above 100 %", "boven 100 %")),)
    explained = a.Explained(
        48_213,
        NOW_MS - 6 * MINUTE_MS,
        (("intake number", "48,213"), ("topic", "application/1/device/70b3/event/up"), ("dialect", "chirpstack-v4")),
        '{"deduplicationId": "3ac7", "fPort": 85, "data": "AXVkA2cAAAA="}',
        "01756403670a00",
        (
            a.Span(0, 2, "channel 01, type 75: battery, %", "", None, ""),
            a.Span(2, 1, "u8", "battery", 100, "%"),
            a.Span(3, 4, "i16 / 10", "temperature", 11.4, "°C"),
        ),
        "",
        (
            a.Step("battery", 100, "%", "battery_percent", 100.0, "%", "ok", ""),
            a.Step("seq", 7, "", "", None, "", "", "the profile maps it to nothing"),
        ),
        "accepted, ledger 48,213, profile milesight/vs341",
        "",
        "",
        (),
        "parking,city=mechelen,device=bay-1 occupied=true 1794312000000000000",
    )
    profile = a.Profile("milesight/vs341", "layout", "9f3c", 600.0, "C")
    record = a.Record(
        "milesight/vs341",
        found.feature,
        found.pilot,
        None,
        None,
        {"temperature_c": (1.02, -0.1)},
        {"category": "blue", "max_stay_min": 120.0},
    )
    link = a.LinkNow(
        NOW_MS - 6 * MINUTE_MS,
        4_821,
        85,
        (a.Heard("a84041ffff1ee2b4", -97.0, 7.5), a.Heard("a84041ffff1ee2b5", -109.0, -2.0)),
    )
    return a.ThingPage(
        NOW_MS,
        found,
        "Parking in Mechelen",
        (record, record),
        profile,
        NOW_MS - 900 * HOUR_MS,
        link,
        properties,
        tuple(c.wrong[:1]),
        explained,
        (),
    )


def series(_: City, feature: str, prop: str, hours: float) -> a.SeriesAnswer:
    start = int(NOW_MS - hours * HOUR_MS)
    count = 96
    at_ms = tuple(start + int(i * hours * HOUR_MS / count) for i in range(count))
    line: tuple[Any, ...] = tuple(None if 40 < i < 46 else 12 + 6 * math.sin(i / 9) for i in range(count))
    marks = (a.Mark(20, "suspect", "spike"), *(a.Mark(i, "estimated", "gap") for i in range(60, 66)))
    kind: Any = "gauge"
    if prop == "occupied":
        kind, line, marks = "flag", tuple(i % 11 < 6 for i in range(count)), ()
    found = a.Line("bay-1", 0, "reading", at_ms, line, None, None, marks)
    return a.SeriesAnswer(feature, prop, kind, "°C", start, NOW_MS, (found,), False, (), None, ())


def inbox(c: City) -> a.Inbox:
    claim = a.Claim("dingtek/df702", "likely", 0.93, 12, 12, (("fill_level_percent", 41.0, "%"),))
    unknown = tuple(
        a.Unknown(
            one,
            12,
            NOW_MS - HOUR_MS,
            NOW_MS - MINUTE_MS,
            48_000,
            "network-server",
            f"application/1/device/{one}",
            (claim,),
            f"citygate inbox accept '{one}' --profile dingtek/df702",
        )
        for one in c.unknown
    )
    failure = a.Failure(
        "parking-4",
        True,
        "decode_failed",
        3,
        NOW_MS - HOUR_MS,
        NOW_MS - MINUTE_MS,
        47_911,
        "5 bytes are missing",
        "citygate explain 47911",
    )
    failures = (failure,) if c.things else ()
    return a.Inbox(
        NOW_MS, unknown, len(unknown), failures, len(failures), {"unknown_device": 12} if unknown else {}, {}, ()
    )


def gateway_page(c: City) -> a.GatewayPage:
    failing = NOW_MS - 41 * MINUTE_MS if c.sink_error else None
    mend = "Give it a new token in token_file." if c.sink_error else ""
    sinks = (
        a.SinkNow("store", "store", 0, 0.0, 48_213, 0, 0, "", "", None),
        a.SinkNow(
            "influxdb",
            "influxdb",
            31_004 if failing else 3,
            2_460.0 if failing else 0.2,
            17_209,
            1,
            0,
            c.sink_error,
            mend,
            failing,
        ),
    )
    logs = (
        a.LogNow("intake", 1, 48_213, 48_214, 22_400_000, 2_147_483_648),
        a.LogNow("ledger", 1, 60_001, 60_002, 9_100_000, 1_073_741_824),
    )
    loops = {"ingest": True, "refine": True, "deliver store": True, "analytics": True}
    source = a.SourceNow("network-server", "mqtt", {"received": 48_213, "redelivered": 2}, None)
    return a.GatewayPage(
        NOW_MS,
        "demo",
        c.name,
        "0.1.0",
        "3.11.2",
        7_260.0,
        c.clock,
        58_000_000,
        rates(),
        (source,),
        sinks,
        logs,
        loops,
        a.AnalyticsNow(0, 9_123, 0, 71),
        len(c.things),
        5,
        1,
        tuple(one for one in c.wrong if one.about == "gateway"),
    )


def events(_: City) -> a.EventsAnswer:
    names = ("ListeningOn", "SinkDelayed", "SourceConnected")
    levels: tuple[Any, ...] = ("info", "warning", "info")
    return a.EventsAnswer(
        NOW_MS,
        tuple(
            a.EventNow(9 - i, NOW_MS - i * MINUTE_MS, levels[i], name, {"sink": "influxdb", "n": i})
            for i, name in enumerate(names)
        ),
    )
