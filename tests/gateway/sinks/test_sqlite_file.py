"""What a person is told when a sink's SQLite file fails can be followed to the letter."""

import sqlite3
from pathlib import Path

import pytest

from gateway.sinks import SinkUnavailableError
from gateway.sinks.sqlite_file import FileThread, open_file


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
