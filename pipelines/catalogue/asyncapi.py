"""One AsyncAPI 3.0.0 document per pilot, generated from the publisher's own table of channels.

    CHANNELS ─▶ channels, operations         vocabulary, feature types, privacy classes ─▶ messages, schemas
    pilot's file ─▶ servers, licence, contact

Laws
- No topic, quality of service or retained flag is written here: they come from ``pipelines/open_data/channels.py``.
- The same facts give the same bytes: no time of writing, no order of a set.
- The document is of the publisher: its operations *send*. Who reads it subscribes to the same addresses.
"""

from typing import Any

from pipelines.catalogue.bodies import (
    EXAMPLE_ENTITY,
    SINGLE,
    entity_schema,
    has_channel,
    kinds_of,
    pascal,
    payload_schema,
    privacy_of,
    shared_schemas,
    single_schemas,
)
from pipelines.catalogue.examples import example, example_meta, example_observation
from pipelines.catalogue.facts import PilotFacts
from pipelines.catalogue.subjects import SUBJECTS, licence_of
from pipelines.encodings.ngsi_ld import CONTENT_TYPE, SCHEMA_VERSION
from pipelines.encodings.topics import segment
from pipelines.open_data.channels import BODIES, CHANNELS, ROOT, Channel, Parameter, Period
from pipelines.vocabulary import FeatureType

Json = dict[str, Any]

ASYNCAPI_VERSION = "3.0.0"
MQTT_BINDING = "0.2.0"
NO_HOST = "broker.invalid"
"""Stands where nobody has written the broker's address; RFC 2606 keeps it from ever being one."""
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


def document(facts: PilotFacts) -> Json:
    """The whole document of a pilot, as JSON values."""
    channels = [channel for channel in CHANNELS if _concerns(facts, channel)]
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "id": f"urn:citygate:{segment(facts.city)}:{segment(facts.id)}",
        "info": _info(facts),
        "defaultContentType": CONTENT_TYPE,
        "servers": {"broker": _server(facts)},
        "channels": {channel.name: _channel(facts, channel) for channel in channels},
        "operations": {f"send{pascal(channel.name)}": _operation(facts, channel) for channel in channels},
        "components": {
            "schemas": shared_schemas()
            | {pascal(kind.name): entity_schema(facts, kind) for kind in kinds_of(facts)}
            | single_schemas(),
            "messages": {name: message for channel in channels for name, message in _messages(facts, channel).items()},
            "securitySchemes": {
                "account": {
                    "type": "userPassword",
                    "description": "One read-only account for each start-up; ask the contact for it.",
                }
            },
        },
    }


def messages_of(facts: PilotFacts, channel: Channel) -> list[str]:
    """The names of the messages that come on a channel."""
    return list(_messages(facts, channel))


def _concerns(facts: PilotFacts, channel: Channel) -> bool:
    if channel.body == "sensorthings":
        return facts.sensorthings == "published"
    return channel.body in SINGLE or any(has_channel(facts, kind, channel) for kind in kinds_of(facts))


def _info(facts: PilotFacts) -> Json:
    licence = licence_of(facts.licence)
    contact = {"name": facts.contact.name or facts.publisher, "email": facts.contact.email}
    about = (
        f"Open data of the pilot {facts.title}, {facts.city.title()}, on MQTT topics. Publisher: {facts.publisher}. "
        f"Subscribe to the addresses below; bodies are NGSI-LD concise entities of Smart Data Models types. "
        f"Privacy classes: A environment, B assets, C use of public space, D households; the pilot's is "
        f"{facts.privacy}. Within {ROOT} things are only added."
    )
    return {
        "title": facts.title,
        "version": f"{SCHEMA_VERSION}.0",
        "description": about,
        "license": {"name": licence.name, "url": licence.url},
        "contact": contact | ({"url": facts.website} if facts.website else {}),
        "tags": [{"name": domain.value, "description": SUBJECTS[domain].title} for domain in facts.domains],
    }


def _server(facts: PilotFacts) -> Json:
    scheme, host = address_of(facts)
    return {
        "host": host,
        "protocol": scheme,
        "protocolVersion": "5.0",
        "title": "The city's broker for open data",
        "description": "MQTT 5; 3.1.1 works too, without expiry and user properties.",
        "security": [{"$ref": "#/components/securitySchemes/account"}],
        "tags": [{"name": "read-only"}],
        "bindings": {"mqtt": {"cleanSession": False, "keepAlive": 60, "bindingVersion": MQTT_BINDING}},
    }


def address_of(facts: PilotFacts) -> tuple[str, str]:
    """Scheme (``mqtt``, ``mqtts``) and ``host:port`` of the broker, as start-ups reach it."""
    scheme, _, host = (facts.broker or f"mqtts://{NO_HOST}").partition("://")
    host = host.strip("/")
    return scheme, host if ":" in host.rpartition("]")[2] else f"{host}:{DEFAULT_PORTS[scheme]}"


def _channel(facts: PilotFacts, channel: Channel) -> Json:
    names = messages_of(facts, channel)
    return {
        "address": channel.address,
        "title": channel.title,
        "description": f"{BODIES[channel.body]}. Who is spoken of: {channel.privacy}.",
        "servers": [{"$ref": "#/servers/broker"}],
        "parameters": {one.name: _parameter(facts, one) for one in channel.parameters},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "tags": [{"name": tier, "description": "May be read by accounts of this tier"} for tier in channel.tiers],
    }


def _parameter(facts: PilotFacts, parameter: Parameter) -> Json:
    known = {
        "city": [segment(facts.city)],
        "pilot": [segment(facts.id)],
        "domain": [domain.value for domain in facts.domains],
    }
    told: Json = {"description": f"{parameter.title}. Pattern: {parameter.pattern}"}
    values = list(parameter.values) or known.get(parameter.name)
    if values:
        return told | {"enum": values}
    return told | {"examples": [EXAMPLE_ENTITY]} if parameter.name == "entity" else told


def _operation(facts: PilotFacts, channel: Channel) -> Json:
    names = messages_of(facts, channel)
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "title": channel.title,
        "summary": "Kept by the broker for whoever comes later."
        if channel.retained
        else "Not kept: subscribe to hear.",
        "messages": [{"$ref": f"#/channels/{channel.name}/messages/{name}"} for name in names],
        "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retained, "bindingVersion": MQTT_BINDING}},
    }


def _messages(facts: PilotFacts, channel: Channel) -> dict[str, Json]:
    if channel.body in SINGLE:
        return {pascal(channel.name): _single(facts, channel)}
    return {
        pascal(f"{kind.name}-{channel.name}"): _about(facts, kind, channel)
        for kind in kinds_of(facts)
        if has_channel(facts, kind, channel)
    }


def _about(facts: PilotFacts, kind: FeatureType, channel: Channel) -> Json:
    period = _period(channel)
    name = pascal(f"{kind.name}-{channel.name}")
    return {
        "name": name,
        "title": f"{kind.title}: {channel.title[0].lower()}{channel.title[1:]}",
        "contentType": channel.content_type,
        "payload": payload_schema(kind, channel.body),
        "examples": [{"name": "made-up", "payload": example(facts, kind, channel.body, period)}],
        "tags": [{"name": kind.domain.value}, {"name": f"privacy-{privacy_of(facts, kind)}"}],
        "bindings": _mqtt(channel),
    }


def _single(facts: PilotFacts, channel: Channel) -> Json:
    """A message whose body is the same for all feature types, with the example of the first of them."""
    told: Json = {
        "name": pascal(channel.name),
        "title": channel.title,
        "summary": BODIES[channel.body],
        "contentType": channel.content_type,
        "payload": {"$ref": f"#/components/schemas/{SINGLE[channel.body]}"},
        "bindings": _mqtt(channel),
    }
    first = kinds_of(facts)[:1]
    match channel.body:
        case "gateway":
            payloads = [{"state": "online"}]
        case "meta":
            payloads = [example_meta(facts, kind) for kind in first]
        case "sensorthings":
            payloads = [example_observation(facts, kind) for kind in first]
        case _:
            payloads = []
    return told | ({"examples": [{"name": "made-up", "payload": one} for one in payloads]} if payloads else {})


def _mqtt(channel: Channel) -> Json:
    return {"mqtt": {"payloadFormatIndicator": 1, "contentType": channel.content_type, "bindingVersion": MQTT_BINDING}}


def _period(channel: Channel) -> Period | None:
    match channel.suffix.rpartition("/")[2]:
        case "15m":
            return "15m"
        case "1h":
            return "1h"
        case "1d":
            return "1d"
        case _:
            return None
