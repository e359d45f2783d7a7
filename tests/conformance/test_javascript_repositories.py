"""Repositories of codecs, unchanged: two small ones in the layouts of the real ones, written by us."""

import shutil
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from device_profiles.catalogue import MAX_CODEC_BYTES, Catalogue
from gateway.cli.main import main
from gateway.codecs.codecs import Codecs
from gateway.codecs.published import chirpstack_profiles, lorawan_devices
from gateway.codecs.published.conformance import mutate, prove
from gateway.codecs.published.repository import Checkout, RepositoryError
from gateway.codecs.published.yaml12 import load_yaml
from gateway.events import Events

HERE = Path(__file__).parent / "published"
TTN = HERE / "lorawan-devices"
CHIRPSTACK = HERE / "chirpstack-device-profiles"


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["profiles", "import", *map(str, words)])
    return result.exit_code, result.output


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "citygate.toml").write_text(
        '[gateway]\nid = "gw-1"\ncity = "delft"\nprofiles_dir = "profiles"\n'
        '[sources.push]\nkind = "http"\nlisten = "127.0.0.1:0"\ndialect = "tts-v3"\n'
    )
    for folder in ("profiles", "devices", "pilots"):
        (tmp_path / folder).mkdir()
    return tmp_path


async def test_every_right_vector_is_met_with_fresh_contexts_and_the_others_are_named() -> None:
    checkout = Checkout(TTN)
    published = list(lorawan_devices.codecs(checkout))
    assert {one.name: one.devices for one in published} == {
        "acme/counter-codec": ("acme/counter",),
        "acme/valve-codec": ("acme/valve",),
    }
    async with Codecs(Events(), quarantine=False) as codecs:
        fresh = await prove(codecs, checkout, published, fresh=True)
        reused = await prove(codecs, checkout, published, fresh=False)
    assert fresh.met == Counter(decodeUplink=4, normalizeUplink=1, encodeDownlink=1, decodeDownlink=1)
    assert [(one.codec, one.why) for one in fresh.failures] == [
        ("acme/counter-codec", "data.temperature: 23 instead of 24")
    ]
    assert [one.why for one in reused.failures] == ["data.frames: 2 instead of 1", "data.temperature: 23 instead of 24"]


async def test_chirpstacks_profiles_are_read_with_their_loose_json_and_buffer() -> None:
    checkout = Checkout(CHIRPSTACK)
    async with Codecs(Events(), quarantine=False) as codecs:
        score = await prove(codecs, checkout, list(chirpstack_profiles.codecs(checkout)), fresh=True)
    assert score.failures == []
    assert score.met == Counter(decodeUplink=1, encodeDownlink=1)


async def test_the_mutation_pass_finds_a_codec_that_hangs() -> None:
    checkout = Checkout(TTN)
    published = {one.name: one for one in lorawan_devices.codecs(checkout)}
    async with Codecs(Events(), quarantine=False) as codecs:
        sound = await mutate(codecs, checkout, published["acme/valve-codec"])
    assert set(sound) == {"answered"}
    async with Codecs(Events()) as codecs:  # with quarantine, so that it does not take 100 ms each time
        hanging = await mutate(codecs, checkout, published["acme/counter-codec"])
    assert hanging["stopped"] > 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("On", "On"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("true", True),
        ("1:30", "1:30"),
        ("0x1f", 31),
        ("010", 10),
        ("1e3", 1000.0),
        ("~", None),
        ("1_000", "1_000"),
        ("2026-11-01", "2026-11-01"),
    ],
)
def test_yaml_is_read_as_1_2(text: str, value: object) -> None:
    assert load_yaml(f"key: {text}") == {"key": value}
    assert type(load_yaml(text)) is type(value)


@pytest.mark.parametrize("text", ["a: [", "!!python/object/apply:os.system ['true']", "[" * 5_000])
def test_what_is_no_yaml_is_said_and_nothing_is_run(text: str) -> None:
    with pytest.raises(ValueError, match="no YAML"):
        load_yaml(text)


@pytest.mark.parametrize("device", ["../../etc/passwd", "acme/../acme", "acme", "acme/", "/acme/valve", "ac me/valve"])
def test_a_name_cannot_leave_the_repository(device: str) -> None:
    code, output = run(TTN, "--device", device, "--dry-run")
    assert code == 4
    assert "error:" in output


def test_links_are_not_followed_and_files_have_a_limit(tmp_path: Path) -> None:
    (tmp_path / "secret.js").write_text("secret")
    copy = tmp_path / "copy"
    shutil.copytree(TTN, copy)
    codec = copy / "vendor" / "acme" / "valve.js"
    codec.unlink()
    codec.symlink_to(tmp_path / "secret.js")
    with pytest.raises(RepositoryError, match="links are not followed"):
        Checkout(copy).source("vendor/acme/valve.js")
    codec.unlink()
    codec.write_bytes(b" " * (MAX_CODEC_BYTES + 1))
    with pytest.raises(RepositoryError, match="larger than 256 KB"):
        Checkout(copy).source("vendor/acme/valve.js")


def test_the_report_prints_the_table_and_the_reason_of_each_failure() -> None:
    code, output = run(TTN, "--all", "--report")
    assert code == 0
    assert "4 of 5 (80.00 %)" in output
    assert "fresh: acme/counter-codec, decodeUplink, an example that its maker got wrong: data.temperature" in output


def test_a_reading_that_no_vector_has_is_named() -> None:
    code, output = run(TTN, "--device", "acme/valve", "--dry-run", "--map", "air.temprature=temperature_c")
    assert code == 0
    assert "--map air.temprature: no vector has this reading" in output


def test_a_dry_run_shows_licence_author_vectors_and_the_map(config: Path) -> None:
    code, output = run(TTN, "--device", "acme/valve", "--dry-run")
    assert code == 0
    assert "Apache-2.0 · Citygate (package.json; no licence file)" in output
    assert "Copyright 2026 the people of Citygate" in output
    assert "5 of 5 (100.00 %)" in output
    assert "air.temperature" in output
    assert "temperature_c" in output
    assert not list((config / "profiles").iterdir())


def test_an_imported_profile_is_there_and_not_in_use_until_it_is_enabled(config: Path) -> None:
    code, output = run(TTN, "--device", "acme/valve", "-c", config)
    assert code == 0, output
    folder = config / "profiles" / "acme" / "valve"
    assert (folder / "codec.js").read_bytes() == (TTN / "vendor" / "acme" / "valve.js").read_bytes()
    text = (folder / "profile.toml").read_text()
    written = tomllib.loads(text)
    assert written["enabled"] is False
    assert written["map"] == {"batV": {"property": "battery_v"}, "air.temperature": {"property": "temperature_c"}}
    assert '# "valve" = { property = "" }' in text
    catalogue = Catalogue.load([config / "profiles"])
    assert catalogue.mistakes == []
    assert "acme/valve" in catalogue.disabled
    assert "acme/valve" not in catalogue.names
    (folder / "profile.toml").write_text(text.replace("enabled = false", "enabled = true"))
    enabled = Catalogue.load([config / "profiles"])
    assert "acme/valve" in enabled.names
    assert len(enabled.vectors("acme/valve")) == 2
    before = enabled.profiles["acme/valve"]
    (folder / "codec.js").write_text("// changed\n" + (folder / "codec.js").read_text())
    after = Catalogue.load([config / "profiles"]).profiles["acme/valve"]
    assert before.profile_hash != after.profile_hash


def test_a_codec_with_a_memory_gets_fresh_contexts(config: Path) -> None:
    code, output = run(TTN, "--device", "acme/counter", "-c", config, "--enable")
    assert code == 0, output
    assert "it hangs on some of them" in output
    profile = Catalogue.load([config / "profiles"]).profiles["acme/counter"]
    assert profile.codec is not None
    assert profile.codec.fresh_context


def test_nothing_is_overwritten_and_a_map_of_ones_own_counts(config: Path) -> None:
    code, output = run(CHIRPSTACK, "--device", "acme/meter", "-c", config, "--map", "power=power_export_w")
    assert code == 0, output
    assert "The MIT License (MIT) · Copyright (c) 2026 Citygate" in output
    written = tomllib.loads((config / "profiles" / "acme" / "meter" / "profile.toml").read_text())
    assert written["map"] == {"power": {"property": "power_export_w"}}
    code, output = run(CHIRPSTACK, "--device", "acme/meter", "-c", config)
    assert code == 4
    assert "is there already" in output


def test_a_disabled_profile_takes_nobodys_place(tmp_path: Path) -> None:
    ours = Catalogue.load().checked["elsys/ems"]
    shutil.copytree(ours.folder, tmp_path / "elsys" / "ems")
    own = tmp_path / "elsys" / "ems" / "profile.toml"
    own.write_text("enabled = false\n" + own.read_text())
    catalogue = Catalogue.load([tmp_path])
    assert catalogue.mistakes == []
    assert catalogue.checked["elsys/ems"].folder == ours.folder
    assert catalogue.disabled["elsys/ems"].folder == own.parent


def test_profiles_test_runs_what_was_imported(config: Path) -> None:
    code, output = run(TTN, "--device", "acme/valve", "-c", config)
    assert code == 0, output
    result = CliRunner().invoke(main, ["profiles", "test", str(config / "profiles")])
    assert result.exit_code == 0, result.output
    assert "1 profiles, 2 vectors" in result.output
