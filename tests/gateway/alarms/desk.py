"""Alarms for tests: made by a word, put in a book, told by a route without a far side."""

from typing import Any

from gateway.alarms.alarm import Alarm, Standing
from gateway.alarms.book import Book
from gateway.alarms.notice import Notice
from gateway.alarms.settings import AlarmsTable, Route
from gateway.alarms.telling import Telling
from gateway.health.condition import Severity
from pipelines.model import NS_PER_S
from tests.gateway.road import NOW_NS

S = NS_PER_S
MIN = 60 * S
HOUR = 60 * MIN


def alarm(
    name: str = "B-1",
    kind: str = "silent",
    severity: Severity = "warning",
    *,
    pilot: str = "waste-delft",
    at_s: int = 0,
) -> Alarm:
    what, mend = f"{kind} it is", "Look at it."
    return Alarm(kind, pilot, f"waste-container/{name}", severity, what, mend, NOW_NS + at_s * S, "flag", f"bin {name}")


class Desk:
    """A book and one route, with a time that the test moves."""

    def __init__(self, route: dict[str, Any] | None = None, **table: Any) -> None:
        self.book = Book()
        self.now_ns = NOW_NS
        self.table = AlarmsTable.model_validate(table)
        self.telling = Telling(
            "desk", Route.model_validate(route or {}), self.table, self.book, gateway="gw", city="delft"
        )

    def wait(self, seconds: float) -> None:
        self.now_ns += int(seconds * S)
        for standing in self.book.pass_time(self.now_ns):
            self.telling.note(standing, self.now_ns)

    def put(self, one: Alarm) -> None:
        self._note(self.book.put(one, self.now_ns, self.now_ns))

    def clear(self, one: Alarm) -> None:
        self._note(self.book.clear(one.key, self.now_ns, self.now_ns))

    def behind(self, one: Alarm, *features: str) -> None:
        self._note(self.book.name_behind(one.key, features))

    def due_s(self) -> float | None:
        due_ns = self.telling.due_ns(self.now_ns)
        return None if due_ns is None else (due_ns - self.now_ns) / S

    def tell(self) -> Notice:
        """Wait until the next message is due and deliver it."""
        due_s = self.due_s()
        assert due_s is not None
        self.wait(max(0.0, due_s))
        notice = self.telling.compose(self.now_ns, self.now_ns)
        self.telling.delivered(notice, self.now_ns)
        return notice

    def _note(self, standing: Standing | None) -> None:
        if standing is not None:
            self.telling.note(standing, self.now_ns)


def words(notice: Notice) -> list[tuple[str, str, int]]:
    return [(line.word, line.kind, line.count) for line in notice.lines]
