"""``citygate status``: what is wrong comes first; live on a real terminal, and a line a second in a pipe."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.gateway.whole import line, write_files
from tests.gateway_process import GatewayProcess
from tests.proofs import city

COMMAND = [sys.executable, "-m", "gateway.cli.main", "status", "--watch"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """A gateway one of whose sources has no broker."""
    folder = tmp_path_factory.mktemp("status")
    write_files(
        folder, [line(number) for number in range(7)], city.mqtt_source("gone", servers.free_port(), "#", "helium")
    )
    process = GatewayProcess(folder)
    process.start()
    try:
        deadline = time.monotonic() + 20
        while not process.status()["conditions"] and time.monotonic() < deadline:
            time.sleep(0.1)
        yield process
    finally:
        process.stop()


def test_what_is_wrong_stands_first_with_what_to_do(running: GatewayProcess) -> None:
    said = running.command("status").stdout.splitlines()
    assert re.match(r"warning +\d+ s gone has no link to mqtt://127.0.0.1:\d+", said[0])
    assert said[1].strip().startswith("→ Is the broker running")
    [found] = running.status()["conditions"]
    assert (found["kind"], found["subject"], found["severity"]) == ("source-lost", "gone", "warning")
    assert any(re.fullmatch(r"sources .*connected.*", line.strip()) for line in said)
    assert any(re.fullmatch(r"gone +no.*", line.strip()) for line in said), said
    assert any(re.match(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d warning SourceLost source=gone", line) for line in said), said


def read_until(terminal: int, pattern: bytes, *, within_s: float = 20) -> bytes:
    said, deadline = b"", time.monotonic() + within_s
    while not re.search(pattern, said, re.DOTALL):
        assert time.monotonic() < deadline, said.decode(errors="replace")
        if select.select([terminal], [], [], 0.2)[0]:
            with contextlib.suppress(OSError):
                said += os.read(terminal, 65_536)
    return said


def test_on_a_terminal_it_is_drawn_anew_until_ctrl_c(running: GatewayProcess) -> None:
    ours, theirs = pty.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "50"}
    command = [*COMMAND, "--config", str(running.folder)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        try:
            read_until(ours, rb"gone has no link.*uptime_s +([\d.]+)")
            read_until(ours, rb"gone has no link.*uptime_s +([\d.]+)")
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()
            os.close(ours)


def test_on_a_terminal_a_gateway_that_is_away_is_waited_for(tmp_path: Path) -> None:
    write_files(tmp_path, [])
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "--config", str(tmp_path)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
    ) as process:
        os.close(theirs)
        try:
            assert b"citygate run" in read_until(ours, rb"Waiting for it")
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()
            os.close(ours)


def test_in_a_pipe_it_is_a_line_of_json_each_second(running: GatewayProcess) -> None:
    command = [*COMMAND, "--json", "--config", str(running.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            looks = [json.loads(process.stdout.readline()) for _ in range(2)]
        finally:
            process.terminate()
    assert looks[1]["uptime_s"] > looks[0]["uptime_s"]
    refused = running.command("status", "--watch")
    assert refused.returncode == 2
    assert "--watch --json" in refused.stderr
