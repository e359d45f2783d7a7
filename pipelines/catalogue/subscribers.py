"""Example subscribers of a pilot's topics: whole, typed programs in Python and JavaScript, from the publisher's table.

A start-up takes one, runs it, and changes it. What they do is what every subscriber has to: a session that survives a
lost link, TLS by the broker's address, an empty body means gone, a missing value is no zero.
"""

from collections.abc import Sequence
from string import Template
from typing import Literal, assert_never

from pipelines.catalogue.asyncapi import DEFAULT_PORTS, address_of
from pipelines.catalogue.bodies import attribute_name, has_channel, kinds_of, pascal, properties_of
from pipelines.catalogue.facts import PilotFacts
from pipelines.encodings.ngsi_ld import FLAG_WORDS
from pipelines.encodings.topics import segment
from pipelines.open_data.channels import Channel
from pipelines.vocabulary import FeatureType, ObservedProperty

Language = Literal["python", "javascript"]
LANGUAGES: tuple[Language, ...] = ("python", "javascript")

ENDINGS: dict[Language, str] = {"python": ".py", "javascript": ".mjs"}
PYTHON_TYPES = {"text": "Text", "number": "Number", "flag": "Flag"}
JAVASCRIPT_TYPES = {"text": "Attribute<string>", "number": "Attribute<number>", "flag": "Attribute<boolean>"}

PYTHON = Template('''"""Listens to $title: $channel.

    pip install paho-mqtt                       once; Python 3.11 or newer
    CITYGATE_USER=… CITYGATE_PASSWORD=… python $file

CITYGATE_BROKER is another broker than $broker;
CITYGATE_CA a file with the certificate of the city's own authority. Both are optional.
Licence of the data: $licence, $publisher. Questions: $email. Written by Citygate; yours to change.
"""

import json
import os
import urllib.parse
from typing import Any, Required, TypedDict

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.packettypes import PacketTypes

TOPICS = $topics


class Attribute(TypedDict, total=False):
    """What every attribute says beside its value; without a value where quality is missing, suppressed, retracted."""

    unitCode: str
    unitText: str
    observedAt: str
    observedUntil: str
    quality: Required[str]
    reason: str


class Number(Attribute, total=False):
    value: float


class Text(Attribute, total=False):
    value: str


class Flag(Attribute, total=False):
    value: bool


class Point(TypedDict):
    type: str
    coordinates: list[float]  # longitude, latitude


class Entity(TypedDict, total=False):
    id: Required[str]
    type: Required[str]
    location: Point
    revision: int
$types

def received(topic: str, entity: $union) -> None:
    """One message. Put your own work here."""
    values = {
        name: f"{attribute['value']} {attribute.get('unitCode', '')}".rstrip()
        for name, attribute in entity.items()
        if isinstance(attribute, dict) and "value" in attribute
    }
    print(topic.split("/")[5], values, flush=True)


def on_connect(client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
    if reason.is_failure:
        print(f"The broker says: {reason}", flush=True)
        return
    client.subscribe([(topic, 1) for topic in TOPICS])


def on_message(_client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
    if not message.payload:
        print(message.topic.split("/")[5], "is no more", flush=True)
        return
    received(message.topic, json.loads(message.payload))


def main() -> None:
    broker = urllib.parse.urlsplit(os.environ.get("CITYGATE_BROKER", "$broker"))
    user = os.environ.get("CITYGATE_USER", "")
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=user, protocol=mqtt.MQTTv5)
    client.on_connect, client.on_message = on_connect, on_message
    if user:
        client.username_pw_set(user, os.environ.get("CITYGATE_PASSWORD"))
    if broker.scheme == "mqtts":
        client.tls_set(os.environ.get("CITYGATE_CA"))
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3600  # the broker keeps what comes while the link is down
    client.connect(broker.hostname or "localhost", broker.port or $port, clean_start=not user, properties=properties)
    client.loop_forever()


if __name__ == "__main__":
    main()
''')

JAVASCRIPT = Template("""// Listens to $title: $channel.
//
//     npm install mqtt                         once; Node.js 20 or newer
//     CITYGATE_USER=… CITYGATE_PASSWORD=… node $file
//
// CITYGATE_BROKER is another broker than $broker;
// CITYGATE_CA a file with the certificate of the city's own authority. Both are optional.
// Licence of the data: $licence, $publisher. Questions: $email. Written by Citygate; yours to change.
// @ts-check
import { readFileSync } from "node:fs";
import mqtt from "mqtt";

const TOPICS = $topics;

/**
 * What every attribute says; without a value where quality is missing, suppressed or retracted.
 * @template T
 * @typedef {{value?: T, unitCode?: string, unitText?: string, observedAt?: string, observedUntil?: string,
 *   quality: string, reason?: string}} Attribute
 */
/** @typedef {{type: "Point", coordinates: number[]}} Point longitude before latitude */
/** @typedef {{id: string, type: string, location?: Point, revision?: number}} Entity */
$types
/**
 * One message. Put your own work here.
 * @param {string} topic
 * @param {$union} entity
 */
function received(topic, entity) {
  const values = [];
  for (const [name, attribute] of Object.entries(entity)) {
    if (typeof attribute === "object" && "value" in attribute) {
      values.push(`$${name} $${attribute.value} $${attribute.unitCode ?? ""}`.trim());
    }
  }
  console.log(topic.split("/")[5], values.join(", "));
}

const ca = process.env.CITYGATE_CA;
const client = mqtt.connect(process.env.CITYGATE_BROKER ?? "$broker", {
  protocolVersion: 5,
  clientId: process.env.CITYGATE_USER,
  username: process.env.CITYGATE_USER,
  password: process.env.CITYGATE_PASSWORD,
  ca: ca ? readFileSync(ca) : undefined,
  clean: process.env.CITYGATE_USER === undefined,
  properties: { sessionExpiryInterval: 3600 }, // the broker keeps what comes while the link is down
});
client.on("connect", () => client.subscribe(TOPICS, { qos: 1 }));
client.on("error", (error) => console.error(`The broker says: $${error.message}`));
client.on("message", (topic, payload) => {
  if (payload.length === 0) {
    console.log(topic.split("/")[5], "is no more");
    return;
  }
  received(topic, JSON.parse(payload.toString()));
});
""")


def subscriber(facts: PilotFacts, channel: Channel, language: Language) -> str:
    """The program's text. Raises ValueError for a channel that nothing of the pilot is said on."""
    kinds = [kind for kind in kinds_of(facts) if has_channel(facts, kind, channel)]
    if "{entity}" not in channel.address or not kinds:
        raise ValueError(f"nothing of the pilot is said on {channel.name}")
    scheme, host = address_of(facts)
    words = {
        "title": facts.title,
        "channel": channel.title.lower(),
        "file": file_name(facts, language),
        "broker": f"{scheme}://{host}",
        "port": str(DEFAULT_PORTS[scheme]),
        "licence": facts.licence,
        "publisher": facts.publisher,
        "email": facts.contact.email,
    }
    topics = topics_of(facts, channel, kinds)
    match language:
        case "python":
            literal = "(\n" + "".join(f'    "{topic}",\n' for topic in topics) + ")"
            types = "\n\n" + "\n\n".join(_python_type(facts, kind) for kind in kinds)
            union = " | ".join(pascal(kind.name) for kind in kinds)
            return PYTHON.substitute(_one_line(words), topics=literal, types=types, union=union)
        case "javascript":
            literal = "[\n" + "".join(f'  "{topic}",\n' for topic in topics) + "]"
            types = "\n".join(_javascript_type(facts, kind) for kind in kinds)
            union = " | ".join(pascal(kind.name) for kind in kinds)
            return JAVASCRIPT.substitute(_one_line(words), topics=literal, types=types, union=union)
        case _:
            assert_never(language)


def topics_of(facts: PilotFacts, channel: Channel, kinds: Sequence[FeatureType]) -> list[str]:
    """The topic filters of a channel, one for each domain that something is said of."""
    city, pilot = segment(facts.city), segment(facts.id)
    domains = dict.fromkeys(kind.domain.value for kind in kinds)
    return [channel.filter(city=city, domain=domain, pilot=pilot) for domain in domains]


def file_name(facts: PilotFacts, language: Language) -> str:
    """What the program is called: a name that Python can import, too."""
    return segment(facts.id).replace("-", "_") + ENDINGS[language]


def _one_line(words: dict[str, str]) -> dict[str, str]:
    """Words of people stand in comments: no line may end there, no docstring be closed."""
    return {key: " ".join(word.split()).replace('"', "'").replace("\\", "/") for key, word in words.items()}


def _kind_of(name: str, row: ObservedProperty) -> str:
    if row.kind == "state" or (row.kind == "flag" and name in FLAG_WORDS):
        return "text"
    return "flag" if row.kind == "flag" else "number"


def _python_type(facts: PilotFacts, kind: FeatureType) -> str:
    named = {attribute_name(kind, row): row for row in reversed(properties_of(facts, kind))}
    lines = [f"    {name}: {PYTHON_TYPES[_kind_of(name, row)]}  # {row.title}" for name, row in reversed(named.items())]
    head = f'class {pascal(kind.name)}(Entity, total=False):\n    """{kind.title}."""\n\n'
    return head + "\n".join(lines) + "\n"


def _javascript_type(facts: PilotFacts, kind: FeatureType) -> str:
    named = {attribute_name(kind, row): row for row in reversed(properties_of(facts, kind))}
    fields = "".join(
        f" *   {name}?: {JAVASCRIPT_TYPES[_kind_of(name, row)]},\n" for name, row in reversed(named.items())
    )
    return f"/**\n * {kind.title}.\n * @typedef {{Entity & {{\n{fields} * }}}} {pascal(kind.name)}\n */"
