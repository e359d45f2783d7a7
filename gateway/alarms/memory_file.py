"""What alarms remember across restarts: how each stands, what each route has told of it, and what is under way.

One SQLite file, ``alarms.sqlite`` in the state directory: three tables of MessagePack, readable beside the gateway.
Only what changed is written; ``standing`` is written before the cursor over the ledger moves on, ``under_way`` before a
message leaves, ``told`` when it arrived. So after kill -9 a message may be told twice, under the same id, and says so.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from gateway.alarms.alarm import Key, Standing, Told
from gateway.alarms.telling import RouteRow
from gateway.sinks.sqlite_file import open_file, open_read_only

FILE = "alarms.sqlite"
VERSION = 1
TABLES = """
CREATE TABLE standing (key TEXT PRIMARY KEY, packed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE told (route TEXT, key TEXT, packed BLOB NOT NULL, PRIMARY KEY (route, key)) WITHOUT ROWID;
CREATE TABLE route (name TEXT PRIMARY KEY, packed BLOB NOT NULL) WITHOUT ROWID;
"""
Remembered = dict[str, tuple[dict[Key, Told], RouteRow]]

_pack = msgspec.msgpack.Encoder().encode
_standing = msgspec.msgpack.Decoder(Standing).decode
_told = msgspec.msgpack.Decoder(Told).decode
_row = msgspec.msgpack.Decoder(RouteRow).decode


class Unsaved(msgspec.Struct):
    """What changed since the last time: alarms, what routes told of alarms, routes."""

    standings: set[Key] = msgspec.field(default_factory=set)
    told: set[tuple[str, Key]] = msgspec.field(default_factory=set)
    routes: set[str] = msgspec.field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.standings or self.told or self.routes)

    def add(self, other: "Unsaved") -> None:
        """Take in what could not be saved."""
        self.standings |= other.standings
        self.told |= other.told
        self.routes |= other.routes


class Rows(msgspec.Struct, frozen=True):
    """What is to be written: packed, or None for what is to be forgotten."""

    standings: Mapping[str, bytes | None]
    told: Mapping[tuple[str, str], bytes | None]
    routes: Mapping[str, bytes]


def text_of(key: Key) -> str:
    """A key as it is written; no part of it holds a tab."""
    return "\t".join(part.replace("\t", " ") for part in key)


def packed(value: Standing | Told | RouteRow) -> bytes:
    """As it is written."""
    return _pack(value)


class MemoryFile:
    """The open file. Its methods block: they belong into the file's thread."""

    def __init__(self, file: Path) -> None:
        self._connection = open_file(file, tables=TABLES, version=VERSION, cache_kib=256)

    def save(self, rows: Rows) -> None:
        """Write what changed, all of it or nothing. Raises sqlite3.Error."""
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        try:
            run.executemany("INSERT OR REPLACE INTO standing VALUES (?, ?)", _kept(rows.standings))
            run.executemany("DELETE FROM standing WHERE key = ?", _gone(rows.standings))
            told = rows.told.items()
            put = [(route, key, value) for (route, key), value in told if value is not None]
            run.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", put)
            gone = [(route, key) for (route, key), value in told if value is None]
            run.executemany("DELETE FROM told WHERE route = ? AND key = ?", gone)
            run.executemany("INSERT OR REPLACE INTO route VALUES (?, ?)", rows.routes.items())
            run.execute("COMMIT")
        except BaseException:
            run.execute("ROLLBACK")
            raise

    def recall(self) -> tuple[list[Standing], Remembered]:
        """Everything that was kept."""
        return read(self._connection)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def recall_beside(file: Path) -> tuple[list[Standing], Remembered]:
    """Read beside the running gateway. Raises FileNotFoundError, sqlite3.Error, LaterFormatError."""
    connection = open_read_only(file, version=VERSION, what="memory of alarms")
    try:
        return read(connection)
    finally:
        connection.close()


def read(connection: sqlite3.Connection) -> tuple[list[Standing], Remembered]:
    """Standings, and by route what it told and where it stands."""
    standings = [_standing(value) for (value,) in connection.execute("SELECT packed FROM standing")]
    routes: Remembered = {name: ({}, _row(value)) for name, value in connection.execute("SELECT * FROM route")}
    for route, key, value in connection.execute("SELECT * FROM told"):
        routes.setdefault(route, ({}, RouteRow()))[0][Key(*key.split("\t"))] = _told(value)
    return standings, routes


def _kept(rows: Mapping[str, bytes | None]) -> Iterable[tuple[str, bytes]]:
    return [(key, value) for key, value in rows.items() if value is not None]


def _gone(rows: Mapping[str, bytes | None]) -> Iterable[tuple[str]]:
    return [(key,) for key, value in rows.items() if value is None]
