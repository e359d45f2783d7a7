"""What one route has told, has still to tell, and when it may. Pure: it is given the time and does nothing by itself.

    Standing ─▶ note ─▶ pending: what differs from what was told ─▶ due ─▶ Notice ─▶ delivered: told
                          └─ gone before it was told ─▶ passed, counted and named

Laws
- What is pending is the difference between the book and what was told. Nothing queues: a mail server that is away for a
  week gets one message about what is true then, and the number and first names of what came and went.
- "Cleared" is said exactly of what was told. Nothing is said twice, but a critical alarm again every ``remind_h``.
- The first message goes ``gather_s`` after its cause; the next not before ``window_min``; what is critical waits half
  a minute at most. Never more than ``per_hour`` messages an hour: the last one says until when the rest waits.
"""

from collections.abc import Collection
from hashlib import sha256

import msgspec

from gateway.alarms.alarm import Alarm, Change, Key, Phase, Standing, Told, Word
from gateway.alarms.book import DAY_NS, HOUR_NS, Book
from gateway.alarms.notice import MOST_LINES, NAMED, Notice, Passed, instant, lines_of, name_of
from gateway.alarms.settings import AlarmsTable, Route
from pipelines.model import NS_PER_S

URGENT_GAP_NS = 30 * NS_PER_S
OWN_TROUBLE = "alarm-route"
"""The kind of the gateway's own word that a route is not getting through."""


class UnderWay(msgspec.Struct, frozen=True, array_like=True):
    """A message that left and is not yet noted as told: a digest of what it says, so that the same keeps its id."""

    id: str
    says: bytes


class RouteRow(msgspec.Struct, array_like=True):
    """What is kept of a route beside what it told.

    ``untold``: alarms that came and went untold, ever. ``last``: when the last message arrived, by the wall clock.
    """

    number: int = 0
    sent_ns: list[int] = []
    passed: list[Passed] = []
    under_way: UnderWay | None = None
    untold: int = 0
    last: str = ""


class Telling:
    """One route's side of the book: ``told``, what is ``pending``, and the ``row`` that is kept beside them."""

    def __init__(
        self, name: str, route: Route, table: AlarmsTable, book: Book, *, gateway: str = "gateway", city: str = ""
    ) -> None:
        self.name = name
        self.told: dict[Key, Told] = {}
        self.pending: dict[Key, Change] = {}
        self.row = RouteRow()
        self._route = route
        self._table = table
        self._book = book
        self._gateway = gateway
        self._city = city
        self._in_flight: frozenset[Key] = frozenset()
        self._passed_in_flight = 0

    def restore(self, told: dict[Key, Told], row: RouteRow, now_ns: int) -> None:
        """Take up what was kept. What the settings no longer want is forgotten without a word."""
        row.sent_ns = [min(one, now_ns) for one in row.sent_ns]
        if self.row.number == 0:  # else the file could be read only after messages had left
            self.row = row
        for key, one in told.items():
            standing = self._book.by_key.get(key)
            if standing is None or self._wants_kind(standing.alarm):
                self.told.setdefault(key, msgspec.structs.replace(one, at_ns=min(one.at_ns, now_ns)))
        for standing in self._book.by_key.values():
            self.note(standing, now_ns)

    def note(self, standing: Standing, now_ns: int) -> None:
        """Something about this alarm is new: what is there to tell of it?"""
        key = standing.alarm.key
        word = self._word(standing, now_ns)
        before = self.pending.get(key)
        if word is not None:
            first_ns = before.first_ns if before is not None else now_ns
            self.pending[key] = Change(word, standing.alarm, first_ns)
        elif before is not None and not (key in self._in_flight and key not in self.told):
            del self.pending[key]
            if key not in self.told and standing.phase == "cleared":
                self._pass(standing.alarm, now_ns)
        for kin in self._book.kin(standing):
            self.note(kin, now_ns)

    def remind(self, now_ns: int) -> None:
        """Note again what may have to be told once more. Asked now and then."""
        for key in [key for key, one in self.told.items() if now_ns - one.at_ns >= self._remind_ns]:
            if standing := self._book.by_key.get(key):
                self.note(standing, now_ns)

    def due_ns(self, now_ns: int) -> int | None:
        """When the next message is to go; None while there is nothing to tell."""
        first = [one.first_ns for one in self.pending.values()]
        urgent = [one.first_ns for one in self.pending.values() if _is_urgent(one)]
        first += [one.first_ns for one in self.row.passed if one.alarm.severity == "critical"]
        if not first:
            return None
        gather_ns, window_ns = self._table.gather_s * NS_PER_S, self._table.window_min * 60 * NS_PER_S
        last_ns = self.row.sent_ns[-1] if self.row.sent_ns else now_ns - DAY_NS
        due_ns = max(min(first) + gather_ns, last_ns + window_ns)
        if urgent:
            due_ns = min(due_ns, max(min(urgent) + gather_ns, last_ns + min(URGENT_GAP_NS, window_ns)))
        hour = [one for one in self.row.sent_ns if now_ns - one < HOUR_NS]
        if len(hour) >= self._table.per_hour:
            due_ns = max(due_ns, hour[-self._table.per_hour] + HOUR_NS)
        return int(due_ns)

    def compose(self, now_ns: int, wall_ns: int) -> Notice:
        """The message about all that is pending. The same content as one that is under way keeps its id."""
        changes = tuple(self._with_explained(one) for one in self.pending.values())
        before, says = self.row.under_way, _digest(changes, self.row.passed)
        if before is None or before.says != says:
            # Numbers begin at the second of the first message: an id that a receiver knows from a memory that is lost
            # would be taken for a repetition, and the alarm thrown away.
            self.row.number = (self.row.number or wall_ns // NS_PER_S) + 1
            self.row.under_way = UnderWay(f"{self._gateway}-{self.name}-{self.row.number}", says)
        self._in_flight = frozenset(self.pending)
        self._passed_in_flight = len(self.row.passed)
        lines = lines_of(changes, self.row.passed)
        held_ns = self._held_until_ns(now_ns)
        worst = any(line.severity == "critical" and line.word != "cleared" for line in lines)
        return Notice(
            id=self.row.under_way.id if self.row.under_way is not None else "",
            gateway=self._gateway,
            city=self._city,
            route=self.name,
            sent=instant(wall_ns),
            severity="critical" if worst else "warning",
            standing=self._standing_after(changes),
            lines=tuple(lines[:MOST_LINES]),
            changes=changes,
            more_lines=max(0, len(lines) - MOST_LINES),
            again=before is not None,
            held_until=instant(held_ns - now_ns + wall_ns) if held_ns else "",
        )

    def delivered(self, notice: Notice, now_ns: int) -> None:
        """The message is with its receiver: all in it is told."""
        self._in_flight = frozenset()
        for change in notice.changes:
            key = change.alarm.key
            if change.word == "cleared":
                self.told.pop(key, None)
            else:
                phase: Phase = "unsteady" if change.word == "unsteady" else "raised"
                self.told[key] = Told(phase, change.alarm.severity, now_ns, notice.sent)
            self.pending.pop(key, None)
            if standing := self._book.by_key.get(key):
                self.note(standing, now_ns)
        del self.row.passed[: self._passed_in_flight]
        self._passed_in_flight = 0
        self.row.under_way, self.row.last = None, notice.sent
        self.row.sent_ns = [*(one for one in self.row.sent_ns if now_ns - one < HOUR_NS), now_ns]

    def failed(self, notice: Notice, now_ns: int) -> None:
        """It did not arrive, or nobody knows: what is true by then is told by the next."""
        self._in_flight, self._passed_in_flight = frozenset(), 0
        for change in notice.changes:
            if standing := self._book.by_key.get(change.alarm.key):
                self.note(standing, now_ns)

    @property
    def _remind_ns(self) -> int:
        return int(self._table.remind_h * HOUR_NS)

    def _word(self, standing: Standing, now_ns: int) -> Word | None:
        told = self.told.get(standing.alarm.key)
        phase = standing.phase
        if phase == "cleared" or not self._wants(standing.alarm):
            return None if told is None else "cleared"
        if phase == "unsteady":
            return None if told is not None and told.phase == "unsteady" else "unsteady"
        if told is None:
            return None if self._book.is_explained(standing.alarm) else "raised"
        if told.phase == "unsteady" or told.severity != standing.alarm.severity:
            return "raised"
        waited = now_ns - told.at_ns >= self._remind_ns
        return "still" if waited and standing.alarm.severity == "critical" else None

    def _wants_kind(self, alarm: Alarm) -> bool:
        table, route = self._table, self._route
        return (
            table.takes(alarm.kind)
            and route.takes(alarm.kind)
            and route.takes_pilot(alarm.pilot)
            and alarm.subject not in table.muted
            and (alarm.kind, alarm.subject) != (OWN_TROUBLE, self.name)
        )

    def _wants(self, alarm: Alarm) -> bool:
        table, route = self._table, self._route
        return self._wants_kind(alarm) and table.takes_severity(alarm.severity) and route.takes_severity(alarm.severity)

    def _pass(self, alarm: Alarm, now_ns: int) -> None:
        """It came and went untold: its number and first names go with the next message."""
        self.row.untold += 1
        name = name_of(alarm)
        for one in self.row.passed[self._passed_in_flight :]:
            if (one.alarm.kind, one.alarm.pilot, one.alarm.severity) == (alarm.kind, alarm.pilot, alarm.severity):
                one.count += 1
                if len(one.names) < NAMED and name not in one.names:
                    one.names.append(name)
                return
        if len(self.row.passed) < MOST_LINES:
            self.row.passed.append(Passed(alarm, 1, [name], now_ns))

    def _with_explained(self, change: Change) -> Change:
        standing = self._book.by_key.get(change.alarm.key)
        if standing is None or not standing.behind or change.word == "cleared":
            return change
        return msgspec.structs.replace(change, with_it=standing.behind)

    def _standing_after(self, changes: Collection[Change]) -> int:
        keys = {one.alarm.key for one in changes}
        return len(self.told.keys() - keys) + sum(one.word != "cleared" for one in changes)

    def _held_until_ns(self, now_ns: int) -> int:
        """Until when the rest waits, where this is the last message that the hour allows; else 0."""
        hour = [one for one in self.row.sent_ns if now_ns - one < HOUR_NS]
        return hour[0] + HOUR_NS if len(hour) + 1 >= self._table.per_hour else 0


def _is_urgent(change: Change) -> bool:
    return change.alarm.severity == "critical" and change.word == "raised"


def _digest(changes: Collection[Change], passed: Collection[Passed]) -> bytes:
    said = sorted((*one.alarm.key, one.word, one.alarm.severity) for one in changes)
    gone = sorted((*one.alarm.key, str(one.count), one.alarm.severity) for one in passed)
    return sha256(msgspec.json.encode([said, gone])).digest()[:8]
