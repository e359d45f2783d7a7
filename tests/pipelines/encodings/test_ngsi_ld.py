"""NGSI-LD bodies: golden ones, and every feature type held against the official schemas in key-values form."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.encodings.ngsi_ld import OF_ANY_TYPE, Entity, attribute_of, extension_name, said_body, state_body
from pipelines.encodings.topics import Address
from pipelines.model import Location, Observation, Value
from pipelines.vocabulary import FEATURE_TYPES, LINK_PROPERTIES, PROPERTIES
from tests.smart_data_models import key_values, official_names, validator

T0 = 1_793_700_000_000_000_000
HERE = Location(4.4776213, 51.0257449, 7.0)


def entity(feature_type: str, **facts: Any) -> Entity:
    kind = FEATURE_TYPES[feature_type]
    return Entity(kind, Address("mechelen", kind.domain, "pilot-1", "a-12"), HERE, facts)


def observed(
    name: str, value: Value, *, time_ns: int = T0, quality: Any = "ok", reason: Any = "", span: int = 0
) -> Observation:
    return Observation("x/y", name, value, time_ns, "network", quality, reason, span)


def state(feature_type: str, *observations: Observation, **facts: Any) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(
        state_body(entity(feature_type, **facts), {one.property: one for one in observations})
    )
    return body


def test_the_state_of_a_bay_is_complete() -> None:
    spot = state("parking-spot", observed("occupied", True), observed("battery_v", 3.6, time_ns=T0 - 1_000_000_000))
    assert spot == {
        "id": "urn:ngsi-ld:ParkingSpot:mechelen:pilot-1:a-12",
        "type": "ParkingSpot",
        "location": {"type": "Point", "coordinates": [4.477621, 51.025745]},
        "status": {"value": "occupied", "observedAt": "2026-11-03T10:00:00Z", "quality": "ok"},
        "batteryV": {"value": 3.6, "unitCode": "VLT", "observedAt": "2026-11-03T09:59:59Z", "quality": "ok"},
        "category": ["onStreet"],
        "refParkingSite": {"object": "urn:ngsi-ld:OnStreetParking:mechelen:pilot-1"},
    }


def test_a_bay_of_which_nothing_is_known_says_unknown() -> None:
    assert state("parking-spot", observed("battery_v", 3.6))["status"] == {"value": "unknown", "quality": "missing"}
    gap = state("parking-spot", observed("occupied", True, quality="missing", reason="gap"))["status"]
    assert (gap["value"], gap["quality"], gap["reason"]) == ("unknown", "missing", "gap")
    assert state("parking-spot", observed("occupied", False))["status"]["value"] == "free"


def test_what_the_operator_knows_replaces_assumptions() -> None:
    spot = state("parking-spot", observed("occupied", True), category=["offStreet"])
    assert spot["category"] == ["offStreet"]


def test_what_is_said_names_its_revision() -> None:
    body = said_body(
        entity("waste-container"), [observed("fill_level_percent", 55.0, quality="suspect", reason="spike")], 99
    )
    assert msgspec.json.decode(body) == {
        "id": "urn:ngsi-ld:WasteContainer:mechelen:pilot-1:a-12",
        "type": "WasteContainer",
        "revision": 99,
        "location": {"type": "Point", "coordinates": [4.477621, 51.025745]},
        "fillingLevel": {
            "value": 0.55,
            "unitCode": "C62",
            "observedAt": "2026-11-03T10:00:00Z",
            "quality": "suspect",
            "reason": "spike",
        },
    }


@pytest.mark.parametrize("quality", ["missing", "suppressed", "retracted"])
def test_no_number_is_published_for_what_is_not_to_be_known(quality: str) -> None:
    _, attribute = attribute_of(
        FEATURE_TYPES["people-counter"], observed("people_count_interval", 3.0, quality=quality)
    )
    assert "value" not in attribute
    assert attribute["quality"] == quality


def test_an_interval_says_where_it_ends() -> None:
    _, attribute = attribute_of(
        FEATURE_TYPES["bike-counter"], observed("bicycle_count_interval", 7.0, span=900_000_000_000)
    )
    assert (attribute["observedAt"], attribute["observedUntil"]) == ("2026-11-03T10:00:00Z", "2026-11-03T10:15:00Z")


def test_instants_have_at_most_six_decimals() -> None:
    _, attribute = attribute_of(FEATURE_TYPES["tree"], observed("soil_tension_kpa", 7.0, time_ns=T0 + 123_456_789))
    assert attribute["observedAt"] == "2026-11-03T10:00:00.123456Z"


def test_a_unit_without_code_is_written_in_ucum() -> None:
    _, attribute = attribute_of(FEATURE_TYPES["water-quality"], observed("turbidity_ntu", 7.0))
    assert attribute["unitText"] == "[NTU]"


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        ({"fire": True, "tilted": True}, "burning"),
        ({"lid_open": True}, "lidOpen"),
        ({"tilted": True}, "dropped"),
        ({"fire": False}, "ok"),
    ],
)
def test_a_container_says_its_status_in_the_words_of_its_type(flags: dict[str, bool], status: str) -> None:
    assert state("waste-container", *(observed(*flag) for flag in flags.items()))["status"]["value"] == status


def test_a_container_whose_flags_are_unknown_says_no_status() -> None:
    assert "status" not in state("waste-container", observed("fire", True, quality="missing"))


def test_a_light_admits_that_its_status_is_an_assumption() -> None:
    assert state("street-light", observed("lamp_level_percent", 40.0))["status"]["quality"] == "estimated"


@given(st.sampled_from(sorted(FEATURE_TYPES)), st.sampled_from(sorted(PROPERTIES)), st.floats(-1e12, 1e12))
def test_every_number_says_its_unit_and_comes_back_as_it_was(feature_type: str, name: str, value: float) -> None:
    row, kind = PROPERTIES[name], FEATURE_TYPES[feature_type]
    if row.kind in ("flag", "state"):
        return
    attribute_name, attribute = attribute_of(kind, observed(name, value))
    assert ("unitCode" in attribute) != ("unitText" in attribute)
    factor = kind.attributes.get(name, OF_ANY_TYPE.get(name, ("", 1.0)))[1]
    slack = 1.0 if attribute_name in ("peopleCount", "maxFlow") else 1e-9 * max(1.0, abs(value))
    assert attribute["value"] == pytest.approx(value * factor, abs=slack)


# Held against the official schemas


def examples(feature_type: str) -> list[Observation]:
    """Every mapped property, and those that any box may also send, with a plausible value."""
    common = ("battery_percent", "battery_v", "temperature_c", "tamper", "motion", "fire", "tilted", "lid_open")
    names = [*FEATURE_TYPES[feature_type].attributes, *common]
    return [observed(name, plausible(name)) for name in dict.fromkeys(names)]


def plausible(name: str) -> Value:
    row = PROPERTIES[name]
    if row.kind == "flag":
        return True
    if row.kind == "state":
        return row.states[0]
    low, high = row.low or 0.0, row.high or 1e6
    return low + (high - low) * 0.37


@pytest.mark.parametrize("feature_type", sorted(FEATURE_TYPES))
def test_states_are_valid_in_the_official_schema(feature_type: str) -> None:
    plain = key_values(state(feature_type, *examples(feature_type)))
    check = validator(FEATURE_TYPES[feature_type].sdm_type)
    assert [error.message for error in check.iter_errors(plain)] == []


@pytest.mark.parametrize("feature_type", sorted(FEATURE_TYPES))
def test_a_state_with_one_side_value_only_is_valid_too(feature_type: str) -> None:
    plain = key_values(state(feature_type, observed("battery_v", 3.6)))
    check = validator(FEATURE_TYPES[feature_type].sdm_type)
    assert [error.message for error in check.iter_errors(plain)] == []


@pytest.mark.parametrize("feature_type", sorted(FEATURE_TYPES))
def test_every_attribute_is_of_the_schema_or_our_own_extension(feature_type: str) -> None:
    kind = FEATURE_TYPES[feature_type]
    official = official_names(kind.sdm_type)
    ours = {extension_name(name) for name in PROPERTIES if name not in kind.attributes}
    assert {name for name, _ in kind.attributes.values()} <= official
    assert set(state(feature_type, *examples(feature_type))) <= official | ours | {"id", "type"}
    meant = {extension_name(name) for name in (*LINK_PROPERTIES, *OF_ANY_TYPE)}
    assert not ours & official - meant, "an extension means something else"


def test_the_schemas_would_notice_a_wrong_state() -> None:
    check = validator("ParkingSpot")
    spot = key_values(state("parking-spot", observed("occupied", True)))
    assert not list(check.iter_errors(spot))
    for name in ("status", "category", "refParkingSite", "location"):
        assert list(check.iter_errors({key: value for key, value in spot.items() if key != name}))
    assert list(check.iter_errors(spot | {"status": "taken"}))
