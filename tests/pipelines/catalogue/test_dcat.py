"""The catalogue, held against the official SHACL shapes of DCAT-AP 3.0 and DCAT-AP-NL 3.0, offline."""

import json
from functools import cache
from typing import Any

import msgspec
import pyshacl
import pytest
import rdflib

from pipelines.catalogue.dcat import REGULATION, catalogue, is_high_value
from pipelines.catalogue.facts import PilotFacts
from pipelines.vocabulary import Domain
from tests import servers
from tests.pipelines.catalogue.pilots import FULL, SMALL

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
"""rdflib's own reader of JSON-LD still uses what rdflib has deprecated."""

DCT, DCAT = rdflib.Namespace("http://purl.org/dc/terms/"), rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCATAP = rdflib.Namespace("http://data.europa.eu/r5r/")


@cache
def shapes(name: str) -> rdflib.Graph:
    return rdflib.Graph().parse(servers.schemas() / "dcat-ap-nl" / f"{name}.ttl")


def graph(described: Any) -> rdflib.Graph:
    return rdflib.Graph().parse(data=json.dumps(described), format="json-ld")


def violations(described: Any, name: str) -> str:
    conforms, _, report = pyshacl.validate(graph(described), shacl_graph=shapes(name), advanced=True)
    return "" if conforms else str(report)


@pytest.mark.parametrize("shape", ["dcat-ap-SHACL", "dcat-ap-nl-SHACL"])
@pytest.mark.parametrize("facts", [SMALL, FULL], ids=["small", "full"])
def test_the_catalogue_conforms_to_the_official_shapes(facts: PilotFacts, shape: str) -> None:
    assert violations(catalogue(facts), shape) == ""


@pytest.mark.parametrize("key", ["dcat:contactPoint", "dcat:theme", "dct:accessRights", "dct:creator", "dct:publisher"])
def test_the_shapes_would_notice_what_lacks(key: str) -> None:
    described = catalogue(SMALL)
    del described["dcat:dataset"][0][key]
    assert "Violation" in violations(described, "dcat-ap-nl-SHACL")


def test_weather_is_of_high_value_by_its_kind_and_air_by_the_citys_word() -> None:
    assert {domain for domain in Domain if is_high_value(FULL, domain)} == {Domain.WEATHER, Domain.AIR}
    assert not is_high_value(msgspec.structs.replace(FULL, high_value=(Domain.PARKING,)), Domain.PARKING)
    narrow = msgspec.structs.replace(FULL, licence="CC-BY-NC-4.0")
    assert not [domain for domain in Domain if is_high_value(narrow, domain)], "its licence must be CC BY or freer"


def test_high_value_datasets_name_the_regulation_and_their_category() -> None:
    found = graph(catalogue(FULL))
    tagged = set(found.subjects(DCATAP.applicableLegislation, rdflib.URIRef(REGULATION)))
    datasets = {str(one).rpartition("/")[2] for one in tagged if (one, None, DCAT.Dataset) in found}
    assert datasets == {"weather", "air"}
    weather = next(one for one in tagged if str(one).endswith("dataset/weather"))
    assert str(found.value(weather, DCATAP.hvdCategory)).endswith("c_3af3368c")


def test_the_service_is_described_by_the_asyncapi_document() -> None:
    found = graph(catalogue(FULL))
    (service,) = found.subjects(rdflib.RDF.type, DCAT.DataService)
    assert str(found.value(service, DCAT.endpointURL)) == "mqtts://data.mechelen.example:8884"
    assert str(found.value(service, DCAT.endpointDescription)).endswith(
        "/open/v1/mechelen/parking/all-mechelen/_asyncapi"
    )
    assert len(set(found.objects(service, DCAT.servesDataset))) == len(Domain)


def test_without_a_website_names_are_urns_and_there_is_no_download() -> None:
    described = catalogue(SMALL)
    assert described["@id"] == "urn:citygate:mechelen:parking-mechelen:catalogue"
    assert len(described["dcat:dataset"][0]["dcat:distribution"]) == 1
    assert "dct:spatial" not in described


def test_the_licence_is_named_by_its_address() -> None:
    found = graph(catalogue(SMALL))
    assert {str(one).rpartition("/")[2] for one in found.objects(None, DCT.license)} == {"CC_BY_4_0"}
    other = graph(catalogue(msgspec.structs.replace(SMALL, licence="https://licence.example/7")))
    assert {str(one) for one in other.objects(None, DCT.license)} == {"https://licence.example/7"}
