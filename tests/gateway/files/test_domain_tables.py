"""What people write for the domains: read as the domains declare it, mistakes told in the operator's words."""

import msgspec
import pytest

from gateway.files.devices import DeviceTable
from gateway.files.domain_tables import read_details, read_settings
from pipelines.domains.energy.details import MeterDetails
from pipelines.domains.green.details import GreenSettings, SoilDetails
from pipelines.domains.table import DETAILS, SETTINGS
from pipelines.domains.water.details import LevelDetails
from pipelines.vocabulary import FEATURE_TYPES, Domain


def test_a_whole_number_in_a_device_file_is_a_count_and_a_measure_alike() -> None:
    device = DeviceTable.model_validate(
        {
            "id": "a81758fffe0462b9",
            "profile": "dsmr/p1",
            "pilot": "p",
            "feature": "electricity-meter/1",
            "details": {"register_digits": 5, "fuse_kw": 17, "connection": "school"},
        }
    )
    assert read_details(device.feature, device.details) == MeterDetails(5, 17.0, "school")
    assert read_details("water-level/1", {"alert_m": 3, "danger_m": 4.5}) == LevelDetails(alert_m=3.0, danger_m=4.5)
    assert read_details("tree/1", {"soil": "sand"}) == SoilDetails(soil="sand")


def test_settings_are_read_from_the_pilots_table() -> None:
    table = {"round_litres": 100, "round_weekdays": ["tuesday"]}
    assert read_settings(Domain.GREEN, table) == GreenSettings(round_litres=100.0, round_weekdays=("tuesday",))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"register_digit": 6}, "'register_digit' is unknown"),
        ({"register_digits": 6.5}, "expected `int`, got `float`"),
        ({"fuse_kw": 0}, "expected `float` > 0"),
        ({"role": "roof"}, "invalid enum value 'roof'"),
    ],
)
def test_a_mistake_is_told_with_its_key(table: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=r"details of a electricity-meter: ") as told:
        read_details("electricity-meter/1", table)
    assert says in str(told.value)


def test_everything_that_can_be_set_has_a_default_and_belongs_to_a_domain_or_a_feature_type() -> None:
    for kind in (*SETTINGS.values(), *DETAILS.values()):
        assert msgspec.convert({}, kind) == kind()
    assert set(DETAILS) <= set(FEATURE_TYPES)
    assert set(SETTINGS) <= set(Domain)
