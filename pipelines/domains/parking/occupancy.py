"""What a street's quarters, hours and local days say: time-weighted, over what is known, with how much that is.

A bay that is unknown leaves numerator and denominator; below the data capture the value is left out.
"""

from collections.abc import Iterator

import msgspec

from pipelines.domains import HOUR_NS, QUARTER_NS
from pipelines.domains.parking.bays import Kerb, Quarter
from pipelines.domains.parking.formulas import turnover_per_bay, turnover_per_bay_hour, utilisation
from pipelines.domains.parking.stays import DayOfStays
from pipelines.model import Observation

BUSY = 0.85
"""From this share on drivers begin to circle: the usual target of street parking is one free bay in seven."""


class Board(msgspec.Struct, frozen=True):
    """For whom it is said: the street's feature, its number of bays, and the least share that must be known."""

    feature: str
    bays: int
    least: float


def say_quarter(board: Board, quarter: Quarter) -> Iterator[Observation]:
    """Occupancy of 15 minutes."""
    yield from _share(board, quarter.occupied_ns, quarter.known_ns, (quarter.begin_ns, quarter.end_ns))


def say_hour(board: Board, kerb: Kerb, begin_ns: int) -> Iterator[Observation]:
    """Occupancy of an hour."""
    span = (begin_ns, begin_ns + HOUR_NS)
    quarters = [quarter for quarter in kerb.quarters if span[0] <= quarter.begin_ns < span[1]]
    occupied_ns = sum([quarter.occupied_ns for quarter in quarters])
    yield from _share(board, occupied_ns, sum([quarter.known_ns for quarter in quarters]), span)


def add_to_day(board: Board, day: DayOfStays, quarter: Quarter) -> None:
    """A quarter as it was said."""
    day.occupied_ns += quarter.occupied_ns
    day.known_ns += quarter.known_ns
    if quarter.known_ns and quarter.known_ns >= board.least * board.bays * QUARTER_NS:
        day.counted += 1
        day.busy += quarter.occupied_ns > BUSY * quarter.known_ns


def say_day(board: Board, day: DayOfStays, span: tuple[int, int]) -> Iterator[Observation]:
    """Occupancy, turnover, stays and overstays of a local day; sessions belong to the day on which they end."""
    if not day.known_ns:
        return
    yield from _share(board, day.occupied_ns, day.known_ns, span)
    hours = (span[1] - span[0]) / HOUR_NS
    figures: list[tuple[str, float]] = [
        ("sessions", float(day.sessions)),
        ("sessions_censored", float(day.censored)),
        ("turnover_per_bay", turnover_per_bay(day.sessions, board.bays)),
        ("turnover_per_bay_hour", turnover_per_bay_hour(day.sessions, board.bays, hours)),
        ("overstays", float(day.overstays)),
        ("overstay_total_min", day.overstay_min),
    ]
    if day.sessions:
        stay_min = day.stay_min / day.sessions
        used = utilisation(day.sessions, stay_min / 60, board.bays, hours)
        figures += [("mean_stay_min", stay_min), ("utilisation_percent", min(100.0, 100 * used))]
    if day.counted:
        figures.append(("busy_percent", 100 * day.busy / day.counted))
    missing = _known(board, day.known_ns, span) < board.least
    for name, value in figures:
        yield interval(board.feature, name, value, span, missing=missing)


def interval(feature: str, name: str, value: float, span: tuple[int, int], *, missing: bool = False) -> Observation:
    """A value of ``[begin, end)``, or that it is missing."""
    begin_ns, end_ns = span
    if missing:
        return Observation(feature, name, 0.0, begin_ns, quality="missing", reason="gap", interval_ns=end_ns - begin_ns)
    return Observation(feature, name, value, begin_ns, interval_ns=end_ns - begin_ns)


def _share(board: Board, occupied_ns: int, known_ns: int, span: tuple[int, int]) -> Iterator[Observation]:
    if not known_ns:
        return
    known = _known(board, known_ns, span)
    percent = 100 * occupied_ns / known_ns
    yield interval(board.feature, "occupancy_percent", percent, span, missing=known < board.least)
    yield interval(board.feature, "coverage_percent", 100 * known, span)


def _known(board: Board, known_ns: int, span: tuple[int, int]) -> float:
    """Share of the bay-time of an interval that is known."""
    return min(1.0, known_ns / (board.bays * (span[1] - span[0])))
