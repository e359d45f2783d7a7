"""Many rows in one statement.

``executemany`` steps once a row, and each step lets the interpreter's lock go and takes it back. Beside a busy event
loop every taking back may wait for the interpreter's switch interval of 5 ms: a row then took hundreds of microseconds
instead of three. A statement of 256 rows steps once for all of them (``make bench ARGS=local-sinks`` measures it).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

ROWS = 256
"""Rows of the longest statement. What is left goes in stretches of 128, 64, …: a prepared statement holds memory by its
rows, and the connection keeps each that it has seen."""


class Many:
    """An INSERT of whole rows: ``head`` VALUES (…), (…) ``tail``."""

    def __init__(self, head: str, columns: int, tail: str = "") -> None:
        self._head, self._columns, self._tail = head, columns, tail
        self._statements: dict[int, str] = {}

    def each(
        self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[Sequence[tuple[Any, ...]], int]]:
        """Put the rows in order; yields each stretch with how many rows it changed. Raises sqlite3.Error."""
        begin = 0
        while left := len(rows) - begin:
            stretch = rows[begin : begin + min(ROWS, 1 << (left.bit_length() - 1))]
            yield stretch, connection.execute(self._of(len(stretch)), list(chain.from_iterable(stretch))).rowcount
            begin += len(stretch)

    def put(self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put the rows in order."""
        for _ in self.each(connection, rows):
            pass

    def _of(self, rows: int) -> str:
        statement = self._statements.get(rows)
        if statement is None:
            row = f"({', '.join('?' * self._columns)})"
            statement = self._statements[rows] = f"{self._head} VALUES {', '.join([row] * rows)} {self._tail}"
        return statement
