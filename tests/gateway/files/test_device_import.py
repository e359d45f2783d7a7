"""What cities and vendors send, and what becomes of it."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from gateway.files.device_import import Change, Defaults, candidates, columns_of, plan
from gateway.files.device_list import read_list
from gateway.files.device_writer import write_changes
from gateway.files.devices import load_device_records
from gateway.files.mistakes import ConfigError

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
DEFAULTS = Defaults(pilot="parking-mechelen", feature_type="parking-spot", profile="bosch/tps110")


def imported(listed: Path, devices: Path, defaults: Defaults = DEFAULTS, now: datetime = NOW) -> list[Change]:
    table = read_list(listed)
    good, mistakes = candidates(table, columns_of(table), defaults)
    assert mistakes == []
    written, found = load_device_records(devices)
    assert found == []
    changes, mistakes = plan(good, written, now=now)
    assert mistakes == []
    write_changes(changes, devices / f"{defaults.pilot}.toml", pilot=defaults.pilot, profile=defaults.profile)
    return changes


def listed(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "list.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("DevEUI,Name,Latitude,Longitude,Spot\nA81758FFFE0462B9,Bay 1,51.0259,4.4777,A-1\n", "utf-8-sig"),
        (
            "dev_eui;naam;breedtegraad;lengtegraad;parkeervak\na8-17-58-ff-fe-04-62-b9;Bay 1;51,0259;4,4777;A-1\n",
            "cp1252",
        ),
        ("DevEUI\tNom\tCoordonnées GPS\tEmplacement\na81758fffe0462b9\tBay 1\t51.0259, 4.4777\tA-1\n", "utf-16"),
        (
            "Gerät|Name|Breitengrad [°]|Längengrad [°]|Stellplatz\n0xA81758FFFE0462B9|Bay 1|51,0259|4,4777|A-1\n",
            "utf-8",
        ),
        ("Serial;Name;GPS;Spot\nA81758FFFE0462B9;Bay 1;51°1'33.24\"N 4°28'39.72\"E;A-1\n", "utf-8"),
        ("sep=;\nSensor Nr.;Name;Positie;Spot\nA81758FFFE0462B9;Bay 1;POINT(4.4777 51.0259);A-1\n", "utf-8"),
    ],
)
def test_the_same_device_is_read_from_each_languages_list(tmp_path: Path, text: str, encoding: str) -> None:
    table = read_list(listed(tmp_path, text, encoding))
    good, mistakes = candidates(table, columns_of(table), DEFAULTS)
    assert mistakes == []
    record = good[0].table
    assert (record.id, record.name, record.feature) == ("a81758fffe0462b9", "Bay 1", "parking-spot/A-1")
    assert record.latitude == pytest.approx(51.0259)
    assert record.longitude == pytest.approx(4.4777)


def test_a_workbook_is_read_below_its_title_with_the_rows_a_person_sees(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Installed in March"])
    sheet.append([])
    sheet.append(["Location", "Install date", "DevEUI", "Lat", "Lng"])
    sheet.append(["Grote Markt 3", date(2027, 3, 1), "a81758fffe0462b9", 51.0259, 4.4777])
    sheet.append(["Grote Markt 4", date(2027, 3, 2), "a81758fffe0462ba", 251, 4.4777])
    file = tmp_path / "list.xlsx"
    book.save(file)
    table = read_list(file)
    good, mistakes = candidates(table, columns_of(table), DEFAULTS)
    assert [c.table.feature for c in good] == ["parking-spot/Grote-Markt-3"]
    assert good[0].table.valid_from == datetime(2027, 3, 1, tzinfo=UTC)
    assert [m.where for m in mistakes] == ["row 5, column 'Lat'"]


def test_every_bad_row_is_told_by_its_number_and_the_good_ones_stand(tmp_path: Path) -> None:
    text = (
        "DevEUI,Name,Lat,Lng\n"
        "a81758fffe0462b9,one,51.02,4.47\n"
        ",two,51.02,4.47\n"
        "1.12233E+15,three,51.02,4.47\n"
        "a81758fffe0462bc,four,north,4.47\n"
        "A8-17-58-FF-FE-04-62-B9,five,51.02,4.47\n"
        "a81758fffe0462bd,six,4.47,51.02\n"
        "a81758fffe0462be,seven,51.02,\n"
    )
    table = read_list(listed(tmp_path, text))
    defaults = Defaults("parking-mechelen", "parking-spot", "bosch/tps110", middle=(4.48, 51.03))
    good, mistakes = candidates(table, columns_of(table), defaults)
    assert [c.row for c in good] == [2]
    assert [m.where.split(",")[0] for m in mistakes] == ["row 3", "row 4", "row 5", "row 6", "row 7", "row 8"]
    said = "\n".join(map(str, mistakes))
    for words in (
        "no device id",
        "made a number of this id",
        "'north' is not a number",
        "row 2 already",
        "only one of",
    ):
        assert words in said


def test_a_second_import_of_the_same_list_changes_not_one_byte(tmp_path: Path) -> None:
    file = listed(tmp_path, "DevEUI,Name,Lat,Lng,Installed\na81758fffe0462b9,Bay,51.0259,4.4777,01/02/2027\n")
    assert [c.kind for c in imported(file, tmp_path / "devices")] == ["add"]
    first = (tmp_path / "devices" / "parking-mechelen.toml").read_bytes()
    assert [c.kind for c in imported(file, tmp_path / "devices")] == ["same"]
    assert (tmp_path / "devices" / "parking-mechelen.toml").read_bytes() == first


WRITTEN = """\
# our devices
[defaults]
pilot = "parking-mechelen"
profile = "bosch/tps110"

# beside the church
[[device]]
id = "a81758fffe0462b9"  # glued twice
feature = "parking-spot/A-1"
latitude = 51.0259
longitude = 4.4777
privacy_class = "D"
[device.calibration.temperature_c]
offset = -0.5

# at the station
[[device]]
id = "a81758fffe0462ba"
feature = "parking-spot/B-1"
latitude = 51.0175
longitude = 4.4829

# the end
"""


def test_a_box_that_moved_keeps_its_past_and_the_comments_stay_where_they_were(tmp_path: Path) -> None:
    devices = tmp_path / "devices"
    devices.mkdir()
    (devices / "parking-mechelen.toml").write_text(WRITTEN)
    rows = "DevEUI,Spot,Lat,Lng\na81758fffe0462b9,A-7,51.03,4.48\na81758fffe0462ba,B-9,51.018,4.483\n"
    changes = imported(listed(tmp_path, rows), devices)
    assert [c.kind for c in changes] == ["move", "move"]
    text = (devices / "parking-mechelen.toml").read_text()
    for comment in ("# our devices", "# beside the church", "# glued twice", "# at the station", "# the end"):
        assert text.count(comment) == 1
    assert text.index("valid_to") < text.index("# at the station")
    records = tomllib.loads(text)["device"]
    assert [r["feature"] for r in records] == [f"parking-spot/{n}" for n in ("A-1", "B-1", "A-7", "B-9")]
    assert records[0]["valid_to"] == records[2]["valid_from"] == NOW
    assert records[2]["calibration"] == {"temperature_c": {"offset": -0.5}}
    assert [r.get("privacy_class") for r in records] == ["D", None, "D", None]
    assert [c.kind for c in imported(listed(tmp_path, rows), devices)] == ["same", "same"]


def test_a_better_coordinate_of_the_same_pole_is_a_correction_in_place(tmp_path: Path) -> None:
    devices = tmp_path / "devices"
    devices.mkdir()
    (devices / "parking-mechelen.toml").write_text(WRITTEN)
    changes = imported(listed(tmp_path, "DevEUI,Spot,Lat,Lng\na81758fffe0462ba,B-1,51.01752,4.4829\n"), devices)
    assert [c.kind for c in changes] == ["correct"]
    records = tomllib.loads((devices / "parking-mechelen.toml").read_text())["device"]
    assert len(records) == 2
    assert records[1]["latitude"] == 51.01752


def test_a_dated_row_moves_the_box_at_that_date(tmp_path: Path) -> None:
    file = listed(tmp_path, "DevEUI,Spot,Installed\na81758fffe0462b9,A-1,2027-01-10\n")
    imported(file, tmp_path / "devices")
    file = listed(tmp_path, "DevEUI,Spot,Installed\na81758fffe0462b9,A-2,2027-02-10\n")
    imported(file, tmp_path / "devices")
    records, mistakes = load_device_records(tmp_path / "devices")
    assert mistakes == []
    assert records[0].table.valid_to == records[1].table.valid_from == datetime(2027, 2, 10, tzinfo=UTC)


def test_a_device_of_another_pilot_is_not_taken_silently(tmp_path: Path) -> None:
    file = listed(tmp_path, "DevEUI,Spot\na81758fffe0462b9,A-1\n")
    imported(file, tmp_path / "devices")
    table = read_list(file)
    good, _ = candidates(table, columns_of(table), Defaults("other", "parking-spot", "bosch/tps110"))
    changes, mistakes = plan(good, load_device_records(tmp_path / "devices")[0], now=NOW)
    assert changes == []
    assert "belongs to pilot 'parking-mechelen'" in str(mistakes[0])


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"just text", b"\xd0\xcf\x11\xe0old", b"PK\x03\x04broken", b"a,b\n"])
def test_what_is_no_table_is_refused_with_a_mend(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(raw)
    with pytest.raises(ConfigError) as refused:
        read_list(file)
    assert refused.value.mistakes[0].mend


def test_app_eui_is_not_mistaken_for_the_device(tmp_path: Path) -> None:
    text = "JoinEUI,Serial,Dev EUI\n70b3d57ed0000001,17,a81758fffe0462b9\n70b3d57ed0000001,18,a81758fffe0462ba\n"
    table = read_list(listed(tmp_path, text))
    assert columns_of(table)["id"] == 2
