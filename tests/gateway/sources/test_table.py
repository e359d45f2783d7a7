"""Kinds of sources are opened by their settings; a secret is a file that holds something."""

from pathlib import Path

import pytest

from gateway.config import SOURCE_KINDS, load_config
from gateway.events import Events
from gateway.files.mistakes import ConfigError
from gateway.sources.table import how_to_write, open_sources, read_secrets, secret
from tests.gateway.road import SetClock
from tests.gateway.sources.memory_intake import MemoryIntake

CONFIG = """
[gateway]
id = "t"
city = "delft"
[sources.broker]
kind = "mqtt"
url = "mqtt://127.0.0.1:1"
topics = ["t/#"]
client_id = "t"
dialect = "chirpstack-v4"
[sources.hook]
kind = "http"
dialect = "tts-v3"
token_file = "token"
[sources.day]
kind = "file"
path = "day.ndjson"
dialect = "tts-v3"
"""


async def test_every_kind_of_source_in_the_table_can_be_opened(tmp_path: Path) -> None:
    (tmp_path / "citygate.toml").write_text(CONFIG)
    (tmp_path / "day.ndjson").touch()
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "token").chmod(0o600)
    config = load_config(tmp_path / "citygate.toml")
    sources = open_sources(config, MemoryIntake(), SetClock(), Events())
    assert {source.name for source in sources} == {"broker", "hook", "day"}
    assert {source.kind for source in config.sources.values()} == set(SOURCE_KINDS)


def test_a_secret_is_the_files_content_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"s3cret \r\n")
    assert secret(tmp_path / "token", "sources.hook.token_file") == b"s3cret "
    assert secret(None, "sources.hook.token_file") is None


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_secret_is_a_mistake_and_not_an_open_door(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(ConfigError, match=r"sources\.hook\.token_file: .*token is empty\. Write the secret"):
        secret(tmp_path / "token", "sources.hook.token_file")


def test_every_secret_that_cannot_be_read_is_told_by_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    password = 'username = "u"\npassword_file = "${CREDENTIALS_DIRECTORY}/broker"\n[sources.hook]'
    (tmp_path / "citygate.toml").write_text(CONFIG.replace("[sources.hook]", password))
    config = load_config(tmp_path / "citygate.toml")
    with pytest.raises(ConfigError) as told:
        read_secrets(config)
    broker, hook = told.value.mistakes
    assert (broker.where, hook.where) == ("sources.broker.password_file", "sources.hook.token_file")
    assert "umask" not in broker.mend, "a variable that nobody set names no place to write to"
    assert hook.mend == f"Write it: (umask 077; cat > {tmp_path / 'token'})"
    (tmp_path / "token").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        secret(tmp_path / "token", "sources.hook.token_file")


def test_secrets_are_read_by_the_name_of_their_source(tmp_path: Path) -> None:
    (tmp_path / "citygate.toml").write_text(CONFIG)
    (tmp_path / "token").write_text("secret\n")
    assert read_secrets(load_config(tmp_path / "citygate.toml")) == {"broker": None, "hook": b"secret"}


def test_what_systemd_hands_over_is_not_ours_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/citygate.service")
    assert "LoadCredential=broker:" in how_to_write(Path("/run/credentials/citygate.service/broker"))
