import importlib.metadata
from pathlib import Path

import pytest

from gateway.codecs.codecs import Codecs
from gateway.codecs.engine import NoEngineError, engine_file
from gateway.events import CodecsUnavailable, Events
from tests.codec_calls import call, returns


class Installed:
    files: tuple[importlib.metadata.PackagePath, ...] = ()

    def __init__(self, version: str) -> None:
        self.version = version


def install(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    """Pretend that these distributions are installed and no others; names are written with ``_``."""
    known = {name.replace("_", "-"): Installed(version) for name, version in versions.items()}

    def distribution(name: str) -> Installed:
        if name not in known:
            raise importlib.metadata.PackageNotFoundError(name)
        return known[name]

    monkeypatch.setattr(importlib.metadata, "distribution", distribution)


def test_the_engine_is_found_by_its_distribution() -> None:
    assert engine_file().name.startswith("_quickjs.")
    assert engine_file().is_relative_to(Path("/"))


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({}, "is not installed"),
        ({"quickjs_ng": "0.16.1"}, "0.17.x is needed"),
        ({"quickjs_ng": "0.17.0.2", "quickjs": "1.19.4"}, "'quickjs' is installed beside"),
        ({"quickjs_ng": "0.17.0.2"}, "carries no engine for this machine"),
    ],
)
def test_why_there_is_no_engine_is_told(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], said: str) -> None:
    install(monkeypatch, **versions)
    with pytest.raises(NoEngineError, match=said):
        engine_file()


async def test_without_an_engine_calls_are_answered_and_it_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    events = Events()
    async with Codecs(events) as codecs:
        answers = await codecs.decode([call(returns("1"))] * 3)
    assert [answer.ending for answer in answers] == ["unavailable"] * 3
    assert "citygate[codecs]" in answers[0].said
    assert [type(event) for _at, event in events.recent] == [CodecsUnavailable]
