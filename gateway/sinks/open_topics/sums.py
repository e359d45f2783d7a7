"""Sums over households as they were said on the topics, kept for those who ask later (``gateway/open_data``).

Laws
- A row is what the broker has acknowledged, nothing else; it is never worked out again and never changed. A second sum,
  with a meter that was late, would tell that meter by the difference.
- Written in one transaction with what the sums were made of (``keeping.py``): an hour is done and told, or neither.
- A row goes when its pilot's ``retention_days`` are over, and with the area when the files no longer name it.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from gateway.sinks.open_topics.editor import SaidSum
from gateway.sinks.sqlite_file import open_read_only
from pipelines.model import Observation

TABLE = """
CREATE TABLE IF NOT EXISTS said_sum (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pilot TEXT NOT NULL,
    feature TEXT NOT NULL,
    time_ns INTEGER NOT NULL,
    property TEXT NOT NULL,
    interval_ns INTEGER NOT NULL,
    value REAL NOT NULL,
    quality TEXT NOT NULL,
    reason TEXT NOT NULL,
    entity TEXT NOT NULL,
    revision INTEGER NOT NULL,
    UNIQUE (pilot, feature, time_ns, property)
);
"""
VERSION = 2
"""The format of the memory file. The table came later and changes nothing for earlier releases: one can go back."""
PAGE_ROWS = 200

INSERT = """
INSERT OR IGNORE INTO said_sum
    (pilot, feature, time_ns, property, interval_ns, value, quality, reason, entity, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
PAGE = """
SELECT time_ns, property, interval_ns, value, quality, reason, revision FROM said_sum
WHERE pilot = ? AND feature = ? AND (time_ns, property) > (?, ?) AND time_ns < ?
ORDER BY time_ns, property LIMIT ?
"""
AREAS = "SELECT DISTINCT feature, entity FROM said_sum WHERE pilot = ? ORDER BY feature, entity"
COUNT = """
SELECT count(*) FROM (SELECT 1 FROM said_sum WHERE pilot = ? AND feature = ? AND time_ns >= ? AND time_ns < ? LIMIT ?)
"""


def keep(connection: sqlite3.Connection, sums: Collection[SaidSum]) -> None:
    """Write down what was said; what stands there stays. Within the transaction of the caller. Raises sqlite3.Error."""
    rows = []
    for said in sums:
        one = said.observation
        values = one.time_ns, one.property, one.interval_ns, one.value, one.quality, one.reason
        rows.append((said.pilot, one.feature, *values, said.entity, said.revision))
    connection.executemany(INSERT, rows)


class SaidSums:
    """The sums for reading, beside the sink. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection

    @classmethod
    def open(cls, file: Path | None) -> Self:
        """Nothing was said where there is no file, or one without the table. Raises sqlite3.Error, LaterFormatError."""
        if file is None or not file.is_file():
            return cls(None)
        connection = open_read_only(file, version=VERSION, what="memory of open topics")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'said_sum'").fetchone():
            return cls(connection)
        connection.close()
        return cls(None)

    def close(self) -> None:
        """Let the file go."""
        if self._connection is not None:
            self._connection.close()

    def position(self) -> int:
        """It rises with every sum that is said."""
        found = self._rows("SELECT max(id) FROM said_sum")
        return int(found[0][0] or 0) if found else 0

    def areas(self, pilot: str) -> Sequence[tuple[str, str]]:
        """Feature and segment of all areas that a sum was said of."""
        return self._rows(AREAS, pilot)

    def count(self, pilot: str, feature: str, *, from_ns: int, to_ns: int, most: int) -> int:
        """How many begin in ``[from_ns, to_ns)``, counted up to ``most``."""
        found = self._rows(COUNT, pilot, feature, from_ns, to_ns, most)
        return int(found[0][0]) if found else 0

    def rows(self, pilot: str, feature: str, *, from_ns: int, to_ns: int) -> Iterator[tuple[Observation, int]]:
        """Those that begin in ``[from_ns, to_ns)``, by time and property, each with its revision; a page in memory."""
        after: tuple[int, str] = from_ns, ""
        while True:
            found = self._rows(PAGE, pilot, feature, *after, to_ns, PAGE_ROWS)
            for time_ns, name, interval_ns, value, quality, reason, revision in found:
                yield Observation(feature, name, value, time_ns, "gateway", quality, reason, interval_ns), revision
            if len(found) < PAGE_ROWS:
                return
            after = found[-1][0], found[-1][1]

    def _rows(self, query: str, *values: str | int) -> Sequence[Any]:
        return [] if self._connection is None else self._connection.execute(query, values).fetchall()
