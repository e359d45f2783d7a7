"""The units of the second broker: systemd reads them, and they name the files that the commands make."""

import re
import subprocess
from pathlib import Path

import pytest

from gateway.deploy_files import deploy_dir
from tests import servers

FOLDER = deploy_dir() / "mosquitto"


def analyze(*words: str) -> str:
    done = subprocess.run(
        [servers.program("systemd-analyze"), *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def copied(name: str, folder: Path, *, program: str) -> Path:
    """The unit with its program replaced by one that is on every machine: systemd looks whether it is there."""
    text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", (FOLDER / name).read_text())
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize("name", ["mosquitto-open.service", "citygate-startups.service"])
def test_systemd_finds_nothing_wrong_with_a_unit(name: str, tmp_path: Path) -> None:
    assert analyze("verify", str(copied(name, tmp_path, program="/bin/true"))).strip() == ""


def test_the_timer_fires_once_a_day_after_midnight_utc() -> None:
    when = re.findall(r"(?m)^OnCalendar=(.+)$", (FOLDER / "citygate-startups.timer").read_text())
    assert re.search(r": .* 00:05:00 UTC$", analyze("calendar", *when), re.MULTILINE)


def test_the_second_broker_may_write_its_data_and_nothing_else() -> None:
    unit = (FOLDER / "mosquitto-open.service").read_text()
    conf = re.findall(r"(?m)^ExecStart=\S+ -c (\S+)$", unit)[0]
    assert re.findall(r"(?m)^ReadWritePaths=(.+)$", unit) == [f"{Path(conf).parent}/data"]
    written = re.findall(
        r"(?m)^(?:persistence_location|pid_file|log_dest file) (\S+)$", (FOLDER / "open.conf").read_text()
    )
    assert len(written) == 3
    assert all(path.startswith("@DIR@/data/") for path in written)
