import errno
import re
import shutil
from pathlib import Path

import pytest

from device_profiles.catalogue import VENDORS, Catalogue
from pipelines.model import Rejected, Uplink

GOOD = """
privacy_class = "A"
[identity]
vendor = "Acme"
model = "One"
title = "Acme One"
[payload]
kind = "fixed"
fields = [{ field = "temperature", type = "s16", scale = "1/10", unit = "[degF]" }]
[map]
temperature = { property = "temperature_c" }
"""


def folder_with(root: Path, text: str, *, name: str = "acme/one", vectors: str = "") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "profile.toml").write_text(text)
    if vectors:
        (folder / "vectors.json").write_text(vectors)
    return root


def mistakes(root: Path, text: str, vectors: str = "") -> list[str]:
    return Catalogue.load([folder_with(root, text, vectors=vectors)]).mistakes


def test_an_operator_adds_a_profile_with_one_folder(tmp_path: Path) -> None:
    catalogue = Catalogue.load([folder_with(tmp_path, GOOD)])
    assert catalogue.mistakes == []
    profile = catalogue.profiles["acme/one"]
    readings = profile.decode(Uplink("d", payload=b"\x08\x48", f_port=1))
    assert not isinstance(readings, Rejected)
    assert readings[0].value == 212.0
    assert profile.mapping["temperature"].converted(readings[0].value) == 100.0
    assert profile.privacy_class == "A"
    assert profile.reporting_interval_s is None


def test_an_operators_profile_takes_the_place_of_ours(tmp_path: Path) -> None:
    ours = Catalogue.load().profiles["elsys/ems"]
    theirs = Catalogue.load([folder_with(tmp_path, GOOD, name="elsys/ems")]).profiles["elsys/ems"]
    assert "temperature" in theirs.mapping
    assert "humidity" not in theirs.mapping
    assert theirs.profile_hash != ours.profile_hash


def test_the_hash_is_eight_bytes_and_changes_with_the_file(tmp_path: Path) -> None:
    before = Catalogue.load([folder_with(tmp_path / "a", GOOD)]).profiles["acme/one"].profile_hash
    after = Catalogue.load([folder_with(tmp_path / "b", GOOD + "# mended\n")]).profiles["acme/one"].profile_hash
    assert len(before) == 8
    assert before != after


def test_profiles_compile_once_and_when_asked_for() -> None:
    profiles = Catalogue.load().profiles
    assert profiles["elsys/ems"] is profiles["elsys/ems"]
    assert "elsys/ems" in profiles
    assert len(profiles) == len(list(profiles))
    with pytest.raises(KeyError):
        profiles["nobody/nothing"]


def test_tells_which_properties_a_profile_can_give() -> None:
    catalogue = Catalogue.load()
    assert set(catalogue.properties("bosch/tps110") or ()) == {"occupied", "temperature_c"}
    assert catalogue.properties("generic/json") is None
    assert catalogue.properties("nobody/nothing") is None


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    assert Catalogue.load([tmp_path / "gone"]).mistakes == [f"{tmp_path / 'gone'}: no such folder of profiles"]


def test_the_pattern_can_be_copied_as_it_is(tmp_path: Path) -> None:
    shutil.copytree(VENDORS / "example" / "example", tmp_path / "acme" / "copy")
    catalogue = Catalogue.load([tmp_path])
    assert catalogue.mistakes == []
    assert "acme/copy" in catalogue.profiles


def test_one_bad_profile_keeps_the_others(tmp_path: Path) -> None:
    folder_with(tmp_path, GOOD)
    catalogue = Catalogue.load([folder_with(tmp_path, "nonsense =", name="acme/two")])
    assert "acme/one" in catalogue.profiles
    assert "acme/two" not in catalogue.profiles
    assert len(catalogue.mistakes) == 1
    assert catalogue.mistakes[0].startswith("acme/two: profile.toml is not TOML: ")


def test_all_mistakes_of_all_profiles_are_told_at_once(tmp_path: Path) -> None:
    folder_with(tmp_path, GOOD.replace("type =", "typ ="), name="acme/one")
    folder_with(tmp_path, GOOD.replace("temperature_c", "temperatur_c").replace('"s16"', '"s17"'), name="acme/two")
    told = Catalogue.load([tmp_path]).mistakes
    assert told == [
        "acme/one: payload.fields.0.typ: unknown. Did you mean 'type'?",
        (
            "acme/two: payload.fields.0.type: 's17' is no type. "
            "Use u8 … u64, s8 … s64, f32 or f64, with le for little-endian"
        ),
        "acme/two: map.temperature.property: 'temperatur_c' is not in the vocabulary. Did you mean 'temperature_c'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('privacy_class = "A"', "", "privacy_class: missing"),
        (
            'privacy_class = "A"',
            'privacy_class = "A"\nreporting_interval_s = 0',
            "reporting_interval_s: input should be",
        ),
        ('privacy_class = "A"', 'privacy_class = "E"', "privacy_class: 'E' is not one of 'A', 'B', 'C' or 'D'"),
        ("[identity]", "[identety]", "identety: unknown. Did you mean 'identity'?"),
        ('kind = "fixed"', 'kind = "network"', "kind 'network' takes decoded values or is built in: no fields"),
        ('scale = "1/10"', 'scale = "1/0"', "scale: '1/0' divides by zero. Write 0.1 or '1/63'"),
        ('scale = "1/10"', 'scale = "1e999999999"', "scale: '1e999999999' is no number. Write 0.1 or '1/63'"),
        ('scale = "1/10"', "scale = inf", "scale: 'inf' is no number. Write 0.1 or '1/63'"),
        ('scale = "1/10"', "scale = true", "scale: a number or a fraction in quotes is needed"),
        ('"[degF]"', '"volt"', "map.temperature: 'volt' is no unit of that quantity. Use Cel, K, [degF]"),
        ("temperature = {", "temperatur = {", "map.temperatur: no field has this name. Did you mean 'temperature'?"),
        ('"temperature_c"', '"f_cnt"', "'f_cnt' is not in the vocabulary"),
        ("temperature = { property", "x = { property", "map.x: no field has this name."),
        ('kind = "fixed"', 'kind = "fixed"\nfields2 = 1', "payload.fields2: unknown. Did you mean 'fields'?"),
    ],
)
def test_mistakes_say_where_what_and_how_to_mend(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert any(told in mistake for mistake in mistakes(tmp_path, GOOD.replace(old, new)))


def test_a_profile_that_maps_nothing_observes_nothing(tmp_path: Path) -> None:
    text = GOOD.partition("[map]")[0]
    assert mistakes(tmp_path, text) == [
        "acme/one: map: nothing is mapped to the vocabulary, so nothing could be observed"
    ]


def test_a_huge_file_is_no_profile(tmp_path: Path) -> None:
    assert "a profile has a few kilobytes" in mistakes(tmp_path, GOOD + "#" * (1 << 20))[0]


def test_faulty_vectors_are_told_and_the_profile_still_reads(tmp_path: Path) -> None:
    vectors = (
        '[{"about": "both", "hex": "00", "decoded": {}, "expect": {}}, {"about": "none", "hex": "00"}, {"abuot": "x"}]'
    )
    catalogue = Catalogue.load([folder_with(tmp_path, GOOD, vectors=vectors)])
    assert "acme/one" in catalogue.profiles
    assert catalogue.mistakes == [
        "acme/one: vectors.json: 0: needs hex, text, or decoded; one of them",
        "acme/one: vectors.json: 1: needs expect, or error; one of them",
        "acme/one: vectors.json: 2.about: missing",
        "acme/one: vectors.json: 2.abuot: unknown. Did you mean 'about'?",
    ]


@pytest.mark.parametrize(
    "text",
    ["x = " + "[" * 5_000 + "]" * 5_000, "[" + ".".join(["a"] * 5_000) + "]\nx = 1", "x = " + "{a = " * 5_000],
    ids=["arrays", "dotted header", "inline tables"],
)
def test_a_profile_nested_thousands_deep_is_a_mistake_and_the_others_are_read(tmp_path: Path, text: str) -> None:
    folder_with(tmp_path, text, name="acme/deep")
    catalogue = Catalogue.load([folder_with(tmp_path, GOOD)])
    assert "acme/deep: profile.toml: nested too deeply" in catalogue.mistakes[0]
    assert len(catalogue.mistakes) == 1
    assert "acme/one" in catalogue.names
    assert "acme/deep" not in catalogue.names


def test_a_profile_that_is_a_folder_is_a_mistake_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "acme/odd/profile.toml").mkdir(parents=True)
    catalogue = Catalogue.load([folder_with(tmp_path, GOOD)])
    assert catalogue.mistakes == ["acme/odd: profile.toml: cannot be read (Is a directory)"]
    assert "acme/one" in catalogue.names


@pytest.mark.parametrize(
    ("file", "text"), [("vectors.json", GOOD), ("codec.js", re.sub('kind = "fixed"\n.*', 'kind = "javascript"', GOOD))]
)
def test_files_beside_a_profile_that_cannot_be_read_are_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str
) -> None:
    folder = folder_with(tmp_path, text) / "acme/one"
    (folder / file).write_text("[]")
    read_bytes = Path.read_bytes

    def refusing(path: Path) -> bytes:
        if path == folder / file:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refusing)  # root may read everything, whatever the mode says
    assert f"acme/one: {file}: cannot be read (Permission denied)" in Catalogue.load([tmp_path]).mistakes


def test_vectors_that_are_a_folder_are_a_mistake_of_a_profile_that_still_reads_frames(tmp_path: Path) -> None:
    folder_with(tmp_path, GOOD)
    (tmp_path / "acme/one/vectors.json").mkdir()
    catalogue = Catalogue.load([tmp_path])
    assert catalogue.mistakes == ["acme/one: vectors.json: is a folder, not a file"]
    assert "acme/one" in catalogue.names
