"""The book of alarms: what is wrong now, whoever has been told.

    flags of the ledger ─┐
                         ├─▶ raise / clear ─▶ Standing: raised, cleared, or unsteady
    conditions ──────────┘

Laws
- An alarm has one standing. What is older than its last change changes nothing, so entries may come twice and late.
- Raised ``UNSTEADY_FROM`` times within an hour it is unsteady: from then on its ups and downs are no news, until it
  has stood still for half an hour; each time again for twice as long, at most a day.
- An alarm may explain others: a dead LoRa gateway the silence of what is heard through it, and for an hour after, for
  its devices speak again one by one.
- What is over is remembered for a day. The book holds at most ``MOST`` alarms; what finds no room is counted.
"""

from collections.abc import Collection, Iterator

import msgspec

from gateway.alarms.alarm import Alarm, Key, Standing
from gateway.alarms.kinds import EXPLAINED_BY, UNHEARD
from pipelines.model import NS_PER_S

HOUR_NS = 3_600 * NS_PER_S
DAY_NS = 24 * HOUR_NS
UNSTEADY_FROM = 3
CALM_NS = HOUR_NS // 2
MOST = 20_000


class Book:
    """``by_key``: every alarm known, also those that are over since less than a day. ``no_room``: not taken in."""

    def __init__(self) -> None:
        self.by_key: dict[Key, Standing] = {}
        self.no_room = 0
        self._unsteady: set[Key] = set()
        self._explaining: dict[Key, int] = {}  # until when; 0: as long as it stands

    def restore(self, standings: Collection[Standing], now_ns: int) -> None:
        """What was kept, where nothing newer is known. Times of a clock that was ahead become now."""
        for one in standings:
            one.changed_ns = min(one.changed_ns, now_ns)
            one.calm_ns = min(one.calm_ns, now_ns + DAY_NS)
            if one.alarm.origin == "condition":  # timed by this machine, which may have booted with an earlier time
                one.at_ns = min(one.at_ns, now_ns)
                one.raises = [at_ns for at_ns in one.raises if at_ns <= now_ns]
            self.by_key.setdefault(one.alarm.key, one)
            if one.calm_ns:
                self._unsteady.add(one.alarm.key)
            if one.behind and (one.raised or now_ns - one.changed_ns < HOUR_NS):
                self._explaining[one.alarm.key] = 0 if one.raised else one.changed_ns + HOUR_NS

    def raised(self) -> list[Standing]:
        """What is wrong now."""
        return [one for one in self.by_key.values() if one.raised]

    def is_raised(self, key: Key) -> bool:
        """Whether it is wrong now."""
        standing = self.by_key.get(key)
        return standing is not None and standing.raised

    def put(self, alarm: Alarm, at_ns: int, now_ns: int) -> Standing | None:
        """Raise an alarm, or make it better or worse; the standing where that is news."""
        standing = self.by_key.get(alarm.key)
        if standing is None:
            if len(self.by_key) >= MOST and not self._make_room():
                self.no_room += 1
                return None
            standing = self.by_key[alarm.key] = Standing(alarm, False, 0, now_ns)
        if at_ns < standing.at_ns:
            return None
        if standing.raised:
            before, standing.at_ns = standing.alarm, at_ns
            standing.alarm = msgspec.structs.replace(alarm, since_ns=before.since_ns)
            if before.severity == alarm.severity:
                return None
            standing.changed_ns = now_ns
            return standing
        standing.alarm, standing.raised = alarm, True
        self._turn(standing, at_ns, now_ns)
        return standing

    def clear(self, key: Key, at_ns: int, now_ns: int) -> Standing | None:
        """It is over; the standing where that is news."""
        standing = self.by_key.get(key)
        if standing is None or not standing.raised or at_ns < standing.at_ns:
            return None
        standing.raised = False
        self._turn(standing, at_ns, now_ns)
        return standing

    def take_back(self, key: Key, at_ns: int, now_ns: int) -> Standing | None:
        """The observation that spoke last was retracted: what it had changed is as before."""
        standing = self.by_key.get(key)
        if standing is None or standing.at_ns != at_ns:
            return None
        standing.raised = not standing.raised
        self._turn(standing, at_ns, now_ns)
        return standing

    def name_behind(self, key: Key, features: Collection[str]) -> Standing | None:
        """What cannot be heard because of this alarm; its standing where it has one."""
        standing = self.by_key.get(key)
        if standing is not None:
            standing.behind = tuple(features)
            if standing.raised:
                self._explaining[key] = 0
        return standing

    def is_explained(self, alarm: Alarm) -> bool:
        """Whether another alarm says it already."""
        by = EXPLAINED_BY.get(alarm.kind)
        if by is not None and self.is_raised(Key(by, alarm.pilot, alarm.subject)):
            return True
        return alarm.kind in UNHEARD and any(alarm.subject in self.by_key[key].behind for key in self._explaining)

    def kin(self, standing: Standing) -> list[Standing]:
        """The alarms that this one explains, or explained."""
        alarm, behind = standing.alarm, frozenset(standing.behind)
        keys = [Key(kind, alarm.pilot, alarm.subject) for kind, by in EXPLAINED_BY.items() if by == alarm.kind]
        found = [self.by_key[key] for key in keys if key in self.by_key]
        if behind:
            found += [one for key, one in self.by_key.items() if key.kind in UNHEARD and key.subject in behind]
        return found

    def pass_time(self, now_ns: int) -> Iterator[Standing]:
        """Those of which there may be news: unsteady ones that have become calm, and who is explained no longer."""
        for key in [key for key, until_ns in self._explaining.items() if 0 < until_ns <= now_ns]:
            del self._explaining[key]
            yield self.by_key[key]
        for key in list(self._unsteady):
            standing = self.by_key[key]
            if standing.calm_ns <= now_ns:
                standing.calm_ns, standing.raises = 0, []
                standing.changed_ns = now_ns
                self._unsteady.discard(key)
                yield standing

    def forget(self, now_ns: int) -> list[Key]:
        """Drop what has been over for a day; its keys."""
        gone = [
            key
            for key, one in self.by_key.items()
            if one.phase == "cleared" and key not in self._explaining and now_ns - one.changed_ns >= DAY_NS
        ]
        for key in gone:
            del self.by_key[key]
        return gone

    def _turn(self, standing: Standing, at_ns: int, now_ns: int) -> None:
        standing.at_ns, standing.changed_ns = at_ns, now_ns
        if standing.raised:
            standing.raises = [*(one for one in standing.raises if at_ns - one < HOUR_NS), at_ns][-UNSTEADY_FROM:]
        if standing.behind:
            self._explaining[standing.alarm.key] = 0 if standing.raised else now_ns + HOUR_NS
        if standing.calm_ns:
            standing.calm_ns = now_ns + _calm_ns(standing.restless)
        elif len(standing.raises) == UNSTEADY_FROM and standing.raised:
            standing.calm_ns = now_ns + _calm_ns(standing.restless)
            standing.restless += 1
            self._unsteady.add(standing.alarm.key)

    def _make_room(self) -> bool:
        """Drop what has been over for longest."""
        over = [one for one in self.by_key.values() if one.phase == "cleared" and not one.behind]
        if not over:
            return False
        del self.by_key[min(over, key=lambda one: one.changed_ns).alarm.key]
        return True


def _calm_ns(restless: int) -> int:
    return min(CALM_NS << min(max(0, restless), 10), DAY_NS)
