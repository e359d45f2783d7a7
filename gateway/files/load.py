"""Pilots and devices together: read whole, checked against each other, the vocabulary and the profile catalogue.

    pilots/*.toml ─┐
    devices/*.toml ┼─▶ Files.load(config) ─▶ Files(devices, pilots, warnings)    or ConfigError with every mistake
    profiles ──────┘

SIGHUP calls it again; on ConfigError the caller keeps the Files it has.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from gateway.files.devices import DeviceRecord, canonical_id, device_of, instant_ns, load_device_records
from gateway.files.mistakes import ConfigError, Mistake, did_you_mean, errors_of
from gateway.files.pilots import Pilot, load_pilots
from gateway.files.places import LonLat, centre, coordinate_fault, misplaced
from pipelines.model import Device
from pipelines.vocabulary import feature_type

if TYPE_CHECKING:  # config reads these files' siblings; at run time it stands above them
    from gateway.config import Config

FOREVER_NS = 2**63 - 1
FEW_FOR_A_MIDDLE = 3
"""With fewer devices than this their median says nothing about where the pilot is."""


class Profiles(Protocol):
    """What the checks need of the device profile catalogue."""

    @property
    def names(self) -> Collection[str]:
        """Every profile, ``vendor/model``."""

    def properties(self, profile: str) -> Collection[str] | None:
        """The vocabulary properties that a profile can give; None where that is not known beforehand."""


class Files(msgspec.Struct, frozen=True):
    """What is in force: every device record, every pilot, and what a person should look at all the same."""

    devices: tuple[Device, ...]
    pilots: Mapping[str, Pilot]
    warnings: tuple[Mistake, ...] = ()

    @classmethod
    def load(cls, config: "Config", profiles: Profiles | None = None) -> Self:
        """What the config names. Raises ConfigError with every mistake. Without ``profiles`` names go unchecked."""
        return cls.read(config.gateway.pilots_dir, config.gateway.devices_dir, profiles)

    @classmethod
    def read(cls, pilots_dir: Path, devices_dir: Path, profiles: Profiles | None = None) -> Self:
        """Two folders. Raises ConfigError with every mistake."""
        pilots, mistakes = load_pilots(pilots_dir)
        records, found = load_device_records(devices_dir)
        mistakes += found
        for record in records:
            mistakes += _faults(record, pilots, profiles, broken=bool(errors_of(mistakes)))
        mistakes += _overlaps(records)
        mistakes += _doubled_features(records, profiles)
        mistakes += _strays(records, pilots)
        mistakes += _permitted_strangers(pilots, {record.table.id for record in records})
        if errors_of(mistakes):
            raise ConfigError(mistakes)
        devices = tuple(device_of(record.table, pilots[record.table.pilot].city) for record in records)
        return cls(devices, pilots, tuple(mistakes))


def _permitted_strangers(pilots: Mapping[str, Pilot], known: Collection[str]) -> list[Mistake]:
    """Permissions for valves that nobody has written down: a mistyped id would permit nothing, unseen."""
    warnings = []
    for pilot in pilots.values():
        for permission in pilot.permissions:
            named = () if permission.devices == "all" else permission.devices
            for device in sorted({canonical_id(one) for one in named} - set(known)):
                what = f"the permission by {permission.by} names '{device}', which nobody has written down"
                mend = did_you_mean(device, known) or "Write the device down, or mend its id."
                warnings.append(Mistake(f"{pilot.id}.toml, permissions", what, mend, severity="warning"))
    return warnings


def _faults(
    record: DeviceRecord, pilots: Mapping[str, Pilot], profiles: Profiles | None, *, broken: bool
) -> list[Mistake]:
    """What is wrong with one record on its own. ``broken``: a pilot file may be missing because it has mistakes."""
    table = record.table
    faults = []
    if table.pilot not in pilots:
        mend = did_you_mean(table.pilot, pilots)
        if not mend.startswith("Did you mean"):
            mend = f"Write pilots/{table.pilot}.toml" + (", or mend the mistakes in it." if broken else ".")
        faults.append(record.mistake("pilot", f"there is no pilot '{table.pilot}'", mend))
    elif feature_type(table.feature).domain not in pilots[table.pilot].domains:
        domain = feature_type(table.feature).domain
        what = f"'{table.feature}' belongs to {domain}, which its pilot does not name"
        faults.append(record.mistake("feature", what, f'Add "{domain}" to domains of the pilot.', warning=True))
    if profiles is not None and table.profile not in profiles.names:
        hint = did_you_mean(table.profile, profiles.names) or "citygate profiles list lists them."
        faults.append(record.mistake("profile", f"there is no profile '{table.profile}'", hint))
    if (table.longitude is None) != (table.latitude is None):
        missing = "longitude" if table.longitude is None else "latitude"
        faults.append(record.mistake(missing, "missing", "Write both latitude and longitude, or neither."))
    elif (
        table.longitude is not None
        and table.latitude is not None
        and (fault := coordinate_fault(table.longitude, table.latitude))
    ):
        faults.append(record.mistake("latitude", *fault))
    if table.valid_from and table.valid_to and table.valid_to <= table.valid_from:
        faults.append(record.mistake("valid_to", "not later than valid_from", "Check both times."))
    return faults


def _span(record: DeviceRecord) -> tuple[int, int]:
    start, end = instant_ns(record.table.valid_from), instant_ns(record.table.valid_to)
    return (0 if start is None else start, FOREVER_NS if end is None else end)


def _overlaps(records: Sequence[DeviceRecord]) -> list[Mistake]:
    """Two records of one id at one time: nobody could say which one holds."""
    by_id: dict[str, list[DeviceRecord]] = defaultdict(list)
    for record in records:
        by_id[record.table.id].append(record)
    mistakes = []
    for same in by_id.values():
        for earlier, later in pairwise(sorted(same, key=_span)):
            if _span(later)[0] < _span(earlier)[1]:
                other = earlier.document.where(*earlier.key)
                mend = "Give the earlier one a valid_to, and the later one the same time as valid_from."
                mistakes.append(later.mistake("id", f"written down twice for the same time (also in {other})", mend))
    return mistakes


def _doubled_features(records: Sequence[DeviceRecord], profiles: Profiles | None) -> list[Mistake]:
    """Two boxes that report the same property of the same feature at one time: their values would mix."""
    by_feature: dict[tuple[str, str], list[DeviceRecord]] = defaultdict(list)
    for record in records:
        by_feature[record.table.pilot, record.table.feature].append(record)
    warnings = []
    for same in by_feature.values():
        ordered = sorted(same, key=_span)
        for position, later in enumerate(ordered[1:], start=1):
            rivals = [
                earlier
                for earlier in ordered[:position]
                if earlier.table.id != later.table.id
                and _span(later)[0] < _span(earlier)[1]
                and _share_a_property(earlier.table.profile, later.table.profile, profiles)
            ]
            if rivals:
                what = f"'{later.table.feature}' is observed by {rivals[0].table.id} at the same time"
                mend = "Give each device a feature of its own, or end the one that was replaced with valid_to."
                warnings.append(later.mistake("feature", what, mend, warning=True))
    return warnings


def _share_a_property(profile: str, other: str, profiles: Profiles | None) -> bool:
    if profile == other or profiles is None:
        return True
    mine, theirs = profiles.properties(profile), profiles.properties(other)
    return mine is None or theirs is None or not set(mine).isdisjoint(theirs)


def _strays(records: Sequence[DeviceRecord], pilots: Mapping[str, Pilot]) -> list[Mistake]:
    """Devices far from their pilot: swapped coordinates are an error, distance alone a warning."""
    by_pilot: dict[str, list[tuple[DeviceRecord, LonLat]]] = defaultdict(list)
    for record in records:
        longitude, latitude = record.table.longitude, record.table.latitude
        if longitude is not None and latitude is not None and coordinate_fault(longitude, latitude) is None:
            by_pilot[record.table.pilot].append((record, (longitude, latitude)))
    mistakes = []
    for pilot, placed in by_pilot.items():
        area = pilots[pilot].area if pilot in pilots else None
        if area is None and len(placed) < FEW_FOR_A_MIDDLE:
            continue
        middle = area.middle if area else centre([point for _, point in placed])
        for record, point in placed:
            if fault := misplaced(point, middle):
                mistakes.append(record.mistake("latitude", *fault, warning="swapped" not in fault[0]))
    return mistakes
