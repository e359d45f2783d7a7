"""A pilot's sensors as records of a register of sensors in public space, in the fields of Amsterdam's Sensorenregister.

Fields by its public API: reference, owner, type, location, location_description, datastream, themes, contains_pi_data,
observation_goal, legal_ground, privacy_declaration, active_until. Duty: APV Amsterdam art. 2.25a.

Laws
- Never the id of a device. A reference is made of the pilot's reference and the feature's own name.
- What hangs at a household is not in public space: it is left out, and counted.
- A register says where a sensor is, exactly; only its words on what it measures are open data's.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from pipelines.catalogue.bodies import privacy_of, properties_of
from pipelines.catalogue.dtpr import TAXONOMY, TAXONOMY_LICENCE, chain
from pipelines.catalogue.facts import PilotFacts, Sensor
from pipelines.catalogue.subjects import KINDS, SUBJECTS
from pipelines.encodings.topics import digest, holds_eui, segment
from pipelines.vocabulary import FEATURE_TYPES, FeatureType

MAX_TEXT = 255
"""The register's longest text."""
NAMED = 6
"""So many measured things are listed by name."""


class Record(msgspec.Struct, frozen=True):
    """One sensor. ``active_until`` is an ISO date, "" where nobody knows; ``themes`` as the register spells them."""

    reference: str
    owner_organisation: str
    owner_name: str
    owner_email: str
    type: str
    latitude: float
    longitude: float
    location_description: str
    datastream: str
    themes: tuple[str, ...]
    contains_pi_data: bool
    observation_goal: str
    legal_ground: str
    privacy_declaration: str
    active_until: str
    dpia: str
    dtpr: dict[str, list[str]]


def records(facts: PilotFacts, sensors: Iterable[Sensor]) -> list[Record]:
    """One record for each sensor, in order of its reference."""
    return sorted((_record(facts, sensor) for sensor in sensors), key=lambda record: record.reference)


def missing(facts: PilotFacts) -> list[str]:
    """What a register asks for and the pilot's file does not say: keys of its ``[register]``."""
    wanted = {"observation_goal": facts.purpose.observation_goal, "legal_ground": facts.purpose.legal_ground}
    return [key for key, value in wanted.items() if not value]


def geojson(facts: PilotFacts, found: Sequence[Record]) -> dict[str, Any]:
    """A feature collection (RFC 7946), one point for each record; owner as an object, as the register has it."""
    return {
        "type": "FeatureCollection",
        "name": f"{facts.title}: sensors",
        "dtpr": {"taxonomy": TAXONOMY, "licence": TAXONOMY_LICENCE},
        "features": [_feature(record) for record in found],
    }


def as_csv(found: Iterable[Record]) -> str:
    """A table with a head, one row for each record; lists are separated by semicolons. RFC 4180, UTF-8."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(Record.__struct_fields__)
    for record in found:
        table.writerow([_cell(getattr(record, name)) for name in Record.__struct_fields__])
    return text.getvalue()


def _record(facts: PilotFacts, sensor: Sensor) -> Record:
    kind = FEATURE_TYPES[sensor.feature.partition("/")[0]]
    until = min((day for day in (sensor.until, facts.end) if day is not None), default=None)
    purpose = facts.purpose
    return Record(
        reference=reference(facts, sensor.feature),
        owner_organisation=facts.publisher,
        owner_name=facts.contact.name,
        owner_email=facts.contact.email,
        type=KINDS[kind.name].register_type,
        latitude=sensor.location.latitude,
        longitude=sensor.location.longitude,
        location_description=sensor.name[:MAX_TEXT],
        datastream=_datastream(facts, kind),
        themes=purpose.themes or (SUBJECTS[kind.domain].register_theme,),
        contains_pi_data=purpose.personal_data == "processed",
        observation_goal=purpose.observation_goal,
        legal_ground=purpose.legal_ground,
        privacy_declaration=purpose.privacy_declaration,
        active_until="" if until is None else until.isoformat(),
        dpia=purpose.dpia,
        dtpr=chain(kind.name, privacy_of(facts, kind), purpose.personal_data),
    )


def reference(facts: PilotFacts, feature: str) -> str:
    """The number of a sensor in the register: the pilot's reference, and what the sensor watches."""
    local = feature.partition("/")[2]
    name = digest(feature) if holds_eui(local) else segment(local)
    return f"{facts.purpose.reference or facts.id}-{name}"


def _datastream(facts: PilotFacts, kind: FeatureType) -> str:
    measured = facts.measured.get(kind.name, ())
    titles = [row.title for row in properties_of(facts, kind) if not measured or row.name in measured][:NAMED]
    return "; ".join([kind.title, *titles])[:MAX_TEXT]


def _feature(record: Record) -> dict[str, Any]:
    owner = {
        "organisation": record.owner_organisation,
        "name": record.owner_name,
        "email": record.owner_email,
    }
    own = {"latitude", "longitude", "owner_organisation", "owner_name", "owner_email", "themes"}
    facts = {name: getattr(record, name) for name in Record.__struct_fields__ if name not in own}
    return {
        "type": "Feature",
        "id": record.reference,
        "geometry": {"type": "Point", "coordinates": [record.longitude, record.latitude]},
        "properties": facts | {"owner": owner, "themes": list(record.themes)},
    }


def _cell(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ";".join(value)
        case dict():
            return ";".join(f"{key}={one}" for key, ids in value.items() for one in ids)
        case _:
            return str(value)
