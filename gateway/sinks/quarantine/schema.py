"""The quarantine's tables. README.md states the laws of the format.

``usage`` is kept by triggers: what all entries count against the quota, without reading them all.
"""

import sqlite3
from pathlib import Path
from typing import Literal

from gateway.sinks.sqlite_file import open_file

VERSION = 1

State = Literal["held", "retried", "resolved", "dropped"]
"""held: waits for a person · retried: a refusal, brought to the servers again · resolved: understood since ·
dropped: given up to the quota. Only held and retried have their bytes here."""

TABLES = """
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    sink TEXT NOT NULL,
    refused INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    device TEXT NOT NULL,
    source TEXT NOT NULL,
    topic TEXT NOT NULL,
    received_ns INTEGER NOT NULL,
    full_size INTEGER NOT NULL,
    kept_bytes INTEGER NOT NULL,
    body BLOB,
    UNIQUE (number, sink, refused)
);
CREATE INDEX entry_of_device ON entry (device);
CREATE INDEX entry_in_state ON entry (state, id);

CREATE TABLE usage (kept_bytes INTEGER NOT NULL);
INSERT INTO usage VALUES (0);
CREATE TRIGGER entry_comes AFTER INSERT ON entry BEGIN
    UPDATE usage SET kept_bytes = kept_bytes + NEW.kept_bytes;
END;
CREATE TRIGGER entry_changes AFTER UPDATE OF kept_bytes ON entry BEGIN
    UPDATE usage SET kept_bytes = kept_bytes + NEW.kept_bytes - OLD.kept_bytes;
END;
CREATE TRIGGER entry_goes AFTER DELETE ON entry BEGIN
    UPDATE usage SET kept_bytes = kept_bytes - OLD.kept_bytes;
END;

CREATE TABLE given_up (
    reason TEXT PRIMARY KEY,
    entries INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;
"""


def open_quarantine(file: Path) -> sqlite3.Connection:
    """Open for writing; make the file where there is none. Raises as ``open_file`` does."""
    return open_file(file, tables=TABLES, version=VERSION, cache_kib=1_000)
