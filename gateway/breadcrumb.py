"""Eight bytes that name the intake entry being refined, so that an entry that kills the process does so only once.

After an unclean end the first entries are refined one by one, each named here before it is touched. Named still at
the next start, it is rejected as ``crashed`` and its bytes stay in quarantine. Written without fsync: the page cache
outlives the process, and a power cut is not what an entry does.
"""

import os
from pathlib import Path

CAREFUL_ENTRIES = 2_000


class Breadcrumb:
    """``running`` marks an unclean end by staying; ``number`` is what was being refined then (0: nothing)."""

    def __init__(self, folder: Path) -> None:
        self._running = folder / "running"
        self._fd = os.open(folder / "refining", os.O_RDWR | os.O_CREAT, 0o640)
        raw = os.pread(self._fd, 8, 0)
        self.found = int.from_bytes(raw, "little") if self._running.exists() else 0
        self.careful_left = CAREFUL_ENTRIES if self._running.exists() else 0
        self._running.touch()

    def drop(self, number: int) -> None:
        """Name the entry about to be refined."""
        os.pwrite(self._fd, number.to_bytes(8, "little"), 0)

    def clear(self) -> None:
        """Nothing is being refined."""
        os.pwrite(self._fd, bytes(8), 0)

    def end_cleanly(self) -> None:
        """The stop was orderly: the next start need not be careful."""
        self.clear()
        os.close(self._fd)
        self._running.unlink(missing_ok=True)
