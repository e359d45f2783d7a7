"""Reading the store beside the running gateway: for status, live table, dashboard and reports.

Laws
- The file is opened read-only; readers never hold up the writer (WAL), and each call sees one consistent state.
- Calls block on the disk for milliseconds: an event loop calls them in a thread of its own.
- Retracted values are never shown.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from gateway.sinks.sqlite_file import open_read_only
from gateway.sinks.store.schema import HOUR_NS, QUALITIES, REASONS, RETRACTED, TIME_SOURCES, VERSION
from pipelines.model import Quality, QualityReason, TimeSource, Value

# CROSS JOIN: SQLite keeps this order (its manual, "Manual Control Of Query Plans Using CROSS JOIN"). Series are few and
# found by their own index; a plan that begins with history would read all of it.
LATEST = f"""
SELECT s.pilot, s.city, s.device, s.feature, s.property, s.derived,
    h.time_ns, h.interval_ns, h.value, h.quality, h.reason, h.time_source, h.revision
FROM series s CROSS JOIN history h ON h.series = s.id AND h.quality <> {RETRACTED} AND h.time_ns = (
    SELECT time_ns FROM history WHERE series = s.id AND quality <> {RETRACTED} ORDER BY time_ns DESC LIMIT 1)
WHERE {{where}} ORDER BY s.pilot, s.feature, s.property, s.device, h.interval_ns
"""  # noqa: S608 - built from our own constants only
SERIES = """
SELECT s.pilot, s.city, s.device, s.feature, s.property, s.derived FROM series s
WHERE {where} ORDER BY s.pilot, s.feature, s.property, s.device
"""
VALUES = f"""
SELECT h.time_ns, h.interval_ns, h.value, h.quality, h.reason, h.time_source, h.revision, s.device
FROM series s CROSS JOIN history h ON h.series = s.id
WHERE s.feature = ? AND s.property = ? AND h.time_ns >= ? AND h.time_ns < ? AND h.interval_ns >= ?
AND h.quality <> {RETRACTED} ORDER BY h.time_ns, h.interval_ns, s.device LIMIT ?
"""  # noqa: S608 - built from our own constants only
HOURLY = """
SELECT y.hour, y.count, y.usable, y.total, y.low, y.high, s.device
FROM series s CROSS JOIN hourly y ON y.series = s.id
WHERE s.feature = ? AND s.property = ? AND y.hour >= ? AND y.hour < ?
ORDER BY y.hour, s.device LIMIT ?
"""
DEVICES = """
SELECT name, pilot, city, feature, profile, first_seen_ns, last_seen_ns FROM device
WHERE (?1 IS NULL OR pilot = ?1) ORDER BY pilot, name
"""
LINKS = """
SELECT l.time_ns, l.f_cnt, l.f_port, l.rssi_dbm, l.snr_db, l.receptions
FROM device d CROSS JOIN link l ON l.device = d.id
WHERE d.name = ? AND l.time_ns >= ? AND l.time_ns < ? ORDER BY l.time_ns LIMIT ?
"""


class SeriesName(msgspec.Struct, frozen=True):
    """One property of one feature as one device or producer sees it. ``derived``: the device is a producer."""

    pilot: str
    city: str
    device: str
    feature: str
    property: str
    derived: bool


class Reading(msgspec.Struct, frozen=True):
    """One value of a series; units are those of the vocabulary."""

    device: str
    time_ns: int
    interval_ns: int
    value: Value
    quality: Quality
    reason: QualityReason
    time_source: TimeSource
    revision: int


class Latest(msgspec.Struct, frozen=True):
    """A series and its newest value by phenomenon time."""

    series: SeriesName
    reading: Reading


class Hour(msgspec.Struct, frozen=True):
    """One hour of a series, from ``time_ns``. Extremes and mean are over the ``usable`` (ok, estimated) numbers."""

    device: str
    time_ns: int
    count: int
    usable: int
    minimum: float | None
    mean: float | None
    maximum: float | None


class SeenDevice(msgspec.Struct, frozen=True):
    """A device that was heard at least once; the instants are those of receipt."""

    id: str
    pilot: str
    city: str
    feature: str
    profile: str
    first_seen_ns: int
    last_seen_ns: int


class Frame(msgspec.Struct, frozen=True):
    """How one frame of a device travelled; strength and signal to noise are those of the strongest reception."""

    time_ns: int
    f_cnt: int | None
    f_port: int | None
    rssi_dbm: float | None
    snr_db: float | None
    receptions: int


class History:
    """The store's contents. Raises FileNotFoundError where there is no store yet, sqlite3.Error for a broken one."""

    def __init__(self, file: Path) -> None:
        self._connection = open_read_only(file, version=VERSION, what="store")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def position(self) -> int:
        """The highest ledger number that was written; 0 in a new store."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = 'position'").fetchone()
        return int(row[0]) if row else 0

    def latest(self, pilot: str | None = None, feature: str | None = None) -> list[Latest]:
        """The newest value of every series, by pilot, feature and property."""
        rows = self._of_series(LATEST, pilot=pilot, feature=feature)
        return [Latest(_name(row[:6]), _reading(row[2], row[6:])) for row in rows]

    def series(
        self,
        pilot: str | None = None,
        *,
        feature: str | None = None,
        property: str | None = None,  # noqa: A002 - the field's word
    ) -> list[SeriesName]:
        """Every series there is."""
        return [_name(row) for row in self._of_series(SERIES, pilot=pilot, feature=feature, property=property)]

    def values(
        self,
        feature: str,
        property: str,  # noqa: A002 - the field's word
        *,
        from_ns: int = -(1 << 63),
        to_ns: int = (1 << 63) - 1,
        limit: int = 10_000,
        least_interval_ns: int = 0,
    ) -> list[Reading]:
        """Single values in ``[from_ns, to_ns)``, oldest first, of every device that sees the property.

        ``least_interval_ns``: only values of an interval that is at least so long.
        """
        rows = self._connection.execute(VALUES, (feature, property, from_ns, to_ns, least_interval_ns, limit))
        return [_reading(row[7], row[:7]) for row in rows]

    def hourly(
        self,
        feature: str,
        property: str,  # noqa: A002 - the field's word
        *,
        from_ns: int = -(1 << 63),
        to_ns: int = (1 << 63) - 1,
        limit: int = 10_000,
    ) -> list[Hour]:
        """The hours that begin in ``[from_ns, to_ns)``, oldest first."""
        bounds = (-(-from_ns // HOUR_NS), -(-to_ns // HOUR_NS))
        rows = self._connection.execute(HOURLY, (feature, property, *bounds, limit))
        return [
            Hour(device, hour * HOUR_NS, count, usable, low, total / usable if usable else None, high)
            for hour, count, usable, total, low, high, device in rows
        ]

    def devices(self, pilot: str | None = None) -> list[SeenDevice]:
        """Every device that was heard, with its first and last receipt."""
        return [SeenDevice(*row) for row in self._connection.execute(DEVICES, (pilot,))]

    def frames(
        self, device: str, *, from_ns: int = -(1 << 63), to_ns: int = (1 << 63) - 1, limit: int = 10_000
    ) -> list[Frame]:
        """How the frames of a device travelled, oldest first."""
        return [Frame(*row) for row in self._connection.execute(LINKS, (device, from_ns, to_ns, limit))]

    def _of_series(self, query: str, **wanted: str | None) -> sqlite3.Cursor:
        """Run a query over the series whose columns are as wanted; None is any."""
        given = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(f"s.{column} = :{column}" for column in given) or "1"
        return self._connection.execute(query.format(where=where), given)


def _name(row: Sequence[Any]) -> SeriesName:
    pilot, city, device, feature, name, derived = row
    return SeriesName(pilot, city, device, feature, name, bool(derived))


def _reading(device: str, row: Sequence[Any]) -> Reading:
    time_ns, interval_ns, value, quality, reason, time_source, revision = row
    return Reading(
        device,
        time_ns,
        interval_ns,
        bool(value) if isinstance(value, int) else value,
        QUALITIES[quality],
        REASONS[reason],
        TIME_SOURCES[time_source],
        revision,
    )
