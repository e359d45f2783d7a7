"""Lines that the gateway says of itself: types by the table, one point a device and day, moves as events."""

import pytest

from pipelines.encodings.line_protocol import UnwritableError
from pipelines.encodings.own_points import (
    INVENTORY,
    INVENTORY_EVENT,
    NO_AREA,
    OWN_MEASUREMENTS,
    OWN_WORDS,
    inventory_lines,
    own_line,
)
from pipelines.model import Device, Location
from pipelines.vocabulary import PROPERTIES, Domain
from tests.contracts.line_reader import read_points

DAY_NS = 1_793_491_200 * 10**9


def device(**more: object) -> Device:
    return Device("a1", "thermo/one", "pilot", "delft", "tree/1", **more)  # type: ignore[arg-type]


def test_numbers_are_floats_flags_booleans_and_states_text() -> None:
    line = own_line("citygate", {"city": "delft", "gateway": "gw"}, {"received": 3, "intake_held": True}, 7)
    (point,) = read_points(line.encode())
    assert line == "citygate,city=delft,gateway=gw received=3.0,intake_held=true 7\n"
    assert point.fields == {"received": 3.0, "intake_held": True}


def test_what_is_not_known_is_not_written() -> None:
    assert own_line("citygate", {"city": "delft"}, {"resident_bytes": None}, 7) == ""
    assert own_line("citygate", {"city": ""}, {"derived": None, "unread": 0}, 7) == "citygate unread=0.0 7\n"


def test_a_word_that_the_table_lacks_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        own_line("citygate", {}, {"fahrenheit": 1}, 7)


def test_a_device_is_one_point_a_day_with_its_area_and_place() -> None:
    placed = device(area="old town", name='Oak "5"', location=Location(4.35, 52.01))
    lines = inventory_lines([placed], DAY_NS)
    (point,) = read_points(lines.encode())
    assert (point.measurement, point.time_ns) == (INVENTORY, DAY_NS)
    assert point.tags == {"city": "delft", "pilot": "pilot", "area": "old town", "feature": "tree/1", "device": "a1"}
    assert point.fields == {
        "name": 'Oak "5"',
        "profile": "thermo/one",
        "latitude_deg": 52.01,
        "longitude_deg": 4.35,
    }
    assert inventory_lines([placed], DAY_NS) == lines


def test_a_device_without_area_can_be_chosen_too() -> None:
    (point,) = read_points(inventory_lines([device()], DAY_NS).encode())
    assert point.tags["area"] == NO_AREA


def test_a_move_is_an_event_and_only_the_record_in_force_is_in_the_inventory() -> None:
    moved_ns = DAY_NS - 5
    before, after = device(valid_to_ns=moved_ns), device(valid_from_ns=moved_ns, name="Oak 5")
    event, point = sorted(read_points(inventory_lines([before, after], DAY_NS).encode()), key=lambda one: one.time_ns)
    assert (event.measurement, event.time_ns) == (INVENTORY_EVENT, moved_ns)
    assert event.fields == {"placed": "Oak 5 at tree/1"}
    assert (point.measurement, point.fields["name"]) == (INVENTORY, "Oak 5")


def test_a_record_that_begins_later_is_not_there_yet() -> None:
    assert INVENTORY + "," not in inventory_lines([device(valid_from_ns=DAY_NS + 1)], DAY_NS)


def test_a_device_that_cannot_be_written_costs_only_itself() -> None:
    lines = inventory_lines([device(area="back\\"), device(area="front")], DAY_NS)
    assert [point.tags["area"] for point in read_points(lines.encode())] == ["front"]
    with pytest.raises(UnwritableError):
        own_line(INVENTORY, {"area": "back\\"}, {"name": "x"}, 7)


def test_the_gateways_own_words_are_none_of_the_citys() -> None:
    assert not OWN_WORDS.keys() & PROPERTIES.keys()
    assert not OWN_MEASUREMENTS.keys() & {domain.value for domain in Domain}
    assert len(OWN_WORDS) == sum(len(words) for _tag, words in OWN_MEASUREMENTS.values())
