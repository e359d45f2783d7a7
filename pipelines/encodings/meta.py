"""``…/meta``: what an entity is, where, in which units it speaks, under which licence, and whom to ask.

A Smart Data Models ``Device`` that controls the entity. What its schema lacks stands under our own names
(``EXTENSIONS``), among them the facts that a city's register of sensors asks for.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from pipelines.encodings.ngsi_ld import CONTROLLED, Entity, attribute_form, point
from pipelines.encodings.sensorthings import datastream_id
from pipelines.vocabulary import PROPERTIES

EXTENSIONS = (
    "attributes",
    "contact",
    "deviceModel",
    "domain",
    "licence",
    "pilot",
    "privacyClass",
    "publisher",
    "register",
    "retentionDays",
)


class Facts(msgspec.Struct, frozen=True):
    """What the operator's files say of the pilot and of the device, as far as it may be told.

    ``register``: the facts of a city's register of sensors; ``properties``: what the entity can say.
    """

    pilot: str
    publisher: str
    licence: str
    privacy_class: str
    retention_days: int
    name: str = ""
    area: str = ""
    device_model: str = ""
    contact: dict[str, str] = {}
    register: dict[str, Any] = {}
    properties: tuple[str, ...] = ()


_encode = msgspec.json.Encoder(order="deterministic").encode


def meta_body(entity: Entity, facts: Facts, *, sensorthings: bool = False) -> bytes:
    """The body; the same bytes for the same facts."""
    body: dict[str, Any] = {
        "id": entity.address.urn("Device"),
        "type": "Device",
        "controlledAsset": [entity.id],
        "controlledProperty": sorted({CONTROLLED[name] for name in facts.properties if name in CONTROLLED}),
        "description": entity.feature_type.title,
        "domain": entity.feature_type.domain.value,
        "provider": facts.publisher,
        "publisher": facts.publisher,
        "pilot": facts.pilot,
        "licence": facts.licence,
        "privacyClass": facts.privacy_class,
        "retentionDays": facts.retention_days,
        "contact": facts.contact,
        "register": facts.register,
        "attributes": _attributes(entity, facts.properties, sensorthings=sensorthings),
    }
    body |= {
        name: value
        for name, value in (("name", facts.name), ("areaServed", facts.area), ("deviceModel", facts.device_model))
        if value
    }
    if entity.location is not None:
        body["location"] = point(entity.location)
    return _encode(body)


def _attributes(entity: Entity, names: Iterable[str], *, sensorthings: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        attribute, unit = attribute_form(entity.feature_type.name, name)
        found[attribute] = {"property": name, "title": PROPERTIES[name].title, **unit}
        if sensorthings:
            found[attribute]["datastream"] = datastream_id(entity.address, name)
    return found
