"""The gateway's store, read by its file: values by property and feature, in order of time.

The tables are those of ``gateway/sinks/store/README.md``: ``series`` names device (or producer), feature and property,
``history`` holds time, interval, value and quality. Codes of quality are places in a list that only grows.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

USABLE = (0, 2)
"""Codes of quality: ok and estimated."""
SUPPORTED_VERSION = 1

VALUES = """
SELECT s.feature, h.time_ns, h.interval_ns, h.value, h.quality
FROM series s CROSS JOIN history h ON h.series = s.id
WHERE s.property = ? AND s.derived = ? AND h.interval_ns BETWEEN ? AND ? AND h.time_ns + h.interval_ns <= ?
    AND h.quality IN (0, 2) AND h.value IS NOT NULL
ORDER BY s.feature, h.time_ns
"""
LONGEST_NS = (1 << 62) - 1


class StoreError(Exception):
    """The file is no store that this scorer can read; the text says why."""


class Estimate(NamedTuple):
    """One value that was said. Flags are 0 and 1."""

    at_ns: int
    interval_ns: int
    value: float
    estimated: bool


class Estimates:
    """The store's contents up to a moment; each question opens the file for itself. Raises StoreError."""

    def __init__(self, file: Path, *, until_ns: int) -> None:
        if not file.is_file():
            raise StoreError(f"{file}: there is no store")
        self._file = file
        self._until_ns = until_ns
        (version,) = self._ask("PRAGMA user_version")[0]
        if version != SUPPORTED_VERSION:
            raise StoreError(f"{file}: is a store of version {version}, this scorer reads {SUPPORTED_VERSION}")

    def of(
        self, name: str, *, interval_ns: int | None = None, day: bool = False, derived: bool = True
    ) -> Mapping[str, Sequence[Estimate]]:
        """Values of a property by feature. ``interval_ns``: only of such intervals; ``day``: only of local days."""
        low, high = (DAY_LOW_NS, DAY_HIGH_NS) if day else (interval_ns, interval_ns)
        if not day and interval_ns is None:
            low, high = 0, LONGEST_NS
        found: dict[str, list[Estimate]] = defaultdict(list)
        rows = self._ask(VALUES, name, int(derived), low, high, self._until_ns)
        for feature, time_ns, length_ns, value, quality in rows:
            if not isinstance(value, str):
                found[feature].append(Estimate(time_ns, length_ns, float(value), quality == USABLE[1]))
        return found

    def texts(self, name: str) -> Mapping[str, Sequence[tuple[int, str]]]:
        """The words that were said of a property, with their time, by feature."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for feature, time_ns, _, value, _ in self._ask(VALUES, name, 1, 0, LONGEST_NS, self._until_ns):
            if isinstance(value, str):
                found[feature].append((time_ns, value))
        return found

    def devices(self) -> int:
        """How many were heard."""
        return int(self._ask("SELECT count(*) FROM device")[0][0])

    def _ask(self, question: str, *given: object) -> list[tuple[Any, ...]]:
        try:
            with closing(sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                return connection.execute(question, given).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self._file}: is no store ({error})") from error


HOUR_NS = 3_600 * 10**9
DAY_LOW_NS, DAY_HIGH_NS = 23 * HOUR_NS, 25 * HOUR_NS
"""A local day has 23 to 25 hours."""
