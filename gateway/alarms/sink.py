"""Alarms as a sink: reads flags out of the ledger, conditions out of the gateway; each route has a loop of its own.

    ledger ──write──▶ book ─┬─▶ telling ─▶ post ─▶ e-mail
    conditions ──1 s──▶ ────┤                      webhook
                            └─▶ alarms.sqlite      MQTT

Why a sink: its cursor is durable, its lag is seen, it is supervised and stopped in order like its neighbours. Why it
never holds up the ledger: ``write`` only notes in the book what is wrong, and returns; what routes do is theirs.

Laws
- ``write`` returns when what it changed is on the disk. Conditions are told even if the disk is full: that may be one.
- A condition that was remembered is not called over in the first minute: after a start it may not be seen yet.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gateway.alarms.alarm import Alarm, Key, Standing
from gateway.alarms.book import Book
from gateway.alarms.kinds import NAMES, NAMES_BEHIND, alarm_of, judge
from gateway.alarms.memory_file import FILE, MemoryFile, Remembered, Rows, Unsaved, packed, text_of
from gateway.alarms.notice import Notice
from gateway.alarms.post import Post
from gateway.alarms.routes import open_transport
from gateway.alarms.settings import Route
from gateway.alarms.telling import OWN_TROUBLE, RouteRow, Telling
from gateway.clock import Clock
from gateway.events import Events
from gateway.health.condition import Condition
from gateway.health.conditions import conditions
from gateway.health.incidents import Incident
from gateway.knowledge import Known
from gateway.sinks import SinkUnavailableError
from gateway.sinks.sqlite_file import FileThread
from gateway.supervise import supervise
from pipelines.domains.lora_gateways.behind import names_in
from pipelines.model import NS_PER_S, Accepted, Derived, LedgerEntry, Observation, Revision

if TYPE_CHECKING:
    from gateway.run import Gateway

TICK_S: Final = 1.0
TEND_EVERY_S: Final = 60.0
GRACE_S: Final = 60.0
ROUTE_DOWN_AFTER_S: Final = 60.0
"""A route that fails for so long is an alarm itself, for the other routes; greylisting is no trouble."""


class AlarmsSink:
    """Implements ``gateway.sinks.TendedSink``.

    ``known``: the files in force; ``conditions``: what is wrong now; ``report``: takes what is wrong here, each second.
    """

    takes: tuple[type[LedgerEntry], ...] = (Accepted, Derived)
    order: Literal["ledger"] = "ledger"
    max_batch = 1_000

    def __init__(
        self,
        name: str,
        file: Path,
        posts: Callable[["AlarmsSink"], Sequence[Post]],
        *,
        known: Callable[[], Known],
        conditions: Callable[[], Sequence[Condition]],
        report: Callable[[Incident], None],
        events: Events,
        clock: Clock,
    ) -> None:
        self.id = name
        self.book = Book()
        self._known = known
        self._conditions = conditions
        self._report = report
        self._events = events
        self._clock = clock
        self._started_ns = clock.monotonic_ns()
        self._base_ns = clock.wall_ns() - self._started_ns
        self._labels: tuple[object, dict[tuple[str, str], str]] = (None, {})
        self._thread = FileThread(f"sink {name}", file)
        self._file = file
        self._memory: MemoryFile | None = None
        self._recalling = asyncio.Lock()
        self._unsaved = Unsaved()
        self._seen: set[Key] = set()
        self.posts = posts(self)

    def now_ns(self) -> int:
        """Time that never jumps: the wall clock as it was at the start, carried on by the monotonic one."""
        return self._base_ns + self._clock.monotonic_ns()

    async def start(self) -> None:
        """Recall what was told. Raises SinkUnavailableError."""
        async with self._recalling:  # ``run`` and the delivery begin together
            if self._memory is None:
                self._memory, (standings, routes) = await self._thread.run(lambda: _recall(self._file))
                self._restore(standings, routes)

    async def write(self, batch: Sequence[Revision]) -> None:
        """Note what is wrong. Raises SinkUnavailableError where it cannot be kept."""
        await self.start()
        for revision in batch:
            entry = revision.entry
            if isinstance(entry, Accepted | Derived):
                for observation in entry.observations:
                    if observation.property in NAMES:
                        self._take(observation, entry.pilot)
        await self._keep()

    async def run(self) -> None:
        """Look at conditions each second, and keep every route telling, for ever."""
        async with asyncio.TaskGroup() as group:
            for post in self.posts:
                telling = supervise(f"alarms {post.telling.name}", post.run, self._events)
                group.create_task(telling, name=f"alarms {post.telling.name}")
            ticks = 0
            while True:
                await self._tick(tend=ticks % int(TEND_EVERY_S / TICK_S) == 0)
                ticks += 1
                await asyncio.sleep(TICK_S)

    async def close(self) -> None:
        """Keep what is not kept yet, let go. Never raises."""
        await self._keep_quietly()
        await self._thread.end(self._forget_file)

    async def keep(self, telling: Telling, notice: Notice | None) -> None:
        """Keep where a route stands: before a message leaves, and (``notice``) when it arrived. Never raises."""
        told = notice.changes if notice is not None else ()
        self._unsaved.told.update((telling.name, change.alarm.key) for change in told)
        self._unsaved.routes.add(telling.name)
        await self._keep_quietly()

    def troubles(self) -> list[Incident]:
        """Routes that are not getting through, for whoever shows what is wrong, and for the other routes."""
        now_ns = self._clock.monotonic_ns()
        found = []
        for post in self.posts:
            outage, name = post.outage, post.telling.name
            if outage.since_ns is None or now_ns - outage.since_ns < ROUTE_DOWN_AFTER_S * NS_PER_S:
                continue
            what = f"alarms do not get through to {name}: {outage.why}"
            mend = outage.mend or f"It is tried again for ever; try it yourself: citygate alarms test {name}"
            found.append(Incident(OWN_TROUBLE, name, "warning", what, mend, lasts_s=3 * TICK_S))
        return found

    async def _tick(self, *, tend: bool) -> None:
        if self._memory is None:
            with contextlib.suppress(SinkUnavailableError):  # its delivery says so; what is wrong is told all the same
                await self.start()
        now_ns = self.now_ns()
        for trouble in self.troubles():
            self._report(trouble)
        self._compare(self._conditions(), now_ns)
        for standing in self.book.pass_time(now_ns):
            self._news(standing)
        if tend:
            self._drop_strangers(now_ns)
            self._unsaved.standings.update(self.book.forget(now_ns))
            for post in self.posts:
                post.telling.remind(now_ns)
            self._events.counts["alarms.no_room"] = self.book.no_room
        await self._keep_quietly()

    def _compare(self, conditions: Iterable[Condition], now_ns: int) -> None:
        found = {Key(one.kind, "", one.subject): one for one in conditions}
        for one in found.values():
            alarm = Alarm(one.kind, "", one.subject, one.severity, one.what, one.mend, one.since_ns, "condition")
            self._news(self.book.put(alarm, now_ns, now_ns))
        self._seen.update(found)
        settled = self._clock.monotonic_ns() - self._started_ns >= GRACE_S * NS_PER_S
        for standing in self.book.raised():
            key = standing.alarm.key
            if standing.alarm.origin == "condition" and key not in found and (settled or key in self._seen):
                self._news(self.book.clear(key, max(now_ns, standing.at_ns), now_ns))

    def _take(self, observation: Observation, pilot: str) -> None:
        """One observation that may be an alarm, or its end."""
        now_ns, at_ns = self.now_ns(), observation.time_ns
        feature, name = observation.feature, observation.property
        if observation.quality in ("missing", "suppressed", "suspect"):
            return
        if name in NAMES_BEHIND:
            self._news(self.book.name_behind(Key(NAMES_BEHIND[name], pilot, feature), names_in(str(observation.value))))
            return
        verdict = judge(observation, self._known().sites.get(pilot))
        if verdict is None:
            return
        kind, severity = verdict
        key = Key(kind, pilot, feature)
        if observation.quality == "retracted":
            self._news(self.book.take_back(key, at_ns, now_ns))
        elif severity is None:
            self._news(self.book.clear(key, at_ns, now_ns))
        else:
            label = self._label(pilot, feature)
            alarm = alarm_of(observation, pilot, kind=kind, severity=severity, label=label)
            self._news(self.book.put(alarm, at_ns, now_ns))

    def _news(self, standing: Standing | None) -> None:
        """Let every route note it."""
        if standing is None:
            return
        self._unsaved.standings.add(standing.alarm.key)
        now_ns = self.now_ns()
        for post in self.posts:
            post.telling.note(standing, now_ns)
            post.look()

    def _label(self, pilot: str, feature: str) -> str:
        """What people call a feature: the name of its device, by the files in force; empty for one without a device."""
        known = self._known()
        if self._labels[0] is not known:
            self._labels = known, {(one.pilot, one.feature): one.name or one.feature for one in known.files.devices}
        return self._labels[1].get((pilot, feature), "")

    def _drop_strangers(self, now_ns: int) -> None:
        """An alarm of what the files no longer name would stand for ever: it is over."""
        for standing in self.book.raised():
            alarm = standing.alarm
            if alarm.label and not self._label(alarm.pilot, alarm.subject):
                self._news(self.book.clear(alarm.key, max(now_ns, standing.at_ns), now_ns))

    async def _keep(self) -> None:
        """Write what changed. Raises SinkUnavailableError."""
        memory, unsaved = self._memory, self._unsaved
        if memory is None or not unsaved:
            return
        rows, self._unsaved = self._rows_of(unsaved), Unsaved()
        try:
            await self._thread.run(lambda: memory.save(rows))
        except BaseException:
            self._unsaved.add(unsaved)
            raise

    async def _keep_quietly(self) -> None:
        """As well as it can be: a disk that is full must not keep anybody from being told of it."""
        with contextlib.suppress(SinkUnavailableError):
            await self._keep()

    def _rows_of(self, unsaved: Unsaved) -> Rows:
        """As it stands now, packed in the loop: it goes on changing there."""
        tellings = {post.telling.name: post.telling for post in self.posts}
        standings = {key: self.book.by_key.get(key) for key in unsaved.standings}
        told = {(route, key): tellings[route].told.get(key) for route, key in unsaved.told}
        return Rows(
            {text_of(key): packed(one) if one is not None else None for key, one in standings.items()},
            {(route, text_of(key)): packed(one) if one is not None else None for (route, key), one in told.items()},
            {route: packed(tellings[route].row) for route in unsaved.routes},
        )

    def _restore(self, standings: Sequence[Standing], routes: Remembered) -> None:
        now_ns = self.now_ns()
        known = {key for memory, _ in routes.values() for key in memory}
        for standing in standings:
            alarm = standing.alarm
            if alarm.origin == "condition" and alarm.key not in known:
                standing.raised, standing.calm_ns = False, 0  # nobody was told, and it may be over: see it again first
        self.book.restore(standings, now_ns)
        for post in self.posts:
            told, row = routes.get(post.telling.name, ({}, RouteRow()))
            post.telling.restore(told, row, now_ns)

    def _forget_file(self) -> None:
        if self._memory is not None:
            memory, self._memory = self._memory, None
            memory.close()


def _recall(file: Path) -> tuple[MemoryFile, tuple[list[Standing], Remembered]]:
    memory = MemoryFile(file)
    return memory, memory.recall()


def open_alarms(name: str, gateway: "Gateway") -> AlarmsSink:
    """The sink of a gateway's alarms, with a post for every route of ``[alarms.routes]``."""
    table, config = gateway.config.alarms, gateway.config.gateway

    def posts(sink: AlarmsSink) -> Sequence[Post]:
        made = []
        for route in gateway.config.routes.values():
            assert isinstance(route.settings, Route)
            telling = Telling(route.name, route.settings, table, sink.book, gateway=config.id, city=config.city)
            client_id = f"citygate-{config.id}-alarms-{route.name}"
            transport = open_transport(route.kind, route.settings, client_id=client_id, city=config.city)
            made.append(
                Post(telling, transport, now_ns=sink.now_ns, keep=sink.keep, events=gateway.events, clock=gateway.clock)
            )
        return made

    def report(trouble: Incident) -> None:
        gateway.health.incidents.note(trouble)  # health is opened after the sinks

    return AlarmsSink(
        name,
        gateway.logs.folder / FILE,
        posts,
        known=lambda: gateway.known,
        conditions=lambda: conditions(gateway),
        report=report,
        events=gateway.events,
        clock=gateway.clock,
    )
