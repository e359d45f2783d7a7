"""The fourth loop: ledger ▸ machines ▸ Derived, back into the ledger.

    ledger ──read──▶ Accepted, Tick ──▶ each pilot's machines ──▶ Derived(producer, upto, …) ──append──▶ ledger
                                                     └── every 6 h, and at the stop ──▶ analytics.snapshot

Laws
- Reads Accepted and Tick, never Derived. What it derives is a function of the ledger's order; batches do not matter.
- ``upto`` of a producer's newest Derived says how far its output is in the ledger. After a crash the ledger is read
  again from the snapshot on, and what each producer says up to its ``upto`` is not said again.
- A machine that is new, or of a new version, works out the whole past that the ledger still holds, beside the live
  loop, and tells it as corrections. Where only the snapshot is lost, states are rebuilt and nothing old is told.
- It pins nothing and holds up nobody: while sinks work off a backlog, it leaves them most of the time.
- It reads a batch, settles it, writes it: memory does not grow with what is behind.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from gateway.analytics_snapshot import FILE, Head, PilotHead, RunnerFrame, Snapshot, SnapshotWriter, load_snapshot
from gateway.clock import Clock
from gateway.derived import Upto, parts_of, told_since
from gateway.events import AnalyticsRebuilt, Events, MachineFell
from gateway.journal.notices import JournalError
from gateway.ledger_tail import LedgerTail, Stretch
from gateway.progress import KIND_FIRST
from pipelines.domains import Machine, Site
from pipelines.domains.analysis import Analysis, Statement
from pipelines.domains.runner import LATENESS_NS, StaleImageError
from pipelines.model import NS_PER_S, Accepted, LedgerEntry, Revision, Tick

BATCH = 200
GATHER_S = 0.2
PACE_S, PACE_BESIDE_SINKS_S = 0.002, 0.05
LEDGER_PAUSE_S = 1.0
TICK_EVERY_S = 60.0
SNAPSHOT_EVERY_S = 6 * 3600.0
SNAPSHOT_AFTER_ENTRIES = 100_000
"""What a crash costs at most to read again; a snapshot of 500 devices has some 5 MB, which spares a card."""

REMEMBERED_BYTES = 32 << 20
"""What all runners together may remember of the last two days; it costs some 40 MB of resident memory."""

SHARED_EVERY = 100
"""Batches after which that is shared out anew: by what each needs."""

_encode = msgspec.msgpack.Encoder().encode


class Analytics:
    """Every pilot's machines. The public fields are its state, for status."""

    def __init__(
        self,
        tail: LedgerTail,
        sites: Mapping[str, Site],
        machines: Sequence[Machine[Any]],
        *,
        folder: Path,
        clock: Clock,
        events: Events,
        lateness_ns: int = LATENESS_NS,
        sinks_catch_up: Callable[[], bool] = lambda: False,
        is_present: Callable[[], bool] = lambda: True,
    ) -> None:
        """``is_present``: whether the ledger is at the present; else no time is told, see ``presence.py``."""
        self.position = 0
        self.derived = 0
        """Observations told since this process started."""
        self.expired = 0
        """Ledger numbers given up before they were read."""
        self.pilots: dict[str, Analysis] = {}
        self._tail = tail
        self._machines = machines
        self._file = folder / FILE
        self._clock = clock
        self._events = events
        self._lateness_ns = lateness_ns
        self._sinks_catch_up = sinks_catch_up
        self._is_present = is_present
        self._sites = sites
        self._overhearing = _overhearing(sites)
        self._upto: Upto = {}
        self._cuts: list[int] = []
        self._live = list(machines)
        self._stale: list[Machine[Any]] = []
        self._opened = False
        self._saved = (0, clock.monotonic_ns())
        self._batches = 0

    @property
    def sites(self) -> Mapping[str, Site]:
        """The pilots as the files in force have them."""
        return self._sites

    @sites.setter
    def sites(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites
        self._overhearing = _overhearing(sites)
        for name in [name for name in self.pilots if name not in sites]:
            del self.pilots[name]
        for name, analysis in self.pilots.items():
            analysis.site = sites[name]

    @property
    def lag(self) -> int:
        """Ledger entries not yet taken in."""
        return max(0, self._tail.ledger.next_number - 1 - self.position)

    async def run(self) -> None:
        """Derive for ever."""
        await self.open()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick_for_ever(), name="ticks")
            group.create_task(self._rebuild_stale(), name="analytics rebuild")
            while True:
                await self._tail.ledger.wait_past(self.position)
                await self.catch_up()
                if self._snapshot_is_due():
                    await self.save()
                await asyncio.sleep(GATHER_S)  # a batch costs less per entry than its entries would alone

    async def open(self) -> None:
        """Take up where the last run left: the snapshot, and from the ledger what was told since."""
        if self._opened:
            return
        ledger = self._tail.ledger
        snapshot = await asyncio.to_thread(load_snapshot, self._file)
        self.position = ledger.oldest_number - 1
        if snapshot is not None and snapshot.head.position < ledger.next_number:
            self._restore(snapshot)
        self._saved = (self.position, self._clock.monotonic_ns())
        self._upto = await told_since(ledger, self.position)
        self._cuts = sorted(set(self._upto.values()), reverse=True)
        self._opened = True

    async def catch_up(self) -> None:
        """Take in what is there, sharing the loop."""
        while await self.take_some():  # noqa: ASYNC110 - what it waits for is the others' turn
            await asyncio.sleep(PACE_BESIDE_SINKS_S if self._sinks_catch_up() else PACE_S)

    async def take_some(self) -> bool:
        """Take in the next batch and tell what follows from it; False at the ledger's end. Raises JournalError."""
        gone = self._tail.ledger.oldest_number - 1 - self.position
        if gone > 0:
            self.expired += gone
            self.position += gone
        while self._cuts and self._cuts[-1] <= self.position:
            self._cuts.pop()
        stretch = await self._read(self.position, self._cuts[-1] if self._cuts else None)
        if stretch is None:
            return False
        begin, upto = self.position, stretch.upto
        self._feed(self.pilots, stretch.revisions, self._live)
        told = 0
        for pilot, analysis in self.pilots.items():
            for statement in analysis.settle():
                if upto > self._upto.get((statement.producer, pilot), 0):
                    told += self._tell(pilot, statement, begin, upto)
        self.position = upto
        if told:
            await self._commit()
        self._tend()
        return True

    async def tick(self) -> None:
        """Write down what time it is: machines have no other clock."""
        self._append(Tick(self._clock.wall_ns(), self._clock.quality()), KIND_FIRST)
        with contextlib.suppress(JournalError):  # the journal has said so; the next commit takes it along
            await self._tail.ledger.commit(sync=False)

    async def save(self) -> None:
        """Write the snapshot. An error is counted and told by nobody but the next start, which reads more."""
        ledger = self._tail.ledger
        head = Head(
            self.position,
            {one.producer: one.version for one in self._live},
            [PilotHead(name, msgspec.structs.replace(one.time), one.ahead) for name, one in self.pilots.items()],
        )
        try:
            await ledger.commit()
            writer = await asyncio.to_thread(SnapshotWriter(self._file).begin, head)
            for pilot, analysis in list(self.pilots.items()):
                for producer, runner in list(analysis.runners.items()):
                    frame = RunnerFrame(pilot, producer, runner.pack())
                    await asyncio.to_thread(writer.add, frame)
            await asyncio.to_thread(writer.finish)
        except OSError:
            self._events.counts["analytics_snapshots_failed"] += 1
        self._saved = (self.position, self._clock.monotonic_ns())

    async def finish(self, within_s: float) -> None:
        """Take in what is there, at an orderly stop; what is left has its turn after the next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self.open()
                while await self.take_some():
                    pass

    async def stop(self) -> None:
        """At the end of an orderly stop, when nothing is read any more."""
        if self._opened and not self._stale:  # else the past is worked out again, from its beginning
            await self.save()

    def facts(self) -> dict[str, object]:
        """For status: where it stands, and by producer what it was given and what it made of it."""
        producers: dict[str, dict[str, int]] = {}
        for analysis in self.pilots.values():
            for producer, runner in analysis.runners.items():
                row = producers.setdefault(producer, {"keys": 0, **dict.fromkeys(runner.counts, 0), "state_bytes": 0})
                row["keys"] += runner.keys
                row["state_bytes"] += runner.remembered_bytes
                for name, count in runner.counts.items():
                    row[name] += count
        return {
            "position": self.position,
            "lag": self.lag,
            "derived": self.derived,
            "expired": self.expired,
            "ahead": sum(analysis.ahead for analysis in self.pilots.values()),
            "rebuilding": len(self._stale),
            "producers": producers,
        }

    def _restore(self, snapshot: Snapshot) -> None:
        """Every runner that can go on from where it was; the others are worked out anew."""
        self.position = snapshot.head.position
        known = snapshot.head.machines
        stale = {one.producer for one in self._machines if known.get(one.producer) != one.version}
        for head in snapshot.head.pilots:
            if (analysis := self._analysis(self.pilots, head.pilot, self._machines)) is not None:
                analysis.time, analysis.ahead = head.time, head.ahead
        for frame in snapshot.runners:
            if frame.pilot in self.pilots and frame.producer in known.keys() - stale:
                try:
                    self.pilots[frame.pilot].restore(frame.producer, frame.packed)
                except StaleImageError:
                    stale.add(frame.producer)
        self._stale = [one for one in self._machines if one.producer in stale]
        self._live = [one for one in self._machines if one.producer not in stale]
        for analysis in self.pilots.values():
            analysis.machines = self._live
            for producer in stale & analysis.runners.keys():
                del analysis.runners[producer]

    async def _rebuild_stale(self) -> None:
        """Work out the past for machines that are new, beside the live loop, until both stand at the same entry."""
        if not self._stale:
            return
        pilots: dict[str, Analysis] = {}
        first = position = self._tail.ledger.oldest_number - 1
        while position < self.position:
            stretch = await self._read(position, self.position)
            if stretch is None:
                break
            self._feed(pilots, stretch.revisions, self._stale)
            for pilot, rebuilding in pilots.items():
                for said in rebuilding.settle():
                    anew = Statement(said.producer, (), (*said.again, *said.first))
                    self._tell(pilot, anew, position, stretch.upto)
            position = stretch.upto
            await self._commit()
            await asyncio.sleep(PACE_BESIDE_SINKS_S if self._sinks_catch_up() else PACE_S)
            # No await between the loop's last look at both positions and the taking over.
        for pilot, rebuilt in pilots.items():
            if (analysis := self._analysis(self.pilots, pilot, self._live)) is not None:
                for runner in rebuilt.runners.values():
                    analysis.adopt(runner)
        producers = [one.producer for one in self._stale]
        self._live, self._stale = list(self._machines), []
        for one in self.pilots.values():
            one.machines = self._live
            one.forget_routes()
        self._events.emit(AnalyticsRebuilt(producers=producers, first=first + 1, last=position))

    async def _read(self, position: int, last: int | None) -> Stretch | None:
        """The next entries after a position, none beyond ``last``."""
        at_most = BATCH if last is None else min(BATCH, last - position)
        stretch = await self._tail.read(position + 1, at_most)
        if stretch is None or last is None or stretch.upto <= last:
            return stretch
        return Stretch([one for one in stretch.revisions if one.number <= last], last)

    def _analysis(self, pilots: dict[str, Analysis], name: str, machines: Sequence[Machine[Any]]) -> Analysis | None:
        """A pilot's machines; None for a pilot that the files do not name any more."""
        analysis = pilots.get(name)
        if analysis is None and name in self._sites:
            analysis = pilots[name] = Analysis(self._sites[name], machines, lateness_ns=self._lateness_ns)
        return analysis

    def _feed(
        self, pilots: dict[str, Analysis], revisions: Sequence[Revision], machines: Sequence[Machine[Any]]
    ) -> None:
        for revision in revisions:
            entry = revision.entry
            if type(entry) is Accepted:
                analysis = pilots.get(entry.pilot) or self._analysis(pilots, entry.pilot, machines)
                if analysis is not None:
                    analysis.take(entry, first=revision.first)
                if entry.link is not None and entry.link.receptions:
                    for name in self._overhearing:
                        if (analysis := self._analysis(pilots, name, machines)) is not None:
                            analysis.overhear(entry, first=revision.first)
                if not revision.first:
                    _take_back_elsewhere(pilots, entry)
            elif type(entry) is Tick:
                for analysis in pilots.values():
                    analysis.tick(entry)

    def _tell(self, pilot: str, statement: Statement, begin: int, upto: int) -> int:
        """Append what a producer says; returns how many observations."""
        city = self._sites[pilot].city if pilot in self._sites else ""
        for kind, derived in parts_of(statement, pilot, city, begin=begin, upto=upto):
            self._append(derived, kind)
        told = len(statement.first) + len(statement.again)
        self.derived += told
        return told

    def _append(self, entry: LedgerEntry, kind: int) -> None:
        first = self._tail.ledger.append([_encode(entry)], kind)
        self._tail.put(first, [entry], kind)

    async def _commit(self) -> None:
        """Write the ledger, or wait until it can be written; the journal says why."""
        while True:
            try:
                await self._tail.ledger.commit(sync=False)
            except JournalError:
                await asyncio.sleep(LEDGER_PAUSE_S)
            else:
                return

    async def _tick_for_ever(self) -> None:
        """A tick a minute, while the ledger has been at the present for half of it."""
        while True:
            await asyncio.sleep(TICK_EVERY_S / 2)
            was_present = self._is_present()
            await asyncio.sleep(TICK_EVERY_S / 2)
            if was_present and self._is_present():
                await self.tick()

    def _tend(self) -> None:
        """Say where a machine raised; now and then share out the memory."""
        runners = [(pilot, one) for pilot, analysis in self.pilots.items() for one in analysis.runners.values()]
        for pilot, runner in runners:
            if runner.fell:
                self._events.emit(MachineFell(pilot=pilot, error=runner.fell))
                runner.fell = ""
        self._batches += 1
        if self._batches % SHARED_EVERY == 0:
            used = [runner.remembered_bytes for _pilot, runner in runners]
            beyond = sum(used) / REMEMBERED_BYTES
            for (_pilot, runner), its_own in zip(runners, used, strict=True):
                runner.max_bytes = REMEMBERED_BYTES if beyond <= 1 else int(its_own / beyond)

    def save_soon(self) -> None:
        """Write the snapshot with the next entries: what was purged must not stay in the old one."""
        self._saved = self.position - SNAPSHOT_AFTER_ENTRIES, self._saved[1]

    def _snapshot_is_due(self) -> bool:
        number, at_ns = self._saved
        gone = self.position - number
        age_ns = self._clock.monotonic_ns() - at_ns
        return not self._stale and (
            gone >= SNAPSHOT_AFTER_ENTRIES or (gone > 0 and age_ns >= SNAPSHOT_EVERY_S * NS_PER_S)
        )


def _overhearing(sites: Mapping[str, Site]) -> Sequence[str]:
    """The pilots with LoRa gateways: what these relayed concerns them, whose devices it ever was."""
    return [name for name, site in sites.items() if site.lora_gateways]


def _take_back_elsewhere(pilots: Mapping[str, Analysis], entry: Accepted) -> None:
    """What a device no longer says, where it said it for another pilot."""
    for one in entry.observations:
        if one.quality == "retracted":
            for pilot, analysis in pilots.items():
                if pilot != entry.pilot:
                    analysis.take_back(entry, one)
