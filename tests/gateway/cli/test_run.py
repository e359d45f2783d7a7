"""citygate run: what it refuses before anything is opened, and whom it lets read what it writes."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.exits import Exit
from gateway.cli.main import main
from gateway.config import load_config
from gateway.events import Events
from gateway.logs import Logs
from tests.gateway_process import GatewayProcess

CONFIG = """\
[gateway]
id = "gw-1"
city = "delft"
[sources.broker]
kind = "mqtt"
url = "mqtt://127.0.0.1:1"
client_id = "citygate-1"
topics = ["t/#"]
dialect = "chirpstack-v4"
username = "u"
password_file = "${CREDENTIALS_DIRECTORY}/broker"
"""

OPEN_TO_ALL = 0o022
"""The usual umask of a login: others may read."""


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(OPEN_TO_ALL)
    yield
    os.umask(before)


def test_a_missing_secret_is_told_by_its_key_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "citygate.toml").write_text(CONFIG)
    (tmp_path / "pilots").mkdir()
    (tmp_path / "devices").mkdir()
    told = CliRunner().invoke(main, ["run", "--config", str(tmp_path)])
    assert told.exit_code == Exit.MISTAKES
    assert "sources.broker.password_file" in told.stderr
    assert "Errno" not in told.stderr
    assert not (tmp_path / "state").exists()


def test_nobody_else_can_read_what_the_gateway_writes(tmp_path: Path) -> None:
    gateway = GatewayProcess(tmp_path)
    gateway.write(CONFIG.replace('username = "u"', "").replace("password_file", "#"), pilots={}, devices={})
    gateway.start()
    try:
        written = [tmp_path / "state", *(tmp_path / "state").rglob("*")]
        names = {path.name for path in written}
        assert {"state", "intake", "ledger"} < names
        assert any(path.is_file() for path in written)
        opened = {str(path): oct(path.lstat().st_mode) for path in written if path.lstat().st_mode & 0o077}
        assert opened == {}
    finally:
        gateway.stop()


async def test_the_state_directory_is_private_whatever_the_umask(tmp_path: Path) -> None:
    (tmp_path / "citygate.toml").write_text(CONFIG.replace("password_file", "#"))
    logs = Logs.open(load_config(tmp_path / "citygate.toml"), Events())
    await logs.close()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
