"""A profile is mended, looked at with a dry run, replayed, and leaves its record: against a real gateway."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.cli.screen import followed
from gateway.control import ControlError, ask
from gateway.replays import FILE_NAME, history
from tests.gateway.cli import street
from tests.gateway_process import GatewayProcess, wait_until


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "-c", str(folder)], catch_exceptions=False)


def asked(folder: Path, *words: str) -> dict[str, Any]:
    result = run(folder, "replay", *words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    with street.gateway_on(tmp_path) as process:
        yield process


def mend(gateway: GatewayProcess, old: str, new: str) -> None:
    devices = gateway.folder / "devices" / "air-delft.toml"
    text = devices.read_text()
    assert old in text
    devices.write_text(text.replace(old, new))


def test_a_dry_run_shows_what_would_change_and_changes_nothing(gateway: GatewayProcess) -> None:
    mend(
        gateway,
        'feature = "air-station/A-1"',
        'feature = "air-station/A-1"\ncalibration.temperature_c = { offset = 1.0 }',
    )
    before = street.status_of(gateway)
    found = asked(gateway.folder, "--from", "1", "--dry-run")
    assert found["properties"]["temperature_c"] == {
        "same": 0,
        "changed": 2,
        "appeared": 0,
        "vanished": 0,
        "requalified": 0,
    }
    assert found["properties"]["humidity_percent"]["same"] == 2
    sample = found["samples"][0]
    assert (sample["property"], sample["before"], sample["after"]) == ("temperature_c", 22.6, 23.6)
    text = run(gateway.folder, "replay", "--from", "1", "--dry-run").stdout
    for words in ("nothing is changed", "temperature_c", "22.6", "23.6", street.KNOWN):
        assert words in text
    after = street.status_of(gateway)
    assert (after["ledger"]["next"], after["refine"]) == (before["ledger"]["next"], before["refine"])
    assert history(gateway.folder / "state", 5) == []


def test_a_replay_corrects_takes_back_and_leaves_its_record(gateway: GatewayProcess) -> None:
    mend(gateway, "milesight-iot/em400-tld", "elsys/ems")
    mend(
        gateway,
        f'id = "{street.KNOWN}"\nname = "church"\nprofile = "elsys/ems"',
        f'id = "{street.KNOWN}"\nname = "church"\nprofile = "milesight-iot/em400-tld"',
    )
    found = asked(gateway.folder, "--since", "2026-11-01")
    assert found["outcomes"] == {"accepted → rejected": 2, "rejected → accepted": 1}
    assert found["properties"]["temperature_c"]["vanished"] == 2
    assert found["properties"]["temperature_c"]["appeared"] == 1
    assert found["retracted"] == sum(tally["vanished"] for tally in found["properties"].values()) > 2
    wait_until(lambda: street.settled(gateway), what="corrections delivered")
    assert street.status_of(gateway)["refine"]["accepted"] == 1
    explained = json.loads(run(gateway.folder, "explain", "8", "--json").stdout)[0]
    assert explained["outcome"].startswith("accepted")
    assert "replacing an earlier outcome" in explained["outcome"]
    (record,) = history(gateway.folder / "state", 5)
    assert (record.kind, record.first, record.last, record.ended) == ("replay", 1, 8, "complete")
    assert record.by
    assert set(record.profiles) == {"elsys/ems"}
    assert record.properties["temperature_c"].vanished == 2
    shown = run(gateway.folder, "replay", "--history").stdout
    assert "1 to 8" in shown
    back = asked(gateway.folder, "--from", "1", "--device", street.WRONG)
    assert (back["refined"], back["changed"]) == (1, 0)


def test_a_device_is_meant_by_what_people_call_it(gateway: GatewayProcess) -> None:
    for name in ("church", "A-1", "air-station/A-1", "A8-17-58-FF-FE-04-62-B9"):
        assert asked(gateway.folder, "--from", "1", "--dry-run", "--device", name)["refined"] == 2
    assert asked(gateway.folder, "--from", "1", "--dry-run", "--device", street.STRANGER)["refined"] == 3
    nobody = run(gateway.folder, "replay", "--from", "1", "--dry-run", "--device", "chruch")
    assert "Nothing of 'chruch' is in this span" in nobody.stderr
    backwards = run(gateway.folder, "replay", "--from", "5", "--to", "2", "--dry-run")
    assert (backwards.exit_code, "--to 2 is before --from 5" in backwards.stderr) == (2, True)


def test_a_retry_is_recorded_and_reads_the_files_first(gateway: GatewayProcess) -> None:
    mend(gateway, "milesight-iot/em400-tld", "elsys/ems")
    done = json.loads(run(gateway.folder, "rejected", "retry", "--device", street.WRONG, "--json").stdout)
    assert (done["refined"], done["changed"]) == (1, 1)
    (record,) = history(gateway.folder / "state", 5)
    assert (record.kind, record.device) == ("rejected retry", street.WRONG)


def test_files_with_mistakes_are_told_and_nothing_is_replayed(gateway: GatewayProcess) -> None:
    mend(gateway, "milesight-iot/em400-tld", "elsys/emm")
    for more in ((), ("--dry-run",)):
        result = run(gateway.folder, "replay", "--from", "1", *more)
        assert result.exit_code == 4
        assert "Did you mean 'elsys/ems'?" in result.stderr
    assert history(gateway.folder / "state", 5) == []
    with pytest.raises(ControlError, match="not understood"):
        list(ask(gateway.folder / "state" / "control.sock", "replay", first="one"))


def test_the_history_is_read_without_a_gateway_and_survives_a_torn_line(tmp_path: Path) -> None:
    assert history(tmp_path, 5) == []
    lines = [
        json.dumps(
            {
                "at": f"2027-01-0{day}",
                "kind": "replay",
                "by": "me",
                "first": 1,
                "last": 2,
                "refined": 2,
                "changed": 0,
                "retracted": 0,
                "ended": "complete",
            }
        )
        for day in (1, 2, 3)
    ]
    (tmp_path / FILE_NAME).write_text("\n".join(lines) + '\n{"at": "torn')
    assert [record.at for record in history(tmp_path, 2)] == ["2027-01-03", "2027-01-02"]


def test_replies_that_tell_how_far_it_is_are_no_facts() -> None:
    replies = [{"done": 10, "of": 100}, {"done": 100, "of": 100}, {"refined": 100}]
    assert followed(replies) == {"refined": 100}
