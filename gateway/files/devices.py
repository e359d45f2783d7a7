"""``devices/*.toml``: which box hangs on which pole, since when. Read into ``pipelines.model.Device``.

    [defaults]            applies to every device of the file: pilot, profile, area …
    [[device]]            one box at one place for one span of time; a box that moved has several
    [device.calibration.<property>]  factor, offset
    privacy_class, privacy = { <property> = "D" }  stricter than the pilot, the profile and the feature's type say
    details = { … }       what the feature's domain must know of it; the domain says which keys there are

Laws
- A DevEUI may be written with hyphens, colons or capitals; everywhere else it is 16 lower-case hex digits.
- ``valid_from`` is within the span, ``valid_to`` is not: a box that moves at noon has one ``valid_to`` and one
  ``valid_from`` of noon. Spans of one id never overlap.
- The record hash covers everything that can change an observation or its tags, and nothing else.
"""

import hashlib
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from gateway.files.domain_tables import read_details
from gateway.files.mistakes import Mistake, did_you_mean
from gateway.files.pilots import toml_files
from gateway.files.toml_document import Document, Key, read_toml
from gateway.files.validate import validate
from pipelines.model import NS_PER_S, Device, Location
from pipelines.open_data.privacy import PrivacyClass
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES

_EUI = re.compile(r"^(?:0x)?([0-9a-fA-F]{2}[-:\s.]?){7}[0-9a-fA-F]{2}$")
_NOT_HEX = re.compile(r"[^0-9a-f]")
_LOCAL_NAME = re.compile(r"^[A-Za-z0-9._~-]{1,64}$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def canonical_id(text: str) -> str:
    """A DevEUI in any spelling as 16 lower-case hex digits; any other id as it stands, without outer spaces."""
    text = text.strip()
    return _NOT_HEX.sub("", text.lower().removeprefix("0x")) if _EUI.match(text) else text


def _instant(value: Any) -> Any:
    """A TOML date or date-time as an aware instant; a date is its midnight in UTC."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"'{value}' does not say its time zone | Write {value.isoformat()}Z for UTC.")
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise ValueError(f"'{value}' is not a time | Write it without quotes: 2027-01-31T12:00:00Z")


Instant = Annotated[datetime, BeforeValidator(_instant)]


class Table(BaseModel):
    """A table of a devices file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Calibration(Table):
    """Applied as ``value * factor + offset`` in the property's unit of the vocabulary."""

    factor: float = 1.0
    offset: float = 0.0


class DeviceTable(Table):
    """One ``[[device]]``, with the file's defaults already filled in."""

    id: Annotated[str, Field(min_length=1, max_length=128, examples=["a81758fffe0462b9"])]
    profile: Annotated[str, Field(min_length=1, examples=["elsys/ems"])]
    pilot: Annotated[str, Field(min_length=1, examples=["parking-mechelen"])]
    feature: Annotated[str, Field(examples=["parking-spot/A-12"])]
    name: str = ""
    area: str = ""
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    valid_from: Instant | None = None
    valid_to: Instant | None = None
    calibration: dict[str, Calibration] = {}
    details: Annotated[dict[str, bool | float | str], Field(examples=[{"max_stay_min": 30}])] = {}
    privacy_class: PrivacyClass | None = None
    privacy: Annotated[dict[str, PrivacyClass], Field(examples=[{"temperature_c": "D"}])] = {}

    @field_validator("id")
    @classmethod
    def _canonical(cls, text: str) -> str:
        return canonical_id(text)

    @field_validator("feature")
    @classmethod
    def _names_a_known_type(cls, feature: str) -> str:
        kind, _, local = feature.partition("/")
        if kind not in FEATURE_TYPES:
            close = did_you_mean(kind, FEATURE_TYPES)
            mend = close or f"Write TYPE/NAME, such as parking-spot/A-12. TYPE is one of {', '.join(FEATURE_TYPES)}."
            raise ValueError(f"'{kind}' is not a feature type | {mend}")
        if not _LOCAL_NAME.match(local):
            mend = f"Write {kind}/NAME; NAME of 1 to 64 letters, digits, '.', '_', '~' and '-'."
            raise ValueError(f"'{feature}' has no usable local name | {mend}")
        return feature

    @model_validator(mode="after")
    def _details_are_of_its_domain(self) -> Self:
        if self.details:
            read_details(self.feature, self.details)
        return self

    @field_validator("privacy")
    @classmethod
    def _declares_known_properties(cls, privacy: dict[str, PrivacyClass]) -> dict[str, PrivacyClass]:
        for name in privacy:
            if name not in PROPERTIES:
                raise ValueError(f"'{name}' is not a property | {did_you_mean(name, PROPERTIES)}")
        return privacy

    @field_validator("calibration")
    @classmethod
    def _calibrates_known_gauges(cls, calibration: dict[str, Calibration]) -> dict[str, Calibration]:
        for name in calibration:
            if name not in PROPERTIES:
                raise ValueError(f"'{name}' is not a property | {did_you_mean(name, PROPERTIES)}")
            if PROPERTIES[name].kind not in ("gauge", "counter"):
                raise ValueError(f"'{name}' is a {PROPERTIES[name].kind}: it has no factor | Remove it.")
        return calibration


class DeviceRecord(msgspec.Struct, frozen=True):
    """A device table and where it was written, so that later checks can point at it."""

    table: DeviceTable
    document: Document
    key: Key

    def mistake(self, part: str, what: str, mend: str = "", *, warning: bool = False) -> Mistake:
        """A mistake at one key of this record."""
        where = self.document.where(*self.key, part)
        return Mistake(f"{where} ({self.table.id})", what, mend, "warning" if warning else "error")


def load_device_records(folder: Path) -> tuple[list[DeviceRecord], list[Mistake]]:
    """Every well-formed record of a folder in order of file and place, and every mistake found on the way."""
    records: list[DeviceRecord] = []
    mistakes: list[Mistake] = []
    for path in toml_files(folder):
        document = read_toml(path)
        mistakes += document.mistakes
        found, faults = _records_of(document)
        records += found
        mistakes += faults
    return records, mistakes


def _records_of(document: Document) -> tuple[list[DeviceRecord], list[Mistake]]:
    data = document.data
    mistakes = [
        Mistake(document.where(key), "unknown", did_you_mean(key, ("defaults", "device")))
        for key in data
        if key not in ("defaults", "device")
    ]
    defaults, tables = data.get("defaults", {}), data.get("device", [])
    if not isinstance(defaults, dict):
        return [], [*mistakes, Mistake(document.where("defaults"), "not a table", "Write [defaults]")]
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return [], [*mistakes, Mistake(document.where("device"), "not a list", "Write [[device]], in double brackets.")]
    settable = DeviceTable.model_fields.keys() - {"id"}
    mistakes += [
        Mistake(document.where("defaults", key), "unknown", did_you_mean(key, settable))
        for key in defaults
        if key not in settable
    ]
    defaults = {key: value for key, value in defaults.items() if key in settable}
    records = []
    for number, table in enumerate(tables):
        key: Key = ("device", number)
        checked, found = validate(DeviceTable, defaults | table, document, key)
        mistakes += found
        if checked is not None:
            records.append(DeviceRecord(checked, document, key))
    return records, mistakes


def instant_ns(instant: datetime | None) -> int | None:
    """Nanoseconds since 1970, exact to the microsecond that TOML times have."""
    if instant is None:
        return None
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1_000


def device_of(table: DeviceTable, city: str) -> Device:
    """The core type of one record, hashed."""
    location = None
    if table.longitude is not None and table.latitude is not None:
        location = Location(table.longitude, table.latitude, table.altitude_m)
    device = Device(
        id=table.id,
        profile=table.profile,
        pilot=table.pilot,
        city=city,
        feature=table.feature,
        area=table.area,
        name=table.name,
        location=location,
        valid_from_ns=instant_ns(table.valid_from),
        valid_to_ns=instant_ns(table.valid_to),
        calibration={name: (row.factor, row.offset) for name, row in sorted(table.calibration.items())},
        details=dict(sorted(table.details.items())),
        privacy_class=table.privacy_class or "",
        privacy=dict(sorted(table.privacy.items())),
    )
    return msgspec.structs.replace(device, record_hash=record_hash(device))


def record_hash(device: Device) -> bytes:
    """8 bytes over the record's canonical content, by field name, so that new fields with defaults change nothing.

    Who may be told of an observation changes nothing in it.
    """
    content = {
        name: value
        for name in device.__struct_fields__
        if name not in ("record_hash", "privacy_class", "privacy")
        and (value := getattr(device, name)) not in ("", None, {})
    }
    return hashlib.blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=8).digest()
