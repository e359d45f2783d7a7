"""A list of devices ▸ a plan of what to write into ``devices/<pilot>.toml``. Nothing is written here.

    DeviceList ─▶ candidates() ─▶ Candidate per row, or mistakes by row number
    candidates + what is written already ─▶ plan() ─▶ Change per row: add · same · correct · move

Laws
- Importing the same list twice changes nothing the second time.
- A box that hangs elsewhere now keeps its past: the old record gets ``valid_to``, a new one begins at that instant.
- A row with a mistake is told by its number and never half imported.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from gateway.files.cells import is_place, local_name, number_of, place_of, time_of
from gateway.files.columns import guess_columns
from gateway.files.device_list import DeviceList, Row
from gateway.files.devices import DeviceRecord, DeviceTable
from gateway.files.mistakes import Mistake, did_you_mean
from gateway.files.places import LonLat, coordinate_fault, distance_km, misplaced
from gateway.files.toml_document import Document
from gateway.files.validate import validate
from pipelines.vocabulary import FEATURE_TYPES, Domain

SAME_PLACE_KM = 0.02
"""Less than this is a better measurement of the same pole, not a move."""


class Defaults(msgspec.Struct, frozen=True):
    """What holds for every row that does not say otherwise. ``profile`` overrules a column when given.

    ``middle`` is where the pilot is, when that is known: a row with swapped coordinates shows by it.
    """

    pilot: str
    feature_type: str
    profile: str = ""
    profiles: frozenset[str] | None = None
    middle: LonLat | None = None


class Candidate(msgspec.Struct, frozen=True):
    """One good row: the record it asks for."""

    row: int
    table: DeviceTable


class Change(msgspec.Struct, frozen=True):
    """What one row does. ``before`` is the record it corrects or ends; ``at`` the instant of a move."""

    kind: Literal["add", "same", "correct", "move"]
    row: int
    table: DeviceTable
    before: DeviceRecord | None = None
    at: datetime | None = None
    what: str = ""


def feature_type_for(domains: Sequence[Domain]) -> str | None:
    """The feature type to take for a pilot's rows, where its domains leave only one that is customary."""
    kinds = [feature.name for feature in FEATURE_TYPES.values() if feature.domain in domains]
    return kinds[0] if kinds and len(domains) == 1 else None


def columns_of(listed: DeviceList, given: Mapping[str, str] | None = None) -> dict[str, int]:
    """Meaning → column; a "location" that holds coordinates is one. Raises KeyError for a given header not there."""
    columns = guess_columns(listed, given)
    at = columns.get("feature")
    if at is not None and "feature" not in (given or {}):
        cells = [row.cells[at] for row in listed.rows if row.cells[at]]
        if cells and all(map(is_place, cells)):
            del columns["feature"]
            columns.setdefault("coordinates", at)
    return columns


def candidates(
    listed: DeviceList, columns: Mapping[str, int], defaults: Defaults
) -> tuple[list[Candidate], list[Mistake]]:
    """The good rows as records, and every mistake of the others."""
    if "id" not in columns:
        mend = "Name it: --column id=HEADER. The headers are: " + ", ".join(filter(None, listed.columns))
        return [], [Mistake("columns", "none holds the device's id (DevEUI)", mend)]
    good: list[Candidate] = []
    mistakes: list[Mistake] = []
    first_row: dict[str, int] = {}
    for row in listed.rows:
        table, found = _record_of(_RowDocument(listed, columns, row), defaults)
        mistakes += found
        if table is None:
            continue
        if table.id in first_row:
            what = f"{table.id} is in row {first_row[table.id]} already"
            mistakes.append(Mistake(f"row {row.number}", what, "Remove one of the two rows."))
            continue
        first_row[table.id] = row.number
        good.append(Candidate(row.number, table))
    return good, mistakes


class _RowDocument(Document):
    """A row as a document: a key's place is its row and column."""

    def __init__(self, listed: DeviceList, columns: Mapping[str, int], row: Row) -> None:
        super().__init__(Path("list"), {})
        self._headers = {meaning: listed.columns[column] for meaning, column in columns.items()}
        self.texts = {meaning: row.cells[column] for meaning, column in columns.items() if row.cells[column]}
        self._row = row.number

    def where(self, *key: str | int) -> str:
        """``row 7, column 'Breitengrad'``."""
        header = next((self._headers[str(part)] for part in key if part in self._headers), None)
        return f"row {self._row}" + (f", column '{header}'" if header else "")


def _record_of(cells: _RowDocument, defaults: Defaults) -> tuple[DeviceTable | None, list[Mistake]]:
    record: dict[str, Any] = {"pilot": defaults.pilot}
    mistakes: list[Mistake] = []
    for meaning, text in cells.texts.items():
        try:
            record |= _value(meaning, text)
        except ValueError as error:
            mistakes.append(Mistake(cells.where(meaning), str(error)))
    if "id" not in record:
        if not any(mistake.where == cells.where("id") for mistake in mistakes):
            mistakes.append(Mistake(cells.where("id"), "no device id", "Fill it in, or remove the row."))
        return None, mistakes
    record["feature"] = _feature(record, defaults.feature_type)
    if defaults.profile or "profile" not in record:
        record["profile"] = defaults.profile
    mistakes += _profile_fault(record["profile"], cells, defaults)
    if not mistakes:
        mistakes += _place_fault(record, cells, defaults.middle)
    if mistakes:
        return None, mistakes
    return validate(DeviceTable, record, cells)


def _place_fault(record: Mapping[str, Any], cells: _RowDocument, middle: LonLat | None) -> list[Mistake]:
    longitude, latitude = record.get("longitude"), record.get("latitude")
    if longitude is None and latitude is None:
        return []
    if longitude is None or latitude is None:
        return [Mistake(cells.where(), "has only one of latitude and longitude", "Fill in both or none.")]
    fault = coordinate_fault(longitude, latitude) or (middle and misplaced((longitude, latitude), middle))
    where = cells.where("coordinates" if "coordinates" in cells.texts else "latitude")
    return [Mistake(where, *fault)] if fault else []


def _value(meaning: str, text: str) -> dict[str, Any]:
    """What one cell says. Raises ValueError with the mend in its text."""
    match meaning:
        case "latitude" | "longitude" | "altitude_m":
            return {meaning: number_of(text)}
        case "coordinates":
            longitude, latitude = place_of(text)
            return {"longitude": longitude, "latitude": latitude}
        case "valid_from":
            return {meaning: time_of(text)}
        case "id":
            if "E+" in text.upper() and text.replace(".", "").replace(",", "").upper().replace("E+", "").isdigit():
                raise ValueError(f"the spreadsheet made a number of this id ({text}): format the column as text")
            return {meaning: text}
        case _:
            return {meaning: text}


def _feature(record: Mapping[str, Any], feature_type: str) -> str:
    """``<type>/<local name>`` from the cell, else from the device's name, else from its id."""
    text = str(record.get("feature", ""))
    kind, slash, local = text.partition("/")
    if slash and kind in FEATURE_TYPES:
        return f"{kind}/{local_name(local)}"
    named = local_name(text) or local_name(str(record.get("name", ""))) or local_name(str(record["id"])).lower()
    return f"{feature_type}/{named}"


def _profile_fault(profile: str, cells: _RowDocument, defaults: Defaults) -> list[Mistake]:
    if not profile:
        return [Mistake(cells.where("profile"), "no profile", "Give one for all rows with --profile VENDOR/MODEL.")]
    if defaults.profiles is not None and profile not in defaults.profiles:
        hint = did_you_mean(profile, defaults.profiles) or "Give one for all rows with --profile VENDOR/MODEL."
        return [Mistake(cells.where("profile"), f"there is no profile '{profile}'", hint)]
    return []


def plan(
    wanted: Sequence[Candidate], written: Sequence[DeviceRecord], *, now: datetime
) -> tuple[list[Change], list[Mistake]]:
    """One change per candidate, against what is written down for its pilot. ``now`` dates a move without a date."""
    newest: dict[str, DeviceRecord] = {}
    for record in written:
        other = newest.get(record.table.id)
        if other is None or _start(record.table) >= _start(other.table):
            newest[record.table.id] = record
    changes: list[Change] = []
    mistakes: list[Mistake] = []
    for candidate in wanted:
        before = newest.get(candidate.table.id)
        if before is not None and before.table.pilot != candidate.table.pilot and before.table.valid_to is None:
            where = before.document.where(*before.key)
            mend = f"It moved for good? Give it a valid_to there ({where}), then import again."
            what = f"{candidate.table.id} belongs to pilot '{before.table.pilot}'"
            mistakes.append(Mistake(f"row {candidate.row}", what, mend))
            continue
        changes.append(_change(candidate, before, now))
    return changes, mistakes


def _start(table: DeviceTable) -> float:
    return table.valid_from.timestamp() if table.valid_from else float("-inf")


def _change(candidate: Candidate, before: DeviceRecord | None, now: datetime) -> Change:
    table = candidate.table
    if before is None or before.table.pilot != table.pilot:
        return Change("add", candidate.row, table)
    old = before.table
    if old.valid_to is not None:
        if _differences(old, table) == [] and (table.valid_from is None or table.valid_from < old.valid_to):
            return Change("same", candidate.row, table, before, what=f"ended {old.valid_to:%Y-%m-%d}")
        start = max(table.valid_from or now, old.valid_to)
        return Change("add", candidate.row, table.model_copy(update={"valid_from": start}), what="comes back")
    differences = _differences(old, table)
    if not differences:
        return Change("same", candidate.row, table, before)
    what = ", ".join(f"{name}: {getattr(old, name)} → {getattr(table, name)}" for name in differences)
    later = table.valid_from is not None and _start(table) > _start(old)
    if later or _moved(old, table):
        at = table.valid_from if later else now
        return Change("move", candidate.row, table.model_copy(update={"valid_from": at}), before, at, what)
    return Change("correct", candidate.row, table, before, what=what)


def _differences(old: DeviceTable, new: DeviceTable) -> list[str]:
    """The fields in which a row says something else; what a row does not say stays as it is."""
    fields = ("feature", "profile", "name", "area", "latitude", "longitude", "altitude_m")
    return [name for name in fields if getattr(new, name) not in ("", None, getattr(old, name))]


def _moved(old: DeviceTable, new: DeviceTable) -> bool:
    if old.feature != new.feature:
        return True
    if None in (old.latitude, old.longitude, new.latitude, new.longitude):
        return False
    here = (old.longitude or 0.0, old.latitude or 0.0)
    return distance_km(here, (new.longitude or 0.0, new.latitude or 0.0)) > SAME_PLACE_KM
