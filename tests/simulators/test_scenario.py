"""Scenario files: each that ships is whole, and a mistake says where it stands and how to mend it."""

from typing import Any

import pytest

from simulators.city.settle import settle
from simulators.scenario import ScenarioError, built_in, load_scenario, parse_scenario

SMALL: dict[str, Any] = {
    "title": "small",
    "town": "delft",
    "seed": 1,
    "site": [{"kind": "waste", "pilot": "p", "count": 3}],
}


def with_site(**given: object) -> dict[str, Any]:
    return SMALL | {"site": [SMALL["site"][0] | given]}


@pytest.mark.parametrize("name", built_in())
def test_each_scenario_that_ships_settles_in_its_town_in_both_worlds(name: str) -> None:
    for world in ("as-modelled", "breaks-assumptions"):
        city = settle(load_scenario(name).changed(world=world))
        devices = city.devices
        assert len({device.dev_eui for device in devices}) == len(devices)
        assert len({device.feature for device in devices}) == len(devices)


def test_the_scenarios_are_those_that_the_help_names() -> None:
    assert built_in() == sorted(
        [
            "street",
            "parking",
            "waste",
            "cycling",
            "green",
            "air-noise",
            "water-energy",
            "city",
            "demo",
            "pilot-500",
            "rehearsal",
        ]
    )
    assert len(settle(load_scenario("pilot-500")).devices) == 500
    assert 55 <= len(settle(load_scenario("city")).devices) <= 70
    assert 55 <= len(settle(load_scenario("demo")).devices) <= 70


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (SMALL | {"town": "delf"}, "small: town: 'delf' is no built-in town. Did you mean 'delft'"),
        (SMALL | {"sites": []}, "sites: unknown. Did you mean 'site'"),
        (SMALL | {"network": {"dialect": "lora"}}, "network.dialect: 'lora' is not one of"),
        (with_site(count=0), "site.0.count: .*greater than or equal to 1"),
        (with_site(pilot="A b"), "site.0.pilot: "),
        ({**SMALL, "from": 1}, "from: unknown"),
        (with_site(**{"from": (4.0, 51.0)}), "from, to and street belong together"),
    ],
)
def test_a_mistake_of_shape_says_where_and_how_to_mend_it(table: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        parse_scenario(table, "small")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (with_site(kind="waist"), "site.0.kind: 'waist' is no kind of signal. Did you mean 'waste'"),
        (with_site(profile="bosch/tps110"), "site.0.profile: waste cannot speak for 'bosch/tps110'. Take one of mile"),
        (with_site(parameters={"depth": 1}), "site.0.parameters.depth: .*Did you mean 'depth_mm'"),
        (with_site(parameters={"depth_mm": "deep"}), "site.0.parameters.depth_mm: "),
        (SMALL | {"timezone": "Europe/Atlantis"}, "timezone: 'Europe/Atlantis' is not in the IANA database"),
        (SMALL | {"climate": {"mean_temperature": 9}}, "climate.mean_temperature: unknown. Did you mean 'mean_temp"),
        (SMALL | {"site": [{"kind": "x", "pilot": "p", "count": 1}] * 2}, "(?s)site.0.kind.*site.1.kind"),
    ],
)
def test_a_mistake_of_content_is_told_with_all_others(table: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        settle(parse_scenario(table, "small"))


def test_an_unknown_scenario_is_told_with_those_there_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'street'.*pilot-500"):
        load_scenario("streat")


def test_an_interval_of_reports_is_the_kinds_own_parameter() -> None:
    city = settle(parse_scenario(with_site(report_min=7), "small"))
    assert city.places[0].parameters.report_min == 7
