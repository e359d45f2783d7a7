"""The unit: what systemd-analyze says of it, and a real gateway's system calls held against its sandbox."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.config import GatewayTable
from gateway.deploy_files import deploy_dir
from gateway.startups.keys_file import MAKE
from tests import servers
from tests.gateway_process import wait_until
from tests.proofs import city
from tests.proofs.sender import Sender

UNIT = deploy_dir() / "systemd" / "citygate.service"
DROP_IN = UNIT.with_name("open-data.conf")
EXPOSURE_AT_MOST = 1.5
UNSHARED_ADDRESS_FAMILY = "AF_NETLINK"
"""glibc's getaddrinfo asks it which addresses the machine has, and does without where it is refused."""

ONLY_AS_ROOT = {"fchown"}
"""SQLite gives a new file the owner of its database, and tries only when it is root; the service is not."""


def setting(name: str) -> list[str]:
    return re.findall(rf"(?m)^{name}=(.*)$", UNIT.read_text())


def analyze(*words: str) -> str:
    done = subprocess.run(
        [servers.program("systemd-analyze"), *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_exposure_keeps_the_promise() -> None:
    said = analyze("security", "--offline=true", "--no-pager", str(UNIT))
    (level,) = re.findall(r"Overall exposure level for citygate.service: ([0-9.]+)", said)
    assert float(level) <= EXPOSURE_AT_MOST


def test_with_the_keys_of_start_ups_it_keeps_the_promise_too(tmp_path: Path) -> None:
    """What systemd makes of the unit and the drop-in: the lines of one below those of the other."""
    whole = tmp_path / UNIT.name
    whole.write_text(UNIT.read_text().replace("[Install]", f"{DROP_IN.read_text()}\n[Install]"))
    said = analyze("security", "--offline=true", "--no-pager", str(whole))
    (level,) = re.findall(r"Overall exposure level for citygate.service: ([0-9.]+)", said)
    assert float(level) <= EXPOSURE_AT_MOST
    assert f"and with `open-data.conf` {level}." in (UNIT.parent / "README.md").read_text()


def test_the_group_of_the_drop_in_is_the_one_that_the_page_makes() -> None:
    (group,) = re.findall(r"(?m)^SupplementaryGroups=(\S+)$", DROP_IN.read_text())
    page = (UNIT.parent / "README.md").read_text()
    assert f"groupadd --system {group}\n" in page
    assert f"install -d -m 2750 -g {group} /etc/citygate/keys\n" in page
    assert f"groupadd --system {group};" in MAKE


def test_systemd_has_no_complaint(tmp_path: Path) -> None:
    installed = tmp_path / UNIT.name
    installed.write_text(UNIT.read_text().replace("/opt/citygate/bin/citygate", "/bin/true"))
    assert analyze("verify", "--man=no", str(installed)).strip() == ""


def test_the_command_of_the_unit_can_be_typed() -> None:
    (command,) = setting("ExecStart")
    words = command.removeprefix("/opt/citygate/bin/citygate ").split()
    assert words[0] == "run"
    with main.make_context("citygate", words) as group:
        run = main.get_command(group, "run")
        assert run is not None
        run.make_context("run", words[1:]).close()


def test_systemd_waits_longer_than_the_gateway_needs_to_stop() -> None:
    (waits_s,) = setting("TimeoutStopSec")
    assert float(waits_s) >= 2 * GatewayTable.model_fields["stop_within_s"].default


def test_what_the_page_says_of_the_unit_is_in_the_unit() -> None:
    page = (UNIT.parent / "README.md").read_text()
    for name in re.findall(r"`([A-Z]\w+=[^`]*)`", page):
        assert re.search(rf"(?m)^{re.escape(name)}", UNIT.read_text()), name
    for path in re.findall(r"LoadCredential=\S+:(\S+)", UNIT.read_text()):
        assert path in page, path


@pytest.fixture(scope="module")
def groups() -> dict[str, set[str]]:
    """systemd's groups of system calls, each with the names it stands for."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in analyze("syscall-filter", "--no-pager").splitlines():
        if line.startswith("@"):
            name = line.strip()
            found[name] = set()
        elif line.startswith("    ") and not line.strip().startswith("#"):
            found[name].add(line.strip())
    return found


def members(groups: dict[str, set[str]], name: str) -> set[str]:
    if not name.startswith("@"):
        return {name}
    return {call for member in groups[name] for call in members(groups, member)}


def test_a_gateway_makes_no_system_call_that_the_sandbox_forbids(
    groups: dict[str, set[str]], traced: list[tuple[str, str]]
) -> None:
    allowed: set[str] = set()
    for line in setting("SystemCallFilter"):
        names = {call for name in line.removeprefix("~").split() for call in members(groups, name)}
        allowed = allowed - names if line.startswith("~") else allowed | names
    made = {call for call, _ in traced}
    assert {"fdatasync", "connect", "accept4", "recvfrom"} <= made, "the trace saw the gateway at work"
    assert made - allowed <= ONLY_AS_ROOT if os.geteuid() == 0 else made <= allowed


def test_a_gateway_needs_no_memory_that_is_both_written_and_run(traced: list[tuple[str, str]]) -> None:
    """MemoryDenyWriteExecute= refuses such a mapping, and making a mapping executable later."""
    refused = [
        (call, words)
        for call, words in traced
        if (call == "mmap" and "PROT_WRITE" in words and "PROT_EXEC" in words)
        or (call in {"mprotect", "pkey_mprotect"} and "PROT_EXEC" in words)
    ]
    assert refused == []


def test_a_gateway_opens_sockets_of_the_families_it_is_given(traced: list[tuple[str, str]]) -> None:
    (given,) = setting("RestrictAddressFamilies")
    opened = {words.split(",")[0] for call, words in traced if call == "socket" and words.startswith("AF_")}
    assert "AF_INET" in opened
    assert opened - {UNSHARED_ADDRESS_FAMILY} <= set(given.split())


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[str, str]]]:
    """What a gateway asks of the kernel in a whole life: MQTT in, InfluxDB and topics out, status, reload, stop."""
    folder = tmp_path_factory.mktemp("traced")
    strace = servers.program("strace")
    with (
        servers.running(servers.mosquitto(folder / "mosquitto")) as broker,
        servers.running(servers.influxdb1(folder / "influxdb")) as influx,
    ):
        yield trace(strace, folder, broker, influx)


def trace(strace: str, folder: Path, broker: servers.Server, influx: servers.Server) -> list[tuple[str, str]]:
    push = '[sources.push]\nkind = "http"\nlisten = "127.0.0.1:0"\ndialect = "tts-v3"'
    topics = f'[sinks.open]\nkind = "open-topics"\nurl = "mqtt://localhost:{broker.port}"'
    store = '[sinks.store]\nkind = "store"'
    for name, files in (("pilots", city.PILOTS), ("devices", city.PLAIN_DEVICES)):
        (folder / name).mkdir()
        for stem, text in files.items():
            (folder / name / f"{stem}.toml").write_text(text)
    config = city.config(city.plain_source(broker.port), push, topics, store, influx=influx)
    (folder / "citygate.toml").write_text(config)
    log, said = folder / "strace.log", folder / "gateway.log"
    command = [strace, "-f", "-qq", "-s", "0", "-o", str(log), sys.executable, "-m", "gateway.cli.main"]
    with said.open("wb") as out, subprocess.Popen([*command, "run", "--config", str(folder)], stderr=out) as process:
        try:
            wait_until(lambda: b"SourceConnected" in said.read_bytes(), what="the gateway subscribed")
            (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            at_ns = 1_793_600_000_000_000_000
            with Sender(broker.port) as sender:
                for number in range(50):
                    sender.send(city.plain_topic(number), city.plain_body(at_ns + number, 20.0 + number))
            asked = [sys.executable, "-m", "gateway.cli.main", "status", "--config", str(folder)]
            subprocess.run(asked, check=True, capture_output=True)
            subprocess.run(["kill", "-HUP", child], check=True)
            wait_until(lambda: b"FilesReloaded" in said.read_bytes(), what="the files were read again")
            subprocess.run(["kill", child], check=True)
            assert process.wait(40) == 0, said.read_text()
        finally:
            process.kill()
    calls = re.findall(r"(?m)^\d+ +(?:<\.\.\. )?(\w+)(?: resumed>|\()(.*)$", log.read_text())
    assert calls
    return calls
