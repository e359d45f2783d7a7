"""What is said of pilots: their AsyncAPI documents and catalogues, retained; and nothing any more of those gone."""

import hashlib
from collections.abc import Mapping

import msgspec

from gateway.catalogue.facts import documents_of
from gateway.mqtt.outbox import Outgoing
from gateway.open_city import OpenCity
from gateway.sinks.open_topics.publisher import message_properties
from pipelines.catalogue.documents import CONTENT_TYPES


def documents(city: OpenCity, said: Mapping[str, bytes], *, sensorthings: bool) -> list[tuple[Outgoing, bytes]]:
    """What has to be said anew, each with a digest of its body: empty where its pilot or domain is no more.

    ``said``: topic → digest of what stands there. Takes some milliseconds for each pilot: not for the event loop.
    """
    bodies = documents_of(city, sensorthings="published" if sensorthings else "off")
    digests = {topic: hashlib.blake2b(body, digest_size=8).digest() for topic, body in bodies.items()}
    gone = [topic for topic in said if is_document(topic) and topic not in bodies]
    changed = [topic for topic, digest in digests.items() if said.get(topic) != digest]
    return [
        *((_message(topic, bodies[topic]), digests[topic]) for topic in changed),
        *((_message(topic, b""), b"") for topic in gone),
    ]


def is_document(topic: str) -> bool:
    """True for the topic of a document, false for that of an entity."""
    return _last(topic) in CONTENT_TYPES


def _message(topic: str, body: bytes) -> Outgoing:
    properties = msgspec.structs.replace(message_properties(None), content_type=CONTENT_TYPES[_last(topic)])
    return Outgoing(topic, body, 1, retain=True, properties=properties)


def _last(topic: str) -> str:
    return topic.rpartition("/")[2]
