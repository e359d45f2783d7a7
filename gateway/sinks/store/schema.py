"""The store's tables, and how the file is opened for writing. README.md states the laws of the format.

Laws
- Codes of quality, reason and time source are positions in the tuples below: rows are appended, never moved.
- ``value`` has no declared type: REAL is a gauge or counter, INTEGER 0 or 1 a flag, TEXT a state. Nothing is converted.
- ``user_version`` is the version of the format; a file of a later version is refused, never rewritten.
"""

import sqlite3
from pathlib import Path

from pipelines.model import Quality, QualityReason, TimeSource

VERSION = 1
HOUR_NS = 3_600 * 1_000_000_000

QUALITIES: tuple[Quality, ...] = ("ok", "suspect", "estimated", "missing", "suppressed", "retracted")
REASONS: tuple[QualityReason, ...] = (
    "",
    "range",
    "spike",
    "stuck",
    "future",
    "late",
    "backfilled",
    "clock",
    "drift",
    "gap",
    "privacy",
)
TIME_SOURCES: tuple[TimeSource, ...] = ("gateway", "network", "device")

USABLE = (QUALITIES.index("ok"), QUALITIES.index("estimated"))
"""Qualities whose values enter minimum, mean and maximum of an hour."""
RETRACTED = QUALITIES.index("retracted")

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pilot TEXT NOT NULL,
    city TEXT NOT NULL,
    feature TEXT NOT NULL,
    profile TEXT NOT NULL,
    first_seen_ns INTEGER NOT NULL,
    last_seen_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL
);

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    feature TEXT NOT NULL,
    property TEXT NOT NULL,
    pilot TEXT NOT NULL,
    city TEXT NOT NULL,
    derived INTEGER NOT NULL,
    purged_ns INTEGER NOT NULL,
    UNIQUE (feature, property, device)
);
CREATE INDEX series_of_device ON series (device);

CREATE TABLE history (
    series INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    interval_ns INTEGER NOT NULL,
    value,
    quality INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    time_source INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (series, time_ns, interval_ns)
) WITHOUT ROWID;

CREATE TABLE hourly (
    series INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    usable INTEGER NOT NULL,
    total REAL NOT NULL,
    low REAL,
    high REAL,
    PRIMARY KEY (series, hour)
) WITHOUT ROWID;

CREATE TABLE link (
    device INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    f_cnt INTEGER,
    f_port INTEGER,
    rssi_dbm REAL,
    snr_db REAL,
    receptions INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (device, time_ns)
) WITHOUT ROWID;
"""


class StoreVersionError(Exception):
    """The file was written by a later release."""


def open_store(file: Path) -> sqlite3.Connection:
    """Open the store for writing; make it where there is none. Raises sqlite3.Error, OSError, StoreVersionError.

    ``synchronous=FULL``: the cursor over the ledger is kept outside this file, so a commit must be on the disk when
    ``write`` returns; with NORMAL a power cut would lose transactions that the cursor has already passed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        _prepare(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreVersionError(f"{file} has format {version}, this release reads {VERSION}")
    if version == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, else it has no effect
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -4000")
    connection.execute("PRAGMA journal_size_limit = 8388608")
    connection.execute("PRAGMA temp_store = MEMORY")
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
