"""Mosquitto files that lose messages, and one that does not."""

from pathlib import Path

import pytest

from gateway.broker_files import write_broker_files
from gateway.checks.mosquitto_conf import findings, read_settings


def test_our_own_file_has_nothing_to_find(tmp_path: Path) -> None:
    files = write_broker_files(tmp_path, host="localhost")
    found = list(findings(read_settings(files.folder / "mosquitto.conf"), "mosquitto.conf"))
    assert [finding.level for finding in found] == ["ok"]


@pytest.mark.parametrize(
    ("line", "level", "words"),
    [
        ("persistence false", "error", "a restart of the broker loses every waiting message"),
        ("autosave_interval 1800", "warning", "only every 1800 s"),
        ("autosave_interval 0", "warning", "only when it stops"),
        ("max_queued_messages 1000", "warning", "keeps only 1,000 messages"),
        ("max_inflight_messages 20", "warning", "after every 20 messages"),
        ("persistent_client_expiration 1d", "warning", "away for 1d"),
        ("allow_anonymous true", "warning", "without a password"),
    ],
)
def test_each_setting_that_loses_messages_is_found_with_its_cure(
    tmp_path: Path, line: str, level: str, words: str
) -> None:
    file = tmp_path / "mosquitto.conf"
    good = "persistence true\nautosave_interval 10\nmax_queued_messages 0\nmax_inflight_messages 1000\n"
    file.write_text(f"# {line}\n{good}{line}\n")
    (found,) = [finding for finding in findings(read_settings(file), "file") if finding.level != "ok"]
    assert (found.level, words in found.found, found.mend.startswith("Write: ")) == (level, True, True)


def test_an_empty_file_means_the_brokers_own_defaults() -> None:
    words = " ".join(finding.found for finding in findings({}, "file"))
    for part in ("loses every waiting message", "keeps only 1,000", "after every 20"):
        assert part in words


def test_included_folders_are_read(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "own.conf").write_text("persistence true\n")
    (tmp_path / "mosquitto.conf").write_text(f"persistence false\ninclude_dir {tmp_path}/conf.d\n")
    assert read_settings(tmp_path / "mosquitto.conf")["persistence"] == "true"
