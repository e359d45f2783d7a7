"""Many rows in one statement.

``executemany`` steps once a row, and each step lets the interpreter's lock go and takes it back. Beside a busy event
loop every taking back may wait for the interpreter's switch interval of 5 ms: a row then took hundreds of microseconds
instead of three. A statement of 512 rows steps once for all of them (``make bench ARGS=local-sinks`` measures it).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

ROWS = 512
"""Fewer steps a batch; eight columns of so many are an eighth of the parameters that SQLite takes in a statement."""


class Many:
    """An INSERT of whole rows: ``head`` VALUES (…), (…) ``tail``."""

    def __init__(self, head: str, columns: int, tail: str = "") -> None:
        self._head, self._columns, self._tail = head, columns, tail

    def each(
        self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[Sequence[tuple[Any, ...]], int]]:
        """Put the rows in order; yields each stretch with how many rows it changed. Raises sqlite3.Error."""
        for begin in range(0, len(rows), ROWS):
            stretch = rows[begin : begin + ROWS]
            statement = self._full if len(stretch) == ROWS else self._of(len(stretch))
            yield stretch, connection.execute(statement, list(chain.from_iterable(stretch))).rowcount

    def put(self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put the rows in order."""
        for _ in self.each(connection, rows):
            pass

    @cached_property
    def _full(self) -> str:
        return self._of(ROWS)

    def _of(self, rows: int) -> str:
        row = f"({', '.join('?' * self._columns)})"
        return f"{self._head} VALUES {', '.join([row] * rows)} {self._tail}"
