"""The newest of everything, in memory: what the pages show while the store is asked for the past only.

    store ──once, in a thread──▶ ┐
    ledger tail ──when asked────▶┴─▶ Present: feature → (property, interval) → Cell · device → Spoken

Laws
- Nobody looks, nothing is done: it is brought up to date when somebody asks, in slices that share the loop.
- Bounded: ``MAX_CELLS`` values and ``MAX_DEVICES`` devices; what is beyond is counted in ``left_out``, not kept.
- ``version`` rises with every change; ``changed`` says at which version a feature changed last.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from gateway.ledger_tail import LedgerTail
from gateway.sinks.sqlite_file import LaterFormatError
from gateway.sinks.store.read import History
from gateway.sinks.store.read import Reading as Read
from pipelines.domains import HOUR_NS
from pipelines.domains.cycling.kinds import BICYCLES, PEOPLE, VEHICLES
from pipelines.model import Accepted, Derived, Observation, Quality, QualityReason, Rejected, Revision, Value
from pipelines.vocabulary import PROPERTIES

if TYPE_CHECKING:
    from pathlib import Path

SLICE = 200
RELOAD_FROM = 20_000
"""So many entries behind, the store is read anew rather than the ledger; without a store older ones are passed over."""
MAX_CELLS = 60_000
MAX_DEVICES = 10_000
COUNTS = {kind.feature: kind.count for kind in (BICYCLES, PEOPLE, VEHICLES)}
COUNTED_FOR_NS = 50 * HOUR_NS
"""Hours and days of counters are read so far back: the newest of each interval must be known at once."""

CellKey = tuple[str, int]
"""(property, interval_ns)"""


class Cell(msgspec.Struct, gc=False):
    """The newest value. ``since_ns``: when it became this value, 0 where that is not known; ``by``: producer, or ""."""

    value: Value
    time_ns: int
    quality: Quality
    reason: QualityReason
    revision: int
    since_ns: int
    by: str


class Spoken(msgspec.Struct, gc=False):
    """A device that was heard. ``revision``: ledger number of its newest message; instants are those of receipt."""

    first_ns: int
    last_ns: int
    feature: str
    revision: int


Cells = Mapping[CellKey, Cell]
NOTHING: Cells = {}


class Present:
    """See the head of the file. ``store``: the store's file, None where there is none."""

    def __init__(self, tail: LedgerTail, store: "Path | None", purges: Callable[[], int] = lambda: 0) -> None:
        self.version = 0
        self.position = 0
        self.left_out = 0
        self.store_trouble = ""
        self.spoken: dict[str, Spoken] = {}
        self.refused: dict[str, tuple[int, int]] = {}
        """Device → (ledger number, receipt) of its newest message that was not understood."""
        self.changed: dict[str, int] = {}
        self.pilots: dict[str, str] = {}
        """Feature → its pilot."""
        self.raised: dict[tuple[str, str], Cell] = {}
        """Values that the vocabulary calls an alarm, by (feature, property)."""
        self._tail = tail
        self._store = store
        self._purges = purges
        self._cells: dict[str, dict[CellKey, Cell]] = {}
        self._count = 0
        self._keys: dict[CellKey, CellKey] = {}
        self._loaded: int | None = None
        self._lock = asyncio.Lock()

    def cells(self, feature: str) -> Cells:
        """The newest values of a feature."""
        return self._cells.get(feature, NOTHING)

    def features(self) -> Iterable[str]:
        """Every feature of which something is known."""
        return self._cells.keys()

    def newest(self, feature: str, *names: str) -> tuple[CellKey, Cell] | None:
        """The newest value of the first of these properties that has one: that whose interval ended last."""
        cells = self._cells.get(feature)
        for name in names if cells else ():
            found = [(key, cell) for key, cell in cells.items() if key[0] == name]  # type: ignore[union-attr]
            if found:
                return max(found, key=lambda one: (one[1].time_ns + one[0][1], -one[0][1]))
        return None

    async def catch_up(self) -> None:
        """Bring it up to date. One at a time; who waited finds it done."""
        async with self._lock:
            ledger = self._tail.ledger
            behind = ledger.next_number - 1 - self.position
            if self._loaded != self._purges() or behind > RELOAD_FROM:
                await self._load()
            self.position = max(self.position, ledger.oldest_number - 1)
            while (stretch := await self._tail.read(self.position + 1, SLICE)) is not None:
                self.take(stretch.revisions)
                self.position = stretch.upto
                await asyncio.sleep(0)

    def take(self, revisions: Iterable[Revision]) -> None:
        """Ledger entries, in order."""
        self.version += 1
        for revision in revisions:
            entry = revision.entry
            if type(entry) is Accepted:
                self._hear(entry, revision.number)
                for one in entry.observations:
                    self._put(one, revision.number, "")
                    self.pilots[one.feature] = entry.pilot
            elif type(entry) is Rejected:
                if entry.device and (entry.device in self.refused or len(self.refused) < MAX_DEVICES):
                    self.refused[entry.device] = revision.number, entry.received_ns
            elif type(entry) is Derived:
                for one in entry.observations:
                    self._put(one, revision.number, entry.producer)
                    self.pilots[one.feature] = entry.pilot

    def _hear(self, entry: Accepted, number: int) -> None:
        spoken = self.spoken.get(entry.device)
        if spoken is None:
            if len(self.spoken) >= MAX_DEVICES:
                self.left_out += 1
                return
            self.spoken[entry.device] = Spoken(entry.received_ns, entry.received_ns, entry.feature, number)
        elif entry.received_ns >= spoken.last_ns:
            spoken.last_ns, spoken.feature, spoken.revision = entry.received_ns, entry.feature, number
        else:
            spoken.first_ns = min(spoken.first_ns, entry.received_ns)
        self.changed[entry.feature] = self.version

    def _put(self, one: Observation, number: int, by: str) -> None:
        key = (one.property, one.interval_ns)
        cells = self._cells.setdefault(one.feature, {})
        was = cells.get(key)
        if was is not None and one.time_ns < was.time_ns:
            return
        if one.quality == "retracted":
            if was is not None and was.time_ns == one.time_ns:
                del cells[key]
                self._count -= 1
                self._note_alarm(one.feature, one.property, None)
                self.changed[one.feature] = self.version
            return
        if was is None and self._count >= MAX_CELLS:
            self.left_out += 1
            return
        self._count += was is None
        since_ns = was.since_ns if was is not None and was.value == one.value else one.time_ns
        cell = Cell(one.value, one.time_ns, one.quality, one.reason, number, since_ns, by)
        cells[self._keys.setdefault(key, key)] = cell
        self._note_alarm(one.feature, one.property, cell)
        self.changed[one.feature] = self.version

    def _note_alarm(self, feature: str, name: str, cell: Cell | None) -> None:
        row = PROPERTIES.get(name)
        if row is None or not row.alarm:
            return
        if cell is not None and any(cell.value == value for value, _ in row.alarm):
            self.raised[feature, name] = cell
        else:
            self.raised.pop((feature, name), None)

    async def _load(self) -> None:
        """Begin anew: from the store where it can be read, else with the newest of the ledger."""
        self._loaded = self._purges()
        fresh = Present(self._tail, self._store)  # readers go on with what was there
        position = 0
        self.store_trouble = ""
        if self._store is not None:
            try:
                position = await asyncio.to_thread(fresh._read_store, self._store)
            except FileNotFoundError:
                pass  # nothing was written yet
            except (sqlite3.Error, LaterFormatError, OSError) as error:
                self.store_trouble = "" if "no such table" in str(error) else str(error)  # or it is just being made
        self.version += 1
        self.spoken, self.raised, self.pilots, self.refused = fresh.spoken, fresh.raised, fresh.pilots, {}
        self._cells, self._keys, self._count = fresh._cells, fresh._keys, fresh._count
        self.changed = dict.fromkeys(fresh._cells, self.version)
        self.position = max(position, self._tail.ledger.next_number - 1 - RELOAD_FROM)

    def _read_store(self, file: "Path") -> int:
        """In a thread, before anybody else knows this: pilot by pilot, so that only the rows of one are held."""
        with History(file) as history:
            position = history.position()
            for seen in history.devices():
                if len(self.spoken) < MAX_DEVICES:
                    self.spoken[seen.id] = Spoken(seen.first_seen_ns, seen.last_seen_ns, seen.feature, 0)
            for pilot in sorted({one.pilot for one in history.series()}):
                for latest in history.latest(pilot):
                    name, one = latest.series, latest.reading
                    self.pilots[name.feature] = pilot
                    self._put_read(name.feature, name.property, one, name.device if name.derived else "")
                    spoken = None if name.derived else self.spoken.get(name.device)
                    if spoken is not None:
                        spoken.revision = max(spoken.revision, one.revision)
            self._read_counts(history)
        return position

    def _read_counts(self, history: History) -> None:
        counters = [feature for feature in self._cells if feature.partition("/")[0] in COUNTS]
        for feature in counters:
            name = COUNTS[feature.partition("/")[0]]
            newest = self.newest(feature, name)
            if newest is None:
                continue
            from_ns = newest[1].time_ns - COUNTED_FOR_NS
            for one in history.values(feature, name, from_ns=from_ns, least_interval_ns=HOUR_NS, limit=200):
                self._put_read(feature, name, one, one.device)

    def _put_read(self, feature: str, name: str, one: Read, by: str) -> None:
        said = Observation(feature, name, one.value, one.time_ns, "gateway", one.quality, one.reason, one.interval_ns)
        self._put(said, one.revision, by)
        if (cell := self._cells[feature].get((name, one.interval_ns))) is not None and cell.time_ns == one.time_ns:
            row = PROPERTIES.get(name)
            if row is not None and row.kind in ("state", "flag") and not row.event:
                cell.since_ns = 0  # the newest report need not be the first that said so
