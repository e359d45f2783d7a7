"""The built wheel, installed in an empty environment and run outside the repository, gives every command and file."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from gateway.cli.main import COMMANDS

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that has our wheel and, beside it, only its dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    uv = Path(sys.executable).with_name("uv")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    wheel = next((folder / "dist").glob("citygate-*.whl"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "-p", python, "--no-deps", "--offline", wheel], check=True)
    return python.parent


def run(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # PYTHONPATH lends the dependencies of this environment; .pth files of editable installs are not read from it.
    env = os.environ | {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": f"{installed}:/usr/sbin:/usr/bin:/bin"}
    return subprocess.run(
        [installed / "citygate", *words], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=90
    )


def test_every_command_has_its_help_page(installed: Path, tmp_path: Path) -> None:
    for command in COMMANDS:
        done = run(installed, tmp_path, command, "--help")
        assert done.returncode == 0, done.stderr
        assert "Usage" in done.stdout


def test_a_config_written_by_init_is_accepted_by_check(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "init", "pilot").returncode == 0
    done = run(installed, tmp_path, "check", "--offline", "--config", "pilot")
    assert done.returncode == 0, done.stdout


def test_the_demo_runs_by_itself_and_ends_by_itself(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "demo", "--days", "2", "--for", "6s")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bays taken" in " ".join(done.stdout.split())


def test_the_wheel_carries_profiles_scenarios_and_samples(installed: Path) -> None:
    wheel = next((installed.parents[1] / "dist").glob("*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "device_profiles/vendors/elsys/ems/profile.toml",
        "device_profiles/vendors/elsys/ems/vectors.json",
        "simulators/scenarios/street.toml",
        "gateway/_deploy/samples/citygate.toml",
        "gateway/_deploy/mosquitto/mosquitto.conf",
        "gateway/_deploy/systemd/citygate.service",
        "gateway/sinks/store/store.sample.toml",
    ):
        assert wanted in names, wanted
    assert not [name for name in names if name.startswith("tests/")]
