"""Observations as files to download: CSV (RFC 4180), GeoJSON (RFC 7946) and newline-delimited JSON, a record each.

Laws
- A record names its unit (UCUM) and its quality; without a value where none may be given.
- Numbers are written so that they come back as they were. Flags are ``true`` and ``false``.
- Each form begins and ends on its own, so that records can be written one by one.
"""

import csv
import io
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec

from pipelines.encodings.ngsi_ld import WITHOUT_VALUE, Entity, instant, point
from pipelines.model import Observation, Value
from pipelines.vocabulary import PROPERTIES

Form = Literal["csv", "geojson", "ndjson"]
MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "geojson": "application/geo+json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}

_encode = msgspec.json.Encoder().encode


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """One value. Its fields are the columns, in this order; ``observed_until`` only of an interval."""

    id: str
    type: str
    pilot: str
    domain: str
    entity: str
    area: str
    property: str
    value: Value | None
    unit: str
    observed_at: str
    observed_until: str | None
    quality: str
    reason: str
    revision: int
    longitude: float | None
    latitude: float | None


COLUMNS: tuple[str, ...] = tuple(field.encode_name for field in msgspec.structs.fields(Record))


def record_of(entity: Entity, area: str, observation: Observation, revision: int) -> Record:
    """One observation of an entity."""
    row = PROPERTIES[observation.property]
    place = point(entity.location)["coordinates"] if entity.location else (None, None)
    until = instant(observation.time_ns + observation.interval_ns) if observation.interval_ns else None
    return Record(
        entity.id,
        entity.feature_type.sdm_type,
        entity.address.pilot,
        entity.address.domain,
        entity.address.entity,
        area,
        observation.property,
        None if observation.quality in WITHOUT_VALUE else observation.value,
        row.unit if row.kind in ("gauge", "counter") else "",
        instant(observation.time_ns),
        until,
        observation.quality,
        observation.reason,
        revision,
        place[0],
        place[1],
    )


class Writer(Protocol):
    """A form of file."""

    def begin(self) -> bytes:
        """What stands before the first record."""

    def record(self, record: Record) -> bytes:
        """One record."""

    def end(self) -> bytes:
        """What stands behind the last record."""


class CsvWriter:
    """Comma, double quotes where needed, lines end with CR LF; the first line names the columns."""

    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text)

    def begin(self) -> bytes:
        """The names of the columns."""
        return self._line(COLUMNS)

    def record(self, record: Record) -> bytes:
        """One line."""
        return self._line([_cell(value) for value in msgspec.structs.astuple(record)])

    def end(self) -> bytes:
        """Nothing."""
        return b""

    def _line(self, cells: Any) -> bytes:
        self._csv.writerow(cells)
        line = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return line.encode()


def _cell(value: Value | None) -> Value:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else value


class NdjsonWriter:
    """A JSON object on each line."""

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def record(self, record: Record) -> bytes:
        """One line."""
        return _encode(record) + b"\n"

    def end(self) -> bytes:
        """Nothing."""
        return b""


class GeojsonWriter:
    """A FeatureCollection: a Feature for each value, its geometry null where no place is told."""

    def __init__(self) -> None:
        self._first = True

    def begin(self) -> bytes:
        """The head of the collection."""
        return b'{"type":"FeatureCollection","features":['

    def record(self, record: Record) -> bytes:
        """One Feature."""
        comma, self._first = b"" if self._first else b",\n", False
        properties = msgspec.to_builtins(record)
        longitude, latitude = properties.pop("longitude"), properties.pop("latitude")
        geometry = None if longitude is None else {"type": "Point", "coordinates": [longitude, latitude]}
        return comma + _encode({"type": "Feature", "geometry": geometry, "properties": properties})

    def end(self) -> bytes:
        """The end of the collection."""
        return b"]}\n"


WRITERS: Mapping[str, type[CsvWriter | NdjsonWriter | GeojsonWriter]] = {
    "csv": CsvWriter,
    "geojson": GeojsonWriter,
    "ndjson": NdjsonWriter,
}
"""Form → its writer."""
