"""Permissions of a pilot that let valves move."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.downlinks.wish import valve_permission
from gateway.files.load import Files
from gateway.files.pilots import Permission, load_pilots
from tests.proofs import city
from tests.proofs.city import PILOT


def permission(folder: Path, text: str) -> tuple[Permission | None, list[str]]:
    (folder / "p.toml").write_text(PILOT.format(id="p") + "[[permissions]]\n" + text)
    pilots, mistakes = load_pilots(folder)
    return (pilots["p"].permissions[0] if "p" in pilots else None), [str(mistake) for mistake in mistakes]


def test_a_valve_permission_names_devices_its_end_and_the_longest_opening(tmp_path: Path) -> None:
    text = (
        'what = "valve"\nby = "Parks"\nuntil = 2027-11-15\ndevices = ["24-E1-24-46-0B-50-29-99"]\nmax_open_minutes = 30'
    )
    found, mistakes = permission(tmp_path, text)
    assert mistakes == []
    assert found is not None
    read = valve_permission(found)
    assert (read.devices, read.max_open_s, read.by) == (("24e124460b502999",), 1_800.0, "Parks")
    assert read.until_ns == datetime(2027, 11, 16, tzinfo=UTC).timestamp() * 1e9, "its last day is a whole day"
    everywhere, _ = permission(tmp_path, 'what = "valve"\nby = "Parks"\ndevices = "all"\nmax_open_minutes = 0.5')
    assert everywhere is not None
    assert (valve_permission(everywhere).devices, valve_permission(everywhere).until_ns) == (None, None)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('what = "valve"\nby = "P"\ndevices = "all"', "needs devices and max_open_minutes"),
        ('what = "valve"\nby = "P"\nmax_open_minutes = 5', "needs devices and max_open_minutes"),
        ('what = "valve"\nby = "P"\ndevices = []\nmax_open_minutes = 5', "needs devices and max_open_minutes"),
        ('what = "Poles"\nby = "P"\ndevices = "all"', 'belong to what = "valve"'),
        ('what = "Poles"\nby = "P"\nmax_open_minutes = 5', 'belong to what = "valve"'),
        ('what = "valve"\nby = "P"\ndevices = "all"\nmax_open_minutes = 0', "max_open_minutes"),
        ('what = "valve"\nby = "P"\ndevices = "all"\nmax_open_minutes = 1441', "max_open_minutes"),
    ],
)
def test_a_permission_without_limits_is_a_mistake(tmp_path: Path, text: str, what: str) -> None:
    found, mistakes = permission(tmp_path, text)
    assert found is None
    assert any(what in mistake for mistake in mistakes), mistakes


def test_other_permissions_stay_as_they_were(tmp_path: Path) -> None:
    found, mistakes = permission(tmp_path, 'what = "Sensors on 12 poles"\nby = "Council"\nuntil = 2027-01-01')
    assert mistakes == []
    assert found is not None
    assert (found.until, found.devices) == (date(2027, 1, 1), ())


def test_a_permission_for_a_device_that_nobody_wrote_down_is_a_warning(tmp_path: Path) -> None:
    valve = '[[permissions]]\nwhat = "valve"\nby = "Parks"\nmax_open_minutes = 5\n'
    (tmp_path / "p.toml").write_text(PILOT.format(id="p") + valve + 'devices = ["24e124460b502999", "gate"]\n')
    devices = tmp_path / "devices"
    devices.mkdir()
    (devices / "d.toml").write_text(
        city.device("24E124460B502999", "generic/json", "weather-station/1").replace("recordings", "p")
    )
    files = Files.read(tmp_path, devices)
    assert [warning.what for warning in files.warnings] == [
        "the permission by Parks names 'gate', which nobody has written down"
    ]
