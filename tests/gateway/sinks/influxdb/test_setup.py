"""Set-up: InfluxDB 1 on the real server; 2 and 3 against a fake of their administration."""

from pathlib import Path

import pytest

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.influxdb.settings import InfluxdbSettings
from gateway.sinks.influxdb.setup import Admin, SetupError, api_of, keep_secret, quoted_name, quoted_text, set_up
from gateway.sinks.influxdb.sink import InfluxSink
from tests import servers
from tests.contracts.influx_world import query
from tests.contracts.ledger_entries import uplink
from tests.gateway.sinks.influxdb.scripted_admin import scripted_admin


def done(steps: object) -> list[str]:
    return [step.done for step in steps]  # type: ignore[attr-defined]


async def test_a_real_influxdb_1_is_set_up_once_and_then_found(influxdb1: servers.Server, tmp_path: Path) -> None:
    settings = InfluxdbSettings(
        url=influxdb1.url,
        database="street one",
        username='gate"way',
        password_file=tmp_path / "secrets" / "password",
    )
    report = await set_up(settings, retention_days=30)
    assert (report.api, report.version) == ("v1", "1.6.7~rc0")
    assert done(report.steps) == ["created", "changed", "created", "created"]
    assert settings.password_file is not None
    assert settings.password_file.stat().st_mode & 0o777 == 0o600
    assert done((await set_up(settings, retention_days=30)).steps) == ["there"] * 4
    changed = await set_up(settings, retention_days=60)
    assert done(changed.steps) == ["there", "changed", "there", "there"]
    sink = InfluxSink("influxdb", settings, Events(Clock()), Clock())
    await sink.write([uplink(1)])
    await sink.close()
    policies = query(influxdb1.url, 'SHOW RETENTION POLICIES ON "street one"')[0]["values"]
    assert policies[0][:2] == ["autogen", "1440h0m0s"]


async def test_a_named_retention_policy_is_made_in_a_real_influxdb_1(influxdb1: servers.Server) -> None:
    settings = InfluxdbSettings(url=influxdb1.url, database="citygate", retention_policy="ninety")
    assert done((await set_up(settings, retention_days=90)).steps) == ["there", "created"]
    assert done((await set_up(settings, retention_days=90)).steps) == ["there", "there"]


async def test_a_server_that_is_not_there_is_said_with_what_to_do() -> None:
    settings = InfluxdbSettings(url=f"http://127.0.0.1:{servers.free_port()}", database="x")
    with pytest.raises(SetupError, match="Start the server, or correct url"):
        await set_up(settings)


async def test_a_fresh_influxdb_2_fake_gets_user_bucket_mapping_and_a_narrow_token(tmp_path: Path) -> None:
    with scripted_admin("v2.7.12") as server:
        file = tmp_path / "token"
        settings = InfluxdbSettings(url=server.url, org="city", bucket="pilots", token_file=file)
        report = await set_up(settings, retention_days=365)
        assert done(report.steps) == ["created", "there", "there", "created", "created"]
        kept = file.with_name("token.admin")
        assert [path.stat().st_mode & 0o777 for path in (file, kept)] == [0o600, 0o600]
        permissions = server.tokens[file.read_text().strip()]
        assert {(p["action"], p["resource"]["type"], p["resource"]["id"]) for p in permissions} == {
            ("read", "buckets", server.buckets[0]["id"]),
            ("write", "buckets", server.buckets[0]["id"]),
        }
        assert server.mappings[0]["database"] == "pilots"
        assert server.mappings[0]["default"] is True
        assert kept.read_text().split()[0] not in str(report)
        assert done((await set_up(settings, retention_days=365)).steps) == ["there"] * 4
        assert len(server.tokens) == 2, "the token that works is kept"
        again = await set_up(settings, retention_days=30)
        assert done(again.steps) == ["there", "changed", "there", "there"]
        assert server.buckets[0]["retentionRules"][0]["everySeconds"] == 30 * 86_400


async def test_an_influxdb_2_fake_in_use_wants_an_admin_token(tmp_path: Path) -> None:
    with scripted_admin("v2.7.12") as server:
        server.fresh = False
        server.tokens["operator"] = []
        file = tmp_path / "token"
        settings = InfluxdbSettings(url=server.url, org="city", bucket="pilots", token_file=file)
        with pytest.raises(SetupError, match=r"401.*Give an admin token"):
            await set_up(settings)
        report = await set_up(settings, admin=Admin("operator"), mapped_database="citygate")
        assert done(report.steps) == ["created"] * 4
        file.write_text("revoked")
        assert (
            done((await set_up(settings, admin=Admin("operator"), mapped_database="citygate")).steps)[-1] == "changed"
        )
        assert "operator" not in str(report)


async def test_a_fresh_influxdb_3_fake_gets_an_admin_token_and_a_database(tmp_path: Path) -> None:
    with scripted_admin("3.10.0") as server:
        file = tmp_path / "token"
        settings = InfluxdbSettings(url=server.url, database="pilots", token_file=file)
        assert done((await set_up(settings, retention_days=90)).steps) == ["created", "created"]
        assert server.databases == {"pilots": "90d"}
        assert done((await set_up(settings, retention_days=90)).steps) == ["there"]
        file.unlink()
        with pytest.raises(SetupError, match="gave no admin token"):
            await set_up(settings)
        assert done((await set_up(settings, admin=Admin("token-0"))).steps) == ["changed", "there"]


def test_an_unknown_server_wants_its_api_named() -> None:
    settings = InfluxdbSettings(url="http://host:8428", database="x")
    with pytest.raises(SetupError, match='api = "v1"'):
        api_of("", settings)
    assert api_of("v2.7.12", settings) == "v2"


def test_a_secret_replaces_the_old_one_whole_and_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    file.chmod(0o644)
    keep_secret(file, "new")
    assert file.read_text() == "new\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_names_and_texts_cannot_leave_their_quotes() -> None:
    assert quoted_name('a"; DROP DATABASE b; --\\') == '"a\\"; DROP DATABASE b; --\\\\"'
    assert quoted_text("it's\\") == "'it\\'s\\\\'"
