"""The compose file: checked by docker-compose; its scripts run in its order with real servers, without Docker."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config import load_config
from gateway.deploy_files import deploy_dir
from gateway.grafana.influxql import filled_in
from gateway.knowledge import load_known
from tests import servers
from tests.contracts.influx_world import query
from tests.gateway.sinks.influxdb.scripted_admin import scripted_admin
from tests.gateway_process import GatewayProcess, wait_until

COMPOSE = deploy_dir() / "compose"
ROOT = deploy_dir().parent
SCRIPTS = sorted(COMPOSE.glob("*.sh"))
RUN_ONCE = {"first-start", "database"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services as docker-compose understands them."""
    done = subprocess.run(
        [servers.program("docker-compose"), "-f", str(COMPOSE / "compose.yaml"), "config"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


def test_docker_compose_understands_the_file(services: dict[str, Any]) -> None:
    assert set(services) == {*RUN_ONCE, "mosquitto", "influxdb", "gateway", "simulator", "grafana"}


def test_images_name_no_host_and_ours_is_built_here(services: dict[str, Any]) -> None:
    for name, service in services.items():
        host, slash, _ = service["image"].partition("/")
        assert not (slash and set(host) & {".", ":"}), f"{name}: {service['image']} names a host"
        assert ("build" in service) == (service["image"] == "citygate"), name


def test_ports_are_open_on_this_machine_only(services: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert set(ports) == {"mosquitto", "influxdb", "grafana"}
    assert all(str(port).startswith("127.0.0.1:") for listed in ports.values() for port in listed)


def test_every_file_that_is_mounted_is_there(services: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for service in services.values() for volume in service["volumes"]]
    files = [Path(source) for source in mounted if source.startswith("/")]
    assert len(files) >= 7
    assert [file for file in files if not file.exists()] == []


def test_what_runs_once_is_waited_for_and_the_rest_comes_back_by_itself(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service.get("restart") == (None if name in RUN_ONCE else "unless-stopped"), name
        for other, needed in service.get("depends_on", {}).items():
            assert (needed["condition"] == "service_completed_successfully") == (other in RUN_ONCE), (name, other)


def test_no_password_stands_in_any_file() -> None:
    for file in [*COMPOSE.iterdir(), *(deploy_dir() / "grafana").rglob("*.*")]:
        if file.is_file():
            assert not re.search(r"(?im)(password|token)\w*\s*[:=]\s*[\"']?[a-z0-9_-]{6,}[\"']?$", file.read_text()), (
                file
            )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_is_plain_sh(script: Path) -> None:
    done = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert script.read_text().startswith("#!/bin/sh\n")


@dataclass
class Stack:
    """The volumes of the compose file as folders, and its scripts run on them."""

    folder: Path
    env: dict[str, str]

    @property
    def config(self) -> Path:
        return self.folder / "config"

    def run(self, script: str, **env: str) -> str:
        done = subprocess.run(
            ["sh", str(COMPOSE / script)],
            env=self.env | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def configure(self, **changes: str) -> None:
        """Write the addresses of this machine in place of the compose network's."""
        file = self.config / "citygate.toml"
        text = file.read_text()
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stack, str]:
    """The volumes after the first start, and what it said."""
    folder = tmp_path_factory.mktemp("compose")
    programs = folder / "bin"
    programs.mkdir()
    for name, words in (("citygate", "-m gateway.cli.main"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        (programs / name).chmod(0o755)
    port, tls_port = servers.free_port(), servers.free_port()
    env = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TEMPLATE": str(COMPOSE / "citygate.toml"),
        "BROKER_LISTEN": "127.0.0.1",
        "BROKER_PORT": str(port),
        "BROKER_TLS_PORT": str(tls_port),
        "BROKER": f"127.0.0.1:{port}",
    }
    env |= {f"{name.upper()}_DIR": str(folder / name) for name in ("broker", "config", "simulator", "grafana")}
    stack = Stack(folder, env)
    return stack, stack.run("first-start.sh")


@pytest.fixture
def stack(started: tuple[Stack, str], tmp_path: Path) -> Stack:
    """The same, with a configuration and secrets of Grafana's that a test may change."""
    first, _ = started
    for name in ("config", "grafana", "simulator"):
        shutil.copytree(first.folder / name, tmp_path / name)
    (tmp_path / "broker").symlink_to(first.folder / "broker")
    own = {f"{name.upper()}_DIR": str(tmp_path / name) for name in ("config", "grafana", "simulator")}
    return Stack(tmp_path, first.env | own)


def test_the_first_start_makes_every_secret_and_a_second_one_keeps_them(started: tuple[Stack, str]) -> None:
    first, said = started
    secrets = [
        *first.config.glob("secrets/*"),
        *(first.folder / "simulator").iterdir(),
        *(first.folder / "grafana").iterdir(),
        *(first.folder / "broker" / "secrets").iterdir(),
    ]
    assert {file.name for file in secrets} >= {"broker-password", "password", "admin-password", "gateway-password"}
    assert [file for file in secrets if file.stat().st_mode & 0o077 or not file.read_text().strip()] == []
    assert "admin-password" in said
    assert (first.folder / "grafana" / "admin-password").read_text().strip() not in said
    before = {file: file.read_bytes() for file in secrets}
    first.run("first-start.sh")
    assert {file: file.read_bytes() for file in secrets} == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to another account")
def test_each_container_can_read_its_own_secrets_only(started: tuple[Stack, str]) -> None:
    first, _ = started
    owners = {
        "broker/passwords": 1883,
        "broker/tls/server.key": 1883,
        "broker/secrets/gateway-password": 0,
        "config/secrets/broker-password": 10001,
        "simulator/password": 10001,
        "grafana/admin-password": 472,
    }
    assert {name: (first.folder / name).stat().st_uid for name in owners} == owners
    assert (first.config / "citygate.toml").stat().st_mode & 0o777 == 0o644
    assert all(file.stat().st_mode & 0o044 for file in first.config.glob("devices/*.toml"))


def test_the_configuration_is_whole_and_its_devices_are_the_simulators(started: tuple[Stack, str]) -> None:
    first, _ = started
    config = load_config(first.config / "citygate.toml")
    assert set(config.sinks) == {"influxdb", "open", "quarantine"}
    files = load_known(config).files
    assert (len(files.pilots), len(files.devices)) == (2, 32)


def test_the_database_step_makes_two_narrow_tokens_and_a_second_one_keeps_them(stack: Stack) -> None:
    """Against the fake of InfluxDB 2's administration: no package holds the real one."""
    with scripted_admin("v2.7.12") as influxdb:
        stack.configure(**{"http://influxdb:8086": influxdb.url})
        stack.run("database.sh")
        gateways = (stack.config / "secrets" / "influxdb-token").read_text().strip()
        readers = (stack.folder / "grafana" / "citygate-reader-token").read_text().strip()
        actions = {token: sorted(p["action"] for p in influxdb.tokens[token]) for token in (gateways, readers)}
        assert actions == {gateways: ["read", "write"], readers: ["read"]}
        assert {p["resource"]["id"] for p in influxdb.tokens[readers]} == {influxdb.buckets[0]["id"]}
        assert [mapping["database"] for mapping in influxdb.mappings] == ["citygate"]
        count = len(influxdb.tokens)
        stack.run("database.sh")
        assert len(influxdb.tokens) == count


def test_an_influxdb_that_never_answers_ends_the_database_step_with_a_reason(stack: Stack) -> None:
    stack.configure(**{"http://influxdb:8086": f"http://127.0.0.1:{servers.free_port()}"})
    command = ["sh", str(COMPOSE / "database.sh")]
    done = subprocess.run(
        command, env=stack.env | {"WAIT_S": "1"}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "Start the server" in done.stderr


def test_the_street_ends_in_a_filled_dashboard(stack: Stack, influxdb1: servers.Server) -> None:
    """The road of the compose file with InfluxDB 1.6.7 in place of 2: the dashboards of its street find something.

    That every query of every dashboard does, of a city with everything, is shown in ``tests/grafana``.
    """
    stack.configure(
        **{
            "mqtts://mosquitto:8883": f"mqtts://localhost:{stack.env['BROKER_TLS_PORT']}",
            'api = "v2"\norg = "citygate"\nbucket = "citygate"\ntoken_file = "secrets/influxdb-token"': (
                'api = "v1"\ndatabase = "citygate"'
            ),
            "http://influxdb:8086": influxdb1.url,
            "/var/lib/citygate": str(stack.folder / "state"),
        }
    )
    with servers.running(broker_of(stack)):
        gateway = GatewayProcess(stack.config)
        gateway.start()
        try:
            wait_until(lambda: bool(gateway.events("SourceConnected")), what="the gateway subscribed")
            stack.run("simulate.sh", PACE="0", HOURS_BACK="6")
            wait_until(lambda: settled(gateway), what="everything delivered")
        finally:
            assert gateway.stop() == 0
    found = {panel: query(influxdb1.url, asked(text)) for panel, text in queries("citygate-parking", "citygate-waste")}
    assert {"How many bays are free in each street?", "How full are the bins now?"} <= {
        panel for panel, series in found.items() if series
    }


def broker_of(stack: Stack) -> servers.Server:
    conf = stack.folder / "broker" / "mosquitto.conf"
    if os.geteuid() == 0:  # pytest's folders are closed to the account that it would drop to
        conf.write_text(conf.read_text() + "user root\n")
    port = int(stack.env["BROKER_PORT"])
    command = [servers.program("mosquitto"), "-c", str(conf)]
    return servers.Server("mosquitto", command, port, stack.folder / "mosquitto.log", lambda: servers.tcp_answers(port))


def settled(gateway: GatewayProcess) -> bool:
    status = gateway.status()
    return status["received"] > 100 and all(sink["pending"] == 0 for sink in status["sinks"].values())


def queries(*uids: str) -> Iterator[tuple[str, str]]:
    for uid in uids:
        file = deploy_dir() / "grafana" / "dashboards" / f"{uid}.json"
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield panel["title"], target["query"]


def asked(text: str) -> str:
    """What Grafana sends for the last 24 hours."""
    return filled_in(text, time_filter="time >= now() - 24h")


def test_the_page_says_what_was_not_run() -> None:
    page = (COMPOSE / "README.md").read_text()
    assert "**was not started**" in page
    assert "**not run**" in page
