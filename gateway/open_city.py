"""The city as open data see it: every pilot's privacy plan, and what its files say of each feature.

Topics and downloads both ask here. Nothing else knows how a pilot file becomes a plan.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, cast

from gateway.sites import sites_of
from pipelines.catalogue.dtpr import TAXONOMY, TAXONOMY_LICENCE, chain
from pipelines.domains.parking.street import street_name
from pipelines.encodings.meta import Facts
from pipelines.encodings.topics import holds_eui
from pipelines.model import Device, Location
from pipelines.open_data.privacy import METERS, SUMS, Plan, PrivacyClass, Subject, on_grid, stricter
from pipelines.vocabulary import LINK_PROPERTIES, PROPERTIES

if TYPE_CHECKING:
    from gateway.files.load import Files
    from gateway.files.pilots import Pilot
    from pipelines.decode import CompiledProfile

ANY_NAME = frozenset(PROPERTIES).difference(LINK_PROPERTIES)
"""What a profile maps that takes every name of the vocabulary: it says nothing of what a device sends."""
SALT_FILE = "open-data.salt"
SALT_BYTES = 16
_WORDS = re.compile(r"[a-z0-9]+")
LONG_ID = 12
"""An id of a device as long as this (an IMEI, a serial number) traces it; ``bin-7`` is just a name."""


def measured_by(profile: "CompiledProfile | None") -> frozenset[str]:
    """The properties that a profile can give; nothing of one that is unknown, or takes any name."""
    names = frozenset(entry.property for entry in profile.mapping.values()) if profile else frozenset()
    return frozenset() if names.issuperset(ANY_NAME) else names


class Declared:
    """What devices and their profiles declare, by pilot and feature.

    Where several boxes are or were at one feature the strictest holds: what an earlier one said is told by downloads.
    ``classes``: of all that is said; ``readings``: where properties are declared D, those that may still be told.
    """

    def __init__(self, devices: Iterable[Device], profiles: Mapping[str, "CompiledProfile"]) -> None:
        self.classes: dict[str, dict[str, PrivacyClass]] = {}
        self.readings: dict[str, dict[str, frozenset[str]]] = {}
        closed: dict[tuple[str, str], set[str]] = {}
        measured: dict[tuple[str, str], set[str]] = {}
        for device in devices:
            key, profile = (device.pilot, device.feature), profiles.get(device.profile)
            of_pilot = self.classes.setdefault(device.pilot, {})
            own = cast("PrivacyClass", max(device.privacy_class or "A", profile.privacy_class if profile else "A"))
            of_pilot[device.feature] = stricter(own, of_pilot.get(device.feature, "A"))
            measured.setdefault(key, set()).update(measured_by(profile))
            closed.setdefault(key, set()).update(name for name, one in device.privacy.items() if one == "D")
        for (pilot, feature), names in closed.items():
            if names:
                self.readings.setdefault(pilot, {})[feature] = frozenset(measured[pilot, feature] - names)


class OpenCity:
    """One reading of the files. ``plans``: by pilot."""

    def __init__(self, files: "Files", profiles: Mapping[str, "CompiledProfile"] | None = None) -> None:
        self.files = files
        self._pilots = files.pilots
        self._devices: dict[tuple[str, str], Device] = {}
        self._profiles = profiles or {}
        for device in sorted(files.devices, key=lambda one: one.valid_from_ns or 0):
            self._devices[device.pilot, device.feature] = device
        declared = Declared(files.devices, self._profiles)
        self.plans: Mapping[str, Plan] = {
            pilot: Plan(
                site, files.pilots[pilot].privacy_class, declared.classes.get(pilot), declared.readings.get(pilot)
            )
            for pilot, site in sites_of(files).items()
        }
        self._ids = {device.id.casefold() for device in files.devices if len(device.id) >= LONG_ID}
        self._located: dict[tuple[str, str], Location | None] = {}

    def measures(self, profile: str) -> frozenset[str]:
        """The properties that a profile can give; nothing of one that is unknown, or takes any name."""
        return measured_by(self._profiles.get(profile))

    def features(self) -> Iterator[tuple[str, str, str]]:
        """City, pilot and feature of every device."""
        for pilot, feature in self._devices:
            yield self._pilots[pilot].city, pilot, feature

    def features_of(self, device: str) -> set[str]:
        """The features that the files give to a device now."""
        return {one.feature for one in self._devices.values() if one.id == device}

    def is_there(self, pilot: str, feature: str) -> bool:
        """Whether the files still name it, and something may be said of it."""
        plan = self.plans.get(pilot)
        if plan is None or not plan.is_there(feature):
            return False
        return feature.partition("/")[0] in METERS or plan.subject(feature).voice == "own"

    def hides_name(self, subject: Subject) -> bool:
        """Whether a feature's name must not be told: it is a household's, or holds the id of a device."""
        return subject.hidden_name or self._holds_id(subject.feature.partition("/")[2])

    def _holds_id(self, name: str) -> bool:
        """Whether a name, whole or a word of it, is the id of a device."""
        name = name.casefold()
        return holds_eui(name) or name in self._ids or not self._ids.isdisjoint(_WORDS.findall(name))

    def location(self, pilot: str, feature: str) -> Location | None:
        """Where it is, as it may be published; of a street, a section or a sum the middle of its devices."""
        key = pilot, feature
        if key not in self._located:
            self._located[key] = self._locate(*key)
        return self._located[key]

    def _locate(self, pilot: str, feature: str) -> Location | None:
        plan = self.plans[pilot]
        kind, _, local = feature.partition("/")
        if kind not in METERS and feature in plan.site.places:
            return plan.subject(feature).location
        members = [
            place.location
            for member, place in plan.site.places.items()
            if place.location
            and (kind not in METERS or member.startswith(f"{kind}/"))
            and local in _groups(place.area, place.details, plan.site.pilot)
        ]
        if not members:
            return None
        middle = Location(median(one.longitude for one in members), median(one.latitude for one in members))
        return on_grid(middle)

    def facts(self, pilot_id: str, feature: str) -> Facts:
        """What ``meta`` says of it. Raises KeyError for a pilot that the files do not name."""
        pilot, plan = self._pilots[pilot_id], self.plans[pilot_id]
        kind = feature.partition("/")[0]
        subject = plan.subject(feature)
        device = None if kind in METERS else self._devices.get((pilot_id, feature))
        quiet = device is None or self.hides_name(subject)
        return Facts(
            pilot=pilot.title,
            publisher=pilot.publisher,
            licence=pilot.licence,
            privacy_class=subject.privacy,
            retention_days=pilot.retention_days,
            name="" if quiet or device is None or self._holds_id(device.name) else device.name,
            area=feature.partition("/")[2] if kind in METERS else "" if subject.hidden_name else subject.area,
            device_model=device.profile if device else "",
            contact={name: value for name, value in pilot.contact.model_dump().items() if value},
            register=_register(pilot, subject),
            properties=tuple(sorted(SUMS)) if kind in METERS else self._properties(subject, device),
        )

    def _properties(self, subject: Subject, device: Device | None) -> tuple[str, ...]:
        names = self.measures(device.profile) if device else ()
        return tuple(name for name in PROPERTIES if name in names and subject.may_say(name, 0))


def _groups(area: str, details: object, pilot: str) -> set[str]:
    named = {getattr(details, "section", ""), getattr(details, "connection", "")} - {""}
    return named | {area, street_name(area or pilot)}


def _register(pilot: "Pilot", subject: Subject) -> dict[str, object]:
    """The facts that Amsterdam's register of sensors asks for, as far as a pilot file holds them."""
    entry = pilot.register_entry
    grounds = "; ".join(f"{one.what}: {one.by}, {one.reference}".rstrip(", ") for one in pilot.permissions)
    facts = {
        "owner": pilot.publisher,
        "themes": list(entry.themes) or [domain.value for domain in pilot.domains],
        "observationGoal": entry.observation_goal or pilot.title,
        "legalGround": entry.legal_ground or grounds,
        "privacyDeclaration": entry.privacy_declaration or "",
        "containsPiData": subject.privacy == "D" or entry.personal_data == "processed",
        "activeUntil": pilot.end.isoformat() if pilot.end else "",
        "reference": entry.reference or pilot.id,
        "dtpr": chain(subject.feature.partition("/")[0], subject.privacy, entry.personal_data),
        "dtprTaxonomy": f"{TAXONOMY} ({TAXONOMY_LICENCE})",
    }
    return {name: value for name, value in facts.items() if value != ""}


def load_salt(folder: Path) -> bytes:
    """The salt of hidden names, made once, mode 0600. Raises OSError."""
    file = folder / SALT_FILE
    try:
        return file.read_bytes()
    except FileNotFoundError:
        pass
    salt = os.urandom(SALT_BYTES)
    fresh = file.with_suffix(".fresh")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(salt)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    return salt
