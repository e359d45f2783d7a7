"""One filled database for all tests of this room: it takes most of their time. Parallel workers share it."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.grafana.filled import DAYS, Filled, filled


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    base = tmp_path_factory.getbasetemp()
    if worker is None:
        with filled(base / "filled", days=DAYS) as database:
            yield database
    else:
        with shared(base.parent / "filled", worker) as database:
            yield database


@contextlib.contextmanager
def shared(folder: Path, worker: str) -> Iterator[Filled]:
    """The first worker fills; the others wait and use it. It is stopped by the first, when nobody uses it any more."""
    users, told = folder / "users", folder / "filled.json"
    users.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        with alone(folder):
            if told.is_file():
                mine, database = False, msgspec.json.decode(told.read_bytes(), type=Filled)
            else:
                mine, database = True, stack.enter_context(filled(folder / worker, days=DAYS))
                told.write_bytes(msgspec.json.encode(database))
            (users / worker).touch()
        try:
            yield database
        finally:
            (users / worker).unlink()
            while mine:
                with alone(folder):
                    if not any(users.iterdir()):
                        told.unlink()
                        break
                time.sleep(0.2)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other worker is in here at the same time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
