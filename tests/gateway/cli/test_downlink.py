"""``citygate downlink`` and ``citygate downlinks`` against a running gateway, and beside one that is gone."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from tests import servers
from tests.gateway.downlinks.field import GATE, SENSOR, field, write
from tests.proofs.city import QUICK_BROKER


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.running(servers.mosquitto(tmp_path_factory.mktemp("mosquitto"), config=QUICK_BROKER)) as server:
        yield server


def invoke(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--config", str(folder / "citygate.toml")], prog_name="citygate")


async def typed(folder: Path, *words: str) -> Result:
    """The same away from the gateway's loop."""
    return await asyncio.to_thread(invoke, folder, *words)


def first_words(result: Result) -> list[str]:
    return [line.split()[0] for line in result.stdout.splitlines()]


async def test_a_person_looks_tries_sends_and_sees_how_it_went(tmp_path: Path, broker: servers.Server) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    async with field(tmp_path, broker) as at:
        await at.heard(SENSOR, bytes.fromhex("03673401"))
        told = await typed(tmp_path, "downlink", "roof")
        assert "report_interval" in told.stdout
        assert "60 to 64800 s" in told.stdout
        dry = await typed(tmp_path, "downlink", "roof", "--set", "report_interval=20m", "--dry-run")
        assert first_words(dry) == ["device", "command", "values", "bytes", "topic", "message", "nothing"]
        assert "ff03b004 on port 85" in dry.stdout
        at.network.answers = True
        sent = await typed(tmp_path, "downlink", "roof", "--set", "report_interval=20m", "--wait", "15s")
        assert sent.exit_code == 0, sent.output
        assert first_words(sent)[-4:] == ["asked", "sent", "acked", "confirmed"]
        listed = await typed(tmp_path, "downlinks")
        assert first_words(listed)[-1] == "1"
        assert "report_interval=1200  confirmed" in listed.stdout
        at.network.answers = False
        as_json = json.loads((await typed(tmp_path, "downlink", "roof", "--report_interval", "30m", "--json")).stdout)
        assert (as_json["number"], as_json["state"], as_json["payload"]) == (2, "sent", "ff030807")
    assert [row["number"] for row in json.loads(invoke(tmp_path, "downlinks", SENSOR, "--json").stdout)] == [2, 1]
    assert [row["number"] for row in json.loads(invoke(tmp_path, "downlinks", "roof", "--json").stdout)] == [2, 1]
    assert (
        invoke(tmp_path, "downlinks", "77").stdout == "Nothing of '77' is in the book: citygate downlinks lists all.\n"
    )
    assert first_words(invoke(tmp_path, "downlinks", "1"))[-4:] == ["asked", "sent", "acked", "confirmed"]
    alone = invoke(tmp_path, "downlink", "roof")
    assert (alone.exit_code, "Start it: citygate run" in alone.stderr) == (3, True)


async def test_a_refusal_says_what_and_how_to_mend(tmp_path: Path, broker: servers.Server) -> None:
    write(tmp_path, broker.port, "chirpstack-v4", permissions=())
    async with field(tmp_path, broker) as at:
        await at.heard(GATE, b"\0", f_port=3)
        refused = await typed(tmp_path, "downlink", "gate", "--set", "gate=open", "--for", "10m")
        assert refused.exit_code == 4
        assert f"permits nobody to move the valve of {GATE}" in refused.stderr
        assert 'what = "valve"' in refused.stderr
        wrong = await typed(tmp_path, "downlink", "roof", "--set", "report_interval=20x")
        assert "the unit 'x' does not fit" in wrong.stderr
        assert "It takes 60 to 64800 s." in wrong.stderr
        assert (await typed(tmp_path, "downlinks")).stdout.startswith("Nothing was asked of devices yet")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "report_interval"], "--set report_interval: no value"),
        (["--set", "=5"], "--set =5: no value"),
        (["--set", "a=1", "--set", "a=2"], "--set a is given twice"),
        (["--set", "a=1", "--a", "2"], "--set a is given twice"),
        (["--set", "a= "], "no value"),
        (["--dryrun"], "dryrun: neither an option nor a value of one"),
        (["--dryrun", "--report_interval", "20m"], "dryrun: neither an option"),
        (["--report_interval", "20m", "30m"], "30m: neither an option"),
        (["report_interval=20m"], "report_interval=20m: neither an option"),
        (["-x", "5"], "-x: neither an option"),
        (["--for", "long"], "'long' is not a length of time"),
    ],
)
def test_a_value_that_is_written_wrong_is_told_before_anything_is_asked(
    tmp_path: Path, words: list[str], said: str
) -> None:
    write(tmp_path, 1, "chirpstack-v4")
    result = invoke(tmp_path, "downlink", "roof", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_book_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, 1, "chirpstack-v4")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "downlinks.json").write_text('{"format": 2}')
    result = invoke(tmp_path, "downlinks")
    assert (result.exit_code, "was written by a later release" in result.stderr) == (4, True)


def test_profiles_show_and_try_what_a_device_can_be_asked_for(tmp_path: Path) -> None:
    write(tmp_path, 1, "chirpstack-v4")
    shown = invoke(tmp_path, "profiles", "show", "milesight-iot/uc51x")
    assert "closed or open" in shown.stdout
    assert "Opens valve 1 for a time, or closes it (a valve)" in shown.stdout
    folder = tmp_path / "profiles" / "acme" / "scripted"
    (folder / "vectors.json").write_text(
        '[{"about": "right", "port": 1, "hex": "1514", "expect": {"temperature": 21, "minutes": 20}}]'
    )
    tried = CliRunner().invoke(main, ["profiles", "test", str(folder)])
    assert "none wrong" in tried.stdout, tried.output
    for old, new, said in (
        ('hex = "5014"', 'hex = "5015"', "downlink pace: 5014 instead of 5015"),
        ('command = "pace"', 'command = "no"', "downlink pace: pace: the codec refuses"),
    ):
        text = (folder / "profile.toml").read_text()
        (folder / "profile.toml").write_text(text.replace(old, new))
        wrong = CliRunner().invoke(main, ["profiles", "test", str(folder)])
        (folder / "profile.toml").write_text(text)
        assert (wrong.exit_code, said in wrong.stdout) == (1, True), wrong.output
