"""The inbox against a real gateway: a stranger is listed, guessed, accepted; what was held arrives with its times."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from tests.gateway.cli import street
from tests.gateway_process import GatewayProcess, wait_until


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["inbox", *words, "-c", str(folder)], catch_exceptions=False)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    with street.gateway_on(tmp_path_factory.mktemp("street")) as process:
        yield process


@pytest.fixture
def copy(gateway: GatewayProcess, tmp_path: Path) -> Path:
    """The gateway's folder without a gateway."""
    folder = tmp_path / "copy"
    shutil.copytree(gateway.folder, folder, ignore=shutil.ignore_patterns("*.sock"))
    return folder


def accept(folder: Path, *words: str) -> Result:
    return run(folder, "accept", street.STRANGER, "--feature", "air-station/A-9", *words)


def test_a_stranger_is_listed_with_what_it_probably_is(copy: Path) -> None:
    (found,) = json.loads(run(copy, "list", "--json").stdout)
    assert (found["device"], found["messages"]) == (street.STRANGER, 3)
    assert found["guesses"][0]["profile"] == "elsys/ers-co2"
    assert found["guesses"][0]["word"] == "likely"
    text = run(copy, "list").stdout
    assert "elsys/ers-co2 (likely)" in text
    assert "temperature_c 21.6" in text


def test_one_is_shown_with_the_commands_to_go_on(copy: Path) -> None:
    shown = run(copy, "show", "A8-17-58-FF-FE-04-AA-AA").stdout
    assert "citygate explain 6 --profile elsys/ers-co2" in shown
    assert f"citygate inbox accept {street.STRANGER} --profile elsys/ers-co2" in shown
    assert "nothing is held of 'nobody'" in run(copy, "show", "nobody").stderr
    known = run(copy, "show", street.KNOWN)
    assert (known.exit_code, "written down already" in known.stderr) == (4, True)


def test_without_a_gateway_the_device_is_written_and_the_next_step_told(copy: Path) -> None:
    devices = copy / "devices" / "air-delft.toml"
    devices.write_text("# ours\n" + devices.read_text())
    done = accept(copy, "--name", "bridge")
    assert done.exit_code == 0, done.output
    assert f"citygate rejected retry --device {street.STRANGER}" in done.stdout
    assert devices.read_text().startswith("# ours\n")
    assert 'profile = "elsys/ers-co2"' in devices.read_text()
    again = accept(copy)
    assert (again.exit_code, "written down already" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("--profile", "elsys/emm"), 1, "Did you mean 'elsys/ems'?"),
        (("--pilot", "air-delf"), 1, "Did you mean 'air-delft'?"),
        (("--feature", "tre/1"), 1, "Did you mean 'tree'?"),
        (("--profile", "milesight-iot/em400-tld"), 1, "elsys/ers-co2 does"),
        (("--latitude", "4.3", "--longitude", "123"), 1, "latitude"),
        (("--latitude", "52.0"), 1, "Write both"),
    ],
)
def test_a_mistake_writes_nothing(copy: Path, words: tuple[str, ...], code: int, hint: str) -> None:
    devices = copy / "devices" / "air-delft.toml"
    if "123" in words:
        devices.write_text(devices.read_text() + "latitude = 52.0\nlongitude = 4.36\n")
        (copy / "pilots" / "air-delft.toml").write_text(street.PILOT + "[area]\nbbox = [4.32, 51.98, 4.40, 52.03]\n")
        words = ("--latitude", "4.36", "--longitude", "52.0")
    before = devices.read_bytes()
    result = accept(copy, *words)
    assert result.exit_code == code, result.output
    assert hint in result.stderr
    assert devices.read_bytes() == before


def test_what_was_held_is_taken_in_with_its_true_times(gateway: GatewayProcess) -> None:
    done = accept(gateway.folder, "--pilot", "air-delft", "--latitude", "52.01", "--longitude", "4.36", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["running"], report["refined"], report["changed"]) == (True, 3, 3)
    wait_until(lambda: street.settled(gateway), what="delivered")
    shown = json.loads(
        CliRunner()
        .invoke(main, ["explain", street.STRANGER, "--last", "3", "-c", str(gateway.folder), "--json"])
        .stdout
    )
    assert [one["number"] for one in shown] == [6, 5, 4]
    assert all(one["outcome"].startswith("accepted") for one in shown)
    assert f" {street.T0 + 48 * street.HOUR}" in shown[0]["line_protocol"]
    assert f" {street.T0 + street.HOUR}" in shown[2]["line_protocol"]
    assert "The inbox is empty" in run(gateway.folder, "list").stdout
