"""The machine's file system and the simulated one keep the same contract."""

from pathlib import Path

import pytest

from gateway.journal.notices import LogLockedError
from gateway.journal.storage import RealStorage, Storage, new_file, write_all
from tests.gateway.journal.disk import Disk


@pytest.fixture(params=["real", "simulated"])
def storage(request: pytest.FixtureRequest) -> Storage:
    return RealStorage() if request.param == "real" else Disk()


def test_bytes_are_read_where_they_were_written(storage: Storage, tmp_path: Path) -> None:
    file = storage.open(tmp_path / "a", "create")
    write_all(file, b"hello", 3)
    assert file.size() == 8
    assert file.read(100, 0) == b"\0\0\0hello"
    assert file.read(2, 4) == b"el"
    assert file.read(5, 8) == b""
    file.truncate(5)
    file.sync()
    assert file.read(100, 0) == b"\0\0\0he"
    file.allocate(10)
    assert file.size() == 10
    file.close()


def test_creating_what_exists_and_opening_what_does_not_fail(storage: Storage, tmp_path: Path) -> None:
    storage.open(tmp_path / "a", "create").close()
    with pytest.raises(FileExistsError):
        storage.open(tmp_path / "a", "create")
    with pytest.raises(FileNotFoundError):
        storage.open(tmp_path / "b", "read")
    with pytest.raises(FileNotFoundError):
        storage.remove(tmp_path / "b")


def test_a_renamed_file_stays_readable_to_who_has_it_open(storage: Storage, tmp_path: Path) -> None:
    new_file(storage, tmp_path / "old", b"old")
    new_file(storage, tmp_path / "new", b"new")
    reader = storage.open(tmp_path / "old", "read")
    storage.rename(tmp_path / "new", tmp_path / "old")
    storage.sync_directory(tmp_path)
    assert reader.read(10, 0) == b"old"
    assert storage.open(tmp_path / "old", "read").read(10, 0) == b"new"
    assert storage.names(tmp_path) == ["old"]
    reader.close()


def test_a_new_file_replaces_what_an_earlier_trial_left(storage: Storage, tmp_path: Path) -> None:
    new_file(storage, tmp_path / "a", b"a longer first trial")
    new_file(storage, tmp_path / "a", b"second")
    assert storage.open(tmp_path / "a", "read").read(100, 0) == b"second"


def test_a_directory_that_is_not_there_has_no_names(storage: Storage, tmp_path: Path) -> None:
    assert storage.names(tmp_path / "none") == []
    storage.make_directory(tmp_path / "x" / "y")
    storage.make_directory(tmp_path / "x" / "y")
    assert storage.names(tmp_path / "x" / "y") == []


def test_a_lock_is_held_until_it_is_released(storage: Storage, tmp_path: Path) -> None:
    lock = storage.lock(tmp_path / "lock")
    with pytest.raises(LogLockedError, match="another process writes this log"):
        storage.lock(tmp_path / "lock")
    lock.release()
    lock.release()
    storage.lock(tmp_path / "lock").release()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    storage = RealStorage()
    storage.make_directory(tmp_path / "state")
    new_file(storage, tmp_path / "state" / "a", b"personal")
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state" / "a").stat().st_mode & 0o077 == 0
