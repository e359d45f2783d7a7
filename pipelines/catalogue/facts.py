"""What the documents say of a pilot: its file and its devices, without anything that must stay here."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from pipelines.encodings.topics import segment
from pipelines.model import Location
from pipelines.open_data.channels import ROOT
from pipelines.open_data.privacy import PrivacyClass
from pipelines.vocabulary import Domain


class Contact(msgspec.Struct, frozen=True):
    """Whom to ask."""

    email: str
    name: str = ""
    phone: str = ""


class Purpose(msgspec.Struct, frozen=True):
    """Why there are sensors, in the words of a register. ``themes`` as the register spells them."""

    observation_goal: str = ""
    legal_ground: str = ""
    privacy_declaration: str = ""
    personal_data: Literal["none", "processed"] = "none"
    dpia: str = ""
    reference: str = ""
    themes: tuple[str, ...] = ()


class PilotFacts(msgspec.Struct, frozen=True):
    """One pilot as others may know it.

    ``bbox``: west, south, east, north in degrees. ``broker`` and ``website``: URLs as start-ups reach them, "" where
    nobody has said. ``measured``: feature type → properties that the pilot's devices can send of it.
    ``high_value``: domains that the city has found to be high-value datasets.
    """

    id: str
    title: str
    city: str
    domains: tuple[Domain, ...]
    publisher: str
    contact: Contact
    licence: str
    privacy: PrivacyClass
    start: date
    end: date | None = None
    retention_days: int = 365
    bbox: tuple[float, float, float, float] | None = None
    broker: str = ""
    website: str = ""
    access_rights: Literal["public", "restricted"] = "public"
    high_value: tuple[Domain, ...] = ()
    measured: Mapping[str, tuple[str, ...]] = {}
    sensorthings: Literal["published", "off"] = "off"
    purpose: Purpose = Purpose()

    def topic(self, domain: Domain, name: str) -> str:
        """Where something of the whole pilot is kept on the broker: ``_asyncapi``, ``_catalog``."""
        return f"{ROOT}/{segment(self.city)}/{domain.value}/{segment(self.id)}/{name}"


class Sensor(msgspec.Struct, frozen=True):
    """One device as a register of public space may know it: never its id. ``name``: what people call the place."""

    feature: str
    location: Location
    name: str = ""
    profile: str = ""
    until: date | None = None
