"""Kinds of sources are opened by their settings; a secret is a file that holds something."""

from pathlib import Path

import pytest

from gateway.config import SOURCE_KINDS, load_config
from gateway.events import Events
from gateway.sources.table import open_sources, secret
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
    assert secret(tmp_path / "token") == b"s3cret "
    assert secret(None) is None


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_secret_is_a_mistake_and_not_an_open_door(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(OSError, match="token: empty"):
        secret(tmp_path / "token")
