"""What a person is told when a sink's SQLite file fails can be followed to the letter."""

import sqlite3
from pathlib import Path

import pytest

from gateway.sinks import SinkUnavailableError
from gateway.sinks.sqlite_file import FileThread, open_file, open_read_only


async def test_a_damaged_file_is_mended_by_steps_that_exist(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(b"no database " * 1_000)
    thread = FileThread("sink keep", file)

    def open_it() -> sqlite3.Connection:
        return open_file(file, tables="CREATE TABLE x (y);", version=1, cache_kib=64)

    with pytest.raises(SinkUnavailableError) as told:
        await thread.run(open_it)
    assert str(file) in told.value.mend
    assert "store.db-wal" in told.value.mend
    assert "delete cursors/keep.cursor in the state directory" in told.value.mend
    file.rename(tmp_path / "aside")
    connection = await thread.run(open_it)
    await thread.end(connection.close)


def test_a_file_that_is_being_made_at_this_moment_is_not_there_yet(tmp_path: Path) -> None:
    file = tmp_path / "alarms.sqlite"
    sqlite3.connect(file).close()
    file.touch()
    with pytest.raises(FileNotFoundError, match="no memory here yet"):
        open_read_only(file, version=1, what="memory")
    open_file(file, tables="CREATE TABLE x (y);", version=1, cache_kib=64).close()
    open_read_only(file, version=1, what="memory").close()
