"""What is remembered: taken over from the first format, forgotten when it is emptied, refused from a later one."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from gateway.sinks.open_topics.memory_file import MemoryFile, row_of
from gateway.sinks.open_topics.states import Held, State
from gateway.sinks.sqlite_file import LaterFormatError
from pipelines.encodings.topics import Address
from tests.gateway.sinks.entries import observed

ADDRESS = Address("delft", "waste", "waste-delft", "b7")
STATE = State(
    ("delft", "waste-delft", "waste-container/B7"), ADDRESS, {"temperature_c": Held(observed(), 5)}, dirty=True
)

FIRST_FORMAT = """
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
INSERT INTO salt VALUES (x'00');
PRAGMA user_version = 1;
"""


def test_the_states_of_the_first_format_are_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "open.sqlite"
    with sqlite3.connect(file) as old:
        old.executescript(FIRST_FORMAT)
        old.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?)", row_of(STATE))
    old.close()
    for _ in range(2):
        memory = MemoryFile(file)
        (state,) = memory.load()
        assert (state.key, state.address, state.dirty) == (STATE.key, ADDRESS, True)
        assert state.latest["temperature_c"].revision == 5
        assert memory.kept() == []
        memory.close()


def test_what_is_kept_comes_back_and_what_is_emptied_does_not(tmp_path: Path) -> None:
    memory = MemoryFile(tmp_path / "open.sqlite")
    memory.save([row_of(STATE)], [("count", ("p", "f", "x"), b"1"), ("meta", ("topic",), b"2")])
    memory.save([row_of(msgspec.structs.replace(STATE, dirty=False))], [("count", ("p", "f", "x"), b"")])
    memory.close()
    again = MemoryFile(tmp_path / "open.sqlite")
    assert again.kept() == [("meta", ("topic",), b"2")]
    assert not again.load()[0].dirty
    again.delete([STATE.key])
    assert again.load() == []
    again.close()


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "open.sqlite") as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    with pytest.raises(LaterFormatError):
        MemoryFile(tmp_path / "open.sqlite")
