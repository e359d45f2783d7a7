"""The store's blocking half: everything here runs in the sink's one thread.

Laws
- One batch is one transaction: rows, roll-up and position change together or not at all.
- The higher revision wins; writing the same revision again changes nothing. So a batch may be repeated, and batches
  may come in any order.
- After a failed transaction nothing that was learned in it is believed: the caches are emptied.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.sinks.sqlite_many import Many
from gateway.sinks.store import rollup
from gateway.sinks.store.rows import (
    HistoryRow,
    LinkRow,
    Origin,
    SeriesKey,
    Sighting,
    history_row,
    link_row,
    origin_of,
    sightings,
)
from gateway.sinks.store.schema import RETRACTED, open_store
from pipelines.model import Accepted, Derived, Revision

MAX_CACHED = 50_000

_HISTORY = "history (series, time_ns, interval_ns, value, quality, reason, time_source, revision)"
INSERT = Many(f"INSERT OR IGNORE INTO {_HISTORY}", 8)
UPSERT = Many(
    f"INSERT INTO {_HISTORY}",
    8,
    """
ON CONFLICT (series, time_ns, interval_ns) DO UPDATE SET
    value = excluded.value, quality = excluded.quality, reason = excluded.reason,
    time_source = excluded.time_source, revision = excluded.revision
WHERE excluded.revision > revision
""",
)
UPSERT_LINK = Many(
    "INSERT INTO link (device, time_ns, f_cnt, f_port, rssi_dbm, snr_db, receptions, revision)",
    8,
    """
ON CONFLICT (device, time_ns) DO UPDATE SET
    f_cnt = excluded.f_cnt, f_port = excluded.f_port, rssi_dbm = excluded.rssi_dbm, snr_db = excluded.snr_db,
    receptions = excluded.receptions, revision = excluded.revision
WHERE excluded.revision > revision
""",
)
UPSERT_DEVICE = Many(
    "INSERT INTO device (name, pilot, city, feature, profile, first_seen_ns, last_seen_ns, revision)",
    8,
    """
ON CONFLICT (name) DO UPDATE SET
    pilot = CASE WHEN excluded.revision >= revision THEN excluded.pilot ELSE pilot END,
    city = CASE WHEN excluded.revision >= revision THEN excluded.city ELSE city END,
    feature = CASE WHEN excluded.revision >= revision THEN excluded.feature ELSE feature END,
    profile = CASE WHEN excluded.revision >= revision THEN excluded.profile ELSE profile END,
    first_seen_ns = min(first_seen_ns, excluded.first_seen_ns),
    last_seen_ns = max(last_seen_ns, excluded.last_seen_ns),
    revision = max(revision, excluded.revision)
""",
)
SET_META = """
INSERT INTO meta (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)
"""


class Series(msgspec.Struct, gc=False):
    """What the writer remembers of a series."""

    id: int
    pilot: str
    city: str
    purged_ns: int


class Written(msgspec.Struct, frozen=True):
    """What one batch became. ``too_old``: values of hours that retention has already deleted."""

    values: int
    too_old: int


class Writer:
    """Owns the file. Raises sqlite3.Error from every method; the transaction in question then never happened."""

    def __init__(self, file: Path) -> None:
        self.connection = open_store(file)
        self._series: dict[SeriesKey, Series] = {}
        self._devices: dict[str, int] = {}

    def write(self, batch: Sequence[Revision]) -> Written:
        """Write a batch in one transaction."""
        with Transaction(self):
            self._see(sightings(batch))
            rows, links, too_old = self._rows(batch)
            self._put(rows)
            UPSERT_LINK.put(self.connection, links)
            position = max((revision.number for revision in batch), default=0)
            self.connection.execute(SET_META, ("position", position))
        return Written(len(rows), too_old)

    def forget(self) -> None:
        """Believe nothing remembered: the tables may have changed."""
        self._series.clear()
        self._devices.clear()

    def close(self) -> None:
        """Close the file; the log beside it is folded in."""
        self.connection.close()

    def _rows(self, batch: Sequence[Revision]) -> tuple[list[HistoryRow], list[LinkRow], int]:
        rows: list[HistoryRow] = []
        links: list[LinkRow] = []
        too_old = 0
        known = self._series
        for revision in batch:
            entry, number = revision.entry, revision.number
            if not isinstance(entry, Accepted | Derived):
                continue
            origin = origin_of(entry)
            for observation in entry.observations:
                series = known.get((origin.device, observation.feature, observation.property))
                if series is None or series.pilot != origin.pilot or series.city != origin.city:
                    series = self._find_series(origin, observation.feature, observation.property)
                if observation.time_ns < series.purged_ns:
                    too_old += 1
                else:
                    rows.append(history_row(series.id, observation, number))
            if isinstance(entry, Accepted) and entry.link is not None:
                links.append(link_row(self._devices[entry.device], entry.time_ns, entry.link, number))
        return rows, links, too_old

    def _put(self, rows: list[HistoryRow]) -> None:
        """Plain inserts, in order of the table; where one meets a row that is there, its hour is computed anew.

        Nearly all are new. In the order of the table each page is touched once, and what concerns one value stays in
        the order of its revisions.
        """
        rows.sort(key=_place)
        fresh: list[HistoryRow] = []
        known: list[HistoryRow] = []
        for stretch, inserted in INSERT.each(self.connection, rows):
            is_fresh = inserted == len(stretch) and all(row[4] != RETRACTED for row in stretch)
            (fresh if is_fresh else known).extend(stretch)
        UPSERT.put(self.connection, known)
        hours = rollup.hours_of(known)
        rollup.add(self.connection, fresh, but=hours)
        rollup.recompute(self.connection, hours)

    def _see(self, seen: dict[str, Sighting]) -> None:
        rows = [
            (name, one.pilot, one.city, one.feature, one.profile, one.first_seen_ns, one.last_seen_ns, one.revision)
            for name, one in seen.items()
        ]
        UPSERT_DEVICE.put(self.connection, rows)
        for name in seen.keys() - self._devices.keys():
            (self._devices[name],) = self.connection.execute("SELECT id FROM device WHERE name = ?", (name,)).fetchone()

    def _find_series(self, origin: Origin, feature: str, name: str) -> Series:
        find = "SELECT id, pilot, city, purged_ns FROM series WHERE feature = ? AND property = ? AND device = ?"
        row = self.connection.execute(find, (feature, name, origin.device)).fetchone()
        if row is None:
            put = (
                "INSERT INTO series (device, feature, property, pilot, city, derived, purged_ns)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
            )
            new = (origin.device, feature, name, origin.pilot, origin.city, origin.derived, -(1 << 63))
            row = (self.connection.execute(put, new).lastrowid, origin.pilot, origin.city, -(1 << 63))
        elif row[1:3] != (origin.pilot, origin.city):
            move = "UPDATE series SET pilot = ?, city = ? WHERE id = ?"
            self.connection.execute(move, (origin.pilot, origin.city, row[0]))
        series = Series(row[0], origin.pilot, origin.city, row[3])
        self._series[origin.device, feature, name] = series
        return series


def _place(row: HistoryRow) -> tuple[int, int, int]:
    return row[:3]


class Transaction:
    """BEGIN to COMMIT, or ROLLBACK with the writer's caches emptied."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def __enter__(self) -> None:
        if len(self._writer._series) > MAX_CACHED or len(self._writer._devices) > MAX_CACHED:  # noqa: SLF001 - its own half
            self._writer.forget()
        self._writer.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._writer.connection.execute("COMMIT")
            except sqlite3.Error:
                self._undo()
                raise
        else:
            self._undo()

    def _undo(self) -> None:
        self._writer.forget()
        if self._writer.connection.in_transaction:
            self._writer.connection.execute("ROLLBACK")
