"""A city made of the answers' own structs, served as the gateway serves them: for what a real one shows only rarely.

Here a street falls silent, a sink stops and names are hostile at will. What a real gateway answers is walked through in
``test_real_gateway.py``.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.dashboard import answers as a
from gateway.dashboard.words import notice

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
PAGES = (
    *("/", "/things", "/things/bay-1", "/inbox", "/gateway", "/events"),
    *("/domains", "/domains/parking", "/domains/waste", "/domains/cycling", "/domains/green", "/domains/air"),
)


def reading(prop: str, value: Any, unit: str, minutes_ago: float = 6, **more: Any) -> a.Reading:
    return a.Reading(f"x/{prop}", prop, value, unit, int(NOW_MS - minutes_ago * MINUTE_MS), **more)


def thing(index: int, domain: str, kind: str, main: a.Reading | None, **more: Any) -> a.Thing:
    area = ("bruul", "korenmarkt", "vaartstraat")[index % 3]
    east, north = (0.0, 0.0045, -0.006)[index % 3], (0.0, 0.003, 0.0035)[index % 3]
    given: dict[str, Any] = {
        "id": f"{domain}-{index}",
        "name": f"{kind.replace('-', ' ')} {index}",
        "pilot": f"{domain}-mechelen",
        "domain": domain,
        "feature": f"{kind}/{index}",
        "feature_type": kind,
        "area": area,
        "longitude": 4.4776 + east + index * 0.00009,
        "latitude": 51.0257 + north + index * 0.00004,
        "state": "ok",
        "last_heard_ms": NOW_MS - 6 * MINUTE_MS,
        "battery_percent": 82.0,
        "main": main,
        "alarms": (),
    }
    return a.Thing(**(given | more))


def trouble(kind: str, subject: str, what: str, mend: str, severity: Any = "critical", **more: Any) -> a.Trouble:
    link = f"/things/{more['thing']}" if "thing" in more else "/gateway"
    about: Any = "thing" if "thing" in more else "gateway"
    said, cure = a.Text(what, what), a.Text(mend, mend)
    return a.Trouble(kind, subject, severity, said, cure, NOW_MS - 41 * MINUTE_MS, link, about, **more)


FIRE = trouble(
    "fire_alarm", "waste container 2", "It burns in this container.", "Call the fire brigade.", thing="waste-2"
)
SILENT = trouble("silent", "parking spot 4", "Not heard for 9 h.", "Look at its battery.", "warning", thing="parking-4")
STALLED = trouble(
    "sink-stalled", "influxdb", "influxdb takes nothing: 401 unauthorized.", "Give it a new token in token_file."
)


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
    zone: str | None = "Europe/Brussels"
    unknown: list[str] = field(default_factory=lambda: ["70b3d5e75e012345"])
    asked: list[str] = field(default_factory=list)
    told: int = 0
    """How often the stream told everything."""


def city(**more: Any) -> City:
    things = [thing(i, "parking", "parking-spot", reading("occupied", i % 3 == 0, "")) for i in range(1, 17)]
    things += [thing(i, "waste", "waste-container", reading("fill_level_percent", 11.0 * i, "%")) for i in range(1, 8)]
    things += [
        thing(i, "cycling", "bike-counter", reading("bicycles", 120.0 + i, "", interval_s=900)) for i in range(1, 4)
    ]
    things += [thing(i, "green", "tree", reading("soil_tension_kpa", 20.0 * i, "kPa")) for i in range(1, 7)]
    things += [
        thing(i, "air", "air-station", reading("pm25_ug_m3", 8.4, "µg/m³", quality="suspect", reason="range"))
        for i in (1, 2)
    ]
    things[3] = msgspec.structs.replace(things[3], state="silent", last_heard_ms=NOW_MS - 9 * HOUR_MS)
    things[17] = msgspec.structs.replace(things[17], state="alarm", alarms=("fire_alarm",))
    things[30] = msgspec.structs.replace(things[30], state="never", last_heard_ms=None, main=None, battery_percent=None)
    given: dict[str, Any] = {"things": things, "wrong": [FIRE, SILENT]} | more
    return City(**given)


def empty_city() -> City:
    return City(things=[], notices=[notice("no-pilots"), notice("no-devices")], unknown=[])
