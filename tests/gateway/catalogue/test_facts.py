"""Files become facts, and nothing that must stay here is among them."""

from datetime import UTC, date, datetime

import msgspec

from device_profiles.catalogue import Catalogue
from gateway.catalogue.facts import facts_of, sensors_of
from gateway.deploy_files import deploy_dir
from gateway.files.load import Files
from gateway.files.pilots import Area
from gateway.open_city import OpenCity
from pipelines.model import NS_PER_S, Device
from tests.open_cities import device, pilot

TODAY = date(2026, 11, 3)
EUI = "a81758fffe000001"


def city(*devices: Device, **changed: object) -> OpenCity:
    one = pilot("waste-delft").model_copy(update=changed)
    return OpenCity(Files(devices, {"waste-delft": one}), Catalogue.load().profiles)


def ns(*ymd: int) -> int:
    return int(datetime(*ymd, tzinfo=UTC).timestamp()) * NS_PER_S  # type: ignore[misc,arg-type]


def test_what_devices_send_is_named_by_feature_type() -> None:
    facts = facts_of(city(device("waste-container/a"), device("tree/b", profile="acme/unknown")), "waste-delft")
    assert "battery_v" in facts.measured["waste-container"]
    assert "tree" not in facts.measured, "of a profile that nobody knows nothing is claimed"


def test_an_area_becomes_its_box() -> None:
    facts = facts_of(city(area=Area(polygon=((4.1, 52.0), (4.3, 52.1), (4.2, 52.3)))), "waste-delft")
    assert facts.bbox == (4.1, 52.0, 4.3, 52.3)


def test_sensors_of_the_past_and_of_households_are_in_no_register() -> None:
    ended = msgspec.structs.replace(device("tree/old", number=2), valid_to_ns=ns(2026, 11, 1))
    ending = msgspec.structs.replace(device("tree/new", number=3), valid_to_ns=ns(2026, 12, 1))
    there = city(
        device("waste-container/a"),
        ended,
        ending,
        device("water-meter/house-7", number=4),
        device("tree/lost", number=5, location=None),
    )
    found = sensors_of(there, "waste-delft", TODAY)
    assert [one.feature for one in found.found] == ["waste-container/a", "tree/new"]
    assert found.found[1].until == date(2026, 12, 1)
    assert (found.of_households, found.without_place) == (1, 1)


def test_a_name_that_holds_the_id_of_a_device_is_left_out() -> None:
    there = city(device("tree/a", name=f"Sensor {EUI.upper()}"), device("tree/b", number=2, name="The oak"))
    found = sensors_of(there, "waste-delft", TODAY)
    assert [one.name for one in found.found] == ["", "The oak"]


def test_every_sample_pilot_has_facts() -> None:
    samples = deploy_dir() / "samples"
    known = OpenCity(Files.read(samples / "pilots", samples / "devices"), Catalogue.load().profiles)
    for name in known.files.pilots:
        assert facts_of(known, name).measured, name
        assert len(sensors_of(known, name, TODAY).found) > 0


def test_a_device_that_may_say_anything_claims_nothing() -> None:
    there = city(device("tree/a", profile="generic/json"))
    assert facts_of(there, "waste-delft").measured == {}


def test_the_facts_of_an_entity_hold_its_categories_for_a_sign() -> None:
    told = city(device("waste-container/a")).facts("waste-delft", "waste-container/a").register
    assert told["dtpr"]["device__purpose"] == ["waste_management"]
    assert "CC-BY-4.0" in told["dtprTaxonomy"]
