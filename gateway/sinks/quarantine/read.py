"""Reading the quarantine beside the running gateway: for ``citygate rejected`` and the inbox of unknown devices.

Calls block on the disk for milliseconds: an event loop calls them in a thread of its own.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from gateway.sinks.quarantine.schema import VERSION, State
from gateway.sinks.sqlite_file import open_read_only

_FIELDS = (
    "number, sink, refused, revision, state, reason, detail, device, source, topic, received_ns, full_size, kept_bytes"
)
LIST = f"""
SELECT {_FIELDS}, NULL FROM entry
WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR reason = ?2) AND (?3 IS NULL OR device = ?3)
ORDER BY id DESC LIMIT ?4
"""  # noqa: S608 - built from our own constants only
SHOW = f"SELECT {_FIELDS}, body FROM entry WHERE number = ? ORDER BY id"  # noqa: S608 - our own constant
REFUSED = """
SELECT DISTINCT number FROM entry
WHERE state = 'held' AND sink <> '' AND number > 0 AND (?1 IS NULL OR device = ?1)
"""
BY_DEVICE = """
SELECT device, reason, count(*), min(received_ns), max(received_ns), max(number) FROM entry
WHERE state = 'held' AND device <> '' AND (?1 IS NULL OR reason = ?1)
GROUP BY device, reason ORDER BY max(received_ns) DESC
"""
BY_REASON = "SELECT reason, count(*) FROM entry WHERE state = ? GROUP BY reason ORDER BY count(*) DESC, reason"


class QuarantinedEntry(msgspec.Struct, frozen=True):
    """One message kept aside. ``number`` is its intake number.

    ``sink`` and ``refused`` (a ledger number) are set where a server refused it: ``body`` is then what was sent.
    ``body`` is None in lists, and where it was given up or is no longer needed.
    ``full_size`` is larger than the body when only the head of an oversize message was kept.
    """

    number: int
    sink: str
    refused: int
    revision: int
    state: State
    reason: str
    detail: str
    device: str
    source: str
    topic: str
    received_ns: int
    full_size: int
    kept_bytes: int
    body: bytes | None


class DeviceSummary(msgspec.Struct, frozen=True):
    """What is held of one device for one reason; ``newest`` is the intake number of its newest message."""

    device: str
    reason: str
    entries: int
    first_seen_ns: int
    last_seen_ns: int
    newest: int


class Quarantine:
    """The quarantine's contents. Raises FileNotFoundError where there is none yet, sqlite3.Error for a broken one."""

    def __init__(self, file: Path) -> None:
        self._connection = open_read_only(file, version=VERSION, what="quarantine")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def entries(
        self,
        reason: str | None = None,
        device: str | None = None,
        *,
        state: State | None = "held",
        limit: int = 100,
    ) -> Sequence[QuarantinedEntry]:
        """The newest entries first, without their bytes; ``state`` None is any."""
        return [_entry(row) for row in self._connection.execute(LIST, (state, reason, device, limit))]

    def show(self, number: int) -> Sequence[QuarantinedEntry]:
        """All that is kept of an intake entry, with bytes: its rejection, and each server's refusal."""
        return [_entry(row) for row in self._connection.execute(SHOW, (number,))]

    def refused_numbers(self, device: str | None = None) -> frozenset[int]:
        """Intake numbers of which some server's refusal is held."""
        return frozenset(row[0] for row in self._connection.execute(REFUSED, (device,)))

    def by_device(self, reason: str | None = None) -> Sequence[DeviceSummary]:
        """What is held, by device and reason, the last heard first."""
        return [DeviceSummary(*row) for row in self._connection.execute(BY_DEVICE, (reason,))]

    def by_reason(self, state: State = "held") -> dict[str, int]:
        """How many entries there are in a state, by reason."""
        return dict(self._connection.execute(BY_REASON, (state,)).fetchall())

    def given_up(self) -> dict[str, int]:
        """How many entries the quota has cost since the file was made, by reason."""
        return dict(self._connection.execute("SELECT reason, entries FROM given_up ORDER BY reason").fetchall())

    def kept_bytes(self) -> int:
        """What counts against the quota."""
        return int(self._connection.execute("SELECT kept_bytes FROM usage").fetchone()[0])


def _entry(row: Sequence[Any]) -> QuarantinedEntry:
    return QuarantinedEntry(*row)
