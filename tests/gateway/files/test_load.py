"""Pilots and devices: what comes into force, and what is told instead."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.files.devices import DeviceTable, canonical_id, device_of, record_hash
from gateway.files.load import Files
from gateway.files.mistakes import ConfigError
from pipelines.model import Location

PILOT = """\
id = "parking-mechelen"
title = "Parking"
city = "mechelen"
domains = ["parking"]
start = 2027-01-01
privacy_class = "C"
retention_days = 365
publisher = "City"
[contact]
email = "a@mechelen.example"
[area]
bbox = [4.47, 51.02, 4.49, 51.04]
[[kpi]]
name = "Taken"
property = "occupied"
target = 85
unit = "%"
"""
DEVICE = """
[defaults]
pilot = "parking-mechelen"
profile = "bosch/tps110"
[[device]]
id = "FC-E8-C0-FF-01-A2-00-01"
feature = "parking-spot/A-1"
latitude = 51.03
longitude = 4.48
valid_from = 2027-01-01
valid_to = 2027-02-01T12:00:00+01:00
[device.calibration.temperature_c]
offset = -0.5
"""


class Catalogue:
    """Two profiles that share a property, one that shares none."""

    names = ("bosch/tps110", "nwave/nps405", "elsys/ems")

    def properties(self, profile: str) -> set[str] | None:
        return {"elsys/ems": {"temperature_c"}}.get(profile, {"occupied"})


def read(folder: Path, devices: str = DEVICE, pilot: str = PILOT, *, profiles: Catalogue | None = None) -> Files:
    for name in ("pilots", "devices"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "pilots" / "parking-mechelen.toml").write_text(pilot)
    (folder / "devices" / "street.toml").write_text(devices)
    return Files.read(folder / "pilots", folder / "devices", profiles)


def told(folder: Path, devices: str = DEVICE, pilot: str = PILOT) -> str:
    with pytest.raises(ConfigError) as found:
        read(folder, devices, pilot, profiles=Catalogue())
    return str(found.value)


def test_a_device_table_becomes_the_core_type_with_city_times_and_hash(tmp_path: Path) -> None:
    files = read(tmp_path, profiles=Catalogue())
    (device,) = files.devices
    assert (device.id, device.pilot, device.city) == ("fce8c0ff01a20001", "parking-mechelen", "mechelen")
    assert device.location == Location(4.48, 51.03)
    assert device.valid_from_ns == int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    assert device.valid_to_ns == int(datetime(2027, 2, 1, 11, tzinfo=UTC).timestamp()) * 10**9
    assert device.calibration == {"temperature_c": (1.0, -0.5)}
    assert len(device.record_hash) == 8
    assert record_hash(device) == device.record_hash
    assert files.pilots["parking-mechelen"].kpis[0].target == 85
    assert files.warnings == ()


def test_empty_folders_and_missing_folders_are_no_mistake(tmp_path: Path) -> None:
    assert Files.read(tmp_path / "pilots", tmp_path / "devices") == Files((), {})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("bosch/tps110", "bosch/tps-110", "there is no profile 'bosch/tps-110'. Did you mean 'bosch/tps110'?"),
        ("parking-spot/A-1", "parking/A-1", "'parking' is not a feature type. Did you mean 'parking-spot'?"),
        (
            "parking-spot/A-1",
            "A-1",
            "'A-1' is not a feature type. Write TYPE/NAME, such as parking-spot/A-12. TYPE is one",
        ),
        ("parking-spot/A-1", "parking-spot/A 1", "'parking-spot/A 1' has no usable local name"),
        (
            'pilot = "parking',
            'pilot = "parkin',
            "there is no pilot 'parkin-mechelen'. Did you mean 'parking-mechelen'?",
        ),
        ("latitude = 51.03\n", "", "line 5, device[1].latitude (fce8c0ff01a20001): missing"),
        ("latitude = 51.03", "latitude = 151.03", "Latitude and longitude look swapped"),
        ("51.03\nlongitude = 4.48", "4.48\nlongitude = 51.03", "Write latitude = 51.03 and longitude = 4.48"),
        ("51.03\nlongitude = 4.48", "157123\nlongitude = 192345", "Lambert 72"),
        ("51.03\nlongitude = 4.48", "0\nlongitude = 0", "Gulf of Guinea"),
        ("valid_from = 2027-01-01", "valid_from = 2027-03-01", "not later than valid_from"),
        ("valid_from = 2027-01-01", "valid_from = 2027-01-01T00:00:00", "does not say its time zone"),
        ("valid_from = 2027-01-01", 'valid_from = "1/1/2027"', "Write it without quotes"),
        ("calibration.temperature_c", "calibration.temperature", "Did you mean 'temperature_c'?"),
        ("calibration.temperature_c", "calibration.occupied", "it has no factor"),
        ("offset = -0.5", "offset = nan", "finite number"),
        ("51.03\n", "inf\n", "finite number"),
        ("offset", "ofset", "device[1].calibration.temperature_c.ofset: unknown. Did you mean 'offset'?"),
        ("[[device]]", "[device]", "Write [[device]], in double brackets."),
        ("[defaults]", "[default]", "Did you mean 'defaults'?"),
        ("[defaults]", "[defaults]\nprofil = 'x'", "Did you mean 'profile'?"),
    ],
)
def test_a_mistake_in_a_device_is_told_with_its_mend(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in DEVICE
    assert words in told(tmp_path, DEVICE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "parking-mechelen"', 'id = "parking"', "Rename the file to parking.toml"),
        ('"parking"]', '"parkng"]', "Did you mean 'parking'?"),
        ('property = "occupied"', 'property = "ocupied"', "Did you mean 'occupied'?"),
        ("start = 2027-01-01", "start = 2027-01-01\nend = 2026-12-31", "before it starts"),
        ("[4.47, 51.02, 4.49, 51.04]", "[51.02, 104.47, 51.04, 104.49]", "look swapped"),
        ("bbox = [4.47, 51.02, 4.49, 51.04]", "", "needs either bbox or polygon"),
        ("[4.47, 51.02, 4.49, 51.04]", "[4.49, 51.02, 4.47, 51.04]", "west must be less than east"),
        ('privacy_class = "C"', 'privacy_class = "E"', "Known are: A, B, C, D"),
        ("retention_days = 365", 'retention_days = "1 year"', "'1 year' is not a whole number"),
        ("a@mechelen.example", "mechelen", "does not have the right form"),
        ('publisher = "City"', "", 'publisher: missing. Add publisher = "City of Mechelen"'),
    ],
)
def test_a_mistake_in_a_pilot_is_told_with_its_mend(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in PILOT
    assert words in told(tmp_path, pilot=PILOT.replace(old, new))


SECOND = """
[[device]]
id = "{id}"
profile = "{profile}"
feature = "{feature}"
valid_from = {valid_from}
"""


def test_one_id_twice_at_one_time_is_a_mistake_and_one_after_the_other_is_not(tmp_path: Path) -> None:
    again = SECOND.format(
        id="fce8c0ff01a20001", profile="bosch/tps110", feature="parking-spot/A-2", valid_from="2027-02-01T11:00:00Z"
    )
    assert len(read(tmp_path, DEVICE + again).devices) == 2
    overlapping = again.replace("T11:", "T10:")
    assert "written down twice for the same time (also in street.toml, line 5" in told(tmp_path, DEVICE + overlapping)


@pytest.mark.parametrize(("profile", "warned"), [("nwave/nps405", 1), ("elsys/ems", 0)])
def test_two_devices_with_one_property_of_one_feature_are_warned_about(
    tmp_path: Path, profile: str, warned: int
) -> None:
    second = SECOND.format(id="other", profile=profile, feature="parking-spot/A-1", valid_from="2027-01-15")
    files = read(tmp_path, DEVICE + second, profiles=Catalogue())
    assert len(files.warnings) == warned
    assert all("is observed by fce8c0ff01a20001 at the same time" in str(warning) for warning in files.warnings)


def test_a_device_outside_its_pilots_domains_or_far_away_is_warned_about(tmp_path: Path) -> None:
    other = DEVICE.replace("parking-spot/", "tree/").replace("4.48", "8.48")
    words = "\n".join(map(str, read(tmp_path, other).warnings))
    assert "which its pilot does not name" in words
    assert "km away from the rest of its pilot" in words


def test_swapped_coordinates_show_among_the_neighbours_of_a_pilot_without_an_area(tmp_path: Path) -> None:
    pilot = PILOT.replace("[area]\nbbox = [4.47, 51.02, 4.49, 51.04]\n", "")
    rows = "".join(
        f'[[device]]\nid = "d{n}"\nfeature = "parking-spot/{n}"\nlatitude = 51.03\nlongitude = 4.48\n' for n in range(4)
    )
    stray = '[[device]]\nid = "d9"\nfeature = "parking-spot/9"\nlatitude = 4.48\nlongitude = 51.03\n'
    head = '[defaults]\npilot = "parking-mechelen"\nprofile = "bosch/tps110"\n'
    assert "(d9): latitude and longitude look swapped" in told(tmp_path, head + rows + stray, pilot)


def test_mistakes_of_all_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "pilots").mkdir()
    (tmp_path / "pilots" / "other.toml").write_text("nonsense")
    words = told(tmp_path, DEVICE.replace("parking-spot", "parkingspot"), PILOT.replace("start", "begin"))
    for part in ("other.toml", "parking-mechelen.toml", "street.toml"):
        assert part in words


@given(
    separator=st.sampled_from(["", "-", ":", " ", "."]),
    eui=st.binary(min_size=8, max_size=8),
    prefix=st.sampled_from(["", "0x"]),
    upper=st.booleans(),
)
@settings(max_examples=50)
def test_every_spelling_of_a_deveui_is_the_same_device(separator: str, eui: bytes, prefix: str, upper: bool) -> None:
    text = separator.join(f"{byte:02x}" for byte in eui)
    assert canonical_id(f" {prefix}{text.upper() if upper else text} ") == eui.hex()


def test_other_ids_stay_as_they_are() -> None:
    assert canonical_id(" rth-counter-01 ") == "rth-counter-01"
    assert canonical_id("A81758FFFE") == "A81758FFFE"


def test_the_hash_changes_with_every_field_and_with_nothing_else(tmp_path: Path) -> None:
    hashes = {read(tmp_path).devices[0].record_hash}
    for old, new in (
        ("01-A2-00-01", "01-A2-00-02"),
        ("parking-spot/A-1", "parking-spot/A-2"),
        ("51.03", "51.031"),
        ("-0.5", "-0.6"),
        ("valid_from = 2027-01-01", "valid_from = 2027-01-02"),
        ("bosch/tps110", "bosch/other"),
        ("latitude", 'name = "x"\nlatitude'),
        ("latitude", 'area = "x"\nlatitude'),
    ):
        hashes.add(read(tmp_path, DEVICE.replace(old, new, 1)).devices[0].record_hash)
    assert len(hashes) == 9
    assert read(tmp_path, "# a comment\n" + DEVICE).devices[0].record_hash in hashes


def test_a_catalogue_of_ten_thousand_devices_is_read_in_seconds(tmp_path: Path) -> None:
    rows = "".join(f'[[device]]\nid = "d{n}"\nfeature = "parking-spot/{n}"\nlatitude = 51.03\n' for n in range(10_000))
    head = '[defaults]\npilot = "parking-mechelen"\nprofile = "bosch/tps110"\nlongitude = 4.48\n'
    assert len(read(tmp_path, head + rows).devices) == 10_000


def test_device_of_leaves_out_half_a_place() -> None:
    table = DeviceTable(id="a", profile="p/q", pilot="x", feature="tree/1", latitude=51.0)
    assert device_of(table, "city").location is None


def test_a_device_declares_its_class_and_those_of_properties_and_no_observation_changes_by_it(tmp_path: Path) -> None:
    (plain,) = read(tmp_path, profiles=Catalogue()).devices
    declaring = DEVICE.replace("latitude", 'privacy_class = "C"\nprivacy = { temperature_c = "D" }\nlatitude')
    (device,) = read(tmp_path, declaring, profiles=Catalogue()).devices
    assert (device.privacy_class, device.privacy) == ("C", {"temperature_c": "D"})
    assert device.record_hash == plain.record_hash
    assert "Did you mean 'temperature_c'" in told(tmp_path, declaring.replace("temperature_c =", "temprature_c ="))
    assert "'E' is not one of them" in told(tmp_path, declaring.replace('"D"', '"E"'))
