"""Commands as a person types them, against a real gateway process where one is needed."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.config import load_config
from gateway.control import NotRunningError, ask
from gateway.deploy_files import deploy_dir

SAMPLE = "parking-mechelen"
DEVICE = "fce8c0ff01a20001"


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, words, input=stdin, catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("init", str(tmp_path), "--id", "gw-1", "--city", "mechelen", "--sample", SAMPLE).exit_code == 0
    return tmp_path


def test_init_writes_a_config_that_check_accepts_and_never_overwrites(folder: Path) -> None:
    config = load_config(folder / "citygate.toml")
    assert (config.gateway.id, config.gateway.city) == ("gw-1", "mechelen")
    checked = run("check", "-c", str(folder), "--offline")
    assert checked.exit_code == 0
    assert "1 pilots, 24 records" in checked.stdout
    again = run("init", str(folder))
    assert again.exit_code == 4
    assert "exists already" in again.stderr


def test_init_puts_the_broker_into_the_config(tmp_path: Path) -> None:
    assert run("init", str(tmp_path), "--broker", "mqtt.city.example").exit_code == 0
    source = load_config(tmp_path / "citygate.toml").sources["broker"].settings.model_dump()
    assert source["url"] == "mqtt://mqtt.city.example:1883"


def test_mistakes_go_to_standard_error_with_code_1(folder: Path) -> None:
    text = (folder / "citygate.toml").read_text()
    (folder / "citygate.toml").write_text(text.replace("[gateway]", "[gateway]\nidd = 1"))
    for words in (("status",), ("run",), ("journal", "stat"), ("devices", "list")):
        result = run(*words, "-c", str(folder))
        assert result.exit_code == 1, words
        assert "gateway.idd  unknown" in result.stderr
        assert "→ Did you mean 'id'?" in result.stderr
        assert result.stdout == ""


def test_what_needs_a_running_gateway_says_so_with_code_3(folder: Path) -> None:
    for words in (("status",), ("replay", "--since", "2h"), ("rejected", "retry", "--all")):
        result = run(*words, "-c", str(folder))
        assert result.exit_code == 3, words
        assert "the gateway is not running" in result.stderr
        assert "citygate run" in result.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("replya",), "Did you mean 'replay'?"),
        (("replay",), "--since"),
        (("replay", "--since", "yesterday"), "Write 2h, 3d, 2027-01-31"),
        (("rejected", "retry"), "say what to retry"),
        (("journal", "show", "intak", "1"), "'intake'"),
        (("init", "x", "--city", "Den Haag"), "Use lower-case letters"),
        (("init", "x", "--sample", "parking-mechlen"), "Did you mean 'parking-mechelen'?"),
    ],
)
def test_a_command_that_is_written_wrong_ends_with_code_2_and_a_hint(words: tuple[str, ...], hint: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert hint in " ".join(re.sub("[│╭╰─]", " ", result.stderr).split())


def test_devices_are_imported_listed_and_imported_again(folder: Path) -> None:
    listed = folder / "bays.csv"
    listed.write_text("DevEUI;Plaats;Breedtegraad;Lengtegraad\nfce8c0ff01a2ffff;Vak 99;51,0262;4,4785\n")
    words = ("devices", "import", str(listed), "-c", str(folder), "--pilot", SAMPLE, "--profile", "bosch/tps110")
    before = (folder / "devices" / f"{SAMPLE}.toml").read_bytes()
    dry = run(*words, "--dry-run")
    assert (dry.exit_code, "Dry run" in dry.stdout, "1 add" in dry.stdout) == (0, True, True)
    assert run(*words, stdin="n\n").exit_code == 1
    assert (folder / "devices" / f"{SAMPLE}.toml").read_bytes() == before
    assert run(*words, "--yes").exit_code == 0
    assert "1 same" in run(*words, "--yes").stdout
    shown = json.loads(run("devices", "list", "-c", str(folder), "--json").stdout)
    assert len(shown) == 25
    assert shown[-1]["feature"] == "parking-spot/Vak-99"
    assert run("check", "-c", str(folder), "--offline").exit_code == 0


def test_a_list_with_a_bad_row_writes_nothing(folder: Path) -> None:
    listed = folder / "bays.csv"
    listed.write_text("DevEUI,Spot,Lat,Lng\nfce8c0ff01a2ffff,99,51.0262,4.4785\nfce8c0ff01a2fffe,98,4.4785,51.0262\n")
    before = (folder / "devices" / f"{SAMPLE}.toml").read_bytes()
    result = run(
        "devices", "import", str(listed), "-c", str(folder), "--pilot", SAMPLE, "--profile", "bosch/tps110", "-y"
    )
    assert result.exit_code == 1
    assert "row 3, column 'Lat'  latitude and longitude look swapped" in result.stderr
    assert (folder / "devices" / f"{SAMPLE}.toml").read_bytes() == before


def test_an_unknown_pilot_profile_or_column_is_told(folder: Path) -> None:
    listed = folder / "bays.csv"
    listed.write_text("DevEUI,Spot\nfce8c0ff01a2ffff,99\n")
    words = ("devices", "import", str(listed), "-c", str(folder), "-y")
    assert "Did you mean 'parking-mechelen'?" in run(*words, "--pilot", "parking-mechlen").stderr
    assert "there is no profile 'bosch/tps11'" in run(*words, "--pilot", SAMPLE, "--profile", "bosch/tps11").stderr
    assert "The headers are: DevEUI, Spot" in run(*words, "--pilot", SAMPLE, "--column", "id=Serial").stderr


def test_version_and_completion_print_what_they_promise() -> None:
    assert json.loads(run("version", "--json").stdout)["python"] == sys.version.split()[0]
    for shell in ("bash", "zsh", "fish"):
        assert "_CITYGATE_COMPLETE" in run("completion", shell).stdout


def test_run_loads_no_other_command_and_no_workbook_reader(folder: Path) -> None:
    code = (
        "import sys; from gateway.cli.main import main\n"
        "try: main(['run', '-c', sys.argv[1]])\n"
        "except SystemExit: pass\n"
        "unwanted = ('openpyxl', 'tomlkit', 'influxdb_client', 'rich.table', 'gateway.cli.devices')\n"
        "print([name for name in unwanted if name in sys.modules])"
    )
    (folder / "citygate.toml").write_text("[gateway]\n")
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


RECORDED = [
    (f"sensors/{DEVICE}", '{"occupied": true}'),
    ("sensors/stranger-1", '{"occupied": true}'),
    (f"sensors/{DEVICE}", "no json"),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A gateway process that has read a recording of three messages."""
    folder = tmp_path_factory.mktemp("gateway")
    for part in ("pilots", "devices"):
        (folder / part).mkdir()
        shutil.copy(deploy_dir() / "samples" / part / f"{SAMPLE}.toml", folder / part)
    devices = folder / "devices" / f"{SAMPLE}.toml"
    devices.write_text(devices.read_text().replace("bosch/tps110", "generic/json").replace("2027-01-11", "2026-01-01"))
    received_ns = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()) * 10**9
    lines = [
        {"topic": topic, "received_ns": received_ns + number, "body": body}
        for number, (topic, body) in enumerate(RECORDED)
    ]
    (folder / "recording.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "citygate.toml").write_text(
        '[gateway]\nid = "gw-1"\ncity = "mechelen"\n[sources.recording]\nkind = "file"\npath = "recording.ndjson"\n'
        'dialect = "plain-json"\ndialect_settings = { topic_template = "sensors/{device_id}" }\n'
    )
    log = folder / "gateway.log"
    command = [sys.executable, "-m", "gateway.cli.main", "run", "-c", str(folder)]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=dict(os.environ)) as process:
        try:
            wait_for(folder, lambda status: status["sinks"]["quarantine"]["delivered"] == 3, log)
            yield folder
        finally:
            process.terminate()
            assert process.wait(30) == 0, log.read_text()


def wait_for(folder: Path, done: Callable[[dict[str, Any]], bool], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if done(next(ask(folder / "state" / "control.sock", "status"))):
                return
        except NotRunningError:
            pass
        time.sleep(0.1)
    pytest.fail(log.read_text())


def test_status_shows_the_running_gateway(running: Path) -> None:
    found = json.loads(run("status", "-c", str(running), "--json").stdout)
    assert (found["gateway"], found["received"], found["devices"]) == ("gw-1", 3, 24)
    text = run("status", "-c", str(running)).stdout
    for word in ("recording", "quarantine", "store", "intake", "ledger"):
        assert word in text
    assert (found["conditions"], text.splitlines()[0]) == ([], "Nothing is wrong.")


def test_rejected_messages_are_listed_shown_and_retried(running: Path) -> None:
    listed = json.loads(run("rejected", "list", "-c", str(running), "--json").stdout)
    assert {entry["reason"] for entry in listed} == {"unknown_device", "malformed"}
    assert "stranger-1" in run("rejected", "list", "-c", str(running), "--by-device").stdout
    number = next(entry["number"] for entry in listed if entry["reason"] == "malformed")
    shown = run("rejected", "show", str(number), "-c", str(running)).stdout
    assert "no json" in shown
    assert run("rejected", "show", "99", "-c", str(running)).exit_code == 4
    retried = json.loads(run("rejected", "retry", "--all", "-c", str(running), "--json").stdout)
    assert (retried["refined"], retried["changed"]) == (2, 0)
    assert json.loads(run("rejected", "list", "-c", str(running), "--reason", "refused", "--json").stdout) == []
    nothing = run("rejected", "retry", "--reason", "refused", "-c", str(running))
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert "nothing matched" in nothing.stderr


def test_a_replay_reports_what_it_did(running: Path) -> None:
    found = json.loads(run("replay", "--from", "1", "-c", str(running), "--json").stdout)
    assert (found["first"], found["refined"]) == (1, 3)


def test_the_journal_is_read_beside_the_running_gateway(running: Path) -> None:
    facts = json.loads(run("journal", "stat", "-c", str(running), "--json").stdout)
    assert {log["name"]: log["next_number"] for log in facts}["intake"] == 4
    assert "intake" in run("journal", "stat", "-c", str(running)).stdout
    (shown,) = json.loads(run("journal", "show", "intake", "1", "-c", str(running), "--json").stdout)
    assert json.loads(shown["body"]) == {"occupied": True}
    assert shown["received_ns"].startswith("2026-11-20T00:00:00")
    assert "Accepted" in run("journal", "show", "ledger", "1", "-c", str(running)).stdout
    assert run("journal", "show", "intake", "4711", "-c", str(running)).exit_code == 4
    verified = run("journal", "verify", "-c", str(running))
    assert (verified.exit_code, "intake" in verified.stdout) == (0, True)


def test_a_flipped_bit_is_found_by_verify_with_code_1(running: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(running, copy, ignore=shutil.ignore_patterns("*.sock"))
    (segment,) = (copy / "state" / "intake").glob("*.seg")
    raw = bytearray(segment.read_bytes())
    raw[raw.index(b"stranger-1")] ^= 1
    segment.write_bytes(raw)
    result = run("journal", "verify", "-c", str(copy), "--log", "intake")
    assert result.exit_code == 1
    assert "Entries are lost" in result.stderr
