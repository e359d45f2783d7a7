"""``citygate grafana``, as it is typed; against a scripted Grafana, for no package holds the real one."""

import builtins
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.grafana.layouts import LAYOUTS
from tests.gateway.grafana.scripted_grafana import TOKEN, ScriptedGrafana, scripted_grafana


@pytest.fixture
def grafana() -> Iterator[ScriptedGrafana]:
    with scripted_grafana() as server:
        yield server


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    return file


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["grafana", *map(str, words)])


def test_push_says_what_it_did_and_the_second_time_that_nothing_changed(
    grafana: ScriptedGrafana, token_file: Path
) -> None:
    words = ("push", "--url", grafana.url, "--token-file", token_file, "--city", "delft", "--json")
    first, second = run(*words), run(*words)
    assert first.exit_code == second.exit_code == 0, first.output
    assert {step["done"] for step in json.loads(first.stdout)} == {"created"}
    assert {step["done"] for step in json.loads(second.stdout)} == {"unchanged"}
    assert len(grafana.pages) == len(LAYOUTS)


def test_push_takes_the_city_of_citygate_toml(grafana: ScriptedGrafana, token_file: Path, tmp_path: Path) -> None:
    source = '[sources.rec]\nkind = "file"\npath = "day.ndjson"\ndialect = "chirpstack-v4"\n'
    (tmp_path / "citygate.toml").write_text(f'[gateway]\nid = "gw"\ncity = "ghent"\n{source}')
    for name in ("devices", "pilots"):
        (tmp_path / name).mkdir()
    shown = run("push", "--url", grafana.url, "--token-file", token_file, "-c", tmp_path)
    assert shown.exit_code == 0, shown.output
    assert "created" in shown.stdout
    assert list(grafana.folders) == ["citygate-ghent"]


@pytest.mark.parametrize("text", ["", "two words", "line\nline", "naïve"])
def test_a_file_without_a_usable_token_is_told(grafana: ScriptedGrafana, tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    shown = run("push", "--url", grafana.url, "--token-file", file, "--city", "delft")
    assert shown.exit_code == 4
    assert "no usable token" in shown.stderr


def test_a_missing_token_file_and_a_wrong_token_are_told(grafana: ScriptedGrafana, tmp_path: Path) -> None:
    missing = run("push", "--url", grafana.url, "--token-file", tmp_path / "none", "--city", "delft")
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (4, True)
    (tmp_path / "token").write_text("wrong-one")
    wrong = run("push", "--url", grafana.url, "--token-file", tmp_path / "token", "--city", "delft")
    assert (wrong.exit_code, "401" in wrong.stderr) == (4, True)
    assert "wrong-one" not in wrong.output


def test_a_token_that_would_travel_in_clear_is_warned_of(token_file: Path) -> None:
    shown = run("push", "--url", "http://grafana.invalid", "--token-file", token_file, "--city", "delft")
    assert shown.exit_code == 4
    assert "in clear" in shown.stderr
    assert TOKEN not in shown.output


def test_without_its_package_push_says_which_to_install(
    grafana: ScriptedGrafana, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(name: str, *more: Any, **named: Any) -> Any:
        if name.startswith("grafana_client"):
            raise ModuleNotFoundError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    shown = run("push", "--url", grafana.url, "--token-file", token_file, "--city", "delft")
    assert shown.exit_code == 4
    assert 'pip install "citygate[grafana]"' in shown.stderr


def test_export_writes_the_files_and_tells_which(tmp_path: Path) -> None:
    shown = run("export", tmp_path / "out", "--city", "delft")
    assert shown.exit_code == 0, shown.output
    assert len(list((tmp_path / "out/dashboards/Delft").glob("*.json"))) == len(LAYOUTS)
    assert "provisioning/alerting/citygate.yaml" in shown.stdout


def test_export_refuses_names_that_are_none(tmp_path: Path) -> None:
    assert run("export", tmp_path, "--city", "De Haan").exit_code == 2
    assert run("export", tmp_path, "--city", "delft", "--datasource", "a b").exit_code == 2
    (tmp_path / "file").write_text("")
    in_the_way = run("export", tmp_path / "file", "--city", "delft")
    assert in_the_way.exit_code in {2, 4}
