"""``citygate profiles …`` as a person types it, and the ten minutes of CONTRIBUTING.md."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device_profiles.catalogue import VENDORS, Catalogue
from gateway.cli.main import main

CONTRIBUTING = Path(__file__).parents[3] / "CONTRIBUTING.md"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["profiles", *words], catch_exceptions=False)


def test_list_shows_every_profile_and_can_be_narrowed() -> None:
    listed = json.loads(run("list", "--json").stdout)
    assert {row["name"] for row in listed} == set(Catalogue.load().names)
    parking = run("list", "--domain", "parking").stdout
    assert "bosch/tps110" in parking
    assert "elsys/ers-co2" not in parking
    assert "maker" not in run("list", "--unverified").stdout.partition("\n")[2]


def test_show_tells_readings_properties_and_who_vouches() -> None:
    shown = run("show", "elsys/ers").stdout
    assert "Elsys ERS indoor climate sensor" in shown
    assert re.search(r"temperature\s+Cel\s+temperature_c\s+Cel\s+-40 … 85", shown)
    assert "Elsys, codec description" in shown
    told = json.loads(run("show", "elsys/ers", "--json").stdout)
    assert told["verified"] == "maker"
    assert told["file"]["map"]["vdd"]["property"] == "battery_v"


def test_show_suggests_a_name_for_a_misspelt_one() -> None:
    result = run("show", "elsys/ersco2")
    assert result.exit_code == 4
    assert "Did you mean 'elsys/ers-co2'?" in result.stderr


def test_test_tries_the_whole_catalogue() -> None:
    result = run("test")
    assert result.exit_code == 0
    assert re.search(r"\d+ profiles, \d+ vectors, \d+ mutated frames: none wrong", result.stdout)


def test_test_finds_a_wrong_vector_and_a_mistake_in_a_file(tmp_path: Path) -> None:
    for name in ("elsys/ers", "nwave/nps310sm"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for file in ("profile.toml", "vectors.json"):
            (folder / file).write_bytes((VENDORS / name / file).read_bytes())
    vectors = tmp_path / "elsys/ers/vectors.json"
    vectors.write_text(vectors.read_text().replace("22.6", "22.7"))
    profile = tmp_path / "nwave/nps310sm/profile.toml"
    profile.write_text(profile.read_text().replace('"occupied" }', '"ocupied" }'))
    result = run("test", str(tmp_path))
    assert result.exit_code == 1
    assert "expected {'temperature': 22.7" in result.stdout
    assert "Did you mean 'occupied'?" in result.stderr
    assert result.stdout.endswith("2 profiles, 5 vectors, 100 mutated frames: 2 wrong\n")
    for path in ("elsys/ers", "elsys", "elsys/ers/profile.toml"):
        assert run("test", str(tmp_path / path), "-v").stdout.startswith("elsys/ers")


def test_a_mistake_in_the_vectors_is_told_and_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "profiles/acme/one"
    folder.mkdir(parents=True)
    profile = (VENDORS / "nwave/nps310sm/profile.toml").read_text()
    (folder / "profile.toml").write_text(profile)
    for text, told in (
        ('[{ "about": "odd", "port": 1, "hex": "0c1", "expect": {} }]', "'0c1' is not hex: two digits a byte"),
        ('[{ "about": "cut",', "is not JSON"),
    ):
        (folder / "vectors.json").write_text(text)
        result = run("test", str(folder))
        assert result.exit_code == 1
        assert told in result.stderr
        assert result.stdout == "1 profiles, 0 vectors, 0 mutated frames: 1 wrong\n"
    source = '[sources.x]\nkind = "file"\npath = "x.ndjson"\ndialect = "tts-v3"\n'
    config = f'[gateway]\nid = "a"\ncity = "b"\nprofiles_dir = "profiles"\n{source}'
    (tmp_path / "citygate.toml").write_text(config)
    monkeypatch.chdir(tmp_path)
    listed = run("list")
    assert (listed.exit_code, "acme/one" in listed.stdout, "is not JSON" in listed.stderr) == (1, True, True)
    (folder / "profile.toml").write_text(f"enabled = false\n{profile}")
    assert "acme/one is installed and not in use" in run("show", "acme/one").stderr
    (folder / "profile.toml").write_text(profile.replace("[identity]", "[identiti]"))
    both = run("test", str(folder)).stderr
    assert "Did you mean 'identity'?" in both
    assert "is not JSON" in both


def test_a_shipped_profile_is_tried_by_its_name() -> None:
    assert run("test", "elsys/ers").stdout == "1 profiles, 5 vectors, 100 mutated frames: none wrong\n"


def test_test_runs_a_javascript_codec_in_its_worker(tmp_path: Path) -> None:
    pytest.importorskip("quickjs", reason="no JavaScript engine here")
    folder = tmp_path / "acme/js"
    folder.mkdir(parents=True)
    text = (VENDORS / "nwave/nps310sm/profile.toml").read_text()
    head, _, _ = text.partition("[payload]")
    (folder / "profile.toml").write_text(
        head + '[payload]\nkind = "javascript"\n\n[map]\nt = { property = "temperature_c" }\n'
    )
    (folder / "codec.js").write_text("function decodeUplink(input) { return { data: { t: input.bytes[0] / 10 } }; }")
    (folder / "vectors.json").write_text('[{ "about": "warm", "port": 1, "hex": "e6", "expect": { "t": 23 } }]')
    assert run("test", str(folder)).stdout == "1 profiles, 1 vectors, 100 mutated frames: none wrong\n"
    (folder / "vectors.json").write_text('[{ "about": "warm", "port": 1, "hex": "e6", "expect": { "t": 24 } }]')
    assert run("test", str(folder)).exit_code == 1


def test_test_says_where_no_profile_is(tmp_path: Path) -> None:
    assert "there is no profile in" in run("test", str(tmp_path)).stderr


@pytest.mark.parametrize(
    ("words", "finding"),
    [
        (("Acme/One", "--payload", "01"), "is no name of a profile"),
        (("../one", "--payload", "01"), "is no name of a profile"),
        (("acme/one", "--payload", "xyz"), "'xyz' is no payload"),
        (("acme/one", "--payload", "999:01"), "'999:01' is no payload"),
        (("acme/one", "--payload", ""), "is no payload"),
    ],
)
def test_new_refuses_what_it_cannot_use(words: tuple[str, ...], finding: str, tmp_path: Path) -> None:
    result = run("new", *words, "--dir", str(tmp_path))
    assert result.exit_code == 2
    assert finding in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_new_never_overwrites_and_says_who_reads_it_already(tmp_path: Path) -> None:
    words = ("new", "acme/one", "--port", "5", "--payload", "0100e202290400270506060308070e20", "--dir", str(tmp_path))
    first = run(*words)
    assert first.exit_code == 0
    assert "elsys/ers-co2" in first.stderr
    again = run(*words)
    assert again.exit_code == 4
    assert "exists already" in again.stderr


def test_the_ten_minutes_of_contributing_can_be_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ``citygate`` line of the section runs; the edits between them are made as the text says."""
    monkeypatch.chdir(tmp_path)
    section = CONTRIBUTING.read_text().partition("## Add a device in ten minutes")[2].partition("\n## ")[0]
    commands = re.findall(r"(?m)^citygate profiles (.+)$", section)
    assert [words.split()[0] for words in commands] == ["new", "test", "test"]
    blocks = re.findall(r"```toml\n(.+?)\n```", section, re.DOTALL)
    vectors = re.findall(r"```json\n(.+?)\n```", section, re.DOTALL)
    made = run(*shlex.split(commands[0]))
    assert made.exit_code == 0, made.stderr
    guessed = Path("profiles/acme/level/profile.toml").read_text()
    assert re.findall(r'field = "(\w+)"', guessed) == ["battery_mv", "word_2", "temperature"]
    assert "none wrong" in run(*shlex.split(commands[1])).stdout
    (folder,) = (path.parent for path in Path("profiles").glob("*/*/profile.toml"))
    (folder / "profile.toml").write_text(blocks[0])
    (folder / "vectors.json").write_text(vectors[0])
    mended = run(*shlex.split(commands[2]))
    assert mended.stdout == "1 profiles, 4 vectors, 100 mutated frames: none wrong\n"
