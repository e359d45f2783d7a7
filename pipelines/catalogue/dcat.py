"""One DCAT-AP-NL 3.0 catalogue per pilot, as JSON-LD with its context inside: nothing has to be fetched to read it.

    Catalog ─┬─▶ Dataset of each domain ─▶ Distribution: topics (and downloads, where there is a website)
             └─▶ DataService: the broker, described by the AsyncAPI document

Laws
- Every node says its class: portals and SHACL check without inference.
- What nobody has written down is left out, never made up.
- A dataset is tagged as high-value (Regulation (EU) 2023/138) only where its licence is free enough and its domain
  falls under an act by its kind (weather stations) or by the city's own word (``high_value``).
"""

from collections.abc import Sequence
from typing import Any

from pipelines.catalogue.asyncapi import address_of
from pipelines.catalogue.facts import PilotFacts
from pipelines.catalogue.subjects import EU, SUBJECTS, Licence, licence_of
from pipelines.encodings.topics import segment
from pipelines.open_data.channels import CHANNELS
from pipelines.vocabulary import Domain

Json = dict[str, Any]

CONTEXT: Json = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
REGULATION = "http://data.europa.eu/eli/reg_impl/2023/138/oj"
HIGH_VALUE_SCHEME = "http://data.europa.eu/bna/asd487ae75"
DATA_THEMES = f"{EU}/data-theme"
ACCESS = {"public": "PUBLIC", "restricted": "RESTRICTED"}
ASYNCAPI_STANDARD = "https://www.asyncapi.com/docs/reference/specification/v3.0.0"
NGSI_LD_STANDARD = "https://www.etsi.org/deliver/etsi_gs/CIM/001_099/009/"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types"
LANGUAGE = "en"


def catalogue(facts: PilotFacts) -> Json:
    """The catalogue of a pilot, as JSON values."""
    return {
        "@context": CONTEXT,
        "@id": _iri(facts, "catalogue"),
        "@type": "dcat:Catalog",
        "dct:title": _text(f"{facts.title}: open data"),
        "dct:description": _text(f"What the pilot {facts.title} in {facts.city.title()} publishes while it runs."),
        "dct:publisher": _publisher(facts),
        "dct:creator": _publisher(facts),
        "dcat:contactPoint": _contact(facts),
        "dct:language": _language(),
        "dct:license": _licence(licence_of(facts.licence)),
        "dcat:themeTaxonomy": {"@id": DATA_THEMES, "@type": "skos:ConceptScheme", "dct:title": _text("Data theme")},
        "dcat:dataset": [_dataset(facts, domain) for domain in facts.domains],
        "dcat:service": [_service(facts)],
        **_when_and_where(facts),
        **({"foaf:homepage": {"@id": facts.website, "@type": "foaf:Document"}} if facts.website else {}),
    }


def is_high_value(facts: PilotFacts, domain: Domain) -> bool:
    """Whether the dataset of a domain is tagged as high-value."""
    subject = SUBJECTS[domain]
    asked_for = subject.by_kind or domain in facts.high_value
    return bool(subject.high_value[0]) and asked_for and licence_of(facts.licence).free_enough


def _dataset(facts: PilotFacts, domain: Domain) -> Json:
    subject = SUBJECTS[domain]
    names = ", ".join(channel.title.lower() for channel in CHANNELS if "{domain}" in channel.address)
    about = f"{subject.title} in {facts.city.title()}, from the sensors of the pilot {facts.title}: {names}."
    return {
        "@id": _iri(facts, f"dataset/{domain.value}"),
        "@type": "dcat:Dataset",
        "dct:identifier": f"{segment(facts.city)}/{segment(facts.id)}/{domain.value}",
        "dct:title": _text(f"{subject.title}: {facts.title}"),
        "dct:description": _text(about),
        "dct:publisher": _publisher(facts),
        "dct:creator": _publisher(facts),
        "dcat:contactPoint": _contact(facts),
        "dcat:theme": _theme(domain),
        "dcat:keyword": [_text(word) for word in (domain.value, *subject.keywords, "smart city", "sensors")],
        "dct:accessRights": _rights(facts),
        "dct:language": _language(),
        "dct:accrualPeriodicity": {"@id": f"{EU}/frequency/UPDATE_CONT", "@type": "dct:Frequency"},
        "dct:conformsTo": {"@id": NGSI_LD_STANDARD, "@type": "dct:Standard", "dct:title": _text("NGSI-LD")},
        "dcat:distribution": _distributions(facts, domain),
        **({"dcat:landingPage": {"@id": facts.website, "@type": "foaf:Document"}} if facts.website else {}),
        **_when_and_where(facts),
        **_high_value(facts, [domain]),
    }


def _when_and_where(facts: PilotFacts) -> Json:
    """Where and when, as far as the pilot's file says."""
    begin: Json = {"@type": "dct:PeriodOfTime", "dcat:startDate": _day(facts.start.isoformat())}
    if facts.end is not None:
        begin["dcat:endDate"] = _day(facts.end.isoformat())
    found: Json = {"dct:temporal": begin}
    if facts.bbox is not None:
        west, south, east, north = facts.bbox
        ring = f"{west:g} {south:g}, {east:g} {south:g}, {east:g} {north:g}, {west:g} {north:g}, {west:g} {south:g}"
        box = {"@type": "http://www.opengis.net/ont/geosparql#wktLiteral", "@value": f"POLYGON(({ring}))"}
        found["dct:spatial"] = {"@type": "dct:Location", "dcat:bbox": box}
    return found


def _high_value(facts: PilotFacts, domains: Sequence[Domain]) -> Json:
    """The regulation and the categories of those domains that are high-value; nothing where none is."""
    tagged = [SUBJECTS[domain].high_value for domain in domains if is_high_value(facts, domain)]
    if not tagged:
        return {}
    return {
        "dcatap:applicableLegislation": {"@id": REGULATION, "@type": "eli:LegalResource"},
        "dcatap:hvdCategory": [_concept(uri, name, HIGH_VALUE_SCHEME) for uri, name in tagged],
    }


def _distributions(facts: PilotFacts, domain: Domain) -> list[Json]:
    scheme, host = address_of(facts)
    legislation = {
        key: value for key, value in _high_value(facts, [domain]).items() if key == "dcatap:applicableLegislation"
    }
    topics = {
        "@id": _iri(facts, f"dataset/{domain.value}/topics"),
        "@type": "dcat:Distribution",
        "dct:title": _text("MQTT topics"),
        "dct:description": _text(f"Subscribe to {facts.topic(domain, '#')}"),
        "dcat:accessURL": _resource(f"{scheme}://{host}"),
        "dcat:accessService": {"@id": _iri(facts, "broker"), "@type": "dcat:DataService"},
        **_form(facts),
        **legislation,
    }
    if not facts.website:
        return [topics]
    downloads = {
        "@id": _iri(facts, f"dataset/{domain.value}/downloads"),
        "@type": "dcat:Distribution",
        "dct:title": _text("Downloads"),
        "dcat:accessURL": _resource(facts.website),
        **_form(facts),
        **legislation,
    }
    return [topics, downloads]


def _form(facts: PilotFacts) -> Json:
    return {
        "dct:license": _licence(licence_of(facts.licence)),
        "dct:format": {"@id": f"{EU}/file-type/JSON", "@type": "dct:MediaTypeOrExtent"},
        "dcat:mediaType": {"@id": f"{MEDIA_TYPES}/application/json", "@type": "dct:MediaType"},
    }


def _service(facts: PilotFacts) -> Json:
    scheme, host = address_of(facts)
    city, pilot = segment(facts.city), segment(facts.id)
    return {
        "@id": _iri(facts, "broker"),
        "@type": "dcat:DataService",
        "dct:identifier": f"{city}/{pilot}/broker",
        "dct:title": _text(f"{facts.title}: MQTT broker"),
        "dct:description": _text("Open data as they happen, on MQTT topics; an account is needed, ask the contact."),
        "dct:publisher": _publisher(facts),
        "dcat:contactPoint": _contact(facts),
        "dcat:theme": [_theme(domain) for domain in facts.domains],
        "dct:accessRights": _rights(facts),
        "dct:license": _licence(licence_of(facts.licence)),
        "dcat:endpointURL": _resource(f"{scheme}://{host}"),
        "dcat:endpointDescription": _resource(f"{scheme}://{host}/{facts.topic(facts.domains[0], '_asyncapi')}"),
        "dct:conformsTo": {"@id": ASYNCAPI_STANDARD, "@type": "dct:Standard", "dct:title": _text("AsyncAPI 3.0.0")},
        "dcat:servesDataset": [
            {"@id": _iri(facts, f"dataset/{domain.value}"), "@type": "dcat:Dataset"} for domain in facts.domains
        ],
        **_high_value(facts, facts.domains),
    }


# The small nodes


def _iri(facts: PilotFacts, part: str) -> str:
    city, pilot = segment(facts.city), segment(facts.id)
    if facts.website:
        return f"{facts.website.rstrip('/')}/catalogue/{city}/{pilot}/{part}"
    return f"urn:citygate:{city}:{pilot}:{part.replace('/', ':')}"


def _text(words: str) -> Json:
    return {"@value": words, "@language": LANGUAGE}


def _day(iso: str) -> Json:
    return {"@value": iso, "@type": "xsd:date"}


def _resource(url: str) -> Json:
    return {"@id": url, "@type": "rdfs:Resource"}


def _concept(uri: str, name: str, scheme: str) -> Json:
    return {"@id": uri, "@type": "skos:Concept", "skos:prefLabel": _text(name), "skos:inScheme": {"@id": scheme}}


def _theme(domain: Domain) -> Json:
    code, name = SUBJECTS[domain].theme
    return _concept(f"{DATA_THEMES}/{code}", name, DATA_THEMES)


def _rights(facts: PilotFacts) -> Json:
    return {"@id": f"{EU}/access-right/{ACCESS[facts.access_rights]}", "@type": "dct:RightsStatement"}


def _licence(licence: Licence) -> Json:
    return {"@id": licence.uri, "@type": "dct:LicenseDocument", "dct:title": _text(licence.name)}


def _language() -> Json:
    return {"@id": f"{EU}/language/ENG", "@type": "dct:LinguisticSystem"}


def _publisher(facts: PilotFacts) -> Json:
    return {"@id": _iri(facts, "publisher"), "@type": "foaf:Agent", "foaf:name": facts.publisher}


def _contact(facts: PilotFacts) -> Json:
    card: Json = {
        "@id": _iri(facts, "contact"),
        "@type": ["vcard:Kind", "vcard:Organization"],
        "vcard:fn": facts.contact.name or facts.publisher,
        "vcard:hasEmail": {"@id": f"mailto:{facts.contact.email}"},
    }
    if facts.contact.phone:
        card["vcard:hasTelephone"] = {"@id": "tel:" + "".join(facts.contact.phone.split())}
    return card
