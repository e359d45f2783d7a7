"""What open topics remember across restarts: what has been said must not be unsaid by a late reading after a restart.

Laws
- A state is written before it is published, marked as not yet published; the mark goes with a later write. So after a
  crash the newest states are published once more, never an older one.
- What else is kept (intervals, small counts, open sums and those that were said, what ``meta`` says) is written after
  its messages are acknowledged: after a crash the same entries come again and give the same messages.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from gateway.sinks.open_topics import sums
from gateway.sinks.open_topics.editor import SaidSum
from gateway.sinks.open_topics.states import Held, Key, State
from gateway.sinks.sqlite_file import open_file
from gateway.sinks.sqlite_many import Many
from pipelines.encodings.topics import Address

VERSION = sums.VERSION

TABLES = """
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
LATER = f"""
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS salt;
CREATE TABLE IF NOT EXISTS kept (
    kind TEXT NOT NULL,
    name BLOB NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
{sums.TABLE}
PRAGMA user_version = {VERSION};
COMMIT;
"""
SAVE = Many(
    "INSERT INTO state (city, pilot, feature, dirty, address, latest)",
    6,
    "ON CONFLICT (city, pilot, feature) DO UPDATE SET dirty = excluded.dirty, latest = excluded.latest",
)
KEEP = Many("INSERT OR REPLACE INTO kept (kind, name, packed)", 3)

Row = tuple[str, str, str, bool, bytes, bytes]
KeptKind = Literal["newest", "count", "sum", "meta"]
Name = tuple[str, ...]
Kept = tuple[KeptKind, Name, bytes]
"""What is kept under a name; empty bytes forget it."""

_encode = msgspec.msgpack.Encoder().encode
_decode_latest = msgspec.msgpack.Decoder(dict[str, Held]).decode
_decode_address = msgspec.msgpack.Decoder(Address).decode
_decode_name = msgspec.msgpack.Decoder(Name).decode


class MemoryFile:
    """Owns the file; every method runs in the sink's one thread. Raises sqlite3.Error."""

    def __init__(self, file: Path) -> None:
        self._connection: sqlite3.Connection = open_file(file, tables=TABLES, version=VERSION, cache_kib=500)
        self._connection.executescript(LATER)

    def load(self) -> Sequence[State]:
        """All states."""
        select = "SELECT city, pilot, feature, dirty, address, latest FROM state"
        return [
            State((city, pilot, feature), _decode_address(address), _decode_latest(latest), bool(dirty))
            for city, pilot, feature, dirty, address, latest in self._connection.execute(select)
        ]

    def kept(self) -> Sequence[Kept]:
        """All that is kept beside the states."""
        rows = self._connection.execute("SELECT kind, name, packed FROM kept")
        return [(kind, _decode_name(name), packed) for kind, name, packed in rows]

    def delete(self, keys: Iterable[Key]) -> None:
        """Forget states, and the sums that were said of them; freed pages are overwritten."""
        keys = list(keys)
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.executemany("DELETE FROM state WHERE city = ? AND pilot = ? AND feature = ?", keys)
        self._connection.executemany("DELETE FROM said_sum WHERE pilot = ? AND feature = ?", [key[1:] for key in keys])
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._connection.execute("PRAGMA secure_delete = OFF")

    def forget_sums(self, before_ns: Mapping[str, int]) -> None:
        """Forget the sums of hours that began before an instant, by pilot."""
        self._connection.executemany("DELETE FROM said_sum WHERE pilot = ? AND time_ns < ?", before_ns.items())

    def save(self, rows: Iterable[Row], kept: Iterable[Kept] = (), said: Collection[SaidSum] = ()) -> None:
        """Remember states, what is kept beside them and sums that were said, in one transaction."""
        kept = list(kept)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            SAVE.put(self._connection, list(rows))
            KEEP.put(self._connection, [(kind, _encode(name), packed) for kind, name, packed in kept if packed])
            gone = [(kind, _encode(name)) for kind, name, packed in kept if not packed]
            self._connection.executemany("DELETE FROM kept WHERE kind = ? AND name = ?", gone)
            sums.keep(self._connection, said)
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
