"""Every sample loads: as it ships, and with each ``# key = default`` uncommented."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from device_profiles.catalogue import Catalogue
from gateway.alarms.settings import AlarmsTable
from gateway.check import uncalibrated
from gateway.config import (
    ALARMS,
    KINDS,
    ROUTE_KINDS,
    SINK_KINDS,
    SOURCE_KINDS,
    Config,
    GatewayTable,
    LogTable,
    load_config,
    settings_model,
)
from gateway.deploy_files import deploy_dir
from gateway.files.load import Files
from gateway.http.settings import HttpTable
from pipelines.vocabulary import FEATURE_TYPES

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted(ROOT.glob("gateway/**/*.sample.toml"))
HEAD = '[gateway]\nid = "gw-1"\ncity = "mechelen"\n'
SOURCE = (
    '[sources.head]\nkind = "mqtt"\nurl = "mqtt://localhost"\nclient_id = "x"\ntopics = ["#"]\ndialect = "helium"\n'
)


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^# ?(?=[\w\[])", "", text)


def loaded(folder: Path, text: str) -> Config:
    (folder / "citygate.toml").write_text(text)
    return load_config(folder / "citygate.toml")


@pytest.mark.parametrize("form", [str, uncommented])
def test_the_sample_config_loads(tmp_path: Path, form: type[str]) -> None:
    config = loaded(tmp_path, form((deploy_dir() / "samples" / "citygate.toml").read_text()))
    assert config.gateway == GatewayTable(
        id="gateway-1",
        city="my-city",
        state_dir=tmp_path / "state",
        devices_dir=tmp_path / "devices",
        pilots_dir=tmp_path / "pilots",
        profiles_dir=tmp_path / "profiles" if form is uncommented else None,
    )
    assert config.intake == config.ledger == LogTable()
    assert (config.http.enabled, config.http.dashboard) == (True, True), "a newcomer has the page"
    assert config.http.model_copy(update={"enabled": False}) == HttpTable() or form is uncommented
    assert config.control_socket == tmp_path / "state" / "control.sock"


def test_the_uncommented_sample_shows_every_kind_of_source_and_sink(tmp_path: Path) -> None:
    config = loaded(tmp_path, uncommented((deploy_dir() / "samples" / "citygate.toml").read_text()))
    assert {source.kind for source in config.sources.values()} == set(SOURCE_KINDS)
    assert {sink.kind for sink in config.sinks.values()} == {*SINK_KINDS, ALARMS}
    assert {route.kind for route in config.routes.values()} == set(ROUTE_KINDS)


def test_nothing_but_examples_differs_from_the_defaults_when_uncommented() -> None:
    text = (deploy_dir() / "samples" / "citygate.toml").read_text()
    tables = tomllib.loads(uncommented(text))
    examples = {"id", "city", "profiles_dir", "routes"}
    examples |= {"enabled", "tiles", "token_file", "allowed_hosts", "cert_file", "key_file"}
    given: dict[str, type[BaseModel]] = {
        "gateway": GatewayTable,
        "intake": LogTable,
        "ledger": LogTable,
        "alarms": AlarmsTable,
        "http": HttpTable,
    }
    for name, model in given.items():
        fields = {field.alias or key: field for key, field in model.model_fields.items()}
        for key, value in tables[name].items():
            default = fields[key].default
            assert key in examples or type(default)(value) == default, key
        assert tables[name].keys() == fields.keys()


@pytest.mark.parametrize("form", [str, uncommented])
@pytest.mark.parametrize("file", COMPONENTS, ids=lambda file: file.name)
def test_a_components_sample_loads(tmp_path: Path, file: Path, form: type[str]) -> None:
    text = form(file.read_text())
    if "\nca_file" in text:
        text = text.replace("mqtt://localhost:1883", "mqtts://localhost:8883")  # TLS keys mean nothing on a plain link
    config = loaded(tmp_path, HEAD + ("" if "[sources." in text else SOURCE) + text)
    assert config.warnings == ()


@pytest.mark.parametrize("file", COMPONENTS, ids=lambda file: file.name)
def test_a_components_sample_shows_every_key(file: Path) -> None:
    ((group, named),) = tomllib.loads(uncommented(file.read_text())).items()
    (table,) = (named["routes"] if group == "alarms" else named).values()
    model = settings_model(KINDS[group][table["kind"]])
    known = {field.alias or name for name, field in model.model_fields.items()}
    assert known - {"kind"} <= table.keys(), "a key is not shown in its sample"


def test_the_sample_pilots_and_their_devices_are_whole_and_without_a_warning() -> None:
    samples = deploy_dir() / "samples"
    files = Files.read(samples / "pilots", samples / "devices", Catalogue.load())
    assert files.warnings == ()
    assert set(files.pilots) == {
        "parking-mechelen",
        "waste-delft",
        "cycling-antwerp",
        "bike-dashboard-rotterdam-the-hague",
        "watering-saint-quentin",
    }
    for pilot in files.pilots.values():
        devices = [device for device in files.devices if device.pilot == pilot.id]
        assert len(devices) >= 8
        assert {FEATURE_TYPES[d.feature.partition("/")[0]].domain for d in devices} == set(pilot.domains)
        assert pilot.kpis
        assert pilot.contact.email
    assert len({device.id for device in files.devices}) == len(files.devices)


def test_every_sample_device_that_needs_a_calibration_has_one() -> None:
    samples = deploy_dir() / "samples"
    catalogue = Catalogue.load()
    files = Files.read(samples / "pilots", samples / "devices", catalogue)
    assert list(uncalibrated(files, catalogue)) == []
