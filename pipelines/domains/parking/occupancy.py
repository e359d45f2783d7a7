"""What a street's quarters, hours and local days say: time-weighted, over what is known, with how much that is.

A bay that is unknown leaves numerator and denominator; below the data capture the value is left out.
"""

from collections.abc import Iterator, Sequence

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
    yield from _share(board, "occupancy_percent", [quarter], (quarter.begin_ns, quarter.end_ns))


def say_hour(board: Board, kerb: Kerb, begin_ns: int) -> Iterator[Observation]:
    """Occupancy of an hour."""
    span = (begin_ns, begin_ns + HOUR_NS)
    yield from _share(board, "occupancy_percent", _within(kerb, span), span)


def say_day(board: Board, kerb: Kerb, day: DayOfStays, span: tuple[int, int]) -> Iterator[Observation]:
    """Occupancy, turnover, stays and overstays of a local day; sessions belong to the day on which they end."""
    quarters = _within(kerb, span)
    known = _known(board, quarters, span)
    if not known:
        return
    yield from _share(board, "occupancy_percent", quarters, span)
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
    counted = [quarter for quarter in quarters if quarter.known_ns >= board.least * board.bays * QUARTER_NS]
    if counted:
        busy = sum(quarter.occupied_ns > BUSY * quarter.known_ns for quarter in counted)
        figures.append(("busy_percent", 100 * busy / len(counted)))
    for name, value in figures:
        yield interval(board.feature, name, value, span, missing=known < board.least)


def interval(feature: str, name: str, value: float, span: tuple[int, int], *, missing: bool = False) -> Observation:
    """A value of ``[begin, end)``, or that it is missing."""
    begin_ns, end_ns = span
    if missing:
        return Observation(feature, name, 0.0, begin_ns, quality="missing", reason="gap", interval_ns=end_ns - begin_ns)
    return Observation(feature, name, value, begin_ns, interval_ns=end_ns - begin_ns)


def _share(board: Board, name: str, quarters: Sequence[Quarter], span: tuple[int, int]) -> Iterator[Observation]:
    known_ns = sum([quarter.known_ns for quarter in quarters])
    if not known_ns:
        return
    known = _known(board, quarters, span)
    percent = 100 * sum([quarter.occupied_ns for quarter in quarters]) / known_ns
    yield interval(board.feature, name, percent, span, missing=known < board.least)
    yield interval(board.feature, "coverage_percent", 100 * known, span)


def _known(board: Board, quarters: Sequence[Quarter], span: tuple[int, int]) -> float:
    """Share of the bay-time of an interval that is known."""
    return min(1.0, sum([quarter.known_ns for quarter in quarters]) / (board.bays * (span[1] - span[0])))


def _within(kerb: Kerb, span: tuple[int, int]) -> list[Quarter]:
    return [quarter for quarter in kerb.quarters if span[0] <= quarter.begin_ns < span[1]]
