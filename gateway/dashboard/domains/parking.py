"""Parking: each street's bays now, what will be free, where to try first."""

from collections.abc import Mapping
from typing import Literal

from gateway.dashboard.answers import Notice, Thing
from gateway.dashboard.board import Board
from gateway.dashboard.domain_answers import Bay, Chance, ParkingPage, Street
from gateway.dashboard.headlines import stands_too_long
from gateway.dashboard.units import ms
from gateway.dashboard.words import notice
from gateway.sinks.store.read import History
from pipelines.domains import HOUR_NS, QUARTER_NS, Site
from pipelines.domains.parking.settings import BayDetails, ParkingSettings
from pipelines.domains.parking.street import FEATURE, street_name
from pipelines.vocabulary import Domain

MAX_BAYS = 2_000
AHEAD_MIN = (5, 10, 15, 30)
MAX_LOOKED_UP = 300
SINCE_WITHIN_NS = 24 * HOUR_NS
CHANGES_AT_MOST = 500


async def parking_page(board: Board, domain: Domain) -> ParkingPage:
    """Streets, the best to try first."""
    things = [one for one in board.book.of(domain=domain.value) if one.feature_type == "parking-spot"][:MAX_BAYS]
    await _look_up_since(board, things)
    sites = board.sites()
    streets: dict[tuple[str, str], list[Thing]] = {}
    for thing in things:
        streets.setdefault((thing.pilot, thing.area or thing.pilot), []).append(thing)
    made = [_street(board, sites[pilot], area, bays) for (pilot, area), bays in streets.items()]
    made.sort(key=lambda one: (one.pilot, one.rank or len(made) + 1, -one.free, one.name))
    return ParkingPage("parking", board.now_ms, tuple(made), tuple(_notices(board, made)))


def _notices(board: Board, streets: list[Street]) -> list[Notice]:
    found = board.notices(of_past=True, of_analytics=True)
    if not streets:
        found.append(notice("no-things-here"))
    elif board.gateway.analytics is not None and not any(street.chances for street in streets):
        found.append(notice("learning"))
    return found


def _street(board: Board, site: Site, area: str, things: list[Thing]) -> Street:
    feature = f"{FEATURE}/{street_name(area)}"
    cells = board.present.cells(feature)
    bays = tuple(_bay(board, site, thing) for thing in sorted(things, key=lambda one: one.name))
    rank = cells.get(("guidance_rank", 0))
    share = cells.get(("occupancy_percent", QUARTER_NS))
    share = share if share is not None and share.quality != "missing" else None
    chances = []
    for minutes in AHEAD_MIN:
        cell = cells.get((f"free_in_{minutes}min_percent", 0))
        if cell is not None and isinstance(cell.value, float) and cell.quality != "missing":
            chances.append(Chance(minutes, round(cell.value, 1), ms(cell.time_ns)))
    return Street(
        feature=feature,
        pilot=site.pilot,
        name=area,
        free=sum(bay.state == "free" for bay in bays),
        occupied=sum(bay.state == "occupied" for bay in bays),
        unknown=sum(bay.state == "unknown" for bay in bays),
        overstays=sum(bay.overstay for bay in bays),
        rank=int(rank.value) if rank is not None and isinstance(rank.value, float) else None,
        occupancy_percent=round(share.value, 1) if share is not None and isinstance(share.value, float) else None,
        occupancy_at_ms=ms(share.time_ns) if share is not None else None,
        chances=tuple(chances),
        bays=bays,
    )


def _bay(board: Board, site: Site, thing: Thing) -> Bay:
    cell = board.present.cells(thing.feature).get(("occupied", 0))
    state: Literal["free", "occupied", "unknown"] = "unknown"
    if cell is not None and thing.state not in ("silent", "never"):
        state = "occupied" if cell.value else "free"
    details = site.place(thing.feature).details_as(BayDetails)
    return Bay(
        thing=thing.id,
        feature=thing.feature,
        name=thing.name,
        state=state,
        since_ms=ms(cell.since_ns) if cell is not None and cell.since_ns else None,
        category=details.category,
        longest_stay_min=details.longest_stay_min(site.settings_as("parking", ParkingSettings)),
        overstay=state == "occupied" and stands_too_long(board.present, thing.feature),
        longitude=thing.longitude,
        latitude=thing.latitude,
    )


async def _look_up_since(board: Board, things: list[Thing]) -> None:
    """Since when bays are as they are, where memory began later than that: once, from the store."""
    present = board.present
    unknown = []
    for thing in things:
        cell = present.cells(thing.feature).get(("occupied", 0))
        if cell is not None and not cell.since_ns:
            unknown.append((thing.feature, cell.value, cell.time_ns))

    def read(history: History) -> Mapping[str, int]:
        return {
            feature: _since(history, feature, bool(value), at_ns) for feature, value, at_ns in unknown[:MAX_LOOKED_UP]
        }

    found = await board.past(read) if unknown else None
    for feature, since_ns in (found or {}).items():
        cell = present.cells(feature).get(("occupied", 0))
        if cell is not None and not cell.since_ns:
            cell.since_ns = since_ns


def _since(history: History, feature: str, value: bool, at_ns: int) -> int:  # noqa: FBT001 - the state itself
    """The first report of the state that still stands, within a day."""
    since_ns = at_ns
    reports = history.values(
        feature, "occupied", from_ns=at_ns - SINCE_WITHIN_NS, to_ns=at_ns + 1, limit=CHANGES_AT_MOST
    )
    for one in reversed(reports):
        if bool(one.value) != value:
            break
        since_ns = one.time_ns
    return since_ns
