"""The copy of the accounts for downloads: what is in it, who may read it, and that it stays so."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.events import Events
from gateway.open_data.keys import Keys
from gateway.open_data.problems import Problem
from gateway.open_data.server import accounts_in
from tests import servers
from tests.gateway.startups.open_broker import CONFIG, PILOT

GROUP, SERVICE = 61_990, 61_991
"""Numbers that no account of the machine has: a folder's group, and a service with a user of its own."""

UNSHARE = ("unshare", "--user")
PRIVATE_USERS = UNSHARE if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0 else ()
"""What PrivateUsers= of the unit does, where the machine of the tests allows it: the group has no name in there."""

Startup = Callable[..., str]


@pytest.fixture
def folder() -> Iterator[Path]:
    """As /etc/citygate: everybody may look into it."""
    made = Path(tempfile.mkdtemp(prefix="citygate-keys-"))
    made.chmod(0o755)
    (made / "pilots").mkdir()
    (made / "pilots" / "parking-delft.toml").write_text(PILOT.format(pilot="parking-delft", domain="parking"))
    (made / "citygate.toml").write_text(f'{CONFIG}[startups]\nkeys_file = "keys/startups.json"\n')
    words = ["broker", "setup", str(made / "broker"), "--for", "startups"]
    assert CliRunner().invoke(main, words, catch_exceptions=False).exit_code == 0
    yield made
    shutil.rmtree(made)


@pytest.fixture
def keys_file(folder: Path) -> Path:
    """Its folder made as the page says."""
    (folder / "keys").mkdir()
    if os.geteuid() == 0:
        os.chown(folder / "keys", -1, GROUP)
    (folder / "keys").chmod(0o2750)
    return folder / "keys" / "startups.json"


@pytest.fixture
def startup(folder: Path) -> Startup:
    def typed(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["startup", *words, "--config", str(folder)], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result.output

    return typed


def made_by(startup: Startup, name: str) -> str:
    shown = startup("add", name, "--tier", "startup", "--pilot", "parking-delft")
    return f"Bearer {name}.{re.findall(r'(?m)^password  (.+)$', shown)[0]}"


def test_mode_and_group_stay_through_every_command(keys_file: Path, startup: Startup) -> None:
    group = keys_file.parent.stat().st_gid
    seen = set()
    for words in (["add", "acme", "--tier", "startup", "--pilot", "all"], ["rotate", "acme"], ["apply"]):
        startup(*words)
        found = keys_file.stat()
        assert (found.st_mode & 0o7777, found.st_gid, found.st_uid) == (0o640, group, os.geteuid())
        seen.add(found.st_ino)
        keys_file.chmod(0o600)
    assert len(seen) > 1, "replaced in one step, not written over"
    assert [one.name for one in keys_file.parent.iterdir()] == [keys_file.name]


def test_it_holds_hashes_and_nothing_of_who_is_revoked(keys_file: Path, startup: Startup) -> None:
    key = made_by(startup, "acme")
    made_by(startup, "gone")
    startup("revoke", "gone")
    text = keys_file.read_text()
    assert "$7$" in text
    assert key.rpartition(".")[2] not in text
    assert "gone" not in text


def test_a_gateway_that_runs_takes_keys_as_they_are_made_replaced_and_revoked(
    keys_file: Path, startup: Startup
) -> None:
    keys = Keys(accounts_in(keys_file, Events()), lambda: date(2026, 11, 22))
    first = made_by(startup, "acme")
    assert keys.grant(first).tier == "startup"
    shown = startup("rotate", "acme")
    second = f"Bearer acme.{re.findall(r'(?m)^password  (.+)$', shown)[0]}"
    assert keys.grant(second).name == "acme"
    with pytest.raises(Problem, match="wrong"):
        keys.grant(first)
    startup("revoke", "acme")
    with pytest.raises(Problem, match="revoked"):
        keys.grant(second)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a process another user")
def test_a_service_of_the_group_reads_the_copy_and_only_that(folder: Path, keys_file: Path, startup: Startup) -> None:
    def read(file: Path, group: int) -> bool:
        words = [servers.program("setpriv"), "--reuid", str(SERVICE), "--regid", str(SERVICE), "--groups", str(group)]
        command = [*words, "--no-new-privs", "--bounding-set=-all", *PRIVATE_USERS, "cat", str(file)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    for _ in range(2):
        startup("apply")
        assert read(keys_file, GROUP)
        assert not read(keys_file, SERVICE)
        assert not read(folder / "broker" / "secrets" / "startups.json", GROUP)


def test_a_broker_that_cannot_be_told_keeps_no_key_alive(folder: Path, keys_file: Path, startup: Startup) -> None:
    made_by(startup, "acme")
    (folder / "broker" / "acl").unlink()
    startup("revoke", "acme", code=4)
    assert "acme" not in keys_file.read_text()


def test_a_folder_that_is_missing_or_open_to_all_is_told_with_its_cure(folder: Path, startup: Startup) -> None:
    words = ("add", "acme", "--tier", "public", "--pilot", "all")
    said = startup(*words, code=4)
    assert "startups.keys_file: there is no folder" in said
    assert "install -d -m 2750 -g citygate-keys" in said
    (folder / "keys").mkdir()
    (folder / "keys").chmod(0o777)
    assert "everybody may write" in startup("apply", code=4)
    (folder / "keys").chmod(0o750)
    startup("apply")
    assert "acme" in (folder / "keys" / "startups.json").read_text()
