"""``citygate simulate`` hands its words on, and says with its exit code how it ended."""

import subprocess
import sys
from pathlib import Path

import pytest


def simulate(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway.cli.main", "simulate", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_every_word_reaches_the_simulator(tmp_path: Path) -> None:
    out = tmp_path / "day.ndjson"
    done = simulate(
        "street", "--to", str(out), "--from", "2026-11-02", "--days", "0.1", "--seed", "9", "--faults", "rough"
    )
    assert done.returncode == 0, done.stderr
    assert "messages written in" in done.stdout
    assert out.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("atlantis", "--to", "x.ndjson"), 2, "no scenario 'atlantis'"),
        (("street", "--faults", "ruff", "--to", "x.ndjson"), 2, "There are: clean, rough"),
        (("street", "--days", "0.1", "--to", "no/such/folder/x.ndjson"), 4, "its last line above says why"),
        ((), 2, "Missing argument"),
    ],
)
def test_what_goes_wrong_is_told_with_the_code_of_its_kind(words: tuple[str, ...], code: int, says: str) -> None:
    done = simulate(*words)
    assert done.returncode == code
    assert says.lower() in " ".join(done.stderr.lower().replace("│", " ").split())
