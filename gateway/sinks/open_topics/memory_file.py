"""The states across restarts: what has been said must not be unsaid by a late reading after a restart.

Laws
- Written before a state is published, marked as not yet published; the mark goes with a later write. So after a crash
  the newest states are published once more, never an older one.
- The salt is made once with the file: names that hide a device stay the same as long as the file does.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from gateway.sinks.open_topics.states import Held, Key, State
from gateway.sinks.sqlite_file import open_file
from pipelines.encodings.topics import Address

VERSION = 1
SALT_BYTES = 16

TABLES = """
CREATE TABLE salt (value BLOB NOT NULL);
CREATE TABLE state (
    city TEXT NOT NULL,
    pilot TEXT NOT NULL,
    feature TEXT NOT NULL,
    dirty INTEGER NOT NULL,
    address BLOB NOT NULL,
    latest BLOB NOT NULL,
    PRIMARY KEY (city, pilot, feature)
) WITHOUT ROWID;
"""
SAVE = """
INSERT INTO state (city, pilot, feature, dirty, address, latest) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (city, pilot, feature) DO UPDATE SET dirty = excluded.dirty, latest = excluded.latest
"""

Row = tuple[str, str, str, bool, bytes, bytes]

_encode = msgspec.msgpack.Encoder().encode
_decode_latest = msgspec.msgpack.Decoder(dict[str, Held]).decode
_decode_address = msgspec.msgpack.Decoder(Address).decode


class MemoryFile:
    """Owns the file; every method runs in the sink's one thread. Raises sqlite3.Error."""

    def __init__(self, file: Path) -> None:
        self._connection: sqlite3.Connection = open_file(file, tables=TABLES, version=VERSION, cache_kib=500)

    def load(self) -> tuple[bytes, Sequence[State]]:
        """The salt, and all states."""
        row = self._connection.execute("SELECT value FROM salt").fetchone()
        salt = row[0] if row else os.urandom(SALT_BYTES)
        if row is None:
            self._connection.execute("INSERT INTO salt VALUES (?)", (salt,))
        select = "SELECT city, pilot, feature, dirty, address, latest FROM state"
        states = [
            State((city, pilot, feature), _decode_address(address), _decode_latest(latest), bool(dirty))
            for city, pilot, feature, dirty, address, latest in self._connection.execute(select)
        ]
        return salt, states

    def delete(self, keys: Iterable[Key]) -> None:
        """Forget states."""
        self._connection.executemany("DELETE FROM state WHERE city = ? AND pilot = ? AND feature = ?", keys)

    def save(self, rows: Iterable[Row]) -> None:
        """Remember states in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(SAVE, rows)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def row_of(state: State) -> Row:
    """A state as it is now, for the thread: the loop may change it meanwhile."""
    return (*state.key, state.dirty, _encode(state.address), _encode(state.latest))
