"""What is published beside the topics."""

import json

from pipelines.catalogue.asyncapi import document
from pipelines.catalogue.dcat import catalogue
from pipelines.catalogue.documents import CONTENT_TYPES, documents
from tests.pipelines.catalogue.pilots import FULL, SMALL

SMALLEST_PACKET_LIMIT = 524_288
"""``max_packet_size`` of the broker that start-ups use."""


def test_each_domain_of_a_pilot_has_both_documents() -> None:
    found = documents(SMALL)
    assert set(found) == {f"open/v1/mechelen/parking/parking-mechelen/{name}" for name in CONTENT_TYPES}
    assert json.loads(found["open/v1/mechelen/parking/parking-mechelen/_asyncapi"]) == document(SMALL)
    assert json.loads(found["open/v1/mechelen/parking/parking-mechelen/_catalog"]) == catalogue(SMALL)
    assert len(documents(FULL)) == 2 * len(FULL.domains)


def test_the_largest_document_passes_the_brokers_limit() -> None:
    assert max(map(len, documents(FULL).values())) < SMALLEST_PACKET_LIMIT / 2
