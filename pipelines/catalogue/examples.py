"""Examples of the bodies on open topics, made by the encoders that publish. Figures are made up, forms are not."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from pipelines.catalogue.bodies import EXAMPLE_ENTITY, properties_of
from pipelines.catalogue.facts import PilotFacts
from pipelines.catalogue.subjects import KINDS
from pipelines.encodings.meta import Facts, meta_body
from pipelines.encodings.ngsi_ld import Entity, said_body, state_body
from pipelines.encodings.sensorthings import observation_body
from pipelines.encodings.topics import Address, segment
from pipelines.model import NS_PER_S, Location, Observation, Value
from pipelines.open_data.channels import PERIODS, BodyKind, Period
from pipelines.open_data.privacy import COUNTS
from pipelines.vocabulary import FeatureType, ObservedProperty

MIDDLE = 0.42
"""Examples lie so far between the lowest and the highest plausible value."""
SMALL = 24.0
"""And at most here, where a range has no end that people would believe."""


def example(facts: PilotFacts, kind: FeatureType, body: BodyKind, period: Period | None = None) -> Any:
    """One body as the publisher would encode it on the first day of the pilot. Figures are made up, forms are not."""
    begin_ns = _noon_ns(facts.start)
    interval_ns = PERIODS[period][0] if period else 0
    rows = properties_of(facts, kind)
    if body == "event":
        rows = tuple(row for row in rows if row.event) or rows[:1]
    elif body == "aggregate":
        worked_out = {*KINDS[kind.name].said, *COUNTS}
        rows = tuple(row for row in rows if row.name in worked_out and not row.event) or rows[:1]
    said = [_sample(kind, row, begin_ns, interval_ns) for row in rows]
    entity = _entity(facts, kind)
    if body == "state":
        return msgspec.json.decode(state_body(entity, {one.property: one for one in said}))
    return msgspec.json.decode(said_body(entity, said, 1))


def example_meta(facts: PilotFacts, kind: FeatureType) -> Any:
    """What stands on ``…/meta`` of an entity."""
    contact = {"email": facts.contact.email}
    known = Facts(
        pilot=facts.title,
        publisher=facts.publisher,
        licence=facts.licence,
        privacy_class=facts.privacy,
        retention_days=facts.retention_days,
        contact=contact | ({"name": facts.contact.name} if facts.contact.name else {}),
        properties=tuple(row.name for row in properties_of(facts, kind)),
    )
    return msgspec.json.decode(meta_body(_entity(facts, kind), known))


def example_observation(facts: PilotFacts, kind: FeatureType) -> Any:
    """One Observation for SensorThings clients."""
    at_ns = _noon_ns(facts.start)
    return msgspec.json.decode(observation_body(_sample(kind, properties_of(facts, kind)[0], at_ns), 1, at_ns))


def _entity(facts: PilotFacts, kind: FeatureType) -> Entity:
    address = Address(segment(facts.city), kind.domain.value, segment(facts.id), EXAMPLE_ENTITY)
    return Entity(kind, address, location=_middle(facts))


def _sample(kind: FeatureType, row: ObservedProperty, time_ns: int, interval_ns: int = 0) -> Observation:
    return Observation(f"{kind.name}/{EXAMPLE_ENTITY}", row.name, example_value(row), time_ns, interval_ns=interval_ns)


def example_value(row: ObservedProperty) -> Value:
    """A value that people would believe."""
    match row.kind:
        case "flag":
            return True
        case "state":
            return row.states[0] if row.states else "unknown"
        case "gauge" | "counter":
            low, high = row.low or 0.0, SMALL if row.high is None else row.high
            middle = low + (min(high, low + 2 * SMALL / MIDDLE) - low) * MIDDLE
            return float(round(middle)) if row.unit == "{count}" else round(middle, 1)


def _noon_ns(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) * NS_PER_S


def _middle(facts: PilotFacts) -> Location | None:
    if facts.bbox is None:
        return None
    west, south, east, north = facts.bbox
    return Location(round((west + east) / 2, 3), round((south + north) / 2, 3))
