"""The sandbox as a start-up starts it: accounts hold as in a city, data flow, and nothing stays behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.deploy_files import deploy_dir
from gateway.sandbox.run import City, run_sandbox
from tests import node, servers
from tests.gateway.startups.open_broker import Client
from tests.gateway_process import wait_until

COMMAND = [sys.executable, "-m", "gateway.cli.main", "sandbox"]
STATES = "open/v1/mechelen/+/parking-mechelen/+/state"


def left_of(folder: Path) -> list[str]:
    """Command lines of living processes that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(folder) in line:
                found.append(line)
    return found


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, str]]:
    """(folder, port, what it printed); ended as by Ctrl-C in the terminal."""
    servers.program("mosquitto")
    folder, port = tmp_path_factory.mktemp("sandbox") / "city", servers.free_port()
    printed = folder.parent / "printed.txt"
    with printed.open("w") as out:
        process = subprocess.Popen([*COMMAND, "--keep", str(folder), "--port", str(port)], stdout=out, stderr=out)
    try:
        wait_until(
            lambda: "Ctrl-C ends it" in printed.read_text() or process.poll() is not None,
            what="the sandbox runs",
            within_s=40,
        )
        yield folder, port, printed.read_text()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0, printed.read_text()
    assert left_of(folder) == []
    assert "GatewayStopped" in (folder / "gateway.log").read_text(), "the gateway ended cleanly"


def command(language: str, program: Path) -> list[str]:
    """How a program of that language is started; what it imports is at hand."""
    if language == "python":
        return [sys.executable, f"{program}.py"]
    node.give(program.parent)
    return [servers.program("node"), f"{program}.mjs"]


def client(port: int, user: str, password: str) -> Client:
    return Client(port, user, password, ca=None, protocol=paho.MQTTv311)


def test_the_account_that_it_shows_reads_the_city_at_once(sandbox: tuple[Path, int, str]) -> None:
    _, port, printed = sandbox
    password = re.findall(r"(?m)^password  (\S+)$", printed)[0]
    with client(port, "sandbox", password) as reader:
        assert reader.connected == 0
        reader.subscribe(STATES)
        topic, body = reader.received.get(timeout=5)
    assert topic.startswith("open/v1/mechelen/parking/parking-mechelen/")
    assert b'"ParkingSpot"' in body


def test_nobody_comes_in_without_an_account(sandbox: tuple[Path, int, str]) -> None:
    _, port, _ = sandbox
    for user, password in (("", ""), ("sandbox", "guessed"), ("nobody", "x")):
        with client(port, user, password) as stranger:
            assert stranger.connected != 0


def test_accounts_are_added_and_revoked_while_it_runs(sandbox: tuple[Path, int, str]) -> None:
    folder, port, _ = sandbox
    words = ["startup", "add", "acme", "--tier", "public", "--pilot", "waste-mechelen", "--config", str(folder)]
    added = CliRunner().invoke(main, words, catch_exceptions=False)
    assert added.exit_code == 0, added.output
    assert "Mosquitto has read its files again" in added.output
    password = re.findall(r"(?m)^password  (\S+)$", added.output)[0]
    with client(port, "acme", password) as reader:
        assert reader.connected == 0
        CliRunner().invoke(main, ["startup", "revoke", "acme", "--config", str(folder)], catch_exceptions=False)
        assert reader.ended.get(timeout=5) is not None


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_sample_subscriber_prints_free_bays_within_five_seconds(
    language: str, sandbox: tuple[Path, int, str]
) -> None:
    folder, port, printed = sandbox
    password = re.findall(r"(?m)^password  (\S+)$", printed)[0]
    program = command(language, folder / "subscriber")
    words = [*program, f"mqtt://sandbox:{password}@127.0.0.1:{port}", STATES]
    with subprocess.Popen(["timeout", "5", *words], stdout=subprocess.PIPE, text=True) as subscriber:
        assert subscriber.stdout is not None
        said = [subscriber.stdout.readline() for _ in range(3)]
        subscriber.terminate()
    free, bays = map(int, re.fullmatch(r"(\d+) of (\d+) bays free\n", said[-1]).groups())  # type: ignore[union-attr]
    assert 0 <= free <= bays
    assert bays >= 1


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_written_subscriber_prints_the_states_of_its_pilot(language: str, sandbox: tuple[Path, int, str]) -> None:
    folder, port, printed = sandbox
    program = command(language, folder / "bays")
    words = ["pilot", "subscriber", "parking-mechelen", "--language", language, "--out", program[1]]
    written = CliRunner().invoke(main, [*words, "--config", str(folder)], catch_exceptions=False)
    assert written.exit_code == 0, written.output
    key = {
        "CITYGATE_BROKER": f"mqtt://127.0.0.1:{port}",
        "CITYGATE_USER": "sandbox",
        "CITYGATE_PASSWORD": re.findall(r"(?m)^password  (\S+)$", printed)[0],
    }
    with subprocess.Popen(
        ["timeout", "10", *program], stdout=subprocess.PIPE, text=True, env=os.environ | key
    ) as subscriber:
        assert subscriber.stdout is not None
        said = [subscriber.stdout.readline() for _ in range(5)]
        subscriber.terminate()
    assert all(re.search(r"status\W+(free|occupied|unknown)\b", line) for line in said), said


def test_the_sample_subscriber_is_read_in_one_look() -> None:
    lines = (deploy_dir() / "samples" / "subscriber.py").read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 15


def test_a_port_that_is_taken_and_a_folder_in_use_are_told(sandbox: tuple[Path, int, str], tmp_path: Path) -> None:
    folder, port, _ = sandbox
    taken = CliRunner().invoke(main, ["sandbox", "--port", str(port), "--keep", str(tmp_path / "other")])
    assert taken.exit_code == 4
    assert f"something listens on port {port} already" in taken.output
    used = CliRunner().invoke(main, ["sandbox", "--keep", str(folder), "--port", str(servers.free_port())])
    assert used.exit_code == 4
    assert "holds a sandbox already" in used.output


def test_without_mosquitto_the_embedded_broker_serves_and_says_that_accounts_do_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("iotcore")
    monkeypatch.setattr("gateway.sandbox.run.mosquitto_program", lambda: None)
    words = ["sandbox", "--for", "1s", "--scenario", "street", "--keep", str(tmp_path), "--port"]
    done = CliRunner().invoke(main, [*words, str(servers.free_port())])
    assert done.exit_code == 0, done.output
    assert "accounts are not enforced" in done.stderr
    assert left_of(tmp_path) == []


def test_a_scenario_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="could not write its devices"):
        run_sandbox(
            City("atlantis", 240, 24), port=servers.free_port(), folder=tmp_path, for_s=1, ready=lambda _f, _a: None
        )
