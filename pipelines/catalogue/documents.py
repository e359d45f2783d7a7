"""The documents of a pilot as they are published, retained, beside its topics."""

from collections.abc import Mapping

import msgspec

from pipelines.catalogue.asyncapi import document
from pipelines.catalogue.dcat import catalogue
from pipelines.catalogue.facts import PilotFacts
from pipelines.open_data.channels import CHANNELS

CONTENT_TYPES: Mapping[str, str] = {
    channel.address.rpartition("/")[2]: channel.content_type for channel in CHANNELS if channel.body == "document"
}
"""Last level of a document's topic → its media type."""

_encode = msgspec.json.Encoder().encode


def documents(facts: PilotFacts) -> dict[str, bytes]:
    """Topic → body: of each domain of the pilot its AsyncAPI document and its catalogue, the same for all of them.

    The same facts give the same bytes, so who publishes can tell by them whether there is anything new.
    """
    bodies = {"_asyncapi": _encode(document(facts)), "_catalog": _encode(catalogue(facts))}
    assert set(bodies) == set(CONTENT_TYPES), "the table of channels names what is published"
    return {facts.topic(domain, name): body for domain in facts.domains for name, body in bodies.items()}
