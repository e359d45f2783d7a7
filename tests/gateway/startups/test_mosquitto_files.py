"""Mosquitto's two files: what others wrote stays, what start-ups get is at the end, and only that."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.startups.accounts import Account, AccountError
from gateway.startups.mosquitto_files import MARK, PID_FILE, broker_process, reload, write_files

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACME = Account("acme", "startup", ("p",), NOW, "$7$1$c2FsdA==$aGFzaA==")
BETA = Account("beta", "public", ("p",), NOW, "$7$1$c2FsdA==$b3RoZXI=")


def filters_of(account: Account) -> list[str]:
    return [f"open/v1/{account.tier}/#"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "passwords").write_text("gateway:$7$own\nguest:$7$by-hand\n")
    (tmp_path / "acl").write_text("user gateway\ntopic readwrite open/v1/#\n\nuser guest\ntopic read open/v1/x\n")
    return tmp_path


def test_accounts_come_after_what_is_there_already(folder: Path) -> None:
    assert write_files(folder, [ACME, BETA], frozenset(("acme", "beta")), filters_of)
    lines = (folder / "passwords").read_text().splitlines()
    assert lines == [
        "gateway:$7$own", "guest:$7$by-hand", f"acme:{ACME.password_hash}", f"beta:{BETA.password_hash}",
    ]  # fmt: skip
    above, _, below = (folder / "acl").read_text().partition(MARK)
    assert above == "user gateway\ntopic readwrite open/v1/#\n\nuser guest\ntopic read open/v1/x\n\n"
    assert below == "\nuser acme\ntopic read open/v1/startup/#\n\nuser beta\ntopic read open/v1/public/#\n"


def test_who_is_no_longer_active_is_taken_out_and_nobody_else(folder: Path) -> None:
    before = ((folder / "passwords").read_text(), (folder / "acl").read_text())
    known = frozenset(("acme", "beta"))
    write_files(folder, [ACME, BETA], known, filters_of)
    assert write_files(folder, [], known, filters_of)
    assert ((folder / "passwords").read_text(), (folder / "acl").read_text()) == before


def test_nothing_is_written_when_nothing_changes(folder: Path) -> None:
    write_files(folder, [ACME], frozenset(("acme",)), filters_of)
    before = {name: (folder / name).stat().st_ino for name in ("passwords", "acl")}
    assert not write_files(folder, [ACME], frozenset(("acme",)), filters_of)
    assert {name: (folder / name).stat().st_ino for name in before} == before


def test_the_files_keep_their_owner_and_nobody_else_may_read_them(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder / "passwords", 12_345, 12_345)
    before = (folder / "passwords").stat()
    write_files(folder, [ACME], frozenset(("acme",)), filters_of)
    after = (folder / "passwords").stat()
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert stat.S_IMODE(after.st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["acl", "passwords"]


def test_a_folder_of_no_broker_is_told_how_to_become_one(tmp_path: Path) -> None:
    with pytest.raises(AccountError, match="is not the folder of a broker") as caught:
        write_files(tmp_path, [ACME], frozenset(("acme",)), filters_of)
    assert "--for startups" in caught.value.mend


def test_no_signal_is_sent_to_a_program_that_is_no_mosquitto(folder: Path) -> None:
    """A file that a broker left behind may hold the number of anything by now: this test, for one."""
    (folder / PID_FILE).parent.mkdir()
    (folder / "mosquitto.conf").write_text(f"pid_file {folder / PID_FILE}\n")
    for content in (str(os.getpid()), "", "many", "999999999"):
        (folder / PID_FILE).write_text(content)
        assert broker_process(folder) is None
        assert reload(folder) == "not running"


def test_a_broker_that_does_not_write_its_number_is_reloaded_by_hand(folder: Path) -> None:
    assert reload(folder) == "by hand"
    (folder / "mosquitto.conf").write_text("listener 1883\n")
    assert reload(folder) == "by hand"
