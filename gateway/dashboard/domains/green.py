"""Green and farm land: what to water today, in order, and what each round needs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from gateway.dashboard.answers import Notice, Thing
from gateway.dashboard.board import Board
from gateway.dashboard.domain_answers import GreenPage, Plant, WateringRound
from gateway.dashboard.present import Cell, CellKey
from gateway.dashboard.units import UNTOLD, ms
from gateway.dashboard.words import notice
from pipelines.domains import Site
from pipelines.model import NS_PER_S
from pipelines.vocabulary import Domain

MAX_PLANTS = 2_000
ROUND = "watering-round/"
FEATURES = {Domain.GREEN: "tree", Domain.AGRI: "parcel"}
ADVICE_ORDER = ("water", "unknown", "rained", "wait")
MEASURED = ("soil_moisture_percent", "soil_tension_kpa", "soil_temperature_c")


async def green_page(board: Board, domain: Domain) -> GreenPage:
    """Plants to water first, the driest at the top."""
    kind = FEATURES[domain]
    things = [one for one in board.book.of(domain=domain.value) if one.feature_type == kind][:MAX_PLANTS]
    plants = sorted((_plant(board, thing) for thing in things), key=_urgency)
    rounds = list(_rounds(board, plants)) if domain is Domain.GREEN else []
    name: Literal["green", "agri"] = "green" if domain is Domain.GREEN else "agri"
    return GreenPage(
        domain=name,
        at_ms=board.now_ms,
        day=_day(board, things),
        rounds=tuple(rounds),
        plants=tuple(plants),
        notices=tuple(_notices(board, plants)),
    )


def _notices(board: Board, plants: Sequence[Plant]) -> list[Notice]:
    found = board.notices(of_analytics=True)
    if not plants:
        found.append(notice("no-things-here"))
    elif board.gateway.analytics is not None and all(one.advice is None for one in plants):
        found.append(notice("learning"))
    return found


def _plant(board: Board, thing: Thing) -> Plant:
    cells = board.present.cells(thing.feature)
    measured = [cell.time_ns for (name, interval_ns), cell in cells.items() if name in MEASURED and not interval_ns]
    return Plant(
        thing=thing.id,
        feature=thing.feature,
        name=thing.name,
        area=thing.area,
        pilot=thing.pilot,
        advice=_word(cells, "watering_advice"),
        litres=_number(cells, "water_advised_l"),
        water_state=_word(cells, "soil_water_state"),
        depletion_mm=_number(cells, "soil_depletion_mm"),
        moisture_percent=_now(cells, "soil_moisture_percent"),
        tension_kpa=_now(cells, "soil_tension_kpa"),
        measured_ms=ms(max(measured)) if measured else None,
        check=_word(cells, "soil_sensor_check"),
        longitude=thing.longitude,
        latitude=thing.latitude,
    )


def _urgency(plant: Plant) -> tuple[int, float, str]:
    """To water before not to water; then by the water that is lacking."""
    rank = ADVICE_ORDER.index(plant.advice) if plant.advice in ADVICE_ORDER else len(ADVICE_ORDER)
    return rank, -(plant.depletion_mm or 0.0), plant.name


def _rounds(board: Board, plants: Sequence[Plant]) -> list[WateringRound]:
    by_area: dict[tuple[str, str], list[Plant]] = {}
    for plant in plants:
        if plant.area:
            by_area.setdefault((plant.pilot, plant.area), []).append(plant)
    return [_round(board, pilot, area, own) for (pilot, area), own in sorted(by_area.items())]


def _round(board: Board, pilot: str, area: str, plants: Sequence[Plant]) -> WateringRound:
    cells = board.present.cells(ROUND + area)
    return WateringRound(
        pilot=pilot,
        area=area,
        litres=_number(cells, "water_advised_l"),
        saved_l=_number(cells, "water_saved_l"),
        known_percent=_number(cells, "coverage_percent"),
        to_water=sum(one.advice == "water" for one in plants),
        trees=len(plants),
    )


def _day(board: Board, things: Sequence[Thing]) -> str | None:
    """The local day of the newest advice."""
    newest: tuple[int, Site] | None = None
    sites = board.sites()
    for thing in things:
        cell = _newest(board.present.cells(thing.feature), "watering_advice")
        if cell is not None and (newest is None or cell.time_ns > newest[0]):
            newest = cell.time_ns, sites[thing.pilot]
    if newest is None:
        return None
    return datetime.fromtimestamp(newest[0] // NS_PER_S, newest[1].zone).date().isoformat()


def _newest(cells: Mapping[CellKey, Cell], name: str) -> Cell | None:
    found = [cell for key, cell in cells.items() if key[0] == name]
    return max(found, key=lambda cell: cell.time_ns, default=None)


def _word(cells: Mapping[CellKey, Cell], name: str) -> str | None:
    cell = _newest(cells, name)
    return str(cell.value) if cell is not None and cell.quality not in UNTOLD else None


def _number(cells: Mapping[CellKey, Cell], name: str) -> float | None:
    cell = _newest(cells, name)
    if cell is None or cell.quality in UNTOLD or not isinstance(cell.value, float):
        return None
    return round(cell.value, 1)


def _now(cells: Mapping[CellKey, Cell], name: str) -> float | None:
    """What the sensor said last, not a mean of days."""
    cell = cells.get((name, 0))
    return round(cell.value, 1) if cell is not None and isinstance(cell.value, float) else None
