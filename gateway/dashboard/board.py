"""What the addresses share: the newest of everything, the things, the past in a thread, and what was last counted.

    request ──▶ Board.now() ──▶ Present, ThingBook up to date ──▶ an answer's function ──▶ JSON
                Board.past(read) ──▶ one of two threads, with the store open for reading

Law: nothing here writes, and nothing here waits on a disk in the loop.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gateway.dashboard.answers import Notice, Rates
from gateway.dashboard.present import MAX_CELLS, Present
from gateway.dashboard.things import ThingBook
from gateway.dashboard.units import NS_PER_MS
from gateway.dashboard.words import notice
from gateway.sinks.sqlite_file import LaterFormatError
from gateway.sinks.store.read import History
from gateway.sinks.store.settings import StoreSettings
from gateway.sites import sites_of
from pipelines.domains import Site
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.knowledge import Known
    from gateway.run import Gateway

READERS = 2
"""The past is read by so many threads at most; who comes later waits."""
RATE_OVER_NS = 60 * NS_PER_S
FRESH_S = 0.5

BACKLOG = 1_000
"""With more messages to refine, what is shown is not of now: a recording that is taken in, or what an outage left."""

Found = TypeVar("Found")


class Board:
    """One per gateway."""

    def __init__(self, gateway: "Gateway") -> None:
        self.gateway = gateway
        self.store = store_of(gateway)
        self.present = Present(gateway.tail, self.store, lambda: gateway.events.counts["DevicePurged"])
        self.book = ThingBook(self.present)
        self.pages_open = 0
        self.kept: dict[object, object] = {}
        """What views keep from one question to the next, by a key of their own; see ``remembered``."""
        self._readers = asyncio.Semaphore(READERS)
        self._caught_up_s = -FRESH_S
        self._received: deque[tuple[int, int]] = deque(maxlen=128)
        self._sites: tuple[Known, Mapping[str, Site]] | None = None

    @property
    def now_ms(self) -> int:
        """The wall clock."""
        return self.gateway.clock.wall_ns() // NS_PER_MS

    @property
    def known_upto_ns(self) -> int:
        """The wall clock; behind a backlog the newest receipt that was refined: who spoke since is not known yet."""
        now_ns = self.gateway.clock.wall_ns()
        if self._backlog() <= BACKLOG:
            return now_ns
        return min(now_ns, max((one.last_ns for one in self.present.spoken.values()), default=now_ns))

    async def now(self) -> None:
        """Bring everything up to date, at most twice a second."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._caught_up_s >= FRESH_S:
            await self.present.catch_up()
            self._caught_up_s = now_s
            self._received.append((self.gateway.clock.monotonic_ns(), self._received_so_far()))
        self.book.refresh(self.gateway.known, self.known_upto_ns)

    async def past(self, read: Callable[[History], Found]) -> Found | None:
        """What the store says, read in a thread; None where it cannot be read, and ``notices`` say why."""
        if self.store is None:
            return None
        async with self._readers:
            return await asyncio.to_thread(_read, self.store, read)

    async def remembered(self, key: object, stamp: object, make: Callable[[], Found]) -> Found:
        """What ``make`` gave, made in a thread; made anew when the stamp is another one."""
        held = self.kept.get(key)
        if not (isinstance(held, tuple) and held[0] == stamp):
            held = (stamp, await asyncio.to_thread(make))
            self.kept[key] = held
        found: Found = held[1]
        return found

    def sites(self) -> Mapping[str, Site]:
        """Pilots with their places and settings, by the files in force."""
        known = self.gateway.known
        if known.sites:
            return known.sites
        if self._sites is None or self._sites[0] is not known:
            self._sites = (known, sites_of(known.files))
        return self._sites[1]

    def zone(self) -> str | None:
        """The city's time zone: that of most pilots, of as many the first by name; None without pilots."""
        zones = sorted(pilot.timezone for pilot in self.gateway.known.files.pilots.values())
        return max(zones, key=zones.count) if zones else None

    def rates(self) -> Rates:
        """How much comes and what becomes of it."""
        facts = self.gateway.refine.facts()
        received = self._received_so_far()
        now_ns = self.gateway.clock.monotonic_ns()
        began = [one for one in self._received if now_ns - one[0] <= RATE_OVER_NS]
        since_ns, before = began[0] if began and now_ns - began[0][0] > NS_PER_S else (self.gateway.started_ns, 0)
        over_s = max(1.0, (now_ns - since_ns) / NS_PER_S)
        return Rates(
            received_per_s=round((received - before) / over_s, 2),
            over_s=round(over_s),
            received=received,
            accepted=facts.get("accepted", 0),
            rejected=facts.get("rejected", 0),
            duplicates=facts.get("duplicate", 0),
            waiting=facts["waiting"] + facts["unread"],
        )

    def notices(self, *, of_past: bool = False, of_analytics: bool = False) -> list[Notice]:
        """Why pages are not as they could be. ``of_past``: a page that shows history."""
        found: list[Notice] = []
        gateway = self.gateway
        if gateway.clock.quality() != "trusted":
            found.append(notice("clock-unset", "critical"))
        if (backlog := self._backlog()) > BACKLOG:
            found.append(notice("catching-up", "info", f"{backlog:,}"))
        if self.present.store_trouble:
            found.append(notice("store-unreadable", "warning", self.present.store_trouble))
        if of_past and self.store is None:
            found.append(notice("no-store", "warning"))
        if of_analytics and gateway.analytics is None:
            found.append(notice("no-analytics", "warning"))
        if self.present.left_out:
            found.append(notice("left-out", "warning", MAX_CELLS))
        return found

    def _backlog(self) -> int:
        """Messages that are durable and not refined."""
        return self.gateway.refine.facts()["unread"]

    def _received_so_far(self) -> int:
        counts = self.gateway.events.counts
        return sum(count for name, count in counts.items() if name.startswith("received."))


def store_of(gateway: "Gateway") -> Path | None:
    """The store's file, the first where there are several; None where none is kept."""
    for sink in gateway.config.sinks.values():
        if isinstance(sink.settings, StoreSettings):
            return sink.settings.path or gateway.logs.folder / "store.sqlite"
    return None


def _read(file: Path, read: Callable[[History], Found]) -> Found | None:
    try:
        with History(file) as history:
            return read(history)
    except (FileNotFoundError, sqlite3.Error, LaterFormatError):
        return None  # the page shows what memory has, and says that the past is missing
