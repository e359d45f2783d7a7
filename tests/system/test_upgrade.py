"""Upgrade from the previous commit with both logs intact, and roll back: each reads what the other has written."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.gateway_process import GatewayProcess
from tests.proofs import books, city, kills
from tests.proofs.sender import Sender
from tests.servers import Server

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = 300


def code_of(revision: str, folder: Path) -> Path:
    """The code of a commit, unpacked; skips by name where there is no such history."""
    packed = subprocess.run(
        ["git", "-C", str(ROOT), "archive", revision, "gateway", "pipelines", "device_profiles", "deploy"],
        capture_output=True,
        check=False,
    )
    if packed.returncode:
        pytest.skip(f"needs the git history: there is no {revision} here")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    code = "import gateway.run; print(gateway.run.__file__)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    assert asked.stdout.startswith(str(folder)), "it is the old code that runs"
    return folder


def test_the_previous_commit_and_this_one_read_each_others_logs(
    gateway: GatewayProcess, broker: Server, influxdb1: Server, tmp_path: Path
) -> None:
    old = code_of("HEAD~1", tmp_path / "previous")
    source = city.plain_source(broker.port)
    gateway.write(city.config(source, influx=influxdb1), pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
    sent = 0
    for code in (old, ROOT, old):  # as it was, upgraded, rolled back
        gateway.code = code
        gateway.start()
        with Sender(broker.port) as sender:
            for number in range(sent, sent + MESSAGES):
                sender.send(*kills.message(number))
        sent += MESSAGES
        books.settle(gateway, sent)
        books.conserved(gateway)
        if code is ROOT:
            gateway.kill_nine()  # what is handed back is not even tidy
        else:
            assert gateway.stop() == 0
    assert kills.compare(influxdb1, sent) == (0, 0)
    gateway.code = ROOT
    verified = gateway.command("journal", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
