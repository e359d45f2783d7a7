"""The demo as a person starts it: the page first, a past and a present that meet, books that balance, nothing left."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gateway.control import ask
from gateway.demo.children import RECORDING, Child, DemoError, ended
from gateway.demo.town import Town
from gateway.sinks.store.read import History
from gateway.sources.recording_file import open_recording
from tests.demo_process import running_demo
from tests.gateway_process import wait_until

COMMAND = [sys.executable, "-m", "gateway.cli.main", "demo", "--days", "2"]

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


class Shown:
    """A demo of two days that has ended once something of the present was heard: what it printed, and its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with running_demo(folder, days=2) as demo:
            demo.wait_until_live()
            wait_until(self._has_heard_of_the_present, what="something of the present was heard")
            self.code = demo.end()
            self.said = demo.said

    def _has_heard_of_the_present(self) -> bool:
        status = next(ask(self.folder / "state" / "control.sock", "status", within_s=20.0))
        return bool(status["received"] > self.messages[0])

    @property
    def messages(self) -> list[int]:
        """How many the simulator wrote down, and how many it published."""
        log = (self.folder / "simulator.log").read_text()
        return [int(found) for found in re.findall(r"^(\d+) messages", log, re.MULTILINE)]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return Shown(tmp_path_factory.mktemp("town"))


@needs_broker
def test_it_leaves_nothing_behind(shown: Shown) -> None:
    assert shown.code == 0, shown.said
    assert left_of(shown.folder) == []
    assert not (shown.folder / "state" / "running").exists(), "the gateway ended cleanly"
    assert "GatewayStopped" in (shown.folder / "gateway.log").read_text()


@needs_broker
def test_the_page_is_named_before_anything_else_is_shown(shown: Shown) -> None:
    page = re.search(r"Open +(http://127\.0\.0\.1:\d+/)", shown.said)
    assert page
    assert shown.said.index("Open") < shown.said.index("history:")
    config = tomllib.loads((shown.folder / "citygate.toml").read_text())
    assert page[1] == f"http://{config['http']['listen']}/"


@needs_broker
def test_everything_that_was_simulated_is_accounted_for(shown: Shown) -> None:
    written, published = shown.messages
    books = re.search(r"^books: (\d+) simulated, (\d+) received = (.*)$", shown.said, re.MULTILINE)
    assert books
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (\w+)", books[3])}
    assert int(books[1]) == int(books[2]) == written + published == sum(counts.values())
    assert counts["waiting"] == counts["unread"] == 0
    assert 0 < counts["rejected"] < 30, "the sensor that nobody has written down"
    with open_recording(shown.folder / RECORDING) as stream:
        assert sum(1 for _ in stream) == written


@needs_broker
def test_past_and_present_meet_without_a_gap_or_a_double(shown: Shown) -> None:
    """Each device's frame counters as the store has them: every one from 0 on, whichever way it came."""
    _, published = shown.messages
    assert published > 0
    with History(shown.folder / "state" / "store.sqlite") as history:
        devices = [device.id for device in history.devices()]
        counters = {device: [frame.f_cnt for frame in history.frames(device)] for device in devices}
    assert len(devices) > 55
    assert {device: seen for device, seen in counters.items() if seen != list(range(len(seen)))} == {}
    assert "live now" in shown.said


@needs_broker
def test_what_the_readings_mean_is_worked_out(shown: Shown) -> None:
    with History(shown.folder / "state" / "store.sqlite") as history:
        town = Town.of(history.latest())
        assert set(town.of_kind("street-parking", "occupancy_percent")) == {"brouwersplein", "sluisstraat"}
        hours = history.values("street-parking/sluisstraat", "occupancy_percent")
    assert len(hours) > 40
    for kind, name in [
        ("waste-container", "time_to_full_p50_h"),
        ("bike-counter", "bicycles"),
        ("tree", "watering_advice"),
        ("air-station", "aqi_band"),
        ("noise-station", "ln_db"),
        ("water-level", "water_level_rate_mm_h"),
        ("electricity-meter", "energy_import_interval_kwh"),
    ]:
        assert town.values(kind, name), f"{kind} {name}"


@needs_broker
def test_nothing_is_wrong_but_what_is_wrong_on_purpose(shown: Shown) -> None:
    events = [json.loads(line) for line in (shown.folder / "gateway.log").read_text().splitlines()]
    assert [one for one in events if one["level"] in ("error", "warning")] == []


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


def test_a_child_waits_for_its_line_and_what_it_counted_is_read_from_its_log(tmp_path: Path) -> None:
    program = "print('12 messages written'); input(); print('7 messages acknowledged')"
    with ended([]) as children:
        child = Child("simulator", [sys.executable, "-u", "-c", program], tmp_path, waits_for_a_line=True)
        children.append(child)
        child.wait_for(lambda: child.counted("messages written") == 12)
        assert child.counted("messages acknowledged") is None
        child.go_on()
        child.go_on()
        wait_until(lambda: child.counted("messages acknowledged") == 7, what="it went on")


def test_all_children_are_ended_when_one_does_not_become_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.demo.children.READY_WITHIN_S", 0.2)
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)]
    with ended([]) as children:
        children.append(Child("gateway", sleeper, tmp_path))
        with pytest.raises(DemoError, match="was not ready within 0 s"):
            children[0].wait_for(bool)
        assert left_of(tmp_path)
    assert left_of(tmp_path) == []
