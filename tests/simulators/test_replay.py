"""The replay program: command line, pace, and the way into a broker and into a recording."""

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.dialects import build_dialect
from pipelines.model import Uplink
from simulators import __main__ as program
from simulators import replay
from simulators.mapping import load_mapping
from simulators.recording import read_messages
from tests import servers
from tests.simulators.test_mapping import AT_NS, DOOR, DOOR_STATUS
from tests.simulators.test_publisher import Listener, heard

NS_PER_S = 10**9


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    """Generated lines with the quirks of the Saint-Eynard recording: 40 uplinks, 2 statuses, 1 row of no known kind."""
    path = tmp_path / "twin.ndjson.gz"
    with gzip.open(path, "wt") as out:
        for at in range(40):
            clock = {} if at % 4 else {"time": f"2023-06-23T09:10:{at:02d}.649Z"}
            row = DOOR | {"fCnt": at, "_timestamp": AT_NS // 10**6 + at * 50, "rxInfo": [DOOR["rxInfo"][0] | clock]}
            out.write(json.dumps(row) + "\n")
        for at in (40, 41):
            out.write(json.dumps(DOOR_STATUS | {"_timestamp": AT_NS // 10**6 + at * 50}) + "\n")
        out.write(json.dumps(DOOR | {"_topic": "application/else"}) + "\n")
    return path


def test_a_recording_becomes_one_that_the_gateway_reads(
    twin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "wire.ndjson.zst"
    assert program.main(["replay", str(twin), "--as", "chirpstack-v3", "--to", str(out)]) == 0
    assert capsys.readouterr().out.startswith("42 messages written in ")
    read = build_dialect("chirpstack-v3")
    found = [(read(topic, body), at_ns) for topic, body, at_ns in read_messages(out)]
    frames = [(up, at_ns) for up, at_ns in found if isinstance(up, Uplink) and up.kind == "uplink"]
    assert [up.f_cnt for up, _ in frames] == list(range(40))
    assert sum(up.network_time_ns == at_ns for up, at_ns in frames) == 30
    assert [at_ns for _, at_ns in found] == [AT_NS + at * 50 * 10**6 for at in range(42)]


async def test_a_recording_reaches_a_broker(mosquitto: servers.Server, twin: Path) -> None:
    listener = Listener(mosquitto.port)
    listener._client.subscribe("application/#", 1)
    try:
        command = [sys.executable, "-m", "simulators", "replay", str(twin), "--as", "chirpstack-v3"]
        command += ["--to", f"mqtt://127.0.0.1:{mosquitto.port}", "--inflight", "5"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)  # noqa: ASYNC221 - paho has its own thread
        assert done.stdout.startswith("42 messages acknowledged in ")
        assert "1 rows fit no rule" in done.stdout
        await heard(listener, 42)
        assert [json.loads(body).get("fCnt") for body in listener.bodies[:40]] == list(range(40))
    finally:
        listener.close()


def test_the_same_recording_gives_the_same_bytes(twin: Path, tmp_path: Path) -> None:
    for name in ("a.ndjson", "b.ndjson"):
        assert replay.main([str(twin), "--as", "chirpstack-v3", "--to", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.ndjson").read_bytes() == (tmp_path / "b.ndjson").read_bytes()


def test_a_limit_counts_messages(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "wire.ndjson"
    assert replay.main([str(twin), "--as", "chirpstack-v3", "--to", str(out), "--limit", "3"]) == 0
    assert len(list(read_messages(out))) == 3


@pytest.mark.parametrize(
    ("speed", "last_s"), [(float("inf"), 0.0), (1.0, 2.05), (10.0, 0.205)]
)  # 41 steps of 50 ms at that pace
def test_shifted_to_now_the_last_message_is_received_when_it_is_sent(twin: Path, speed: float, last_s: float) -> None:
    now_ns = 1_800_000_000 * NS_PER_S
    mapping = load_mapping("chirpstack-v3")
    shift_ns = replay.shift_to_now_ns(twin, mapping, now_ns, speed=speed, limit=42)
    *_, last = replay.messages(twin, mapping, shift_ns=shift_ns)
    assert last[0] == pytest.approx(now_ns + last_s * NS_PER_S, abs=1_000)


def test_shift_to_now_ends_at_now(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "wire.ndjson"
    began_ns = time.time_ns()
    command = [str(twin), "--as", "chirpstack-v3", "--to", str(out), "--shift-to-now", "--limit", "40"]
    assert replay.main(command) == 0
    *_, (_topic, _body, received_ns) = read_messages(out)
    assert began_ns <= received_ns <= time.time_ns()


def test_a_paced_replay_takes_as_long_as_the_recording(mosquitto: servers.Server, twin: Path) -> None:
    began = time.monotonic()
    url = f"mqtt://127.0.0.1:{mosquitto.port}"
    assert replay.main([str(twin), "--as", "chirpstack-v3", "--to", url, "--speed", "4", "--limit", "41"]) == 0
    assert 0.5 <= time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--to", "x.ndjson"], "say what the recording is"),
        (["--as", "tts-v3", "--to", "x.ndjson"], "neither a file nor one of"),
        (["--as", "sigfox", "--to", "x.ndjson"], "invalid choice"),
        (["--as", "helium", "--map", "chirpstack-v3", "--to", "x.ndjson"], "makes chirpstack-v3"),
        (["--as", "chirpstack-v3", "--to", "x.ndjson", "--speed", "0"], "invalid _speed value"),
        (["--as", "chirpstack-v3", "--to", "x.ndjson", "--speed", "fast"], "invalid _speed value"),
        (["--as", "chirpstack-v3", "--to", "mqtt://"], "expected mqtt://HOST:PORT"),
        (["--as", "helium", "--to", "x.ndjson"], "line 1: KeyError: 'dev_eui'"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(
    twin: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    try:
        code = replay.main([str(twin), *options])
    except SystemExit as stop:
        code = int(str(stop.code))
    assert code == 2
    assert says in capsys.readouterr().err


def test_a_missing_recording_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay.main([str(tmp_path / "no.ndjson"), "--as", "helium", "--to", str(tmp_path / "x.ndjson")]) == 1
    assert "no.ndjson" in capsys.readouterr().err


def test_a_mapping_that_makes_the_wrong_shape_is_found_at_the_first_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps({"dev_eui": "EMS", "_timestamp": 1_672_867_882_173}) + "\n")
    assert replay.main([str(tmp_path / "a.ndjson"), "--as", "helium", "--to", str(tmp_path / "x.ndjson")]) == 2
    assert "first message is no helium: expected an EUI of 16 hex digits" in capsys.readouterr().err


def test_an_empty_recording_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.ndjson").write_text("")
    assert replay.main([str(tmp_path / "a.ndjson"), "--as", "helium", "--to", str(tmp_path / "x.ndjson")]) == 2
    assert "no row fits a rule" in capsys.readouterr().err


@pytest.mark.parametrize(("argv", "code"), [([], 2), (["fly"], 2), (["--help"], 0)])
def test_the_program_lists_its_commands(argv: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(argv) == code
    shown = capsys.readouterr()
    assert all(command in shown.out + shown.err for command in program.SUBCOMMANDS)


@pytest.mark.recording
@pytest.mark.parametrize(
    ("name", "dialect", "count"),
    [
        ("sainteynard-wyres-chirpstack-v3.ndjson.gz", "chirpstack-v3", 9_786),
        ("tourperret-elsys-ems.ndjson.gz", "helium", 12_614),
    ],
)
def test_a_real_recording_goes_out_at_five_thousand_a_second(
    mosquitto: servers.Server, capsys: pytest.CaptureFixture[str], name: str, dialect: str, count: int
) -> None:
    """The fastest of three counts: what else the machine does can only slow one down."""
    path = servers.recording(name)
    fastest = 0
    for _ in range(3):
        assert replay.main([str(path), "--as", dialect, "--to", f"mqtt://127.0.0.1:{mosquitto.port}"]) == 0
        line = capsys.readouterr().out
        assert line.startswith(f"{count} messages acknowledged")
        fastest = max(fastest, int(line.split(" s, ")[1].split(" a second")[0].replace(",", "")))
        if fastest >= 5_000:
            return
    pytest.fail(f"{fastest} a second at best")


def test_faults_of_the_way_spoil_a_replay_and_the_same_seed_spoils_it_alike(tmp_path: Path) -> None:
    file = tmp_path / "in.ndjson"
    file.write_text("\n".join(json.dumps(row | {"fCnt": n}) for n, row in enumerate([DOOR] * 2_000)), encoding="utf-8")

    def replayed(*words: str) -> bytes:
        out = tmp_path / "out.ndjson"
        assert replay.main([str(file), "--as", "chirpstack-v3", "--to", str(out), *words]) == 0
        return out.read_bytes()

    clean, rough = replayed(), replayed("--faults", "rough", "--seed", "4")
    assert rough == replayed("--faults", "rough", "--seed", "4") != replayed("--faults", "rough", "--seed", "5")
    assert 0.9 < len(rough.splitlines()) / len(clean.splitlines()) < 1.02
    assert (
        replay.main([str(file), "--as", "chirpstack-v3", "--to", str(tmp_path / "o.ndjson"), "--faults", "ruff"]) == 2
    )
