"""citygate run: what it refuses before anything is opened, and whom it lets read what it writes."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.exits import Exit
from gateway.cli.main import main

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
