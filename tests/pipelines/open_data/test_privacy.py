"""Who may be heard at all, in which words: by feature type, pilot and details."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.domains import Place, Site
from pipelines.domains.cycling.settings import CounterDetails
from pipelines.domains.energy.details import MeterDetails
from pipelines.domains.parking.settings import BayDetails
from pipelines.domains.waste.settings import ContainerDetails
from pipelines.model import Location
from pipelines.open_data.privacy import CLASSES, Plan
from pipelines.vocabulary import FEATURE_TYPES

QUARTER, HOUR = 900 * 10**9, 3_600 * 10**9
HERE = Location(4.35712, 52.01134, 7.0)


def plan(
    places: Mapping[str, Place],
    privacy: Any = "A",
    by_feature: Mapping[str, Any] | None = None,
    readings: Mapping[str, frozenset[str]] | None = None,
) -> Plan:
    return Plan(Site("pilot", "delft", ZoneInfo("Europe/Amsterdam"), places), privacy, by_feature, readings)


def test_every_feature_type_has_a_class() -> None:
    assert CLASSES.keys() == FEATURE_TYPES.keys()


def test_the_stricter_of_pilot_profile_and_type_holds() -> None:
    features = {"air-station/a": Place(), "parking-spot/b": Place(), "air-station/indoor": Place()}
    mild = plan(features, "A", {"air-station/indoor": "D"})
    assert [mild.subject(feature).privacy for feature in features] == ["A", "C", "D"]
    assert [mild.subject(feature).voice for feature in features] == ["own", "own", "none"]
    assert {plan(features, "D").subject(feature).voice for feature in features} == {"none"}


def test_of_a_feature_with_properties_in_class_d_the_other_readings_are_said_and_nothing_made_of_any() -> None:
    places = {"air-station/mixed": Place(), "air-station/open": Place()}
    pilot = plan(places, readings={"air-station/mixed": frozenset({"o3_ug_m3", "no2_ug_m3"})})
    mixed, outside = pilot.subject("air-station/mixed"), pilot.subject("air-station/open")
    assert (mixed.voice, outside.voice) == ("own", "own")
    for name, interval_ns, said in (
        ("o3_ug_m3", 0, True),
        ("temperature_c", 0, False),
        ("o3_ug_m3", HOUR, False),
        ("silent", 0, False),
    ):
        assert mixed.may_say(name, interval_ns) is said, name
        assert outside.may_say(name, interval_ns), name


@pytest.mark.parametrize("count", [1, 6])
def test_a_street_with_a_bay_in_class_d_says_nothing(count: int) -> None:
    bays = {f"parking-spot/p{number}": Place("kade", HERE, BayDetails()) for number in range(9)}
    closed = [f"parking-spot/p{number}" for number in range(count)]
    for pilot in (
        plan(bays, "C", dict.fromkeys(closed, "D")),
        plan(bays, "C", readings=dict.fromkeys(closed, frozenset({"temperature_c"}))),
    ):
        assert pilot.subject("street-parking/kade").voice == "none"
        assert not pilot.subject("parking-spot/p0").may_say("occupied", 0)
        assert pilot.subject("parking-spot/p8").may_say("occupied", 0)


def test_nothing_is_said_of_a_feature_that_the_files_do_not_name() -> None:
    known = plan({"parking-spot/b": Place("kade")})
    assert known.subject("parking-spot/x").voice == "none"
    assert known.subject("street-parking/kade").voice == "own"
    assert known.subject("street-parking/elsewhere").voice == "none"
    assert known.subject("electricity-meter/kade").voice == "none"


@pytest.mark.parametrize("category", ["disabled", "resident"])
def test_a_reserved_bay_is_silent_and_few_of_them_silence_what_is_said_of_all_bays(category: Any) -> None:
    public = {f"parking-spot/p{number}": Place("kade", HERE, BayDetails()) for number in range(9)}
    for reserved, told in ((1, False), (4, False), (5, True)):
        details = BayDetails(category=category)
        places = public | {f"parking-spot/r{number}": Place("kade", HERE, details) for number in range(reserved)}
        pilot = plan(places, "C")
        assert pilot.subject("parking-spot/r0").voice == "none"
        assert pilot.subject("parking-spot/p0").may_say("occupied", 0)
        street = pilot.subject("street-parking/kade")
        assert street.may_say("occupancy_percent", QUARTER) is told
        assert street.may_say("sessions", 24 * HOUR) is told
        assert street.may_say("bays_free", 0)


def test_a_private_container_is_told_among_five_on_a_grid_and_without_its_name() -> None:
    private = ContainerDetails(address="private")
    for count, voice in ((4, "none"), (5, "own")):
        places = {f"waste-container/house-{number}": Place("dorp", HERE, private) for number in range(count)}
        subject = plan(places, "B").subject("waste-container/house-0")
        assert subject.voice == voice
        assert subject.hidden_name
        assert subject.location == Location(4.357, 52.011)
    assert plan({"waste-container/b": Place("dorp", HERE)}, "B").subject("waste-container/b").location == HERE


def test_a_private_container_without_a_place_is_not_told() -> None:
    private = ContainerDetails(address="private")
    assert (
        plan({"waste-container/house-1": Place("", None, private)}).subject("waste-container/house-1").voice == "none"
    )


def test_counters_say_only_what_covers_a_quarter_of_an_hour() -> None:
    counter = plan({"bike-counter/c": Place()}).subject("bike-counter/c")
    assert counter.may_say("bicycles", QUARTER)
    assert not counter.may_say("bicycles", 60 * 10**9)
    assert not counter.may_say("bicycles", 0)
    for raw in (
        "bicycle_count",
        "bicycle_count_interval",
        "speed_kmh",
        "travel_time_s",
        "battery_v",
        "bicycles_counted",
    ):
        assert not counter.may_say(raw, 0)


@pytest.mark.parametrize("feature", ["air-station/a", "safety-point/a", "waste-container/a", "tree/a"])
@pytest.mark.parametrize(
    "name", ["presence", "wifi_devices", "people_present", "water_m3", "energy_import_kwh", "gas_m3", "power_w"]
)
def test_people_and_households_are_not_told_by_other_sensors_either(feature: str, name: str) -> None:
    assert not plan({feature: Place()}).subject(feature).may_say(name, 0)


def test_a_lora_gateway_does_not_name_the_households_that_it_hears() -> None:
    gateway = plan({"lora-gateway/roof": Place()}).subject("lora-gateway/roof")
    assert not gateway.may_say("devices_behind_names", 0)
    assert gateway.may_say("gateway_offline", 0)
    assert gateway.may_say("devices_behind", 0)


def test_the_citys_own_lights_tell_what_they_draw() -> None:
    assert plan({"street-light/l": Place()}).subject("street-light/l").may_say("power_w", 0)


def test_meters_are_heard_in_sums_and_two_meters_of_a_house_are_one_connection() -> None:
    grid, panels = MeterDetails(connection="house"), MeterDetails(connection="house", role="production")
    places = {
        "electricity-meter/g": Place("dorp", HERE, grid),
        "electricity-meter/p": Place("dorp", HERE, panels),
        "electricity-meter/other": Place("dorp", HERE, MeterDetails()),
    }
    pilot = plan(places)
    assert [pilot.subject(feature).voice for feature in places] == ["sums", "none", "sums"]
    assert [pilot.subject(feature).contributor for feature in places] == ["house", "house", "electricity-meter/other"]
    assert pilot.connections("electricity-meter", "dorp") == 2
    assert not pilot.subject("electricity-meter/g").may_say("battery_v", 0)
    assert pilot.subject("electricity-meter/g").location is None
    assert pilot.subject("connection/house").voice == "none"


def test_a_section_is_the_total_of_its_counters() -> None:
    details = CounterDetails(section="bridge")
    pilot = plan({f"bike-counter/{name}": Place("", HERE, details) for name in ("east", "west")})
    assert pilot.subject("bike-section/bridge").parts == ("bike-counter/east", "bike-counter/west")
