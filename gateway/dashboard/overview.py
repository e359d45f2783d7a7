"""``/api/overview``: pilots as cards, what is wrong now, and how much comes."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from gateway.dashboard.answers import Headline, Notice, Overview, PilotCard, Thing, Worst
from gateway.dashboard.board import Board
from gateway.dashboard.headlines import Desk, headlines
from gateway.dashboard.troubles import MAX_TROUBLES, in_order, of_city, of_gateway
from gateway.dashboard.units import NS_PER_MS, ms
from gateway.dashboard.words import notice
from gateway.version import VERSION
from pipelines.domains import HOUR_NS, Site
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.files.pilots import Pilot

MAX_WORST = 5
LAST_DAY_MS = 24 * HOUR_NS // NS_PER_MS


def overview(board: Board) -> Overview:
    """The first page, of what ``Board.now`` brought up to date."""
    gateway = board.gateway
    things = list(board.book.things.values())
    states = dict.fromkeys(("ok", "alarm", "silent", "never"), 0)
    for thing in things:
        states[thing.state] += 1
    state: Literal["empty", "unheard", "running"] = "running" if states["never"] < len(things) else "unheard"
    state = state if things else "empty"
    wrong = in_order([*of_gateway(gateway), *of_city(board.present, board.book)])
    return Overview(
        at_ms=board.now_ms,
        gateway=gateway.config.gateway.id,
        city=gateway.config.gateway.city,
        version=VERSION,
        uptime_s=round((gateway.clock.monotonic_ns() - gateway.started_ns) / NS_PER_S, 1),
        clock=gateway.clock.quality(),
        state=state,
        notices=tuple(_notices(board, state)),
        pilots=tuple(_cards(board, things)),
        wrong=tuple(wrong[:MAX_TROUBLES]),
        wrong_total=len(wrong),
        rates=board.rates(),
        things=states,
    )


def _notices(board: Board, state: str) -> list[Notice]:
    found = board.notices(of_past=True, of_analytics=True)
    if not board.gateway.known.files.pilots:
        found.append(notice("no-pilots"))
    elif state == "empty":
        found.append(notice("no-devices"))
    elif state == "unheard":
        found.append(notice("nothing-heard"))
    return found


def _cards(board: Board, things: Sequence[Thing]) -> list[PilotCard]:
    by_pilot: dict[str, list[Thing]] = {}
    for thing in things:
        by_pilot.setdefault(thing.pilot, []).append(thing)
    sites = board.sites()
    pilots = board.gateway.known.files.pilots
    return [_card(board, pilot, by_pilot.get(name, []), sites[name]) for name, pilot in sorted(pilots.items())]


def _card(board: Board, pilot: "Pilot", things: Sequence[Thing], site: Site) -> PilotCard:
    now_ms = board.now_ms
    today = datetime.fromtimestamp(now_ms / 1_000, site.zone).date()
    over = pilot.end is not None and today > pilot.end
    phase: Literal["before", "running", "over"] = "over" if over else "running"
    phase = "before" if today < pilot.start else phase
    known_ms = board.known_upto_ns // NS_PER_MS
    heard = sum(one.last_heard_ms is not None and known_ms - one.last_heard_ms <= LAST_DAY_MS for one in things)
    return PilotCard(
        id=pilot.id,
        title=pilot.title,
        question=pilot.register_entry.observation_goal,
        city=pilot.city,
        domains=tuple(domain.value for domain in pilot.domains),
        phase=phase,
        started=pilot.start.isoformat(),
        ends=pilot.end.isoformat() if pilot.end else None,
        day=(today - pilot.start).days + 1 if phase != "before" else None,
        days=(pilot.end - pilot.start).days + 1 if pilot.end else None,
        devices=len(things),
        heard_last_day=heard,
        silent=sum(one.state == "silent" for one in things),
        never_heard=sum(one.last_heard_ms is None for one in things),
        alarms=sum(one.state == "alarm" for one in things),
        coverage_percent=round(100 * heard / len(things), 1) if things else None,
        headlines=tuple(_headlines(board, pilot, things, site)),
        worst=tuple(_worst(board, things)),
    )


def _headlines(board: Board, pilot: "Pilot", things: Sequence[Thing], site: Site) -> list[Headline]:
    found: list[Headline] = []
    now_ns = board.gateway.clock.wall_ns()
    for domain in pilot.domains:
        own = [one for one in things if one.domain == domain]
        found += headlines(domain.value, Desk(board.present, own, site, now_ns))
    return found


def _worst(board: Board, things: Sequence[Thing]) -> list[Worst]:
    """Things with an alarm first, then silent ones, then those that never spoke."""
    found: list[tuple[int, int, Worst]] = []
    for thing in things:
        if thing.state == "ok":
            continue
        why = thing.alarms[0] if thing.alarms else thing.state
        cell = board.present.raised.get((thing.feature, why))
        since_ms = ms(cell.since_ns or cell.time_ns) if cell is not None else thing.last_heard_ms
        rank = ("alarm", "silent", "never").index(thing.state)
        found.append((rank, -(since_ms or 0), Worst(thing.id, thing.name, why, since_ms)))
    return [worst for _, _, worst in sorted(found, key=lambda one: one[:2])[:MAX_WORST]]
