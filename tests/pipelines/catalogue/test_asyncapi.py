"""The AsyncAPI document, held against the official schema and against the table that it is made from."""

import json
from functools import cache
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator

from pipelines.catalogue.asyncapi import document
from pipelines.catalogue.facts import PilotFacts
from pipelines.open_data.channels import CHANNELS, TIERS
from pipelines.vocabulary import Domain
from tests import servers
from tests.pipelines.catalogue.pilots import FULL, SMALL

BOTH = pytest.mark.parametrize("facts", [SMALL, FULL], ids=["small", "full"])


@cache
def official() -> Draft7Validator:
    return Draft7Validator(json.loads((servers.schemas() / "asyncapi" / "3.0.0.json").read_text()))


def complaints(described: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in official().iter_errors(described)]


@BOTH
def test_the_document_is_valid_in_the_official_schema(facts: PilotFacts) -> None:
    assert complaints(document(facts)) == []


def test_the_official_schema_would_notice_a_wrong_document() -> None:
    described = document(SMALL)
    described["operations"]["sendState"]["bindings"]["mqtt"]["qos"] = 7
    assert complaints(described)
    described = document(SMALL)
    del described["servers"]["broker"]["protocol"]
    assert complaints(described)


@BOTH
def test_every_reference_leads_somewhere(facts: PilotFacts) -> None:
    described = document(facts)

    def follow(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                assert list(value) == ["$ref"], "draft 7 ignores what stands beside a reference"
                target: Any = described
                for step in value["$ref"].removeprefix("#/").split("/"):
                    target = target[step]
            for one in value.values():
                follow(one)
        elif isinstance(value, list):
            for one in value:
                follow(one)

    follow(described)


@BOTH
def test_channels_are_those_of_the_publishers_table(facts: PilotFacts) -> None:
    described = document(facts)
    told = {channel.name: channel for channel in CHANNELS if channel.name in described["channels"]}
    assert set(told) == set(described["channels"])
    assert {channel.name for channel in CHANNELS} - set(told) <= {"sensorthings"}
    operations = {one["channel"]["$ref"].rpartition("/")[2]: one for one in described["operations"].values()}
    for name, channel in told.items():
        written = described["channels"][name]
        assert written["address"] == channel.address
        assert list(written["parameters"]) == [one.name for one in channel.parameters]
        assert [tag["name"] for tag in written["tags"]] == [tier for tier in TIERS if tier in channel.tiers]
        mqtt = operations[name]["bindings"]["mqtt"]
        assert (mqtt["qos"], mqtt["retain"]) == (channel.qos, channel.retained)


@BOTH
def test_every_example_is_valid_in_the_schema_of_its_message(facts: PilotFacts) -> None:
    described = document(facts)
    checked = 0
    for name, message in described["components"]["messages"].items():
        schema = message["payload"] | {"components": described["components"]}
        for example in message.get("examples", ()):
            found = [error.message for error in Draft7Validator(schema).iter_errors(example["payload"])]
            assert found == [], name
            checked += 1
    assert checked >= len(described["components"]["messages"]) - 2


def test_the_schemas_would_notice_a_wrong_body() -> None:
    described = document(SMALL)
    message = described["components"]["messages"]["ParkingSpotState"]
    check = Draft7Validator(message["payload"] | {"components": described["components"]})
    body = message["examples"][0]["payload"]
    assert check.is_valid(body)
    for wrong in (
        {"type": "ParkingGroup"},
        {"id": "urn:ngsi-ld:ParkingSpot:x"},
        {"status": {"value": "taken", "quality": "ok"}},
        {"status": {"value": "free"}},
        {"batteryLevel": {"value": 0.87, "unitCode": "P1", "quality": "ok"}},
        {"anything": {"value": None, "quality": "ok"}},
    ):
        assert not check.is_valid(body | wrong), wrong
    statement = described["components"]["messages"]["ParkingSpotObs"]
    check = Draft7Validator(statement["payload"] | {"components": described["components"]})
    body = statement["examples"][0]["payload"]
    assert check.is_valid(body)
    assert not check.is_valid({key: value for key, value in body.items() if key != "revision"})


def test_of_households_only_hourly_sums_are_described() -> None:
    energy = document(msgspec.structs.replace(FULL, domains=(Domain.ENERGY,)))
    assert {name for name in energy["components"]["messages"] if name.startswith("Electricity")} == {
        "ElectricityMeterAgg1h"
    }
    assert "state" not in energy["channels"]
    named = set(energy["components"]["schemas"]["ElectricityMeter"]["properties"])
    assert named == {"id", "type", "location", "revision", "derivedBy"} | {
        "energyImportIntervalKwh",
        "energyExportIntervalKwh",
    }
    strict = document(msgspec.structs.replace(SMALL, privacy="D"))
    assert not [name for name in strict["components"]["messages"] if name.startswith("Parking")]


def test_single_passes_of_people_are_in_no_schema() -> None:
    measured = {"bike-counter": ("bicycle_count", "bicycle_count_interval", "wifi_devices", "battery_percent")}
    counted = document(msgspec.structs.replace(FULL, domains=(Domain.CYCLING,), measured=measured))
    named = set(counted["components"]["schemas"]["BikeCounter"]["properties"])
    assert not named & {"bicycleCount", "bicycleCountInterval", "wifiDevices"}
    assert "intensity" in named


def test_the_same_facts_give_the_same_bytes() -> None:
    assert json.dumps(document(FULL)) == json.dumps(document(msgspec.structs.replace(FULL)))


def test_an_unknown_broker_is_told_as_one_that_cannot_be() -> None:
    assert document(SMALL)["servers"]["broker"]["host"] == "broker.invalid:8883"
    plain = msgspec.structs.replace(SMALL, broker="mqtt://10.0.0.7")
    server = document(plain)["servers"]["broker"]
    assert (server["protocol"], server["host"]) == ("mqtt", "10.0.0.7:1883")
