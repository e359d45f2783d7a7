"""``pilots/<id>.toml``: one experiment of a city, as its people wrote it down."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.files.domain_tables import read_settings
from gateway.files.mistakes import Mistake, did_you_mean
from gateway.files.pilot_open_data import OpenDataTable, RegisterTable
from gateway.files.places import LonLat, coordinate_fault, inside, ring_of_box
from gateway.files.toml_document import read_toml
from gateway.files.validate import validate
from pipelines.vocabulary import PROPERTIES, Domain

SLUG = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"
LONGEST_RETENTION_DAYS = 36_525

PrivacyClass = Literal["A", "B", "C", "D"]
"""A environment · B asset · C use of public space · D household or business. It decides what open topics may say."""


class Table(BaseModel):
    """A table of a pilot file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True, defer_build=True)


class Area(Table):
    """Where the pilot is: ``bbox = [west, south, east, north]`` or ``polygon = [[longitude, latitude], …]``."""

    bbox: tuple[float, float, float, float] | None = None
    polygon: Annotated[tuple[LonLat, ...] | None, Field(min_length=3)] = None

    @model_validator(mode="after")
    def _one_plausible_form(self) -> Self:
        if (self.bbox is None) == (self.polygon is None):
            raise ValueError("needs either bbox or polygon | bbox = [west, south, east, north]")
        for longitude, latitude in self.ring:
            if fault := coordinate_fault(longitude, latitude):
                raise ValueError(" | ".join(fault))
        if self.bbox and (self.bbox[0] >= self.bbox[2] or self.bbox[1] >= self.bbox[3]):
            raise ValueError("west must be less than east, south less than north | bbox = [west, south, east, north]")
        return self

    @property
    def ring(self) -> tuple[LonLat, ...]:
        """The corners, longitude before latitude."""
        return ring_of_box(*self.bbox) if self.bbox else self.polygon or ()

    def holds(self, point: LonLat) -> bool:
        """Is the point inside?"""
        return inside(point, self.ring)

    @property
    def middle(self) -> LonLat:
        """The middle of its extent."""
        longitudes, latitudes = zip(*self.ring, strict=True)
        return (min(longitudes) + max(longitudes)) / 2, (min(latitudes) + max(latitudes)) / 2


class Contact(Table):
    """Whom a citizen or a start-up can ask."""

    name: str = ""
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["pilot@city.example"])]
    phone: str = ""


VALVE = "valve"
LONGEST_OPEN_MINUTES = 1_440


class Permission(Table):
    """A permission the pilot stands on: who gave it, for what, until when (its last day).

    ``what = "valve"`` lets ``citygate downlink`` move valves: those of ``devices`` (or ``"all"`` of the pilot), open
    for ``max_open_minutes`` at most.
    """

    what: str
    by: str
    reference: str = ""
    until: date | None = None
    devices: Literal["all"] | tuple[str, ...] = ()
    max_open_minutes: Annotated[float | None, Field(gt=0, le=LONGEST_OPEN_MINUTES)] = None

    @model_validator(mode="after")
    def _a_valve_has_its_limits(self) -> Self:
        if self.what == VALVE and not (self.devices and self.max_open_minutes):
            cure = 'devices = ["24e124…"] (or "all"), max_open_minutes = 30'
            raise ValueError(f"needs devices and max_open_minutes: which valves, open for how long | {cure}")
        if self.what != VALVE and (self.devices or self.max_open_minutes is not None):
            raise ValueError(f'devices and max_open_minutes belong to what = "{VALVE}" | Write what = "{VALVE}".')
        return self


class Kpi(Table):
    """What the pilot wants to change: plain values, as the city agreed on them before it began.

    Of the domain's own indicators (``kpi``, see pipelines/pilots/README.md), or the daily mean of a measured
    ``property``. ``source`` says where a written baseline comes from.
    """

    name: str = ""
    kpi: str = ""
    property: str = ""
    baseline: float | None = None
    source: str = ""
    target: float
    unit: str = ""

    @field_validator("property")
    @classmethod
    def _is_in_the_vocabulary(cls, name: str) -> str:
        if name and name not in PROPERTIES:
            hint = did_you_mean(name, PROPERTIES) or "See the table in pipelines/README.md."
            raise ValueError(f"'{name}' is not a property of the vocabulary | {hint}")
        return name

    @field_validator("kpi")
    @classmethod
    def _is_in_the_table(cls, name: str) -> str:
        from pipelines.pilots.table import KPIS  # noqa: PLC0415 - only a pilot that names one needs the table

        known = {row.id for row in KPIS}
        if name and name not in known:
            raise ValueError(f"'{name}' is not an indicator | {did_you_mean(name, known)}")
        return name

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if bool(self.kpi) == bool(self.property):
            raise ValueError("needs either kpi or property | kpi = one of pipelines/pilots/README.md, or a property.")
        return self


class Baseline(Table):
    """Days before the pilot changed anything, both included: its data are held against the pilot's."""

    first: Annotated[date, Field(examples=["2026-11-01"])]
    last: Annotated[date, Field(examples=["2026-12-31"])]

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"last ({self.last}) is before first ({self.first}) | Check both days.")
        return self


class Pilot(Table):
    """One experiment. ``end`` is its last day. Raw data are kept for ``retention_days``.

    ``timezone`` is where its days begin; ``settings`` are what its domains' analytics are told.
    """

    id: Annotated[str, Field(pattern=SLUG, examples=["parking-mechelen"])]
    title: Annotated[str, Field(min_length=1, examples=["Parking guidance in Mechelen"])]
    city: Annotated[str, Field(pattern=SLUG, examples=["mechelen"])]
    domains: Annotated[tuple[Domain, ...], Field(min_length=1, examples=[["parking"]])]
    timezone: Annotated[str, Field(examples=["Europe/Brussels"])] = "Europe/Amsterdam"
    start: Annotated[date, Field(examples=["2027-01-01"])]
    end: date | None = None
    area: Area | None = None
    privacy_class: Annotated[PrivacyClass, Field(examples=["C"])]
    retention_days: Annotated[int, Field(ge=1, le=LONGEST_RETENTION_DAYS, examples=[365])]
    licence: Annotated[str, Field(min_length=1)] = "CC-BY-4.0"
    publisher: Annotated[str, Field(min_length=1, examples=["City of Mechelen"])]
    contact: Contact
    permissions: tuple[Permission, ...] = ()
    kpis: Annotated[tuple[Kpi, ...], Field(alias="kpi")] = ()
    baseline: Baseline | None = None
    open_data: OpenDataTable = OpenDataTable()
    register_entry: Annotated[RegisterTable, Field(alias="register")] = RegisterTable()
    settings: dict[Domain, dict[str, Any]] = {}

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError) as error:  # an absolute path, a folder, a name that is not there
            hint = did_you_mean(name, available_timezones()) or "Write it as Europe/Brussels."
            raise ValueError(f"'{name}' is not a time zone | {hint}") from error
        return name

    @field_validator("settings")
    @classmethod
    def _are_of_the_domains(cls, settings: dict[Domain, dict[str, Any]]) -> dict[Domain, dict[str, Any]]:
        for domain, table in settings.items():
            read_settings(domain, table)
        return settings

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"ends ({self.end}) before it starts ({self.start}) | Check start and end.")
        return self


def load_pilots(folder: Path) -> tuple[dict[str, Pilot], list[Mistake]]:
    """All pilots of a folder by id, and every mistake in them. A missing folder holds no pilots."""
    pilots: dict[str, Pilot] = {}
    mistakes: list[Mistake] = []
    for path in toml_files(folder):
        document = read_toml(path)
        mistakes += document.mistakes
        if document.mistakes:
            continue
        pilot, found = validate(Pilot, document.data, document)
        mistakes += found
        given = document.data.get("id")
        if isinstance(given, str) and given != path.stem:
            mend = f'Rename the file to {given}.toml, or write id = "{path.stem}"'
            mistakes.append(Mistake(document.where("id"), f"'{given}' is not the file's name", mend))
        elif pilot is not None:
            pilots[pilot.id] = pilot
    return pilots, mistakes


def toml_files(folder: Path) -> Sequence[Path]:
    """The ``*.toml`` files of a folder in order of name, without hidden ones."""
    return sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))
