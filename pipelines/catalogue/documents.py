"""The documents of a pilot as they are published, retained, beside its topics."""

from collections.abc import Mapping

import msgspec

from pipelines.catalogue.asyncapi import document
from pipelines.catalogue.dcat import catalogue
from pipelines.catalogue.facts import PilotFacts

ASYNCAPI_TYPE = "application/vnd.aai.asyncapi+json;version=3.0.0"
CATALOGUE_TYPE = "application/ld+json"

CONTENT_TYPES: Mapping[str, str] = {"_asyncapi": ASYNCAPI_TYPE, "_catalog": CATALOGUE_TYPE}
"""Last level of a document's topic → its media type."""

_encode = msgspec.json.Encoder().encode


def documents(facts: PilotFacts) -> dict[str, bytes]:
    """Topic → body: of each domain of the pilot its AsyncAPI document and its catalogue, the same for all of them.

    The same facts give the same bytes, so who publishes can tell by them whether there is anything new.
    """
    bodies = {"_asyncapi": _encode(document(facts)), "_catalog": _encode(catalogue(facts))}
    return {facts.topic(domain, name): body for domain in facts.domains for name, body in bodies.items()}
