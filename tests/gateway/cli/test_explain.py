"""``citygate explain`` against a real gateway's logs, and without any gateway."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.config import load_config
from gateway.explain.look import look_of, readers_of
from gateway.explain.mend import _MENDS, mends
from gateway.explain.report import instant
from pipelines.model import Received, Rejected, RejectReason
from tests.gateway.cli import street
from tests.gateway_process import GatewayProcess


def run(*words: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["explain", *words], input=stdin, catch_exceptions=False)


def reports(*words: str) -> Sequence[dict[str, Any]]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    found: Sequence[dict[str, Any]] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    with street.gateway_on(tmp_path_factory.mktemp("street")) as process:
        yield process


def at(gateway: GatewayProcess) -> tuple[str, str]:
    return "-c", str(gateway.folder)


def test_a_device_is_explained_from_topic_to_sinks(gateway: GatewayProcess) -> None:
    shown = run(street.KNOWN, *at(gateway)).stdout
    for words in (
        f"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/{street.KNOWN}/event/up",
        "chirpstack-v4",
        "air-station/A-1, pilot air-delft, profile elsys/ems",
        "0016c001f153a14c  -97 dBm  SNR 7.5 dB",
        "01 03a3 02 29 07 0d62",
        "s16 / 10",
        "suspect:range",
        "above 60: not plausible",
        'temperature_c_quality="suspect:range"',
        "open/v1/delft/air/air-delft/a-1/obs",
        '"temperature":{"value":93.1',
    ):
        assert words in shown, words


def test_the_newest_come_first_and_further_receptions_do_not_count(gateway: GatewayProcess) -> None:
    found = reports(street.KNOWN, "--last", "5", *at(gateway))
    assert [one["number"] for one in found] == [7, 1]
    assert [one["outcome"].partition(",")[0] for one in found] == ["accepted", "accepted"]


@pytest.mark.parametrize("name", ["church", "A-1", "air-station/A-1", "A8-17-58-FF-FE-04-62-B9"])
def test_a_device_is_found_by_what_people_call_it(gateway: GatewayProcess, name: str) -> None:
    assert reports(name, *at(gateway))[0]["number"] == 7


def test_each_field_tells_its_bytes_and_its_rule(gateway: GatewayProcess) -> None:
    spans = reports("1", *at(gateway))[0]["spans"]
    temperature = next(span for span in spans if span["name"] == "temperature")
    assert (temperature["offset"], temperature["length"], temperature["rule"]) == (1, 2, "s16 / 10")
    assert (temperature["raw"], temperature["value"]) == (226, 22.6)


def test_a_duplicate_names_its_original(gateway: GatewayProcess) -> None:
    assert reports("2", *at(gateway))[0]["outcome"].endswith("a further reception of message 1")


def test_a_rejected_message_says_why_and_how_to_mend_it(gateway: GatewayProcess) -> None:
    broken, unknown, wrong = (reports(number, *at(gateway))[0] for number in ("3", "4", "8"))
    assert (broken["reason"], broken["body"]) == ("malformed", "no json")
    assert "Look at the sender" in broken["mend"][0]
    assert unknown["reason"] == "unknown_device"
    assert f"citygate inbox accept {street.STRANGER} --profile elsys/" in unknown["mend"][-1]
    assert wrong["reason"] == "decode_failed"
    assert "Another profile reads these bytes: elsys/" in wrong["mend"][0]
    assert "citygate replay" in wrong["mend"][1]


def test_a_stranger_is_shown_as_a_profile_would_read_it(gateway: GatewayProcess) -> None:
    found = reports(street.STRANGER, "--profile", "elsys/ems", *at(gateway))[0]
    assert {row["property"]: row["observed"] for row in found["rows"]}["temperature_c"] == 21.6


def test_nothing_received_ends_with_a_hint(gateway: GatewayProcess) -> None:
    missing = run("4711", *at(gateway))
    assert (missing.exit_code, "holds 1 to 8" in missing.stderr) == (4, True)
    nobody = run("a81758fffe0462b8", *at(gateway))
    assert nobody.exit_code == 4
    assert "Did you mean" in nobody.stderr


def test_a_log_that_no_gateway_writes_is_read_as_well(gateway: GatewayProcess, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(gateway.folder, copy, ignore=shutil.ignore_patterns("*.sock"))
    assert reports(street.KNOWN, "-c", str(copy))[0]["number"] == 7
    shutil.rmtree(copy / "state")
    assert run(street.KNOWN, "-c", str(copy)).exit_code == 4


def test_bytes_that_the_intake_gave_up_come_from_the_quarantine(gateway: GatewayProcess, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(gateway.folder, copy, ignore=shutil.ignore_patterns("*.sock"))
    for segment in (copy / "state" / "intake").glob("*.seg"):
        segment.unlink()
    assert reports("4", "-c", str(copy))[0]["reason"] == "unknown_device"
    assert "not kept any more" in run("1", "-c", str(copy)).stderr


def test_today_s_files_are_compared_with_what_was_recorded(gateway: GatewayProcess, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(gateway.folder, copy, ignore=shutil.ignore_patterns("*.sock"))
    devices = copy / "devices" / "air-delft.toml"
    devices.write_text(devices.read_text().replace("milesight-iot/em400-tld", "elsys/ems"))
    assert reports("8", "-c", str(copy))[0]["differs"] == "With today's files it would be accepted."
    assert reports("7", "-c", str(copy))[0]["differs"] == ""
    devices.write_text(devices.read_text().replace("elsys/ems", "milesight-iot/em400-tld"))
    assert "would be rejected" in reports("7", "-c", str(copy))[0]["differs"]


def test_a_pasted_message_needs_neither_gateway_nor_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    line = street.RECORDED[0]
    pasted = run("--topic", str(line["topic"]), "--payload", "-", stdin=str(line["body"]))
    assert pasted.exit_code == 0
    assert "chirpstack-v4" in pasted.stdout
    assert "unknown_device" in pasted.stdout
    (tmp_path / "recording.ndjson").write_text("".join(json.dumps(line) + "\n" for line in street.RECORDED))
    filed = run("--file", "recording.ndjson", "--line", "7", "--profile", "elsys/ems")
    assert "93.1 °C" in filed.stdout
    (tmp_path / "body.json").write_text(str(line["body"]))
    assert "22.6 °C" in run("--file", "body.json", "--topic", "x/event/up", "--profile", "elsys/ems").stdout
    assert run("--file", "recording.ndjson", "--line", "70").exit_code == 4


UNREAD = (
    '{"time":"2026-11-02T06:13:20Z","deviceInfo":{"devEui":"70b3d57ed0061234"},"fCnt":1,"fPort":10,"data":"DOEHYgDh"}'
)
EVENT = "application/1/device/70b3d57ed0061234/event/up"


@pytest.mark.parametrize(
    ("words", "way_on"),
    [
        (("--payload", UNREAD), "add the topic it came on"),
        (("--payload", "no json", "--topic", EVENT), "No dialect reads it (plain-json, chirpstack-v3"),
        (("--payload", UNREAD, "--topic", EVENT), "profiles new VENDOR/MODEL --payload 10:0ce1076200e1"),
        (("--payload", UNREAD, "--topic", EVENT, "--profile", "elsys/ems"), "--payload 10:0ce1076200e1"),
        (("--hex", "0175540367650004820200", "--port", "85", "--profile", "elsys/ems"), "Another profile reads these"),
    ],
)
def test_what_is_only_pasted_has_a_way_on_of_its_own(
    words: tuple[str, ...], way_on: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run(*words).stdout
    assert way_on in shown
    assert "then:" not in shown
    assert not shown.rstrip().endswith(":"), "a sentence that announces a command has one"


def test_a_profile_of_one_s_own_is_looked_for_where_the_config_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "profiles_dir stands in citygate.toml" in run("--hex", "01", "--profile", "acme/level").stderr


def test_bare_bytes_are_read_by_a_profile() -> None:
    shown = run("--hex", "0100e2 ff", "--port", "5", "--profile", "elsys/ems").stdout
    assert "22.6 °C" in shown
    assert "✗ byte 3: type 0xff is not in the layout" in shown
    assert "citygate replay" not in shown


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ((), "say what to explain"),
        (("--hex", "0100"), "--hex needs --profile"),
        (("--hex", "01 0", "--profile", "elsys/ems"), "Two digits a byte"),
        (("--hex", "01", "--profile", "elsys/emm"), "Did you mean 'elsys/ems'?"),
        (("--payload", "{}", "--source", "nowhere"), "there is no source 'nowhere'"),
    ],
)
def test_a_question_that_is_written_wrong_ends_with_code_2(
    words: tuple[str, ...], hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 2
    assert hint in result.stderr


def test_every_reason_to_reject_has_a_way_to_mend_it(gateway: GatewayProcess) -> None:
    assert set(_MENDS) == set(get_args(RejectReason))
    look = look_of(load_config(gateway.folder / "citygate.toml"))
    told = look.explain(1, Received("street", "a/b", b"{}", 0, 0, 0))
    for reason in get_args(RejectReason):
        lines = mends(told, Rejected(reason, "detail", 1, "x"), look)
        assert lines
        assert all(line and line[0].isupper() for line in lines), lines
        if reason == "crashed":
            continue  # only what was received can have stopped the gateway
        nobody_s = mends(msgspec.structs.replace(told, number=0), Rejected(reason, "detail", 0, "x"), look)
        assert nobody_s
        assert not any(line.endswith("then:") or " retry" in line for line in nobody_s), nobody_s


def test_a_dialect_that_would_read_it_is_named(gateway: GatewayProcess) -> None:
    look = look_of(load_config(gateway.folder / "citygate.toml"))
    topic, body = "v3/a@ttn/devices/d/up", b'{"end_device_ids": {"device_id": "d"}, "uplink_message": {"f_port": 1}}'
    assert readers_of(topic, body) == ["tts-v3"]
    told = look.explain(1, Received("street", topic, body, street.T0, 0, 0))
    assert isinstance(told.outcome, Rejected)
    assert 'dialect = "tts-v3"' in mends(told, told.outcome, look)[0]


def test_an_instant_beyond_all_calendars_is_shown_as_a_number() -> None:
    assert instant(street.T0) == "2026-11-02 06:13:20 UTC"
    assert instant(2**70).endswith(" ns")


def test_bytes_are_read_by_a_javascript_codec_as_well(tmp_path: Path) -> None:
    profile = tmp_path / "profiles" / "acme" / "one"
    profile.mkdir(parents=True)
    (profile / "profile.toml").write_text(
        'privacy_class = "A"\n[identity]\nvendor = "Acme"\nmodel = "One"\ntitle = "Acme One"\n'
        '[payload]\nkind = "javascript"\n[map]\ntemp = { property = "temperature_c" }\n'
    )
    (profile / "codec.js").write_text(
        "function decodeUplink(input) { return { data: { temp: input.bytes[0] / 10 } }; }"
    )
    (tmp_path / "citygate.toml").write_text(street.CONFIG)
    shown = run("--hex", "e2", "--port", "1", "--profile", "acme/one", "-c", str(tmp_path)).stdout
    assert "22.6 °C" in shown
    assert "accepted, profile acme/one" in shown
