"""What open data can speak of: each pilot's features under the names they have outside, and what may be said of them.

    devices, pilots (files in force) ─┐
    series of the store ──────────────┴─▶ City ─▶ Thing: entity id, place, subject (pipelines/open_data/privacy.py)

Laws
- Nothing is read or written about a feature except through its Thing; no Thing for what has no voice of its own.
- Names and places are those of the topics (``gateway/open_city.py``, ``pipelines/encodings/topics.py``); a name that
  must not be told is a digest with the salt of this installation.
- Sums over households (class D) are those that the topics have said, each once, and never worked out here: a second
  sum, of an hour that a late meter has meanwhile joined, would give that household away by the difference.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from gateway.files.pilots import Pilot
from gateway.open_city import OpenCity
from pipelines.encodings.ngsi_ld import Entity
from pipelines.encodings.topics import Address, digest, distinct, holds_eui, salt_of, segment
from pipelines.open_data.privacy import METERS, Subject
from pipelines.vocabulary import FEATURE_TYPES


class Thing(msgspec.Struct, frozen=True):
    """One feature as others see it. ``name`` and ``area`` are "" where they must not be told."""

    pilot: str
    feature: str
    subject: Subject
    entity: Entity
    name: str = ""
    area: str = ""

    @property
    def id(self) -> str:
        """Its last segment in topics and addresses."""
        return self.entity.address.entity


class OpenPilot:
    """One pilot. Features that only the store knows (a street) are added as they are met."""

    def __init__(self, pilot: Pilot, city: OpenCity, salt: bytes) -> None:
        self.pilot = pilot
        self._city = city
        self._plan = city.plans[pilot.id]
        self._salt = salt_of(pilot.id, salt)
        self._things: dict[str, Thing | None] = {}
        self._taken: dict[str, str] = {}

    def things(self, features: Iterable[str] = ()) -> Iterator[Thing]:
        """Everything that has a voice, by feature; ``features``: those known from elsewhere than the files."""
        for feature in sorted({*self._plan.site.places, *features}):
            thing = self.thing(feature)
            if thing is not None:
                yield thing

    def thing(self, feature: str) -> Thing | None:
        """One feature; None where nothing of its own may be said."""
        if feature not in self._things:
            self._things[feature] = self._make(feature)
        return self._things[feature]

    def area(self, feature: str, entity: str) -> Thing | None:
        """An area of households under the name that the topics gave it; None where the files no longer name it."""
        kind = feature.partition("/")[0]
        if kind not in METERS or not self._city.is_there(self.pilot.id, feature):
            return None
        address = Address(segment(self.pilot.city), FEATURE_TYPES[kind].domain.value, segment(self.pilot.id), entity)
        told = Entity(FEATURE_TYPES[kind], address, self._city.location(self.pilot.id, feature))
        facts = self._city.facts(self.pilot.id, feature)
        return Thing(self.pilot.id, feature, self.subject(feature), told, facts.name, facts.area)

    def subject(self, feature: str) -> Subject:
        """What may be said of a feature. Raises KeyError for an unknown type."""
        return self._plan.subject(feature)

    def _make(self, feature: str) -> Thing | None:
        kind, _, local = feature.partition("/")
        if kind not in FEATURE_TYPES or not local or not self._city.is_there(self.pilot.id, feature):
            return None
        subject = self._plan.subject(feature)
        if subject.voice != "own":
            return None
        address = self._address(feature, hidden=self._city.hides_name(subject))
        facts = self._city.facts(self.pilot.id, feature)
        entity = Entity(FEATURE_TYPES[kind], address, self._city.location(self.pilot.id, feature))
        return Thing(self.pilot.id, feature, subject, entity, facts.name, facts.area)

    def _address(self, feature: str, *, hidden: bool) -> Address:
        kind, _, local = feature.partition("/")
        hidden = hidden or holds_eui(local)
        slug = digest(feature, salt=self._salt) if hidden else segment(local)
        if self._taken.setdefault(slug, feature) != feature:
            slug = digest(f"{feature}/2", salt=self._salt) if hidden else distinct(slug, feature)
            self._taken.setdefault(slug, feature)
        return Address(segment(self.pilot.city), FEATURE_TYPES[kind].domain.value, segment(self.pilot.id), slug)


class City:
    """All pilots of one reading of the files.

    ``salt``: of this installation. ``sensorthings``: whether the topics have a SensorThings projection.
    """

    def __init__(
        self,
        pilots: Mapping[str, Pilot],
        open_city: OpenCity,
        salt: bytes,
        *,
        sensorthings: Literal["published", "off"] = "off",
    ) -> None:
        self.open_city = open_city
        self.sensorthings: Literal["published", "off"] = sensorthings
        self.pilots: Mapping[str, OpenPilot] = {
            name: OpenPilot(pilots[name], open_city, salt) for name in sorted(open_city.plans)
        }
