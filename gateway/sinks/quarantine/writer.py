"""The quarantine's blocking half: everything here runs in the sink's one thread.

Laws
- One batch is one transaction. The higher revision decides an entry's state; the same again changes nothing.
- The quota counts what is kept of held and retried entries; the oldest are given up first, and counted by reason.
- Of entries that have no bytes any more (resolved, dropped) the newest ``REMEMBERED`` stay, to be found by a person.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from gateway.sinks.quarantine.schema import open_quarantine

REMEMBERED = 10_000
ROW_BYTES = 256
"""What an entry costs beside its texts and body: row, two indexes."""

HOLD = """
INSERT INTO entry (number, sink, refused, revision, state, reason, detail, device, source, topic, received_ns,
    full_size, body, kept_bytes)
VALUES (?, ?, ?, ?, 'held', ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (number, sink, refused) DO UPDATE SET
    revision = excluded.revision, state = 'held', reason = excluded.reason, detail = excluded.detail,
    device = excluded.device, source = excluded.source, topic = excluded.topic, received_ns = excluded.received_ns,
    body = ifnull(excluded.body, body), full_size = max(excluded.full_size, full_size),
    kept_bytes = max(excluded.kept_bytes, kept_bytes)
WHERE excluded.revision > revision
"""
RESOLVE = """
UPDATE entry SET state = 'resolved', revision = ?2, body = NULL, kept_bytes = 0
WHERE number = ?1 AND sink = '' AND revision < ?2
"""
OLDEST = "SELECT id, reason, kept_bytes FROM entry WHERE state IN ('held', 'retried') ORDER BY id"
COUNT_GIVEN_UP = """
INSERT INTO given_up (reason, entries, bytes) VALUES (?, 1, ?)
ON CONFLICT (reason) DO UPDATE SET entries = entries + 1, bytes = bytes + excluded.bytes
"""
FORGET = """
DELETE FROM entry WHERE state IN ('resolved', 'dropped') AND id <= (
    SELECT id FROM entry WHERE state IN ('resolved', 'dropped') ORDER BY id DESC LIMIT 1 OFFSET ?)
"""


class Hold(msgspec.Struct, frozen=True):
    """Keep this entry. ``sink`` and ``refused`` (its ledger number) are set when a server refused it."""

    number: int
    sink: str
    refused: int
    revision: int
    reason: str
    detail: str
    device: str
    source: str
    topic: str
    received_ns: int
    full_size: int
    body: bytes | None

    @property
    def kept_bytes(self) -> int:
        """What it counts against the quota."""
        texts = len(self.detail) + len(self.topic) + len(self.device)
        return ROW_BYTES + texts + (len(self.body) if self.body else 0)


class Resolve(msgspec.Struct, frozen=True):
    """Intake entry ``number`` is understood since ledger number ``revision``."""

    number: int
    revision: int


class GivenUp(msgspec.Struct, frozen=True):
    """What the quota cost in one batch."""

    entries: int = 0
    bytes: int = 0


class Writer:
    """Owns the file. Raises sqlite3.Error; the transaction in question then never happened."""

    def __init__(self, file: Path, quota_bytes: int) -> None:
        self._connection = open_quarantine(file)
        self._quota_bytes = quota_bytes

    def write(self, actions: Sequence[Hold | Resolve]) -> GivenUp:
        """Do what a batch asks for, in its order, then keep the quota."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for action in actions:
                if isinstance(action, Hold):
                    self._connection.execute(HOLD, (*msgspec.structs.astuple(action), action.kept_bytes))
                else:
                    self._connection.execute(RESOLVE, (action.number, action.revision))
            given_up = self._keep_quota()
            if given_up.entries or any(isinstance(action, Resolve) for action in actions):
                self._connection.execute(FORGET, (REMEMBERED,))
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("PRAGMA incremental_vacuum(200)").fetchall()
        return given_up

    def kept_bytes(self) -> int:
        """What counts against the quota."""
        return int(self._connection.execute("SELECT kept_bytes FROM usage").fetchone()[0])

    def mark_retried(self, numbers: Collection[int], upto: int) -> int:
        """What was refused of these intake numbers is brought again; returns how many rows there were.

        ``upto``: the highest ledger number that may be marked. A refusal of what was brought again is a row of its own.
        """
        marked = """
            UPDATE entry SET state = 'retried'
            WHERE number = ? AND sink <> '' AND refused <= ? AND state = 'held'
        """
        return self._connection.executemany(marked, [(number, upto) for number in numbers]).rowcount

    def purge_device(self, device: str) -> int:
        """Forget every entry of a device; returns how many there were."""
        self._connection.execute("PRAGMA secure_delete = ON")
        gone = self._connection.execute("DELETE FROM entry WHERE device = ?", (device,)).rowcount
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._connection.execute("PRAGMA secure_delete = OFF")
        return gone

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _keep_quota(self) -> GivenUp:
        over = self.kept_bytes() - self._quota_bytes
        entries = freed = 0
        oldest: list[tuple[int, str, int]] = []
        if over > 0:
            for row in self._connection.execute(OLDEST):
                oldest.append(row)
                entries, freed = entries + 1, freed + row[2]
                if freed >= over:
                    break
        give_up = "UPDATE entry SET state = 'dropped', body = NULL, kept_bytes = 0 WHERE id = ?"
        self._connection.executemany(give_up, [(row[0],) for row in oldest])
        self._connection.executemany(COUNT_GIVEN_UP, [row[1:] for row in oldest])
        return GivenUp(entries, freed)
