"""The store against the questions that every sink must answer."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks import sqlite_file
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.sink import StoreSink
from tests.contracts.ledger_entries import SECOND, T0
from tests.contracts.sink_contract import SinkContract, SinkWorld


class StoreWorld(SinkWorld):
    """The far side is a file; it is away while another process holds it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._holder: sqlite3.Connection | None = None

    def sink(self) -> StoreSink:
        return StoreSink("store", StoreSettings(), self.file, clock=Clock(lambda: T0), events=Events())

    async def arrived(self) -> Sequence[int]:
        return await asyncio.to_thread(self._read)

    def _read(self) -> Sequence[int]:
        connection = sqlite3.connect(self.file)
        rows = connection.execute("SELECT time_ns, value FROM history ORDER BY time_ns").fetchall()
        connection.close()
        assert all(value == (time_ns - T0) // SECOND / 10 for time_ns, value in rows)
        return [(time_ns - T0) // SECOND for time_ns, _ in rows]

    async def stop(self) -> None:
        self._holder = sqlite3.connect(self.file, isolation_level=None)
        self._holder.execute("BEGIN EXCLUSIVE")

    async def start(self) -> None:
        assert self._holder is not None
        self._holder.close()


class TestStore(SinkContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoreWorld:
        monkeypatch.setattr(sqlite_file, "BUSY_WITHIN_S", 0.05)
        return StoreWorld(tmp_path / "store.sqlite")
