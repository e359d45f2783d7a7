"""Every body that a simulated city publishes, held against the official schema of its type, name by name."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pipelines.encodings import meta
from pipelines.encodings.ngsi_ld import extension_name
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES
from tests.open_week import Message, open_week
from tests.smart_data_models import key_values, official_names, validator

OURS = {extension_name(name) for name in PROPERTIES} | {"revision", "derivedBy"}
WORDS = {"value", "object", "unitCode", "unitText", "observedAt", "observedUntil", "quality", "reason"}
CODES = {row.unit_code for row in PROPERTIES.values()} - {""}
NOT_SIMULATED = {"BikeHireDockingStation"}
"""Validated by tests/gateway/open_data/test_ngsi_ld.py, from a store written by hand."""
FRACTIONS = ("fillingLevel", "batteryLevel", "relativeHumidity", "soilMoistureVwc", "illuminanceLevel", "occupancy")


@pytest.fixture(scope="module")
def said() -> list[Message]:
    return [message for message in open_week(2.0).messages if message.body is not None]


def attributes(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, attribute in body.items():
        if isinstance(attribute, dict) and "quality" in attribute:
            yield name, attribute


def test_every_body_is_valid_in_the_schema_of_its_type(said: list[Message]) -> None:
    bodies, faults = Counter[str](), list[str]()
    for message in said:
        assert message.body is not None
        sdm_type = message.body["type"]
        bodies[sdm_type] += 1
        plain = key_values(message.body)
        faults += [f"{message.topic}: {fault.message}" for fault in validator(sdm_type).iter_errors(plain)]
    assert faults == []
    assert bodies.keys() == {kind.sdm_type for kind in FEATURE_TYPES.values()} - NOT_SIMULATED
    assert bodies.total() > 3_000
    assert {message.suffix for message in said} == {"state", "obs", "event", "agg/15m", "agg/1h", "agg/1d", "meta"}


def test_every_name_is_the_schemas_or_a_documented_one_of_ours(said: list[Message]) -> None:
    for message in said:
        assert message.body is not None
        ours = set(meta.EXTENSIONS) if message.suffix == "meta" else OURS
        assert set(message.body) <= official_names(message.body["type"]) | ours | {"id", "type"}, message.topic


def test_every_number_has_a_unit_a_time_and_a_quality_and_fractions_are_fractions(said: list[Message]) -> None:
    numbers = 0
    for message in said:
        if message.suffix == "meta":
            continue
        assert message.body is not None
        for name, attribute in attributes(message.body):
            assert attribute.keys() <= WORDS, name
            value = attribute.get("value")
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            numbers += 1
            assert "observedAt" in attribute, name
            assert attribute.get("unitCode") in CODES or attribute.get("unitText"), name
            if name in FRACTIONS:
                assert 0 <= value <= 1, (message.topic, name, value)
    assert numbers > 3_000


def test_no_number_is_told_for_what_is_not_to_be_known(said: list[Message]) -> None:
    qualities = Counter[str]()
    for message in said:
        for name, attribute in attributes(message.body or {}):
            qualities[attribute["quality"]] += 1
            if attribute["quality"] in ("missing", "suppressed", "retracted"):
                assert attribute.get("value", "unknown") == "unknown", (message.topic, name)
    assert qualities["suppressed"] > 10
    assert qualities["ok"] > 3_000
