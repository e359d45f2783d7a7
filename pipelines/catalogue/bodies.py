"""JSON Schemas of the bodies on open topics, worked out from the vocabulary, the feature types and the privacy classes.

Laws
- What the publisher may send is valid; so a plausible range is told (``x-plausible``) and not demanded: a value out of
  it goes out too, marked ``suspect``.
- Named are the attributes that the pilot's devices and our analytics give of a feature type, as far as the privacy
  classes allow; any other is an ``Attribute`` in general form.
- JSON Schema draft 7, as AsyncAPI 3.0 wants it: nothing stands beside a ``$ref``.
"""

from collections.abc import Mapping
from typing import Any

from pipelines.catalogue.facts import PilotFacts
from pipelines.catalogue.subjects import DEVICE_WORDS, KINDS, WORKED_OUT
from pipelines.encodings.meta import EXTENSIONS
from pipelines.encodings.ngsi_ld import FLAG_WORDS, INTEGERS, attribute_form, attribute_of
from pipelines.model import NS_PER_S, Observation, Quality, QualityReason
from pipelines.open_data.channels import BodyKind, Channel
from pipelines.open_data.privacy import CLASSES, METERS, SUMS, PrivacyClass, Subject, stricter
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, FeatureType, ObservedProperty

Schema = dict[str, Any]

HOUR_NS = 3_600 * NS_PER_S
EXAMPLE_ENTITY = "a-12"

INSTANT: Schema = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC"}


def pascal(name: str) -> str:
    """``parking-spot`` becomes ``ParkingSpot``: the name of a schema, a message, a type."""
    return "".join(word.capitalize() for word in name.replace("_", "-").split("-"))


def kinds_of(facts: PilotFacts) -> tuple[FeatureType, ...]:
    """The feature types that a pilot's topics are about; of households only the sums of their meters."""
    return tuple(kind for kind in FEATURE_TYPES.values() if kind.domain in facts.domains and properties_of(facts, kind))


def properties_of(facts: PilotFacts, kind: FeatureType) -> tuple[ObservedProperty, ...]:
    """The properties that documents name for a feature type, in the order: its own, what devices send, analytics."""
    of_sensor = () if kind.name in WORKED_OUT else DEVICE_WORDS
    wanted = (*kind.attributes, *facts.measured.get(kind.name, ()), *KINDS[kind.name].said, *of_sensor)
    named = dict.fromkeys(name for name in wanted if name in PROPERTIES)
    if privacy_of(facts, kind) == "D":
        return tuple(PROPERTIES[name] for name in named if name in SUMS and kind.name in METERS)
    subject = Subject(f"{kind.name}/{EXAMPLE_ENTITY}", privacy_of(facts, kind), "own")
    return tuple(PROPERTIES[name] for name in named if subject.may_say(name, HOUR_NS))


def privacy_of(facts: PilotFacts, kind: FeatureType) -> PrivacyClass:
    """The class that holds for a feature type in a pilot."""
    return stricter(CLASSES[kind.name], facts.privacy)


def has_channel(facts: PilotFacts, kind: FeatureType, channel: Channel) -> bool:
    """Whether messages about a feature type go out on a channel: of households hourly sums alone."""
    return privacy_of(facts, kind) != "D" or channel.suffix == "agg/1h"


def attribute_name(kind: FeatureType, row: ObservedProperty) -> str:
    """What a property is called in the body of a feature type."""
    return attribute_form(kind.name, row.name)[0]


# Schemas


def shared_schemas() -> dict[str, Schema]:
    """What every body is made of."""
    qualities, reasons = Quality.__args__, [one for one in QualityReason.__args__ if one]  # type: ignore[attr-defined]
    return {
        "Quality": {
            "type": "string",
            "enum": list(qualities),
            "description": "No number is given for missing, suppressed and retracted.",
        },
        "Attribute": {
            "type": "object",
            "required": ["quality"],
            "properties": {
                "value": {"type": ["number", "string", "boolean"]},
                "unitCode": {"type": "string", "description": "UN/CEFACT Recommendation 20"},
                "unitText": {"type": "string", "description": "UCUM, where UN/CEFACT has no code"},
                "observedAt": INSTANT,
                "observedUntil": INSTANT | {"description": "End of the interval that the value is of"},
                "quality": _ref("Quality"),
                "reason": {"type": "string", "enum": reasons},
            },
        },
        "Relationship": {"type": "object", "required": ["object"], "properties": {"object": {"type": "string"}}},
        "Point": {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"const": "Point"},
                "coordinates": {
                    "type": "array",
                    "items": {"type": "number"},
                    "minItems": 2,
                    "maxItems": 3,
                    "description": "Longitude before latitude, WGS 84",
                },
            },
        },
        "Extension": {
            "description": "Any other attribute: measured, a fact of the operator, or a link to another entity",
            "anyOf": [
                _ref("Attribute"),
                _ref("Relationship"),
                {"type": ["string", "number", "boolean"]},
                {"type": "array"},
            ],
        },
        "Statement": {"type": "object", "required": ["revision"], "description": "The higher revision wins"},
    }


def entity_schema(facts: PilotFacts, kind: FeatureType) -> Schema:
    """The body of one feature type, state or statement: what it is of, where, and its attributes."""
    attributes: dict[str, Schema] = {}
    for row in properties_of(facts, kind):
        name = attribute_name(kind, row)
        attributes.setdefault(name, _attribute_schema(kind, row))
    return {
        "type": "object",
        "title": kind.title,
        "required": ["id", "type"],
        "properties": {
            "id": {"type": "string", "pattern": f"^urn:ngsi-ld:{kind.sdm_type}:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+$"},
            "type": {"const": kind.sdm_type, "description": "A type of the Smart Data Models"},
            "location": _ref("Point"),
            "revision": {"type": "integer", "minimum": 0},
            "derivedBy": {"type": "string", "description": "The analytics that worked it out"},
            **attributes,
        },
        "additionalProperties": _ref("Extension"),
    }


def payload_schema(kind: FeatureType, body: BodyKind) -> Schema:
    """The payload of a message about one feature type."""
    own = _ref(pascal(kind.name))
    return own if body == "state" else {"allOf": [own, _ref("Statement")]}


def single_schemas() -> dict[str, Schema]:
    """The bodies that are the same for every feature type."""
    return {
        "Gateway": {
            "type": "object",
            "required": ["state"],
            "properties": {"state": {"type": "string", "enum": ["online", "offline"]}},
        },
        "Meta": {
            "type": "object",
            "required": ["id", "type", "licence", "publisher", "contact", "attributes"],
            "properties": {
                "id": {"type": "string", "pattern": "^urn:ngsi-ld:Device:"},
                "type": {"const": "Device"},
                "controlledAsset": {"type": "array", "items": {"type": "string"}},
                "location": _ref("Point"),
                **{name: _META_WORDS.get(name, {"type": "string"}) for name in EXTENSIONS},
            },
        },
        "Document": {"type": "object", "description": "JSON of the message's content type"},
        "Observation": {
            "type": "object",
            "required": ["phenomenonTime", "resultTime", "result", "resultQuality", "parameters"],
            "properties": {
                "phenomenonTime": {"type": "string", "description": "RFC 3339, or from/to of an interval"},
                "resultTime": INSTANT,
                "result": {"type": ["number", "string", "boolean", "null"], "description": "null: not told"},
                "resultQuality": {"type": "object", "properties": {"quality": _ref("Quality")}},
                "parameters": {
                    "type": "object",
                    "required": ["property", "unitOfMeasurement", "revision"],
                    "properties": {
                        "property": {"type": "string"},
                        "unitOfMeasurement": {"type": "string", "description": "UCUM"},
                        "revision": {"type": "integer"},
                    },
                },
            },
        },
    }


SINGLE: Mapping[BodyKind, str] = {
    "gateway": "Gateway",
    "meta": "Meta",
    "sensorthings": "Observation",
    "document": "Document",
}
"""Body → its schema, where it is the same for every feature type."""

_META_WORDS: Mapping[str, Schema] = {
    "attributes": {"type": "object", "description": "Attribute → property of the vocabulary, title, unit"},
    "contact": {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}},
    "register": {"type": "object", "description": "What a city's register of sensors asks for"},
    "privacyClass": {"type": "string", "enum": ["A", "B", "C", "D"]},
    "retentionDays": {"type": "integer", "minimum": 1},
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _attribute_schema(kind: FeatureType, row: ObservedProperty) -> Schema:
    name, unit = attribute_form(kind.name, row.name)
    own: Schema = {"value": _value_schema(name, row)} | {key: {"const": code} for key, code in unit.items()}
    schema: Schema = {"title": row.title, "allOf": [_ref("Attribute")], "properties": own}
    if row.kind in ("gauge", "counter") and (row.low is not None or row.high is not None):
        schema["x-plausible"] = [_published(kind, row, limit) for limit in (row.low, row.high)]
    return schema


def _published(kind: FeatureType, row: ObservedProperty, limit: float | None) -> Any:
    """A limit as the type would have it: a fraction of one where the vocabulary has percent."""
    if limit is None:
        return None
    return attribute_of(kind, Observation(kind.name, row.name, float(limit), 0))[1]["value"]


def _value_schema(name: str, row: ObservedProperty) -> Schema:
    match row.kind:
        case "flag":
            words = FLAG_WORDS.get(name)
            return {"type": "string", "enum": [*words, "unknown"]} if words else {"type": "boolean"}
        case "state":
            return {"type": "string", "enum": list(row.states)} if row.states else {"type": "string"}
        case "gauge" | "counter":
            return {"type": "integer" if name in INTEGERS else "number"}
