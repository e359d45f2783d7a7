"""One message: its lines, out of the changes it tells of. The same for every route; ``words.py`` writes it out.

Many alarms of one kind in one pilot are one line with their number and the first ten names.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from gateway.alarms.alarm import Alarm, Change, Word
from gateway.health.condition import Severity
from pipelines.model import NS_PER_S

APART = 3
"""So many of a kind in a pilot are told each on a line of its own; more become one line."""
NAMED = 10
MOST_LINES = 100
ORDER: Sequence[Word] = ("raised", "unsteady", "still", "cleared")


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line. ``subjects`` are names of at most ten of ``count``; ``explains``: what is not told apart because of it.

    ``passed``: came and went before it could be told.
    """

    word: Word | Literal["passed"]
    severity: Severity
    kind: str
    pilot: str
    what: str
    mend: str
    since: str
    count: int
    subjects: tuple[str, ...]
    explains: tuple[str, ...] = ()
    explains_count: int = 0


class Passed(msgspec.Struct, array_like=True):
    """What came and went untold, of one kind in one pilot."""

    alarm: Alarm
    count: int
    names: list[str]
    first_ns: int


class Notice(msgspec.Struct, frozen=True):
    """What a route sends. ``changes`` is all of it, the lines are what people read.

    ``again``: it may have arrived before (the gateway died between sending and noting). ``standing``: alarms that this
    route has been told of and that stand when it has this message. ``held_until``: the hour's messages are used up.
    """

    id: str
    gateway: str
    city: str
    route: str
    sent: str
    severity: Severity
    standing: int
    lines: tuple[Line, ...]
    changes: tuple[Change, ...] = ()
    more_lines: int = 0
    again: bool = False
    test: bool = False
    held_until: str = ""

    def count(self, *words: str) -> int:
        """How many alarms the lines with these words tell of."""
        return sum(line.count for line in self.lines if line.word in words)


def name_of(alarm: Alarm) -> str:
    """The subject for people: its name, and what it is in the files."""
    return f"{alarm.label} ({alarm.subject})" if alarm.label and alarm.label != alarm.subject else alarm.subject


def instant(ns: int) -> str:
    """RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines_of(changes: Iterable[Change], passed: Iterable[Passed]) -> list[Line]:
    """What people read: the critical first, then what is new, then by kind and pilot."""
    groups: dict[tuple[Word, Severity, str, str], list[Change]] = {}
    for change in changes:
        alarm = change.alarm
        groups.setdefault((change.word, alarm.severity, alarm.kind, alarm.pilot), []).append(change)
    lines = []
    for group in sorted(groups, key=lambda one: (one[1] != "critical", ORDER.index(one[0]), one[2], one[3])):
        members = sorted(groups[group], key=lambda one: one.alarm.since_ns)
        lines += [_line([one]) for one in members] if len(members) <= APART else [_line(members)]
    return lines + [_passed_line(one) for one in passed]


def _line(members: Sequence[Change]) -> Line:
    first = members[0].alarm
    with_it = [name for one in members for name in one.with_it]
    names = tuple(name_of(one.alarm) for one in members[:NAMED])
    return Line(
        members[0].word,
        first.severity,
        first.kind,
        first.pilot,
        first.what,
        first.mend,
        instant(first.since_ns),
        len(members),
        names,
        tuple(with_it[:NAMED]),
        len(with_it),
    )


def _passed_line(passed: Passed) -> Line:
    alarm = passed.alarm
    since = instant(alarm.since_ns)
    names = tuple(passed.names)
    return Line("passed", alarm.severity, alarm.kind, alarm.pilot, alarm.what, "", since, passed.count, names)
