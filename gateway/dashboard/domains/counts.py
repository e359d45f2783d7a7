"""Cycling and mobility: what each counter counted today, against yesterday, the week and what is usual."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from statistics import fmean
from typing import Literal

import msgspec

from gateway.dashboard.answers import Notice, Thing
from gateway.dashboard.board import Board
from gateway.dashboard.domain_answers import CountPage, CountSite, Day, HourOfCount
from gateway.dashboard.present import Cell
from gateway.dashboard.units import UNTOLD, ms
from gateway.dashboard.words import notice
from gateway.sinks.store.read import History, Reading
from pipelines.domains import HOUR_NS
from pipelines.domains.cycling.kinds import BICYCLES, PEOPLE, VEHICLES, Kind
from pipelines.domains.local_time import bounds_of, local_date
from pipelines.model import NS_PER_S
from pipelines.vocabulary import Domain

MAX_SITES = 200
DAYS = 28
MAX_ROWS = 2_000
STALE_NS = 60 * NS_PER_S
"""Counts change each quarter of an hour; they are read from the store once a minute at most."""
KINDS: Mapping[str, Kind] = {kind.feature: kind for kind in (BICYCLES, PEOPLE, VEHICLES)}


class Counted(msgspec.Struct, frozen=True):
    """What the store says of one counter: hours and days of the last weeks, quarters of today."""

    hours: Sequence[Reading] = ()
    days: Sequence[Reading] = ()
    quarters: Sequence[Reading] = ()


NOTHING = Counted()


async def count_page(board: Board, domain: Domain) -> CountPage:
    """Counters, the busiest of today first."""
    things = [one for one in board.book.of(domain=domain.value) if one.feature_type in KINDS][:MAX_SITES]
    zones = {name: site.zone for name, site in board.sites().items()}
    now_ns = board.gateway.clock.wall_ns()
    key, stamp = ("counts", domain.value), (now_ns // STALE_NS, board.book.files)
    held = board.kept.get(key)
    if not (isinstance(held, tuple) and held[0] == stamp):

        def read(history: History) -> Mapping[str, Counted]:
            return {one.feature: _read(history, one, zones[one.pilot], now_ns) for one in things}

        held = (stamp, await board.past(read) or {})
        board.kept[key] = held
    counted: Mapping[str, Counted] = held[1]
    sites = [_site(board, one, counted.get(one.feature, NOTHING), zones[one.pilot], now_ns) for one in things]
    sites.sort(key=lambda one: (-(one.today or 0.0), one.name))
    name: Literal["cycling", "mobility"] = "cycling" if domain is Domain.CYCLING else "mobility"
    return CountPage(name, board.now_ms, tuple(sites), tuple(_notices(board, sites)))


def _notices(board: Board, sites: Sequence[CountSite]) -> list[Notice]:
    found = board.notices(of_past=True, of_analytics=True)
    if not sites:
        found.append(notice("no-things-here"))
    elif board.gateway.analytics is not None and all(one.today is None and one.yesterday is None for one in sites):
        found.append(notice("learning"))
    return found


def _read(history: History, thing: Thing, zone: tzinfo, now_ns: int) -> Counted:
    """In a thread."""
    name = KINDS[thing.feature_type].count
    today = local_date(now_ns, zone)
    first_ns = bounds_of(today - timedelta(days=DAYS), zone)[0]
    rows = history.values(thing.feature, name, from_ns=first_ns, limit=MAX_ROWS, least_interval_ns=HOUR_NS)
    quarters = history.values(thing.feature, name, from_ns=bounds_of(today, zone)[0], limit=MAX_ROWS)
    return Counted(
        [one for one in rows if one.interval_ns == HOUR_NS and one.quality not in UNTOLD],
        [one for one in rows if one.interval_ns > HOUR_NS],
        [one for one in quarters if 0 < one.interval_ns < HOUR_NS and one.quality not in UNTOLD],
    )


def _site(board: Board, thing: Thing, counted: Counted, zone: tzinfo, now_ns: int) -> CountSite:
    kind = KINDS[thing.feature_type]
    today = local_date(now_ns, zone)
    yesterday = today - timedelta(days=1)
    by_hour: dict[date, dict[int, float]] = {}
    for one in counted.hours:
        at = datetime.fromtimestamp(one.time_ns // NS_PER_S, zone)
        by_hour.setdefault(at.date(), {})[at.hour] = by_hour.get(at.date(), {}).get(at.hour, 0.0) + float(one.value)
    so_far, until_ns = _today(counted, bounds_of(today, zone)[0])
    days = _days(counted, by_hour, today, zone)
    average = board.present.cells(thing.feature).get((kind.average, 0))
    return CountSite(
        thing=thing.id,
        feature=thing.feature,
        name=thing.name,
        area=thing.area,
        pilot=thing.pilot,
        counts=kind.count,  # type: ignore[arg-type]
        today=so_far,
        counted_until_ms=ms(until_ns) if until_ns else None,
        yesterday=days[-1].count if days else None,
        yesterday_so_far=_until(counted, yesterday, until_ns - bounds_of(today, zone)[0], zone) if until_ns else None,
        last_7_days=_sum(days[-7:]),
        seven_before=_sum(days[-14:-7]),
        daily_average=_known(average),
        hours=tuple(_hour(hour, by_hour, today, yesterday) for hour in range(24)),
        days=tuple(days),
        longitude=thing.longitude,
        latitude=thing.latitude,
    )


def _known(cell: Cell | None) -> float | None:
    if cell is None or cell.quality in UNTOLD or not isinstance(cell.value, float):
        return None
    return round(cell.value, 1)


def _today(counted: Counted, begin_ns: int) -> tuple[float | None, int]:
    """Count of today so far and until when: whole hours, then the quarters behind them."""
    hours = [one for one in counted.hours if one.time_ns >= begin_ns]
    until_ns = max((one.time_ns + one.interval_ns for one in hours), default=begin_ns)
    quarters = [one for one in counted.quarters if one.time_ns >= until_ns]
    if not hours and not quarters:
        return None, 0
    total = sum(float(one.value) for one in (*hours, *quarters))
    return round(total, 1), max((one.time_ns + one.interval_ns for one in quarters), default=until_ns)


def _until(counted: Counted, day: date, span_ns: int, zone: tzinfo) -> float | None:
    """What a day had counted so long after its midnight; the hour under way by its share."""
    begin_ns = bounds_of(day, zone)[0]
    found = [one for one in counted.hours if begin_ns <= one.time_ns < begin_ns + span_ns]
    shares = (min(1.0, (begin_ns + span_ns - one.time_ns) / HOUR_NS) * float(one.value) for one in found)
    return round(sum(shares), 1) if found else None


def _days(counted: Counted, by_hour: Mapping[date, Mapping[int, float]], today: date, zone: tzinfo) -> list[Day]:
    """The days before today, oldest first; one that is not closed yet by its hours."""
    told = {local_date(one.time_ns + HOUR_NS, zone): one for one in counted.days}
    days = []
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        one = told.get(day)
        if one is not None:
            days.append(
                Day(day.isoformat(), None if one.quality in UNTOLD else round(float(one.value), 1), one.quality)
            )
        elif day in by_hour:
            days.append(Day(day.isoformat(), round(sum(by_hour[day].values()), 1), "estimated"))
        else:
            days.append(Day(day.isoformat(), None, "missing"))
    return days


def _sum(days: Sequence[Day]) -> float | None:
    known = [one.count for one in days if one.count is not None]
    return round(sum(known), 1) if known else None


def _hour(hour: int, by_hour: Mapping[date, Mapping[int, float]], today: date, yesterday: date) -> HourOfCount:
    usual = [hours[hour] for day, hours in by_hour.items() if day != today and hour in hours]
    return HourOfCount(
        hour,
        _of(by_hour, today, hour),
        _of(by_hour, yesterday, hour),
        round(fmean(usual), 1) if usual else None,
    )


def _of(by_hour: Mapping[date, Mapping[int, float]], day: date, hour: int) -> float | None:
    found = by_hour.get(day, {}).get(hour)
    return round(found, 1) if found is not None else None
