"""What the operator's files say of a pilot, as the documents of ``pipelines/catalogue`` may know it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Literal

import msgspec

from gateway.files.pilots import Pilot
from gateway.open_city import OpenCity
from pipelines.catalogue.documents import documents
from pipelines.catalogue.facts import Contact, PilotFacts, Purpose, Sensor
from pipelines.encodings.topics import holds_eui
from pipelines.model import NS_PER_S, Device
from pipelines.vocabulary import PROPERTIES


class Sensors(msgspec.Struct, frozen=True):
    """The sensors of a pilot that a register of public space may know, and how many it may not or cannot."""

    found: tuple[Sensor, ...]
    of_households: int = 0
    without_place: int = 0


def documents_of(city: OpenCity, *, sensorthings: Literal["published", "off"]) -> dict[str, bytes]:
    """The documents of all pilots, by topic, as the open-topics sink keeps them on the broker."""
    found: dict[str, bytes] = {}
    for pilot_id in sorted(city.files.pilots):
        found |= documents(facts_of(city, pilot_id, sensorthings=sensorthings))
    return found


def facts_of(city: OpenCity, pilot_id: str, *, sensorthings: Literal["published", "off"] = "off") -> PilotFacts:
    """The facts of a pilot. ``sensorthings``: whether the open-topics sink says everything in that form, too.

    Raises KeyError for a pilot that the files do not name.
    """
    pilot = city.files.pilots[pilot_id]
    table, entry = pilot.open_data, pilot.register_entry
    return PilotFacts(
        id=pilot.id,
        title=pilot.title,
        city=pilot.city,
        domains=pilot.domains,
        publisher=pilot.publisher,
        contact=Contact(pilot.contact.email, pilot.contact.name, pilot.contact.phone),
        licence=pilot.licence,
        privacy=pilot.privacy_class,
        start=pilot.start,
        end=pilot.end,
        retention_days=pilot.retention_days,
        bbox=_box(pilot),
        broker=table.broker or "",
        website=table.website or "",
        access_rights=table.access_rights,
        high_value=table.high_value,
        measured=_measured(city, pilot_id),
        sensorthings=sensorthings,
        purpose=Purpose(
            observation_goal=entry.observation_goal,
            legal_ground=entry.legal_ground,
            privacy_declaration=entry.privacy_declaration or "",
            personal_data=entry.personal_data,
            dpia=entry.dpia,
            reference=entry.reference,
            themes=entry.themes,
        ),
    )


def sensors_of(city: OpenCity, pilot_id: str, today: date) -> Sensors:
    """What hangs in public space today, or will: one sensor for each device record that has not ended."""
    plan = city.plans[pilot_id]
    found, of_households, without_place = [], 0, 0
    for device in _devices(city, pilot_id):
        until = _day(device.valid_to_ns)
        if until is not None and until < today:
            continue
        if plan.subject(device.feature).hidden_name:
            of_households += 1
        elif device.location is None:
            without_place += 1
        else:
            traced = holds_eui(device.name) or device.id.casefold() in device.name.casefold()
            named = "" if traced else device.name
            found.append(Sensor(device.feature, device.location, named, device.profile, until))
    return Sensors(tuple(found), of_households, without_place)


def _devices(city: OpenCity, pilot_id: str) -> Iterator[Device]:
    return (device for device in city.files.devices if device.pilot == pilot_id)


def _measured(city: OpenCity, pilot_id: str) -> dict[str, tuple[str, ...]]:
    """Feature type → what the pilot's devices can send of it, in the order of the vocabulary."""
    names: dict[str, set[str]] = {}
    for device in _devices(city, pilot_id):
        names.setdefault(device.feature.partition("/")[0], set()).update(city.measures(device.profile))
    return {kind: tuple(name for name in PROPERTIES if name in some) for kind, some in sorted(names.items()) if some}


def _box(pilot: Pilot) -> tuple[float, float, float, float] | None:
    if pilot.area is None:
        return None
    longitudes, latitudes = zip(*pilot.area.ring, strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _day(instant_ns: int | None) -> date | None:
    return None if instant_ns is None else datetime.fromtimestamp(instant_ns // NS_PER_S, UTC).date()
