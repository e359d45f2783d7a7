"""The demo as a person starts it: a summary at the end, code 0, and no process left behind, however it is ended."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.demo.children import Child, DemoError, ended
from tests.gateway_process import wait_until

COMMAND = [sys.executable, "-m", "gateway.cli.main", "demo"]

needs_broker = pytest.mark.skipif(importlib.util.find_spec("iotcore") is None, reason="needs the demo's broker")


def left_of(folder: Path) -> list[str]:
    """Command lines of living processes that name the folder, or listen for it."""
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


@needs_broker
def test_it_shows_the_street_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--for", "8s", "--keep", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = done.stdout.strip().splitlines()[-1]
    assert " of 24 bays taken; fullest bin " in summary
    assert " 0 rejected, 0 waiting" in summary
    assert "occupied" in done.stdout
    assert left_of(tmp_path) == []
    assert not (tmp_path / "state" / "running").exists(), "the gateway ended cleanly"
    events = (tmp_path / "gateway.log").read_text()
    assert "GatewayStopped" in events


@needs_broker
def test_a_polite_kill_ends_its_children_too(tmp_path: Path) -> None:
    demo = subprocess.Popen([*COMMAND, "--keep", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until((tmp_path / "simulator.log").exists, what="the simulator started")
    assert len(left_of(tmp_path)) >= 2
    demo.send_signal(signal.SIGTERM)
    output, _ = demo.communicate(timeout=40)
    assert demo.returncode == 0, output.decode()
    assert left_of(tmp_path) == []


def test_a_child_that_ends_by_itself_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child("broker", [sys.executable, "-c", "print('no such port'); raise SystemExit(3)"], tmp_path)
    with pytest.raises(DemoError, match=r"(?s)the broker ended with code 3.*no such port"):
        child.wait_for(bool)


def test_all_children_are_ended_when_one_does_not_become_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.demo.children.READY_WITHIN_S", 0.2)
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)]
    with ended([]) as children:
        children.append(Child("gateway", sleeper, tmp_path))
        with pytest.raises(DemoError, match="was not ready within 0 s"):
            children[0].wait_for(bool)
        assert left_of(tmp_path)
    assert left_of(tmp_path) == []
