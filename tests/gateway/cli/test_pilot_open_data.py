"""The documents of a pilot as a person asks for them, out of the sample files."""

import ast
import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.deploy_files import deploy_dir

CONFIG = (
    '[gateway]\nid = "gw"\ncity = "mechelen"\n[sources.day]\nkind = "file"\npath = "day.ndjson"\n'
    'dialect = "chirpstack-v4"\n[sinks.store]\nkind = "store"\n'
)
HOUSE = """
[[device]]
id = "a81758fffe0000aa"
profile = "elsys/ems"
pilot = "parking-mechelen"
feature = "parking-spot/nowhere"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("pilots", "devices"):
        shutil.copytree(deploy_dir() / "samples" / name, tmp_path / name)
    (tmp_path / "citygate.toml").write_text(CONFIG)
    return tmp_path


def ask(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["pilot", words[0], *words[1:], "-c", str(folder)])


def test_asyncapi_goes_to_the_screen_or_a_file(folder: Path) -> None:
    shown = ask(folder, "asyncapi", "parking-mechelen")
    assert shown.exit_code == 0
    described = json.loads(shown.stdout)
    assert described["servers"]["broker"]["host"] == "data.mechelen.example:8883"
    assert "batteryLevel" in described["components"]["schemas"]["ParkingSpot"]["properties"], "its devices send that"
    assert "sensorthings" not in described["channels"]
    written = ask(folder, "asyncapi", "parking-mechelen", "--out", str(folder / "doc.json"))
    assert written.stdout == ""
    assert json.loads((folder / "doc.json").read_text()) == described


def test_sensorthings_is_described_where_the_sink_publishes_it(folder: Path) -> None:
    sink = '[sinks.open]\nkind = "open-topics"\nurl = "mqtt://localhost"\nsensorthings = true\n'
    (folder / "citygate.toml").write_text(CONFIG + sink)
    assert "sensorthings" in json.loads(ask(folder, "asyncapi", "parking-mechelen").stdout)["channels"]


def test_a_pilot_without_addresses_says_what_to_write(folder: Path) -> None:
    shown = ask(folder, "catalogue", "waste-delft")
    assert shown.exit_code == 0
    assert 'write [open_data] with broker = "mqtts://…" in waste-delft.toml' in shown.stderr
    assert json.loads(shown.stdout)["@type"] == "dcat:Catalog"


def test_docs_is_one_page_with_everything_in_it(folder: Path) -> None:
    out = folder / "page.html"
    assert ask(folder, "docs", "parking-mechelen", "--out", str(out)).exit_code == 0
    page = out.read_text()
    assert "open/v1/" in page
    assert "import paho.mqtt.client" in page
    assert "src=" not in page


def test_the_register_is_a_table_or_a_map(folder: Path) -> None:
    table = ask(folder, "register", "parking-mechelen", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(table.stdout, newline="")))
    features = json.loads(ask(folder, "register", "parking-mechelen").stdout)["features"]
    assert [row["reference"] for row in rows] == [one["id"] for one in features]
    assert len(rows) == 24
    assert rows[0]["legal_ground"] == "Management of roads and parking by the municipality"
    assert "a81758" not in table.stdout, "the id of a device"


def test_the_register_says_what_it_leaves_out_and_what_lacks(folder: Path) -> None:
    (folder / "devices" / "more.toml").write_text(HOUSE)
    shown = ask(folder, "register", "parking-mechelen")
    assert "Left out: 1 without latitude and longitude." in shown.stderr
    lacking = ask(folder, "register", "waste-delft")
    assert "The register asks for legal_ground: write it under [register] in waste-delft.toml." in lacking.stderr


def test_a_subscriber_is_written_in_either_language(folder: Path) -> None:
    shown = ask(folder, "subscriber", "watering-saint-quentin", "--channel", "agg-1d")
    assert ast.parse(shown.stdout)
    assert "/+/agg/1d" in shown.stdout
    assert 'import mqtt from "mqtt"' in ask(folder, "subscriber", "waste-delft", "--language", "javascript").stdout


def test_a_pilot_that_is_not_there_and_a_place_that_cannot_be_written(folder: Path) -> None:
    wrong = ask(folder, "asyncapi", "parking-mecheln")
    assert (wrong.exit_code, "Did you mean 'parking-mechelen'" in wrong.stderr) == (1, True)
    nowhere = ask(folder, "docs", "parking-mechelen", "--out", str(folder / "no" / "page.html"))
    assert nowhere.exit_code == 4
    assert "--out" in nowhere.stderr
