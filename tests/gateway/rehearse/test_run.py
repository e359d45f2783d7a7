"""A rehearsal ends when everybody has everything, and says how it went; wrong words are told by their code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.rehearse.columns import columns
from gateway.rehearse.run import settled

DONE: dict[str, Any] = {
    "received": 10,
    "refine": {"waiting": 0, "unread": 0},
    "analytics": {"lag": 0, "rebuilding": 0},
    "sinks": {"store": {"pending": 0}, "quarantine": {"pending": 0}},
}


def citygate(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway.cli.main", "rehearse", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)


def test_it_is_over_when_nobody_has_anything_left_to_do() -> None:
    assert settled(DONE, 10)
    assert not settled({}, 10)
    assert not settled(DONE, 11)
    for part, open_work in (
        ("refine", {"waiting": 1, "unread": 0}),
        ("refine", {"waiting": 0, "unread": 1}),
        ("analytics", {"lag": 1, "rebuilding": 0}),
        ("analytics", {"lag": 0, "rebuilding": 1}),
        ("sinks", {"store": {"pending": 0}, "quarantine": {"pending": 1}}),
    ):
        assert not settled(DONE | {part: open_work}, 10), part


def test_the_three_columns_differ_in_faults_and_world_alone() -> None:
    three = columns("rough")
    assert [column.label for column in three] == ["clean", "rough", "breaks-assumptions"]
    assert len({column.folder for column in three}) == len({column.options for column in three}) == 3


@pytest.mark.parametrize("scenario", ["green", "air-noise", "street"])
def test_half_a_day_through_each_network_server(tmp_path: Path, scenario: str) -> None:
    """ChirpStack v3, The Things Stack, ChirpStack v4: each is recognised and every message has its outcome."""
    done = citygate(
        scenario, "--days", "0.2", "--from", "2026-06-01", "--faults", "clean", "--keep", str(tmp_path / "r")
    )
    assert done.returncode == 0, done.stderr
    row = done.stdout.splitlines()[-1].split()
    messages, accepted = int(row[1].replace(",", "")), int(row[2].replace(",", ""))
    assert (row[0], messages) == (scenario, accepted)
    assert messages > 100
    events = [json.loads(line) for line in (tmp_path / "r" / "gateway.log").read_text().splitlines()]
    assert [event["event"] for event in events if event["level"] == "error"] == []


def test_a_folder_that_holds_a_rehearsal_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    done = citygate("street", "--keep", str(tmp_path))
    assert (done.returncode, "Name another folder" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("atlantis",), "no scenario 'atlantis'"),
        (("street", "--faults", "ruff", "--days", "1"), "There are: clean, rough, dying"),
        (("street", "--days", "0"), "Invalid value for '--days'"),
        (("street", "--score", "--world", "as-modelled"), "leave --world out"),
        (("street", "--write", "pyproject.toml"), "add --score"),
    ],
)
def test_wrong_words_are_told_with_code_two(words: tuple[str, ...], says: str) -> None:
    done = citygate(*words)
    assert done.returncode == 2
    assert says.lower() in " ".join(done.stderr.lower().replace("│", " ").split())
