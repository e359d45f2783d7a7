"""citygate influx setup, against a real InfluxDB 1."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.config import load_config
from tests import servers


@pytest.fixture(scope="module")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.running(servers.influxdb1(tmp_path_factory.mktemp("influxdb"))) as server:
        yield server


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def retention_of(url: str, database: str) -> str:
    question = quote(f'SHOW RETENTION POLICIES ON "{database}"')
    with urllib.request.urlopen(f"{url}/query?q={question}") as answer:
        return str(json.load(answer)["results"][0]["series"][0]["values"][0][1])


def test_the_table_it_prints_is_a_sink_that_it_can_set_up_again(influxdb: servers.Server, tmp_path: Path) -> None:
    assert run("init", str(tmp_path)).exit_code == 0
    first = run("influx", "setup", "--retention-days", "365", "--url", influxdb.url, "--bucket", "city-1")
    assert first.exit_code == 0, first.stderr
    assert "created" in first.stderr
    assert retention_of(influxdb.url, "city-1") == "8760h0m0s"
    with (tmp_path / "citygate.toml").open("a") as out:
        out.write(first.stdout)
    assert load_config(tmp_path / "citygate.toml").sinks["influxdb"].kind == "influxdb"
    again = run("influx", "setup", "--retention-days", "365", "-c", str(tmp_path))
    assert (again.exit_code, again.stdout, "created" in again.stderr) == (0, "", False)


def test_a_config_without_influxdb_and_one_with_two_are_told_apart(tmp_path: Path) -> None:
    assert run("init", str(tmp_path)).exit_code == 0
    words = ("influx", "setup", "--retention-days", "0", "-c", str(tmp_path))
    assert "name the server with --url" in run(*words).stderr
    with (tmp_path / "citygate.toml").open("a") as out:
        for name in ("one", "two"):
            out.write(f'[sinks.{name}]\nkind = "influxdb"\nurl = "http://localhost:1"\ndatabase = "x"\n')
    assert "--sink one or two" in run(*words).stderr


def test_a_server_that_is_not_there_and_a_wrong_address_are_told() -> None:
    url = f"http://127.0.0.1:{servers.free_port()}"
    assert run("influx", "setup", "--retention-days", "0", "--url", url).exit_code == 4
    wrong = run("influx", "setup", "--retention-days", "0", "--url", "localhost")
    assert (wrong.exit_code, "http://host:8086" in wrong.stderr) == (2, True)
