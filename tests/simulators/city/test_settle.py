"""A settled city: places within the town, streets of their own, the same each time."""

import pytest

from pipelines.vocabulary import FEATURE_TYPES
from simulators.city.placing import PLACING
from simulators.city.settle import settle
from simulators.city.streets import street, street_names
from simulators.city.towns import TOWNS
from simulators.city.worlds import COUNTERPARTS, WILDER
from simulators.networks.radio import distance_m
from simulators.scenario import load_scenario, parse_scenario
from simulators.signals.table import KINDS


@pytest.mark.parametrize("town", sorted(TOWNS))
def test_every_device_stands_within_its_town(town: str) -> None:
    site = [{"kind": "waste", "pilot": "p", "count": 60}, {"kind": "trees", "pilot": "p", "count": 60}]
    city = settle(parse_scenario({"title": "t", "town": town, "seed": 3, "site": site}, "t"))
    for device in city.devices:
        away = min(distance_m(*centre, device.longitude, device.latitude) for centre in city.town.centres)
        assert away <= city.town.radius_m + 500
    assert len({(device.longitude, device.latitude) for device in city.devices}) == 120


def test_same_seed_same_city_and_another_seed_another() -> None:
    scenario = load_scenario("city")
    assert settle(scenario).devices == settle(scenario).devices
    other = settle(scenario.changed(seed=scenario.seed + 1)).devices
    assert not {d.dev_eui for d in settle(scenario).devices} & {d.dev_eui for d in other}


def test_the_street_keeps_the_addresses_that_its_first_devices_had() -> None:
    devices = settle(load_scenario("street")).devices
    assert devices[0].feature == "parking-spot/sluisstraat-01"
    assert devices[24].feature == "waste-container/sluisstraat-01"
    assert devices[31].dev_eui == "02c17e66512daf81"
    assert (devices[0].longitude, devices[0].latitude) == (4.479, 51.025)
    assert (devices[23].longitude, devices[23].latitude) == (4.4812, 51.0262)


def test_a_site_goes_on_in_the_next_street_and_no_street_is_taken_twice() -> None:
    site = [{"kind": "parking_mmcc", "pilot": "p", "count": 50, "per_street": 20}] * 2
    city = settle(parse_scenario({"title": "t", "town": "antwerp", "seed": 3, "site": site}, "t"))
    assert [len(place.site.devices) for place in city.places] == [20, 20, 10, 20, 20, 10]
    assert len({place.site.name for place in city.places}) == 6


def test_streets_are_long_enough_and_have_names_in_the_towns_tongue() -> None:
    for town in TOWNS.values():
        names = street_names(town, 1)
        assert len(set(names)) == len(names) >= 40
        for name in names[:20]:
            assert 150 < street(town, 1, name).length_m < 430
    assert all("-des-" in name for name in street_names(TOWNS["saint-quentin"], 1))


def test_whatever_a_kind_of_signal_looks_at_has_its_placing() -> None:
    assert {kind.feature_type for kind in KINDS.values()} <= PLACING.keys() <= FEATURE_TYPES.keys()


def test_the_world_that_breaks_assumptions_names_kinds_and_parameters_that_there_are() -> None:
    assert COUNTERPARTS.keys() | set(COUNTERPARTS.values()) <= KINDS.keys()
    for kind, wilder in WILDER.items():
        usual = KINDS[kind].read({})
        for name, value in wilder.items():
            assert getattr(usual, name) != value


def test_asset_details_are_the_kinds_own_and_the_scenarios_go_before_them() -> None:
    site = [{"kind": "parking_mmcc", "pilot": "p", "count": 2, "details": {"category": "resident"}}]
    city = settle(parse_scenario({"title": "t", "town": "delft", "seed": 3, "site": site}, "t"))
    assert city.devices[0].details == {"category": "resident", "max_stay_min": 120.0}
