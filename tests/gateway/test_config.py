"""citygate.toml: what is read, and how mistakes are told."""

from pathlib import Path

import pytest

from gateway.config import SINK_KINDS, SOURCE_KINDS, Config, find_config, load_config, settings_model
from gateway.files.mistakes import ConfigError, Mistake

GOOD = """\
[gateway]
id = "gw-1"
city = "mechelen"

[sources.broker]
kind = "mqtt"
url = "mqtt://localhost:1883"
client_id = "citygate-1"
topics = ["application/+/device/+/event/+"]
dialect = "chirpstack-v4"
"""


def loaded(folder: Path, text: str) -> Config:
    (folder / "citygate.toml").write_text(text)
    return load_config(folder / "citygate.toml")


def mistakes_in(folder: Path, text: str) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigError) as found:
        loaded(folder, text)
    return found.value.mistakes


def test_a_small_file_gets_folders_logs_a_store_and_a_quarantine(tmp_path: Path) -> None:
    config = loaded(tmp_path, GOOD)
    assert config.gateway.state_dir == tmp_path / "state"
    assert config.gateway.pilots_dir == tmp_path / "pilots"
    assert config.gateway.profiles_dir is None
    assert config.control_socket == tmp_path / "state" / "control.sock"
    assert config.intake.quota_bytes == 2 << 30
    assert {name: sink.kind for name, sink in config.sinks.items()} == {"quarantine": "quarantine", "store": "store"}
    assert config.warnings == ()


def test_with_influxdb_there_is_no_store_unless_it_is_written_down(tmp_path: Path) -> None:
    influx = '[sinks.influxdb]\nkind = "influxdb"\nurl = "http://localhost:8086"\ndatabase = "city"\n'
    assert set(loaded(tmp_path, GOOD + influx).sinks) == {"influxdb", "quarantine"}
    both = loaded(tmp_path, GOOD + influx + '[sinks.history]\nkind = "store"\n').sinks
    assert {name: sink.kind for name, sink in both.items()} == {
        "influxdb": "influxdb",
        "history": "store",
        "quarantine": "quarantine",
    }


def test_a_default_sink_does_not_take_a_name_that_is_in_use(tmp_path: Path) -> None:
    text = GOOD + '[sinks.quarantine]\nkind = "store"\n'
    kinds = {name: sink.kind for name, sink in loaded(tmp_path, text).sinks.items()}
    assert kinds == {"quarantine": "store", "default-quarantine": "quarantine"}


def test_relative_paths_start_at_the_files_folder_wherever_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = GOOD + 'username = "citygate"\npassword_file = "secrets/broker"\n'
    text = text.replace('city = "mechelen"', 'city = "mechelen"\nstate_dir = "/var/lib/citygate"\ndevices_dir = "d"')
    (tmp_path / "citygate.toml").write_text(text)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = load_config(find_config("../citygate.toml"))
    assert config.gateway.state_dir == Path("/var/lib/citygate")
    assert config.gateway.devices_dir.resolve() == tmp_path / "d"
    password_file = config.sources["broker"].settings.model_dump()["password_file"]
    assert password_file.resolve() == tmp_path / "secrets" / "broker"


def test_a_secret_may_be_a_credential_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD + 'username = "citygate"\npassword_file = "${CREDENTIALS_DIRECTORY}/broker"\n'
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/citygate.service")
    settings = loaded(tmp_path, text).sources["broker"].settings.model_dump()
    assert settings["password_file"] == Path("/run/credentials/citygate.service/broker")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert "CREDENTIALS_DIRECTORY is not set" in str(loaded(tmp_path, text).warnings[0])


def test_every_mistake_is_told_at_once_with_line_key_and_mend(tmp_path: Path) -> None:
    text = """\
[gateway]
id = "GW 1"
citty = "mechelen"
log = "colour"

[intake]
quota_bytes = "2 GiB"
quota = 5

[ledger]
quota_bytes = 33554432

[sources.broker]
kind = "mqt"

[sources.other]
url = "mqtt://localhost"

[sinks.influxdb]
kind = "influxdb"
ulr = "http://localhost:8086"
database = "city"
from = "yesterday"
"""
    told = [str(mistake) for mistake in mistakes_in(tmp_path, text)]
    assert told == sorted(told)
    for words in (
        "line 2, gateway.id: 'GW 1' does not have the right form",
        "line 3, gateway.citty: 'citty' is unknown and 'city' is missing. Did you mean 'city'?",
        "line 4, gateway.log: 'colour' is not one of them. Known are: auto, json, text.",
        "line 7, intake.quota_bytes: '2 GiB' is not a whole number. Write it without quotes.",
        "line 8, intake.quota: unknown. Did you mean 'quota_bytes'?",
        "line 10, ledger: quota_bytes holds fewer than 4 segments of segment_bytes. Raise quota_bytes",
        "line 14, sources.broker.kind: 'mqt' is not a kind of source. Did you mean 'mqtt'?",
        "line 16, sources.other.kind: missing. Add kind = ",
        "line 21, sinks.influxdb.ulr: 'ulr' is unknown and 'url' is missing. Did you mean 'url'?",
        "line 23, sinks.influxdb.from: 'yesterday' is not one of them. Known are: now, oldest.",
    ):
        assert any(words in line for line in told), (words, told)
    assert len(told) == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "gateway: missing"),
        ("[gateway\n", "line 1: not valid TOML"),
        ("[gateway]\nid = gw-1\n", 'Put the text in quotes: id = "gw-1"'),
        ('[gateway]\nid = "gw-1\n', "A quotation mark is missing on this line."),
        ("gateway:\n  id: x\n", "with an equals sign"),
        (GOOD.partition("[sources")[0], "nothing is received: there is no source"),
        (GOOD + '[sinks.Grafana]\nkind = "store"\n', "sinks.Grafana: not a name"),
        (GOOD + "[sinks]\nstore = 5\n", "sinks.store: a sink is a table"),
        (GOOD.replace("chirpstack-v4", "chirpstak"), "Did you mean 'chirpstack"),
        (GOOD + "dialect_settings = { nonsense = 1 }\n", "dialect_settings"),
        (GOOD.replace("mqtt://localhost:1883", "localhost"), "write mqtt://host:1883"),
    ],
)
def test_a_mistake_says_how_to_mend_it(tmp_path: Path, text: str, words: str) -> None:
    assert words in "\n".join(map(str, mistakes_in(tmp_path, text)))


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\x00", b"a = \xe9\n", b"[[[[", b"[" * 20_000, b'"' * 999])
def test_no_bytes_do_anything_but_make_a_mistake(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "citygate.toml").write_bytes(raw)
    with pytest.raises(ConfigError):
        load_config(tmp_path / "citygate.toml")


def test_a_missing_file_tells_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="citygate init"):
        load_config(tmp_path / "citygate.toml")


def test_the_file_is_found_by_argument_environment_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config(tmp_path) == tmp_path / "citygate.toml"
    monkeypatch.setenv("CITYGATE_CONFIG", "/srv/other.toml")
    assert find_config() == Path("/srv/other.toml")
    assert find_config("mine.toml") == Path("mine.toml")


@pytest.mark.parametrize(("kind", "reference"), [*SOURCE_KINDS.items(), *SINK_KINDS.items()])
def test_every_kind_names_a_settings_model_that_forbids_unknown_keys(kind: str, reference: str) -> None:
    model = settings_model(reference)
    assert model.model_config["extra"] == "forbid", kind
