"""The pages of deploy/: links lead somewhere, commands can be typed, and the bridge is run as it is written."""

import os
import re
import shlex
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import click
import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion

from gateway.cli.main import main
from gateway.deploy_files import deploy_dir
from tests import servers
from tests.gateway_process import wait_until
from tests.proofs.sender import Sender

DEPLOY = deploy_dir()
PAGES = sorted(DEPLOY.rglob("*.md"))
PINNED = DEPLOY.parent / "requirements" / "demo.txt"
UPLINKS = 40


def commands(page: Path) -> list[str]:
    """Every ``citygate …`` of a page's code, without what stands before and after it."""
    code = re.findall(r"(?s)```sh\n(.*?)```", page.read_text()) + re.findall(r"`([^`\n]+)`", page.read_text())
    found = [re.findall(r"(?m)(?:^|[\s/])citygate ((?:[a-z]|--)[^\n|]*)", text) for text in code]
    return [command.strip() for each in found for command in each]


WRITTEN = [(page, command) for page in PAGES for command in commands(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DEPLOY)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(("page", "command"), WRITTEN, ids=[f"{page.name}: {words[:50]}" for page, words in WRITTEN])
def test_every_command_of_a_page_can_be_typed(page: Path, command: str) -> None:
    words = shlex.split(command)
    found: click.Command = main
    with click.Context(main) as ctx:
        while isinstance(found, click.Group) and words:
            inner = found.get_command(ctx, words[0])
            assert inner is not None, f"{page.name}: citygate {command}"
            found, words = inner, words[1:]
    if words:
        found.make_context("citygate", [word.replace("DIR", "/nowhere") for word in words]).close()


def test_the_pages_name_commands_of_every_kind() -> None:
    assert {command.split()[0] for _, command in WRITTEN} >= {"init", "check", "broker", "influx", "status", "rejected"}


def test_what_the_table_says_has_no_wheel_is_pinned_at_that_version() -> None:
    """When a pin moves, the table is to be made again: python deploy/platforms.py."""
    rows = re.findall(r"(?m)^\| [^|]+ \| (\d+) \| [^|]+ \| ([^|]+) \|$", (DEPLOY / "README.md").read_text())
    assert len(rows) == 3
    pins = re.findall(r"(?m)^[a-z0-9-]+==\S+", PINNED.read_text())
    for _, without in rows:
        assert set(re.findall(r"\S+==[^,\s]+", without)) <= set(pins)
    assert max(int(count) for count, _ in rows) == len([pin for pin in pins if not pin.startswith("colorama")])


@pytest.fixture
def folder() -> Iterator[Path]:
    """Reachable for the account that Mosquitto drops to when root starts it."""
    made = Path(tempfile.mkdtemp(prefix="citygate-bridge-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_the_bridge_of_the_page_carries_uplinks_over_a_broken_link(folder: Path) -> None:
    """The LoRa gateway's Mosquitto, Citygate's Mosquitto as its command sets it up, and a cut between them."""
    citygates = citygates_broker(folder)
    page = (DEPLOY / "lora-gateway-chirpstack.md").read_text()
    (lines,) = re.findall(r"(?s)```\n(persistence true\n.*?)```", page)
    secret = (folder / "broker" / "secrets" / "network-server-password").read_text().strip()
    (folder / "here").mkdir()
    for written, ours in (
        ("mqtt.mechelen.example:8883", f"localhost:{citygates.env['TLS']}"),
        ("/etc/mosquitto/citygate-ca.crt", str(folder / "broker" / "tls" / "ca.crt")),
        ("THE-PASSWORD", secret),
        ("/var/lib/mosquitto/", f"{folder / 'here'}/"),
    ):
        assert written in lines
        lines = lines.replace(written, ours)
    port = servers.free_port()
    conf = folder / "here" / "mosquitto.conf"
    as_root = "user root\n" if os.geteuid() == 0 else ""
    general, _, bridge = lines.partition("connection ")
    conf.write_text(
        f"{general}{as_root}listener {port} 127.0.0.1\nallow_anonymous true\nconnection {bridge}restart_timeout 1\n"
    )
    gateways = servers.Server(
        "mosquitto of the LoRa gateway",
        [servers.program("mosquitto"), "-c", str(conf), "-v"],
        port,
        folder / "here.log",
        lambda: servers.tcp_answers(port),
    )
    password = (folder / "broker" / "secrets" / "gateway-password").read_text().strip()
    with servers.running(citygates), servers.running(gateways), Listener(citygates.port, password) as here:
        with Sender(port) as chirpstack:
            send(chirpstack, range(UPLINKS))
            wait_until(lambda: len(here.bodies) == UPLINKS, what="uplinks came over the bridge")
            citygates.stop()
            send(chirpstack, range(UPLINKS, 2 * UPLINKS))
        citygates.start()
        wait_until(lambda: len(here.bodies) == 2 * UPLINKS, within_s=60, what="what waited came too")


def citygates_broker(folder: Path) -> servers.Server:
    port, tls_port = servers.free_port(), servers.free_port()
    ports = ["--port", str(port), "--tls-port", str(tls_port)]
    made = CliRunner().invoke(main, ["broker", "setup", str(folder / "broker"), *ports], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    command = [servers.program("mosquitto"), "-c", str(folder / "broker" / "mosquitto.conf")]
    env = {"TLS": str(tls_port)}
    log = folder / "citygates.log"
    return servers.Server("citygate's mosquitto", command, port, log, lambda: servers.tcp_answers(port), env=env)


def send(chirpstack: Sender, numbers: range) -> None:
    for number in numbers:
        chirpstack.send("application/1/device/0102030405060708/event/up", b"%d" % number)
    chirpstack.drain()


class Listener:
    """The gateway's account with a session that is kept; remembers each body once."""

    def __init__(self, port: int, secret: str) -> None:
        untyped: Any = paho  # the stubs that reach mypy describe paho 1
        self._client = untyped.Client(CallbackAPIVersion.VERSION2, client_id="gateway", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.username_pw_set("gateway", secret)
        self._client.on_connect = lambda client, *_: client.subscribe("application/#", qos=1)
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _data, message: self.bodies.add(message.payload)
        self._client.connect("127.0.0.1", port)
        self.bodies: set[bytes] = set()

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._subscribed.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
