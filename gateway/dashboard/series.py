"""``/api/series``: the course of one property of one feature, so coarse that a page can draw it.

| what | span | points |
| --- | --- | --- |
| measured numbers | up to two days | every reading |
| | longer, or too many readings | hours: mean, lowest, highest |
| states and flags | any | every report; of too many the newest |
| worked out over intervals | up to 4 days, 45 days, longer | the shortest interval from any, an hour, a day on |

Law: reads in a thread, at most ``MAX_ROWS`` rows a query, whatever is asked.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from gateway.dashboard.answers import Line, Mark, Notice, SeriesAnswer
from gateway.dashboard.board import Board
from gateway.dashboard.units import NS_PER_MS, UNTOLD, ms, rounded, unit_of
from gateway.dashboard.words import notice
from gateway.sinks.store.read import History, Hour, Reading
from pipelines.domains import HOUR_NS
from pipelines.model import NS_PER_S, Value
from pipelines.vocabulary import ObservedProperty

MAX_POINTS = 2_000
MAX_LINES = 4
MAX_ROWS = 10_000
READINGS_UP_TO_NS = 48 * HOUR_NS
SHORTEST_CUT_NS = HOUR_NS
LONGEST_HOURS = 366 * 24
STEPS: tuple[tuple[int, int], ...] = ((4 * 24 * HOUR_NS, 0), (45 * 24 * HOUR_NS, HOUR_NS), (1 << 62, 23 * HOUR_NS))
"""(span up to, intervals from): of what is worked out over intervals."""


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for; ``device`` "" is any."""

    feature: str
    row: ObservedProperty
    from_ns: int
    to_ns: int
    device: str = ""

    @property
    def span_ns(self) -> int:
        """How long."""
        return self.to_ns - self.from_ns


class Course(msgspec.Struct):
    """What was found."""

    lines: list[Line] = []
    cut: bool = False
    from_ns: int = 0
    before: Value | None = None


async def series(board: Board, wanted: Wanted) -> SeriesAnswer:
    """The answer; without a store the newest value alone."""
    course = await board.past(lambda history: read_course(history, wanted))
    notices: list[Notice] = []
    if course is None:
        missing = notice("no-store", "warning") if board.store is None else notice("store-empty")
        notices = [missing]
        course = Course(_newest(board, wanted), from_ns=wanted.from_ns)
    return SeriesAnswer(
        feature=wanted.feature,
        property=wanted.row.name,
        kind=wanted.row.kind,
        unit=unit_of(wanted.row.name),
        from_ms=ms(course.from_ns),
        to_ms=ms(wanted.to_ns),
        lines=tuple(course.lines[:MAX_LINES]),
        cut=course.cut,
        states=wanted.row.states,
        before=course.before,
        notices=tuple(notices),
    )


def read_course(history: History, wanted: Wanted) -> Course:
    """In a thread."""
    if wanted.row.kind in ("state", "flag"):
        return _states(history, wanted)
    course = Course(from_ns=wanted.from_ns)
    readings = _readings(history, wanted) if wanted.span_ns <= READINGS_UP_TO_NS else None
    if readings is None:
        hours = history.hourly(
            wanted.feature, wanted.row.name, from_ns=wanted.from_ns, to_ns=wanted.to_ns, limit=MAX_ROWS
        )
        course.lines += _hour_lines(hours, wanted)
        readings = _over_intervals(history, wanted)
    course.lines += _lines(readings, wanted)
    course.cut = any(len(line.at_ms) == MAX_POINTS for line in course.lines)
    return course


def _states(history: History, wanted: Wanted) -> Course:
    """Every report; where there are too many, the newest stretch that can be told whole."""
    from_ns, cut = wanted.from_ns, False
    while True:
        found = history.values(wanted.feature, wanted.row.name, from_ns=from_ns, to_ns=wanted.to_ns, limit=MAX_ROWS)
        if len(found) < MAX_ROWS or wanted.to_ns - from_ns <= SHORTEST_CUT_NS:
            break
        from_ns, cut = from_ns + (wanted.to_ns - from_ns) // 2, True
    changes = _changes(found)
    lines = _lines(changes, wanted)
    cut = cut or any(len(line.at_ms) == MAX_POINTS for line in lines)
    return Course(lines, cut, from_ns, _before(history, wanted, from_ns))


def _before(history: History, wanted: Wanted, from_ns: int) -> Value | None:
    """The state at the begin, by what was said within the week before."""
    earlier = history.values(
        wanted.feature, wanted.row.name, from_ns=from_ns - 7 * 24 * HOUR_NS, to_ns=from_ns, limit=MAX_ROWS
    )
    own = [one for one in earlier if wanted.device in ("", one.device)]
    return own[-1].value if own and own[-1].quality not in UNTOLD else None


def _changes(readings: Sequence[Reading]) -> list[Reading]:
    """Without reports that say the same again; the last of each device stays, so that one sees until when."""
    kept: list[Reading] = []
    last: dict[tuple[str, int], Reading] = {}
    for one in readings:
        key = (one.device, one.interval_ns)
        was = last.get(key)
        if was is None or (was.value, was.quality) != (one.value, one.quality):
            kept.append(one)
        last[key] = one
    told = {id(one) for one in kept}
    kept += [one for one in last.values() if id(one) not in told]
    return sorted(kept, key=lambda one: one.time_ns)


def _readings(history: History, wanted: Wanted) -> Sequence[Reading] | None:
    """Every reading; None where there are more than can be drawn."""
    found = history.values(wanted.feature, wanted.row.name, from_ns=wanted.from_ns, to_ns=wanted.to_ns, limit=MAX_ROWS)
    measured = sum(one.interval_ns == 0 for one in found)
    return found if len(found) < MAX_ROWS and measured <= MAX_POINTS else None


def _over_intervals(history: History, wanted: Wanted) -> Sequence[Reading]:
    """Values of intervals, so long that they fit; shorter ones where there are no such."""
    least = [least_ns for upto_ns, least_ns in STEPS if wanted.span_ns > upto_ns or least_ns == 0]
    fits = next(least_ns for upto_ns, least_ns in STEPS if wanted.span_ns <= upto_ns)
    for least_ns in (fits, *(one for one in reversed(least) if one < fits)):
        found = history.values(
            wanted.feature,
            wanted.row.name,
            from_ns=wanted.from_ns,
            to_ns=wanted.to_ns,
            limit=MAX_ROWS,
            least_interval_ns=max(1, least_ns),
        )
        if found:
            return found
    return []


def _lines(readings: Iterable[Reading], wanted: Wanted) -> list[Line]:
    """By device; of its intervals the shortest that can be told whole."""
    groups: dict[str, dict[int, list[Reading]]] = {}
    for one in readings:
        if wanted.device in ("", one.device):
            groups.setdefault(one.device, {}).setdefault(_class_of(one.interval_ns), []).append(one)
    lines = []
    for device, by_interval in groups.items():
        if instants := by_interval.pop(0, None):
            lines.append(_line(device, instants))
        if by_interval:
            fitting = [points for _, points in sorted(by_interval.items()) if len(points) <= MAX_POINTS]
            lines.append(_line(device, fitting[0] if fitting else by_interval[max(by_interval)]))
    return lines


def _class_of(interval_ns: int) -> int:
    """Local days have 23 to 25 hours and belong together."""
    return 24 * HOUR_NS if 23 * HOUR_NS <= interval_ns <= 25 * HOUR_NS else interval_ns


def _line(device: str, points: list[Reading], per: Literal["reading", "hour"] = "reading") -> Line:
    points = points[-MAX_POINTS:]
    marks = [Mark(at, one.quality, one.reason) for at, one in enumerate(points) if one.quality != "ok"]
    return Line(
        device=device,
        interval_s=points[-1].interval_ns / NS_PER_S,
        per=per,
        at_ms=tuple(ms(one.time_ns) for one in points),
        value=tuple(None if one.quality in UNTOLD else rounded(one.value) for one in points),
        low=None,
        high=None,
        marks=tuple(marks),
    )


def _hour_lines(hours: Iterable[Hour], wanted: Wanted) -> list[Line]:
    groups: dict[str, list[Hour]] = {}
    for one in hours:
        if wanted.device in ("", one.device):
            groups.setdefault(one.device, []).append(one)
    return [_hour_line(device, points[-LONGEST_HOURS:]) for device, points in groups.items()]


def _hour_line(device: str, hours: list[Hour]) -> Line:
    """Hours; where there are too many for a page, several become one by their means and extremes."""
    size = -(-len(hours) // MAX_POINTS)
    packed = [hours[at : at + size] for at in range(0, len(hours), size)]
    means = [[one.mean for one in pack if one.mean is not None] for pack in packed]
    return Line(
        device=device,
        interval_s=3_600.0 * size,
        per="hour",
        at_ms=tuple(ms(pack[0].time_ns) for pack in packed),
        value=tuple(rounded(sum(mean) / len(mean)) if mean else None for mean in means),
        low=tuple(min((one.minimum for one in pack if one.minimum is not None), default=None) for pack in packed),
        high=tuple(max((one.maximum for one in pack if one.maximum is not None), default=None) for pack in packed),
        marks=(),
    )


def _newest(board: Board, wanted: Wanted) -> list[Line]:
    """The newest value, of memory."""
    found = board.present.newest(wanted.feature, wanted.row.name)
    if found is None or not wanted.from_ns <= found[1].time_ns < wanted.to_ns:
        return []
    key, cell = found
    marks = (Mark(0, cell.quality, cell.reason),) if cell.quality != "ok" else ()
    value = None if cell.quality in UNTOLD else rounded(cell.value)
    at = cell.time_ns // NS_PER_MS
    return [Line(cell.by, key[1] / NS_PER_S, "reading", (at,), (value,), None, None, marks)]
