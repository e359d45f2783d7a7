"""citygate influx setup: against a real InfluxDB 1, and scripted servers with the answers of 2 and 3."""

import json
import stat
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.config import load_config
from gateway.influx_setup import SetupError, Wanted, prepare
from tests import servers


@pytest.fixture(scope="module")
def influxdb1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.running(servers.influxdb1(tmp_path_factory.mktemp("influxdb"))) as server:
        yield server


def wanted(url: str, folder: Path, **more: Any) -> Wanted:
    return Wanted(url, "mechelen", "city", folder / "secrets" / "token", **more)


def duration_of(url: str) -> str:
    with urllib.request.urlopen(f"{url}/query?q={quote('SHOW RETENTION POLICIES ON city')}") as answer:
        return str(json.load(answer)["results"][0]["series"][0]["values"][0][1])


def test_a_real_influxdb_1_gets_its_database_and_retention_once(influxdb1: servers.Server, tmp_path: Path) -> None:
    first = prepare(wanted(influxdb1.url, tmp_path, retention_days=365))
    assert (first.api, first.steps) == ("v1", ("database city made", "kept for 365 days"))
    assert duration_of(influxdb1.url) == "8760h0m0s"
    assert prepare(wanted(influxdb1.url, tmp_path)).steps == ("database city is there",)
    assert duration_of(influxdb1.url) == "8760h0m0s"
    prepare(wanted(influxdb1.url, tmp_path, retention_days=0))
    assert duration_of(influxdb1.url) == "0s"


def test_the_command_prints_a_table_that_the_config_accepts(influxdb1: servers.Server, tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(main, ["init", str(tmp_path)]).exit_code == 0
    done = runner.invoke(main, ["influx", "setup", "--url", influxdb1.url, "--bucket", "city"])
    assert done.exit_code == 0, done.stderr
    with (tmp_path / "citygate.toml").open("a") as out:
        out.write(done.stdout)
    assert load_config(tmp_path / "citygate.toml").sinks["influxdb"].settings.model_dump()["database"] == "city"


def test_nobody_there_a_wrong_address_and_a_stranger_are_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be reached"):
        prepare(wanted(f"http://127.0.0.1:{servers.free_port()}", tmp_path))
    with pytest.raises(SetupError, match="not an address"):
        prepare(wanted("localhost:8086", tmp_path))
    with scripted({}, version="") as server, pytest.raises(SetupError, match="without InfluxDB's version"):
        prepare(wanted(server.url, tmp_path))


class Scripted:
    """Answers (method, path) by functions of query and body, and remembers what it was asked."""

    def __init__(self, answers: dict[tuple[str, str], Any], version: str) -> None:
        asked: list[tuple[str, str, Any, str]] = []
        self.asked = asked

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                parts = urlsplit(self.path)
                size = int(self.headers.get("content-length", 0))
                body = json.loads(self.rfile.read(size)) if size else None
                asked.append((self.command, parts.path, body, self.headers.get("authorization", "")))
                found = answers.get((self.command, parts.path), (204 if parts.path == "/ping" else 404, {}))
                status, content = found(parse_qs(parts.query), body) if callable(found) else found
                raw = b"" if status == 204 else json.dumps(content).encode()
                self.send_response(status)
                if version:
                    self.send_header("X-Influxdb-Version", version)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PATCH = answer  # noqa: N815 - names of the library

            def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - its name in the library
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def scripted(answers: dict[tuple[str, str], Any], *, version: str) -> Iterator[Scripted]:
    server = Scripted(answers, version)
    thread = threading.Thread(target=server.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()
        thread.join()


class InfluxDB2:
    """As much of InfluxDB 2's administration as the set-up uses, with its real shapes of answers."""

    def __init__(self, *, fresh: bool) -> None:
        self.fresh = fresh
        self.orgs: list[str] = []
        self.buckets: list[dict[str, Any]] = []
        self.mappings: list[dict[str, Any]] = []
        self.tokens: list[dict[str, Any]] = []

    def answers(self) -> dict[tuple[str, str], Any]:
        api = "/api/v2"
        return {
            ("GET", f"{api}/setup"): lambda _query, _body: (200, {"allowed": self.fresh}),
            ("POST", f"{api}/setup"): self.setup,
            ("GET", f"{api}/orgs"): self.find_orgs,
            ("POST", f"{api}/orgs"): self.make_org,
            ("GET", f"{api}/buckets"): self.find_buckets,
            ("POST", f"{api}/buckets"): self.make_bucket,
            ("PATCH", f"{api}/buckets/bucket-0"): self.keep,
            ("GET", f"{api}/dbrps"): lambda _query, _body: (200, {"content": self.mappings}),
            ("POST", f"{api}/dbrps"): self.map,
            ("POST", f"{api}/authorizations"): self.authorize,
        }

    def setup(self, _query: Any, body: Any) -> tuple[int, Any]:
        self.fresh = False
        self.orgs.append(body["org"])
        self.make_bucket(None, {"name": body["bucket"], "orgID": f"{0:016x}", "retentionRules": []})
        return 201, {}

    def find_orgs(self, query: Any, _body: Any) -> tuple[int, Any]:
        found = [{"id": f"{n:016x}", "name": name} for n, name in enumerate(self.orgs) if [name] == query.get("org")]
        return (
            (200, {"orgs": found}) if found else (404, {"code": "not found", "message": "organization name not found"})
        )

    def make_org(self, _query: Any, body: Any) -> tuple[int, Any]:
        self.orgs.append(body["name"])
        return 201, {"id": f"{len(self.orgs) - 1:016x}", "name": body["name"]}

    def find_buckets(self, query: Any, _body: Any) -> tuple[int, Any]:
        return 200, {"buckets": [bucket for bucket in self.buckets if [bucket["name"]] == query.get("name")]}

    def make_bucket(self, _query: Any, body: Any) -> tuple[int, Any]:
        self.buckets.append({"id": f"bucket-{len(self.buckets)}", **body})
        return 201, self.buckets[-1]

    def keep(self, _query: Any, body: Any) -> tuple[int, Any]:
        self.buckets[0]["retentionRules"] = body["retentionRules"]
        return 200, self.buckets[0]

    def map(self, _query: Any, body: Any) -> tuple[int, Any]:
        self.mappings.append({"id": "map-0", "virtual": False, **body})
        return 201, self.mappings[-1]

    def authorize(self, _query: Any, body: Any) -> tuple[int, Any]:
        self.tokens.append(body)
        return 201, {"id": f"auth-{len(self.tokens)}", "token": f"token-{len(self.tokens)}", **body}


def test_a_fresh_influxdb_2_gets_everything_and_the_second_time_nothing(tmp_path: Path) -> None:
    model = InfluxDB2(fresh=True)
    with scripted(model.answers(), version="v2.7.12") as server:
        done = prepare(wanted(server.url, tmp_path, retention_days=365))
        token = tmp_path / "secrets" / "token"
        admin = token.with_name("token-admin").read_text().splitlines()[0]
        again = prepare(wanted(server.url, tmp_path, secret=admin))
    assert done.api == "v2"
    assert model.buckets[0]["retentionRules"] == [{"everySeconds": 365 * 86_400, "type": "expire"}]
    assert (model.mappings[0]["database"], model.mappings[0]["default"]) == ("city", True)
    assert token.read_text() == "token-1\n"
    assert [sorted(p["action"] for p in t["permissions"]) for t in model.tokens] == [["read", "write"], ["read"]]
    assert {p["resource"]["id"] for t in model.tokens for p in t["permissions"]} == {"bucket-0"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in done.files} == {0o600}
    assert len(done.files) == 3
    assert again.files == ()
    assert (len(model.orgs), len(model.buckets), len(model.mappings), len(model.tokens)) == (1, 1, 1, 2)
    assert all(auth in ("", f"Token {admin}") for *_, auth in server.asked)


def test_a_used_influxdb_2_needs_the_administrators_token_and_gets_a_missing_organisation(tmp_path: Path) -> None:
    model = InfluxDB2(fresh=False)
    with scripted(model.answers(), version="v2.7.12") as server:
        with pytest.raises(SetupError, match="has an administrator already") as refused:
            prepare(wanted(server.url, tmp_path))
        assert "--admin-token-file" in refused.value.mend
        done = prepare(wanted(server.url, tmp_path, secret="admin-token"))
    assert model.orgs == ["mechelen"]
    assert "organisation mechelen made" in done.steps


def test_a_refused_token_is_told_in_the_servers_words(tmp_path: Path) -> None:
    answers = {("GET", "/api/v2/orgs"): (401, {"code": "unauthorized", "message": "unauthorized access"})}
    with scripted(answers, version="v2.7.12") as server, pytest.raises(SetupError, match="unauthorized access"):
        prepare(wanted(server.url, tmp_path, secret="wrong"))


@pytest.mark.parametrize(("status", "words"), [(200, "made"), (409, "is there, its retention as it was")])
def test_an_influxdb_3_gets_its_database(tmp_path: Path, status: int, words: str) -> None:
    with scripted({("POST", "/api/v3/configure/database"): (status, {})}, version="3.2.0") as server:
        done = prepare(wanted(server.url, tmp_path, retention_days=30, secret="admin"))
        assert server.asked[-1][2:] == ({"db": "city", "retention_period": "30d"}, "Bearer admin")
    assert done.steps == (f"database city {words}",)
