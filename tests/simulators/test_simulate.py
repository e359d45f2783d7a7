"""The simulator's command: what it writes, what it says, what it refuses."""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from device_profiles.catalogue import Catalogue
from gateway.files.load import Files
from gateway.sources.recording_file import Lines, open_recording
from simulators import simulate
from simulators.city.settle import settle
from simulators.recording import read_messages
from simulators.scenario import built_in, load_scenario
from simulators.simulate import main
from simulators.truth import read_truth
from tests import servers
from tests.simulators.test_publisher import Listener, heard

CATALOGUE = Catalogue.load()


@pytest.mark.parametrize("name", built_in())
def test_the_asset_list_of_each_scenario_is_read_by_the_gateway_without_a_mistake(tmp_path: Path, name: str) -> None:
    assert main([name, "--write-assets", str(tmp_path)]) == 0
    files = Files.read(tmp_path / "pilots", tmp_path / "devices", CATALOGUE)
    city = settle(load_scenario(name))
    listed = [device for device in (*city.devices, *city.lora_gateways) if not device.unlisted]
    assert {device.id for device in files.devices} == {device.dev_eui for device in listed}
    assert {pilot.timezone for pilot in files.pilots.values()} == {city.town.timezone}
    assert set(files.pilots) == {device.pilot for device in listed}
    details = {device.dev_eui: device.details for device in listed}
    for device in files.devices:
        assert device.details == details[device.id]
        area = files.pilots[device.pilot].area
        assert area is not None
        assert device.location is not None
        assert area.holds((device.location.longitude, device.location.latitude))


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_recording_is_what_the_file_source_reads(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"street.ndjson{suffix}"
    assert main(["street", "--to", str(file), "--from", "2026-11-02", "--days", "0.25"]) == 0
    with open_recording(file) as stream:
        lines = Lines(stream)
        count = sum(1 for _ in lines)
        assert count > 150
        assert lines.damage is None
    times = [received_ns for _topic, _body, received_ns in read_messages(file)]
    assert times == sorted(times)
    begin = datetime(2026, 11, 1, 23, tzinfo=UTC)  # midnight in Mechelen
    assert times[0] >= begin.timestamp() * 10**9
    assert times[-1] < (begin.timestamp() + 6 * 3600) * 10**9


def test_the_same_words_write_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    def written(*words: str) -> bytes:
        file = tmp_path / "day.ndjson"
        assert main(["street", "--to", str(file), "--from", "2026-06-01", "--days", "0.1", *words]) == 0
        return file.read_bytes()

    first = written()
    assert first == written() != written("--seed", "7")
    assert written("--faults", "rough") != first
    assert b"end_device_ids" in written("--dialect", "tts-v3")


def test_truth_is_written_beside_the_messages(tmp_path: Path) -> None:
    truth = tmp_path / "truth.ndjson.zst"
    words = [
        "street",
        "--to",
        str(tmp_path / "d.ndjson"),
        "--from",
        "2026-11-02",
        "--days",
        "0.5",
        "--truth",
        str(truth),
    ]
    assert main(words) == 0
    rows = list(read_truth(truth))
    assert {row.feature for row in rows} >= {device.feature for device in settle(load_scenario("street")).devices}


def test_it_says_what_it_wrote_at_both_rates_and_what_was_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["street", "--to", str(tmp_path / "day.ndjson"), "--hours-back", "2"]) == 0
    said = capsys.readouterr().out
    assert "messages written in" in said
    assert "(generated at " in said
    assert main(["street", "--to", str(tmp_path / "no" / "day.ndjson"), "--hours-back", "2"]) == 1
    assert "No such file" in capsys.readouterr().err
    assert main(["atlantis", "--to", "x.ndjson"]) == 2
    assert "There are: " in capsys.readouterr().err
    assert main(["street", "--to", str(tmp_path / "x.ndjson"), "--faults", "ruff"]) == 2
    assert "no preset" in capsys.readouterr().err
    assert main(["street", "--to", str(tmp_path / "x.ndjson")]) == 2
    assert "--days N, or --hours-back H" in capsys.readouterr().err
    assert main(["street", "--to", str(tmp_path / "x.ndjson"), "--dialect", "sigfox"]) == 2
    assert "network.dialect" in capsys.readouterr().err
    for words in (["street"], ["street", "--to", "x.ndjson", "--pace", "-1"]):
        with pytest.raises(SystemExit):
            main(words)
    line = (tmp_path / "day.ndjson").read_bytes().splitlines()[0]
    assert set(msgspec.json.decode(line)) == {"topic", "received_ns", "body"}


def test_a_scenario_with_a_span_of_its_own_is_written_whole(tmp_path: Path) -> None:
    file = tmp_path / "short.toml"
    file.write_text(
        'title = "short"\ntown = "groningen"\nseed = 4\nstart = 2026-03-29\ndays = 1\n'
        '[[site]]\nkind = "waste"\npilot = "p"\ncount = 2\nreport_min = 60\n'
    )
    out = tmp_path / "out.ndjson"
    assert main([str(file), "--to", str(out)]) == 0
    times = [at_ns for _topic, _body, at_ns in read_messages(out)]
    begin_s = datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp()
    assert begin_s <= times[0] / 1e9 < begin_s + 60
    assert begin_s + 22 * 3600 < times[-1] / 1e9 < begin_s + 24 * 3600


async def test_a_city_reaches_a_broker_in_order_and_at_both_rates(mosquitto: servers.Server, tmp_path: Path) -> None:
    listener = Listener(mosquitto.port)
    listener._client.subscribe("application/#", 1)
    try:
        command = [
            sys.executable,
            "-m",
            "simulators",
            "simulate",
            "street",
            "--to",
            f"mqtt://127.0.0.1:{mosquitto.port}",
        ]
        command += ["--pace", "warp", "--from", "2026-11-02", "--days", "0.25", "--truth", str(tmp_path / "t.ndjson")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: ASYNC221 - paho has its own thread
        assert "messages acknowledged in" in done.stdout
        assert "(generated at " in done.stdout
        await heard(listener, int(done.stdout.split()[0]))
        times = [msgspec.json.decode(body)["time"] for body in listener.bodies]
        assert times == sorted(times)
        assert list(read_truth(tmp_path / "t.ndjson"))
    finally:
        listener.close()


async def test_a_city_keeps_its_pace_until_it_is_ended(mosquitto: servers.Server) -> None:
    """Half an hour of city time at a pace of 3,600 takes half a second."""
    command = [sys.executable, "-m", "simulators", "simulate", "street", "--to", f"mqtt://127.0.0.1:{mosquitto.port}"]
    command += ["--pace", "3600", "--hours-back", "12", "--days", "0.0208"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: ASYNC221 - waits for nobody
    seconds = float(done.stdout.partition(" acknowledged in ")[2].split()[0])
    assert 0.3 <= seconds < 5


@pytest.mark.parametrize("to", ["broker", "file"])
def test_a_city_that_is_ended_leaves_whole_files(mosquitto: servers.Server, tmp_path: Path, to: str) -> None:
    truth, out = tmp_path / "truth.ndjson.zst", tmp_path / "out.ndjson.zst"
    where = f"mqtt://127.0.0.1:{mosquitto.port}" if to == "broker" else str(out)
    command = [sys.executable, "-m", "simulators", "simulate", "city", "--to", where, "--truth", str(truth)]
    with subprocess.Popen(
        [*command, "--hours-back", "9000", "--pace", "warp"], stdout=subprocess.PIPE, text=True
    ) as child:
        deadline = time.monotonic() + 60
        while not truth.exists() or truth.stat().st_size < 100_000:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        child.terminate()
        said, _ = child.communicate(timeout=30)
        assert child.returncode == 0
    sent = int(said.split()[0])
    assert len(list(read_truth(truth))) >= sent > 0
    assert to == "broker" or len(list(read_messages(out))) >= sent


@pytest.mark.proof
async def test_five_thousand_a_second_are_sent(mosquitto: servers.Server, capsys: pytest.CaptureFixture[str]) -> None:
    """The fastest of three counts: what else the machine does can only slow one down."""
    words = [
        "city",
        "--to",
        f"mqtt://127.0.0.1:{mosquitto.port}",
        "--pace",
        "warp",
        "--from",
        "2026-03-01",
        "--days",
        "5",
    ]
    rates = []
    for _ in range(3):
        assert await asyncio.to_thread(main, words) == 0
        said = capsys.readouterr().out
        rates.append(float(said.partition(" s, ")[2].split()[0].replace(",", "")))
    print(f"sent: {', '.join(f'{rate:,.0f}' for rate in rates)} a second, the time of making included; {said}")
    assert max(rates) >= 5_000


def test_the_help_page_names_every_option_that_citygate_simulate_passes_on() -> None:
    from gateway.cli.simulate import simulate as command  # noqa: PLC0415 - its page alone

    known = {word for action in simulate.parser()._actions for word in action.option_strings if word.startswith("--")}
    assert [word for word in sorted(known - {"--help"}) if word not in (command.help or "")] == []


async def test_a_city_goes_on_at_the_broker_where_its_recording_ends(mosquitto: servers.Server, tmp_path: Path) -> None:
    """What the recording and the broker have together is what one run has: the same bytes, none twice, none missing."""
    listener = Listener(mosquitto.port)
    listener._client.subscribe("application/#", 1)
    past, whole = tmp_path / "past.ndjson", tmp_path / "whole.ndjson"
    command = [sys.executable, "-m", "simulators", "simulate", "street", "--from", "2026-06-01", "--to", str(past)]
    command += ["--days", "0.1", "--then", f"mqtt://127.0.0.1:{mosquitto.port}", "--pace", "3600"]
    child = subprocess.Popen(  # noqa: ASYNC220 - paho has its own thread
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        written = int((await asyncio.to_thread(child.stdout.readline)).split()[0])
        assert await asyncio.to_thread(listener.subscribed.wait, 10)
        assert listener.bodies == [], "the present waits for its line"
        child.stdin.write("\n")
        child.stdin.flush()
        await heard(listener, 60)
        child.terminate()
        said, _ = await asyncio.to_thread(child.communicate)
        assert child.returncode == 0
        await heard(listener, int(said.split()[0]))
    finally:
        child.kill()
        child.wait()
        listener.close()
    assert main(["street", "--from", "2026-06-01", "--days", "1", "--to", str(whole)]) == 0
    recorded = [body for _topic, body, _at_ns in read_messages(past)]
    assert len(recorded) == written
    one_run = [body for _topic, body, _at_ns in read_messages(whole)]
    assert recorded + listener.bodies == one_run[: written + len(listener.bodies)]


@pytest.mark.parametrize("words", [["--then", "mqtt://127.0.0.1:1"], ["--to", "mqtt://a", "--then", "mqtt://b"]])
def test_what_goes_on_goes_on_behind_a_recording(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(["street", *words])
