"""The simulator's command: same bytes each time, messages that decode back, files that the gateway reads."""

import os
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from device_profiles.catalogue import Catalogue
from gateway.files.load import Files
from gateway.sources.recording_file import Lines, open_recording
from pipelines.dialects import build_dialect
from pipelines.model import Uplink
from simulators.network import LIMIT_SNR_DB, Network
from simulators.recording import read_messages
from simulators.scenario import load_scenario
from simulators.simulate import main, record
from simulators.street import changes
from tests.simulators.test_street import MONDAY_NS

DIGEST_OF_A_RUN = """
import hashlib
from itertools import islice
from simulators.scenario import load_scenario
from simulators.simulate import messages
digest = hashlib.sha256()
for at_ns, topic, body in islice(messages(load_scenario("street"), %d), 3_000):
    digest.update(b"%%d %%s %%s" %% (at_ns, topic.encode(), body))
print(digest.hexdigest())
"""


def test_same_seed_same_bytes_in_every_process() -> None:
    def digest(hash_seed: str) -> str:
        command = [sys.executable, "-c", DIGEST_OF_A_RUN % MONDAY_NS]
        return subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
        ).stdout

    first = digest("1")
    assert len(first.strip()) == 64
    assert digest("2") == first


@pytest.mark.parametrize("dialect", ["chirpstack-v4", "chirpstack-v3", "tts-v3"])
def test_messages_decode_back_to_the_readings_with_their_time_and_counter(dialect: str) -> None:
    scenario = load_scenario("street")
    network = scenario.network.model_copy(update={"dialect": dialect})
    scenario = scenario.model_copy(update={"network": network})
    wire, read = Network(scenario), build_dialect(dialect, {})
    profiles = Catalogue.load().profiles
    counts = Counter[str]()
    for change in islice(changes(scenario, MONDAY_NS), 400):
        uplink = read(*wire.message(change))
        assert isinstance(uplink, Uplink)
        device = change.device
        assert (uplink.device_id, uplink.f_port, uplink.f_cnt) == (
            device.dev_eui,
            change.f_port,
            counts[device.dev_eui],
        )
        counts[device.dev_eui] += 1
        assert uplink.network_time_ns is not None
        assert abs(uplink.network_time_ns - change.at_ns) < 10**6, "the wire carries milliseconds or better"
        assert len(uplink.receptions) == 1 or all((r.snr_db or 0) >= LIMIT_SNR_DB for r in uplink.receptions)
        readings = profiles[device.profile].decode(uplink)
        assert isinstance(readings, list)
        found = {reading.name: reading.value for reading in readings}
        assert change.readings.items() <= found.items()


def test_the_asset_list_is_read_by_the_gateway_without_a_mistake(tmp_path: Path) -> None:
    assert main(["simulate", "street", "--write-assets", str(tmp_path)][1:]) == 0
    files = Files.read(tmp_path / "pilots", tmp_path / "devices", Catalogue.load())
    scenario = load_scenario("street")
    assert {device.id for device in files.devices} == {device.dev_eui for device in scenario.devices()}
    assert set(files.pilots) == {"parking-mechelen", "waste-mechelen"}
    assert not getattr(files, "warnings", ())


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_recording_is_what_the_file_source_reads(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"street.ndjson{suffix}"
    count = record(load_scenario("street"), file, start_ns=MONDAY_NS, end_ns=MONDAY_NS + 3 * 3600 * 10**9)
    with open_recording(file) as stream:
        lines = Lines(stream)
        assert sum(1 for _ in lines) == count > 100
        assert lines.damage is None
    times = [received_ns for _topic, _body, received_ns in read_messages(file)]
    assert times == sorted(times)
    assert times[0] >= MONDAY_NS


def test_the_command_says_what_it_wrote_and_what_was_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["street", "--to", str(tmp_path / "day.ndjson"), "--hours-back", "2"]) == 0
    assert "messages written in" in capsys.readouterr().out
    assert main(["street", "--to", str(tmp_path / "no" / "day.ndjson"), "--hours-back", "2"]) == 1
    assert "No such file" in capsys.readouterr().err
    assert main(["atlantis", "--to", "x.ndjson"]) == 2
    assert "there are: " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["street"])
    line = (tmp_path / "day.ndjson").read_bytes().splitlines()[0]
    assert set(msgspec.json.decode(line)) == {"topic", "received_ns", "body"}
