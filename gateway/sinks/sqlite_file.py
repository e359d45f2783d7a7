"""One SQLite file of a sink: how it is opened, and the one thread that works on it behind an async face.

Laws
- The loop never waits on the disk. A cancelled call leaves its work to the thread, done whole or not at all.
- ``synchronous=FULL``: the cursor over the ledger is kept elsewhere, so what ``write`` has promised must be on the disk
  when it returns; with NORMAL a power cut would lose transactions that the cursor has already passed.
- ``user_version`` is the version of the format; a file of a later version is refused, never rewritten.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from gateway.sinks import SinkUnavailableError

Answer = TypeVar("Answer")

BUSY_WITHIN_S = 5.0
"""How long another process may hold the file before it counts as unavailable."""


class LaterFormatError(Exception):
    """The file was written by a later release."""


def open_file(file: Path, *, tables: str, version: int, cache_kib: int) -> sqlite3.Connection:
    """Open for writing; make the file where there is none. Raises sqlite3.Error, OSError, LaterFormatError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=BUSY_WITHIN_S)
    try:
        found = check_format(connection, file, version)
        if found == 0:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, else it has no effect
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute("PRAGMA journal_size_limit = 8388608")
        connection.execute("PRAGMA temp_store = MEMORY")
        if found == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {tables} PRAGMA user_version = {version}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def open_read_only(file: Path, *, version: int, what: str) -> sqlite3.Connection:
    """Open beside the writer. Raises FileNotFoundError where there is no file yet, sqlite3.Error, LaterFormatError."""
    missing = f"{file}: no {what} here yet. It is made when the gateway first runs with one."
    if not file.is_file():
        raise FileNotFoundError(missing)
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    try:
        found = check_format(connection, file, version)
    except BaseException:
        connection.close()
        raise
    if found == 0:  # it is being made at this moment
        connection.close()
        raise FileNotFoundError(missing)
    return connection


def check_format(connection: sqlite3.Connection, file: Path, version: int) -> int:
    """The format of the file, 0 when it is new. Raises LaterFormatError."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > version:
        raise LaterFormatError(f"{file} has format {found}, this release reads {version}")
    return int(found)


class FileThread:
    """The thread that owns the file. It starts with its first work, and after ``end`` anew with the next."""

    def __init__(self, name: str, file: Path) -> None:
        self._name = name
        self._file = file
        self._thread = self._new_thread()

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Do blocking work in the thread, in the order of the calls. Raises SinkUnavailableError for a failing file."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except LaterFormatError as error:
            raise SinkUnavailableError(str(error), mend="run the later release, or move the file aside") from error
        except (sqlite3.Error, OSError) as error:
            mend = mend_for(error, self._file, sink=self._name.removeprefix("sink "))
            raise SinkUnavailableError(f"{self._file}: {error}", mend=mend) from error

    async def end(self, last: Callable[[], None]) -> None:
        """Do the last work after what is under way, and let the thread go."""
        thread, self._thread = self._thread, self._new_thread()
        await asyncio.get_running_loop().run_in_executor(thread, last)
        thread.shutdown(wait=False)

    def _new_thread(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, thread_name_prefix=self._name)


def mend_for(error: Exception, file: Path, *, sink: str) -> str:
    """What a person can do about a failing file; empty where waiting helps."""
    code = getattr(error, "sqlite_errorcode", None)
    match None if code is None else code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return ""
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (  # a log (-wal) that is left behind would be played into the new file
                f"stop the gateway, move {file} aside (with {file.name}-wal and {file.name}-shm),"
                f" delete cursors/{sink}.cursor in the state directory, start again: what the ledger holds comes again"
            )
        case sqlite3.SQLITE_FULL:
            return f"free space on the disk of {file.parent}"
        case _:
            return f"make {file.parent} writable for the gateway"
