"""A push source that anybody could fill is refused when its settings are read, by check and by run alike."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.config import load_config
from gateway.files.mistakes import ConfigError
from gateway.sources.http_settings import HttpSourceSettings


def settings(**given: object) -> HttpSourceSettings:
    return HttpSourceSettings.model_validate({"kind": "http", "dialect": "tts-v3"} | given)


@pytest.mark.parametrize("listen", ["0.0.0.0:8090", "[::]:8090", "192.0.2.1:80", "gateway:8090", "[2001:db8::1]:80"])
def test_an_address_that_others_reach_needs_a_token(listen: str) -> None:
    for without in ({}, {"token_file": None}, {"token_file": ""}):
        with pytest.raises(ValidationError, match="takes uplinks from anybody"):
            settings(listen=listen, **without)
    assert settings(listen=listen, token_file="token").listen == listen


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:8090", ("127.0.0.1", 8090)),
        ("127.3.2.1:1", ("127.3.2.1", 1)),
        ("localhost:80", ("localhost", 80)),
        ("[::1]:8090", ("::1", 8090)),
    ],
)
def test_this_machine_alone_needs_none(listen: str, address: tuple[str, int]) -> None:
    assert settings(listen=listen).address == address


@pytest.mark.parametrize("listen", ["::1:8090", "[::1]", "8090", "[::1:8090", "a b:1", "[host]:1"])
def test_what_is_no_address_is_refused(listen: str) -> None:
    with pytest.raises(ValidationError):
        settings(listen=listen, token_file="token")


def test_a_faulty_token_file_is_told_alone() -> None:
    with pytest.raises(ValidationError) as told:
        settings(listen="0.0.0.0:8090", token_file=5)
    assert [error["loc"] for error in told.value.errors()] == [("token_file",)]


def test_the_operator_reads_which_key_and_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "citygate.toml").write_text(
        '[gateway]\nid = "g"\ncity = "delft"\n'
        '[sources.hook]\nkind = "http"\nlisten = "0.0.0.0:8090"\ndialect = "tts-v3"\n'
    )
    with pytest.raises(ConfigError) as told:
        load_config(tmp_path / "citygate.toml")
    (mistake,) = told.value.mistakes
    assert mistake.where == "citygate.toml, line 6, sources.hook.listen"
    assert mistake.what == "0.0.0.0:8090 takes uplinks from anybody"
    assert mistake.mend == 'Write token_file = "…", or listen on 127.0.0.1 behind a proxy.'
