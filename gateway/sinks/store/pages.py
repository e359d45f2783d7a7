"""Reading long stretches of the store a page at a time: for downloads, which may take an hour and must cost nothing.

Laws
- Every page is a query of its own, read whole: no reader keeps the file's log from being taken in (WAL checkpoint),
  however slowly somebody downloads.
- A page begins after a key and ends after a number of rows; nothing is skipped by counting rows.
- Pages of one stretch may see different states of the file. Each row is whole; a later revision may already be there.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from gateway.sinks.sqlite_file import open_read_only
from gateway.sinks.store.schema import QUALITIES, REASONS, RETRACTED, TIME_SOURCES, VERSION
from pipelines.model import Observation

PAGE_ROWS = 200
CACHE_KIB = 256

FUTURE = REASONS.index("future")

SERIES = """
SELECT id, pilot, feature, property, device, derived FROM series
WHERE pilot = ? ORDER BY feature, property, device
"""
PAGE = f"""
SELECT time_ns, interval_ns, value, quality, reason, time_source, revision FROM history
WHERE series = ? AND (time_ns, interval_ns) > (?, ?) AND time_ns < ? AND quality <> {RETRACTED}
ORDER BY time_ns, interval_ns LIMIT ?
"""  # noqa: S608 - built from our own constants only
COUNT = """
SELECT count(*) FROM (
    SELECT 1 FROM history
    WHERE series = ? AND time_ns >= ? AND time_ns < ? AND interval_ns >= ? AND interval_ns <= ? LIMIT ?)
"""
NEWEST = f"""
SELECT time_ns, interval_ns FROM history
WHERE series = ? AND time_ns < ? AND quality <> {RETRACTED} AND reason <> {FUTURE}
ORDER BY time_ns DESC, interval_ns DESC LIMIT ?
"""  # noqa: S608 - built from our own constants only
EDGE = """
SELECT time_ns FROM history WHERE series = ? AND time_ns >= ? AND time_ns < ?
ORDER BY time_ns {order} LIMIT 1 OFFSET ?
"""


class Series(msgspec.Struct, frozen=True, gc=False):
    """One property of one feature as one device or producer sees it, with its number in the file."""

    id: int
    pilot: str
    feature: str
    property: str
    device: str
    derived: bool


class Row(msgspec.Struct, frozen=True, gc=False):
    """One value, with the ledger number that wrote it."""

    observation: Observation
    revision: int


class Pages:
    """The store for readers who take their time. Raises FileNotFoundError, sqlite3.Error, LaterFormatError."""

    def __init__(self, file: Path) -> None:
        self._connection: sqlite3.Connection = open_read_only(file, version=VERSION, what="store")
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def position(self) -> int:
        """The highest ledger number that was written; 0 in a new store."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = 'position'").fetchone()
        return int(row[0]) if row else 0

    def series(self, pilot: str) -> list[Series]:
        """Every series of a pilot, by feature and property."""
        rows = self._connection.execute(SERIES, (pilot,)).fetchall()
        return [
            Series(number, name, feature, prop, device, bool(derived))
            for number, name, feature, prop, device, derived in rows
        ]

    def rows(self, series: Series, *, from_ns: int, to_ns: int) -> Iterator[Row]:
        """The values that begin in ``[from_ns, to_ns)``, by begin and length; one page in memory."""
        after = from_ns, -1
        while True:
            found = self._connection.execute(PAGE, (series.id, *after, to_ns, PAGE_ROWS)).fetchall()
            for row in found:
                yield _row(series, row)
            if len(found) < PAGE_ROWS:
                return
            after = found[-1][0], found[-1][1]

    def count(
        self, series: Series, *, from_ns: int, to_ns: int, shortest_ns: int = 0, longest_ns: int = 1 << 62, most: int
    ) -> int:
        """How many values of such intervals begin in ``[from_ns, to_ns)``, counted up to ``most``."""
        bounds = (from_ns, to_ns, shortest_ns, longest_ns, most)
        return int(self._connection.execute(COUNT, (series.id, *bounds)).fetchone()[0])

    def edge(self, series: Series, *, from_ns: int, to_ns: int, count: int, backwards: bool) -> int | None:
        """Begin of the value that follows ``count`` others in a period, or precedes them; None where there is none."""
        query = EDGE.format(order="DESC" if backwards else "ASC")
        row = self._connection.execute(query, (series.id, from_ns, to_ns, count)).fetchone()
        return None if row is None else int(row[0])

    def newest(self, series: Series, *, before_ns: int, count: int) -> Sequence[tuple[int, int]]:
        """Begin and length of the newest values before an instant, the newest first; not those of the future."""
        return self._connection.execute(NEWEST, (series.id, before_ns, count)).fetchall()


def _row(series: Series, row: tuple[int, int, float | int | str, int, int, int, int]) -> Row:
    time_ns, interval_ns, value, quality, reason, time_source, revision = row
    observation = Observation(
        series.feature,
        series.property,
        bool(value) if isinstance(value, int) else value,
        time_ns,
        TIME_SOURCES[time_source],
        QUALITIES[quality],
        REASONS[reason],
        interval_ns,
    )
    return Row(observation, revision)
