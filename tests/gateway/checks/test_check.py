"""citygate check against real files, a real broker and a real database."""

import socket
from pathlib import Path

import pytest

from device_profiles.catalogue import Catalogue
from gateway.check import check, without_engine
from gateway.checks import machine
from gateway.checks.finding import Finding
from gateway.clock import BUILD_DATE_NS, Clock
from gateway.codecs.engine import NoEngineError
from gateway.files.load import Files
from pipelines.model import Device
from tests import servers

CONFIG = """\
[gateway]
id = "gw-1"
city = "mechelen"
[sources.broker]
kind = "mqtt"
url = "mqtt://127.0.0.1:{port}"
client_id = "citygate-1"
topics = ["application/+/device/+/event/+"]
dialect = "chirpstack-v4"
{more}
"""


def checked(folder: Path, *, port: int = 1, more: str = "", offline: bool = True) -> list[Finding]:
    (folder / "citygate.toml").write_text(CONFIG.format(port=port, more=more))
    return list(check(folder / "citygate.toml", offline=offline))


def said(findings: list[Finding], level: str) -> str:
    return "\n".join(f"{f.what}: {f.found} → {f.mend}" for f in findings if f.level == level)


def test_all_files_are_checked_even_when_the_config_has_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "pilots").mkdir()
    (tmp_path / "pilots" / "p.toml").write_text('id = "q"\n')
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "d.toml").write_text('[[device]]\nid = "x"\n')
    errors = said(checked(tmp_path, more="[sink]\n"), "error")
    for words in ("Did you mean 'sinks'?", "p.toml, line 1, id", "d.toml, line 1, device[1].profile: missing"):
        assert words in errors


def test_profiles_that_cannot_be_read_are_errors_and_the_check_goes_on(tmp_path: Path) -> None:
    (tmp_path / "own/acme/deep").mkdir(parents=True)
    (tmp_path / "own/acme/deep/profile.toml").write_text("x = " + "[" * 5_000 + "]" * 5_000)
    (tmp_path / "own/acme/odd/profile.toml").mkdir(parents=True)
    (tmp_path / "citygate.toml").write_text(
        CONFIG.format(port=1, more="").replace("[sources", 'profiles_dir = "own"\n[sources', 1)
    )
    findings = list(check(tmp_path / "citygate.toml", offline=True))
    errors = said(findings, "error")
    assert "acme/deep: profile.toml: nested too deeply" in errors
    assert "acme/odd: profile.toml: cannot be read (Is a directory)" in errors
    assert "clock" in {finding.what for finding in findings}


def test_an_unsafe_secret_a_missing_one_and_a_safe_one(tmp_path: Path) -> None:
    for name, mode in (("open", 0o644), ("closed", 0o600), ("empty", 0o600)):
        (tmp_path / name).write_text("" if name == "empty" else "secret\n")
        (tmp_path / name).chmod(mode)
    assert machine.secret_file("x", tmp_path / "closed").level == "ok"
    assert machine.secret_file("x", tmp_path / "open").mend == f"chmod 600 {tmp_path / 'open'}"
    assert "holds no secret" in machine.secret_file("x", tmp_path / "empty").found
    assert "there is no file" in machine.secret_file("x", tmp_path / "missing").found
    errors = said(checked(tmp_path, more='username = "u"\npassword_file = "open"'), "error")
    assert "sources.broker.password_file" in errors
    assert "secret\n" not in errors


def test_a_clock_before_the_release_is_an_error_and_one_without_battery_a_warning(tmp_path: Path) -> None:
    (found,) = machine.clock(Clock(lambda: BUILD_DATE_NS - 1, boot=1))
    assert found.level == "error"
    (found,) = machine.clock(Clock(lambda: BUILD_DATE_NS, boot=1), rtc=tmp_path / "rtc0")
    assert found.level == "warning"


def test_quotas_larger_than_the_disk_are_an_error(tmp_path: Path) -> None:
    more = "[intake]\nquota_bytes = 4611686018427387904\n"
    assert "the quotas may take 4194304.0 TiB more" in said(checked(tmp_path, more=more), "error")


def test_a_state_directory_in_memory_is_an_error(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\ntmpfs {tmp_path} tmpfs rw 0 0\n")
    assert machine.filesystem_of(tmp_path / "state", mounts) == "tmpfs"
    assert machine.filesystem_of(Path("/"), mounts) == "ext4"


@pytest.mark.parametrize(
    ("more", "level", "words"),
    [
        ("qos = 0", "warning", "QoS 0: what is lost on the way to us stays lost"),
        (
            '[sources.lns]\nkind="mqtt"\nurl="mqtt://localhost"\nclient_id="c"\ntopics=["#"]\ndialect="tts-v3"\nqos=0',
            "warning",
            "QoS 0: what is lost on the way to us stays lost → The Things Stack sends nothing else",
        ),
        ('[sources.hook]\nkind = "http"\nlisten = "0.0.0.0:{free}"\ndialect = "tts-v3"', "error", "from anybody"),
        (
            '[sources.hook]\nkind = "http"\nlisten = "127.0.0.1:{taken}"\ndialect = "tts-v3"',
            "warning",
            "cannot be bound",
        ),
        ('[sources.file]\nkind = "file"\npath = "gone.ndjson"\ndialect = "tts-v3"', "error", "there is no file"),
    ],
)
def test_a_source_that_promises_too_little_is_found(tmp_path: Path, more: str, level: str, words: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        text = more.replace("{free}", str(servers.free_port())).replace("{taken}", str(taken.getsockname()[1]))
        assert words in said(checked(tmp_path, more=text), level)


def test_a_broker_that_is_not_there_is_an_error_and_offline_it_is_not_asked(tmp_path: Path) -> None:
    port = servers.free_port()
    assert "cannot be reached" in said(checked(tmp_path, port=port, offline=False), "error")
    assert "cannot be reached" not in said(checked(tmp_path, port=port), "error")


def test_a_real_broker_and_a_real_influxdb_answer(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read application/#\ntopic read $SYS/#\n")
    acl.chmod(0o700)
    broker = servers.mosquitto(tmp_path / "mosquitto", config=f"acl_file {acl}")
    with servers.running(broker), servers.running(servers.influxdb1(tmp_path / "influxdb")) as influx:
        more = f'[sinks.influxdb]\nkind = "influxdb"\nurl = "{influx.url}"\ndatabase = "citygate"\n'
        ok = said(checked(tmp_path, port=broker.port, more=more, offline=False), "ok")
    assert "answers (mosquitto version 2" in ok
    assert "answers (InfluxDB 1." in ok


def test_a_database_that_is_not_there_is_a_warning_because_nothing_is_lost(tmp_path: Path) -> None:
    port = servers.free_port()
    more = f'[sinks.influxdb]\nkind = "influxdb"\nurl = "http://127.0.0.1:{port}"\ndatabase = "citygate"\n'
    warnings = said(checked(tmp_path, more=more, offline=False), "warning")
    assert "Nothing is lost meanwhile" in warnings


def test_profiles_that_no_engine_reads_here_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "profiles" / "acme" / "one"
    folder.mkdir(parents=True)
    (folder / "profile.toml").write_text(
        'privacy_class = "A"\n[identity]\nvendor = "Acme"\nmodel = "One"\ntitle = "Acme One"\n'
        '[payload]\nkind = "javascript"\n[map]\ntemp = { property = "temperature_c" }\n'
    )
    (folder / "codec.js").write_text("function decodeUplink(input) { return { data: { temp: 1 } }; }")
    catalogue = Catalogue.load([tmp_path / "profiles"])
    assert not [mistake for mistake in catalogue.mistakes if "acme" in mistake]
    files = Files((Device("d1", "acme/one", "p", "c", "tree/t"), Device("d2", "elsys/ems", "p", "c", "tree/u")), {})

    def missing() -> Path:
        raise NoEngineError("no engine here: mend it")

    (finding,) = without_engine(files, catalogue, missing)
    assert "acme/one" in finding.found
    assert "elsys" not in finding.found
    assert "mend it" in finding.mend
    assert not list(without_engine(files, catalogue, lambda: Path("engine.so")))
