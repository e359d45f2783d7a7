"""The store's tables. README.md states the laws of the format.

Laws
- Codes of quality, reason and time source are positions in the tuples below: rows are appended, never moved.
- ``value`` has no declared type: REAL is a gauge or counter, INTEGER 0 or 1 a flag, TEXT a state. Nothing is converted.
"""

import sqlite3
from pathlib import Path

from gateway.sinks.sqlite_file import open_file
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
CREATE INDEX series_of_pilot ON series (pilot);

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


def open_store(file: Path) -> sqlite3.Connection:
    """Open the store for writing; make it where there is none. Raises as ``open_file`` does."""
    return open_file(file, tables=TABLES, version=VERSION, cache_kib=4_000)
