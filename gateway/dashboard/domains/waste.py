"""Waste: how full containers are, when they will be, and tomorrow's tour against emptying all of them."""

from collections.abc import Mapping, Sequence

from gateway.dashboard.answers import Notice, Thing
from gateway.dashboard.board import Board
from gateway.dashboard.domain_answers import Container, Round, Stop, WastePage
from gateway.dashboard.present import Cell, CellKey
from gateway.dashboard.units import UNTOLD, ms
from gateway.dashboard.words import notice
from pipelines.domains import HOUR_NS, Site
from pipelines.domains.waste.route import Bin, Tour, is_due, plan_tour
from pipelines.domains.waste.settings import ContainerDetails, WasteSettings
from pipelines.model import Location
from pipelines.vocabulary import Domain

MAX_CONTAINERS = 2_000
MAX_ON_A_TOUR = 150
"""Beyond it the tour is planned over the fullest alone: 2-opt takes seconds for a thousand."""
UNTIL_H = 24.0
DAY_NS = 24 * HOUR_NS


async def waste_page(board: Board, domain: Domain) -> WastePage:
    """A round for each pilot."""
    things = [one for one in board.book.of(domain=domain.value) if one.feature_type == "waste-container"]
    by_pilot: dict[str, list[Thing]] = {}
    for thing in things[:MAX_CONTAINERS]:
        by_pilot.setdefault(thing.pilot, []).append(thing)
    sites = board.sites()
    rounds = [await _round(board, sites[pilot], own) for pilot, own in sorted(by_pilot.items())]
    return WastePage("waste", board.now_ms, tuple(rounds), tuple(_notices(board, rounds)))


def _notices(board: Board, rounds: Sequence[Round]) -> list[Notice]:
    found = board.notices(of_analytics=True)
    containers = [one for each in rounds for one in each.containers]
    if not containers:
        found.append(notice("no-things-here"))
    elif board.gateway.analytics is not None and all(one.full_in_h is None for one in containers):
        found.append(notice("learning"))
    return found


async def _round(board: Board, site: Site, things: Sequence[Thing]) -> Round:
    settings = site.settings_as("waste", WasteSettings)
    containers = [_container(board, site, settings, thing) for thing in things]
    containers.sort(key=lambda one: (-(one.level_percent if one.level_percent is not None else -1.0), one.name))
    bins = tuple(found for one in containers if (found := _bin(one)) is not None)[:MAX_ON_A_TOUR]

    def plan() -> Tour:
        return plan_tour(bins, until_h=UNTIL_H, full_percent=settings.full_percent)

    tour = await board.remembered(("tour", site.pilot), bins, plan)
    pilot = board.gateway.known.files.pilots[site.pilot]
    return Round(
        pilot=site.pilot,
        title=pilot.title,
        stops=tuple(Stop(one.bin.feature, round(one.way_km, 2)) for one in tour.stops),
        unplaced=tuple(one.feature for one in containers if one.due and one.longitude is None),
        km=round(tour.km, 2),
        fixed_km=round(tour.fixed_km, 2),
        co2_kg=round(tour.co2_kg, 2),
        fixed_co2_kg=round(tour.fixed_co2_kg, 2),
        full_percent=settings.full_percent,
        until_h=UNTIL_H,
        containers=tuple(containers),
    )


def _container(board: Board, site: Site, settings: WasteSettings, thing: Thing) -> Container:
    cells = board.present.cells(thing.feature)
    now_ns = board.gateway.clock.wall_ns()
    level = board.present.newest(thing.feature, "fill_level_clean_percent", "fill_level_percent")
    cell = level[1] if level is not None else None
    percent = cell.value if cell is not None and cell.quality not in UNTOLD and isinstance(cell.value, float) else None
    sooner, middle, later = (_hours_left(cells, f"time_to_full_p{share}_h", now_ns) for share in (10, 50, 90))
    rate, held = _newest_of_day(cells, "fill_rate_percent_day"), _newest_of_day(cells, "time_to_full_held_percent")
    collected = cells.get(("collected", 0))
    due = percent is not None and is_due(
        Bin(thing.feature, Location(0.0, 0.0), percent, sooner), until_h=UNTIL_H, full_percent=settings.full_percent
    )
    return Container(
        thing=thing.id,
        feature=thing.feature,
        name=thing.name,
        area=thing.area,
        kind=site.place(thing.feature).details_as(ContainerDetails).kind,
        level_percent=round(percent, 1) if percent is not None else None,
        level_at_ms=ms(cell.time_ns) if cell is not None else None,
        quality=cell.quality if cell is not None else "missing",
        reason=cell.reason if cell is not None else "",
        full_in_h=middle,
        sooner_h=sooner,
        later_h=later,
        held_percent=held,
        rate_percent_day=rate,
        collected_ms=ms(collected.time_ns) if collected is not None else None,
        due=due,
        alarms=thing.alarms,
        longitude=thing.longitude,
        latitude=thing.latitude,
    )


def _hours_left(cells: Mapping[CellKey, Cell], name: str, now_ns: int) -> float | None:
    """Hours from now; a forecast that is over is 0."""
    cell = cells.get((name, 0))
    if cell is None or cell.quality in UNTOLD or not isinstance(cell.value, float):
        return None
    return round(max(0.0, cell.value - (now_ns - cell.time_ns) / HOUR_NS), 1)


def _newest_of_day(cells: Mapping[CellKey, Cell], name: str) -> float | None:
    found = [cell for key, cell in cells.items() if key[0] == name and cell.quality not in UNTOLD]
    newest = max(found, key=lambda cell: cell.time_ns, default=None)
    return round(newest.value, 1) if newest is not None and isinstance(newest.value, float) else None


def _bin(one: Container) -> Bin | None:
    if one.longitude is None or one.latitude is None or one.level_percent is None:
        return None
    return Bin(one.feature, Location(one.longitude, one.latitude), one.level_percent, one.sooner_h)
