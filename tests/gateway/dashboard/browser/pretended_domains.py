"""The views of the domains of the pretended city."""

import math
from collections.abc import Sequence
from typing import Any

from gateway.dashboard import answers as a
from gateway.dashboard import domain_answers as d
from gateway.dashboard.answering import RefusalError
from gateway.dashboard.words import notice

HEADLINES = {"parking": "bays_free", "waste": "to_empty", "cycling": "bicycles_today", "green": "to_water"}
VIEWS: dict[str, Any] = {"parking": "parking", "waste": "waste", "cycling": "counts", "green": "green"}
HOUR_MS = 3_600_000


def all_domains(things: Sequence[a.Thing], at_ms: int) -> d.Domains:
    found = []
    for name in dict.fromkeys(one.domain for one in things):
        own = [one for one in things if one.domain == name]
        alarms, silent = (sum(one.state == state for one in own) for state in ("alarm", "silent"))
        found.append(d.DomainNow(name, VIEWS.get(name, "table"), len(own), alarms, silent))
    return d.Domains(at_ms, tuple(found))


def page(name: str, things: Sequence[a.Thing], at_ms: int, *, silent: bool) -> Any:
    """The answer for a domain. Raises RefusalError for one that does not exist."""
    own = [one for one in things if one.domain == name]
    notices = () if own else (notice("no-things-here", "info", name),)
    match name:
        case "parking":
            return d.ParkingPage("parking", at_ms, tuple(_streets(own, at_ms, silent=silent)), notices)
        case "waste":
            return d.WastePage("waste", at_ms, (_round(own, at_ms),) if own else (), notices)
        case "cycling":
            return d.CountPage("cycling", at_ms, tuple(_site(one, at_ms) for one in own), notices)
        case "green":
            plants = tuple(_plant(one, at_ms) for one in own)
            rounds = (d.WateringRound("green-mechelen", "bruul", 180.0, 420.0, 83.0, 3, 6),) if own else ()
            return d.GreenPage("green", at_ms, "2026-11-10", rounds, plants, notices)
        case "air":
            columns = (d.Column("aqi_band", "", True), d.Column("pm25_ug_m3", "µg/m³", False))
            band = a.Reading("x", "aqi_band", "fair", "", at_ms - HOUR_MS, 3600)
            rows = tuple(
                d.Row(one.id, one.feature, one.name, one.area, one.pilot, "warning", (band, one.main)) for one in own
            )
            return d.TablePage("air", at_ms, columns, rows, notices)
        case _:
            raise RefusalError("not-found", name)


def _streets(own: Sequence[a.Thing], at_ms: int, *, silent: bool) -> list[d.Street]:
    streets = []
    for rank, area in enumerate(dict.fromkeys(one.area for one in own), start=1):
        bays = []
        for one in (other for other in own if other.area == area):
            taken = one.main is not None and one.main.value is True
            state: Any = "unknown" if silent else "occupied" if taken else "free"
            category = "disabled" if one.id.endswith("-5") else "ordinary"
            bays.append(
                d.Bay(
                    one.id,
                    one.feature,
                    one.name,
                    state,
                    at_ms,
                    category,
                    120.0,
                    taken and rank == 2,
                    one.longitude,
                    one.latitude,
                )
            )
        free, taken_bays, unknown = (
            sum(bay.state == state for bay in bays) for state in ("free", "occupied", "unknown")
        )
        chances = () if silent else tuple(d.Chance(minutes, 96.0 - minutes, at_ms) for minutes in (5, 10, 15, 30))
        streets.append(
            d.Street(
                f"street-parking/{area}",
                "parking-mechelen",
                area,
                free,
                taken_bays,
                unknown,
                1 if rank == 2 else 0,
                rank,
                62.0,
                at_ms,
                chances,
                tuple(bays),
            )
        )
    return streets


def _round(own: Sequence[a.Thing], at_ms: int) -> d.Round:
    containers = []
    for one in own:
        level = one.main.value if one.main is not None else None
        assert level is None or isinstance(level, float)
        full_in = (100 - level) / 1.2 if level is not None else None
        sooner, later = (full_in * 0.7, full_in * 1.5) if full_in is not None else (None, None)
        containers.append(
            d.Container(
                one.id,
                one.feature,
                one.name,
                one.area,
                "paper",
                level,
                at_ms - HOUR_MS,
                "ok",
                "",
                full_in,
                sooner,
                later,
                81.0,
                21.5,
                at_ms - 70 * HOUR_MS,
                level is not None and level > 40,
                one.alarms,
                one.longitude,
                one.latitude,
            ),
        )
    containers.sort(key=lambda one: -(one.level_percent or 0))
    stops = tuple(d.Stop(one.feature, 0.4) for one in containers if one.due)
    return d.Round("waste-mechelen", "Waste in Mechelen", stops, (), 2.1, 6.4, 1.9, 5.7, 80.0, 24.0, tuple(containers))


def _site(one: a.Thing, at_ms: int) -> d.CountSite:
    usual = [
        round(140 * math.exp(-((hour - 8) ** 2) / 5) + 120 * math.exp(-((hour - 17) ** 2) / 7) + 8)
        for hour in range(24)
    ]
    hours = tuple(
        d.HourOfCount(hour, usual[hour] * 0.9 if hour < 13 else None, usual[hour] * 1.1, usual[hour])
        for hour in range(24)
    )
    days = tuple(d.Day(f"2026-10-{4 + i:02}", 900.0 + 60 * (i % 7), "estimated" if i == 9 else "ok") for i in range(28))
    return d.CountSite(
        one.id,
        one.feature,
        one.name,
        one.area,
        one.pilot,
        "bicycles",
        713.0,
        at_ms,
        1_422.0,
        690.0,
        9_120.0,
        8_740.0,
        1_260.0,
        hours,
        days,
        one.longitude,
        one.latitude,
    )


def _plant(one: a.Thing, at_ms: int) -> d.Plant:
    tension = one.main.value if one.main is not None else 0.0
    assert isinstance(tension, float)
    dry = tension > 60
    return d.Plant(
        one.id,
        one.feature,
        one.name,
        one.area,
        one.pilot,
        "water" if dry else "wait",
        60.0 if dry else None,
        "dry" if dry else "moist",
        31.0,
        17.4,
        tension,
        at_ms - HOUR_MS,
        "stuck" if tension > 110 else "ok",
        one.longitude,
        one.latitude,
    )
