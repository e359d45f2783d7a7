"""Sixteen bytes that name the intake entry being refined, so that an entry that kills the process is found out.

After an unclean end the first entries are refined one by one, each named here before it is touched. One that is named
at three starts in a row is rejected as ``crashed``, and its bytes stay in quarantine. Not at the first: whoever kills
the process (a person, the kernel short of memory) may do it in the middle of any entry, and that one is not to blame.
Written without fsync: the page cache outlives the process, and a power cut is not what an entry does.
"""

import contextlib
import os
from pathlib import Path

CAREFUL_ENTRIES = 2_000
BLAMED_AFTER = 3
"""Starts in a row that must find the same entry named: chance kills do not meet one entry so often."""

_NUMBER_BYTES = 8


class Breadcrumb:
    """``running`` marks an unclean end by staying; ``found`` is the entry to blame for it (0: none)."""

    def __init__(self, folder: Path) -> None:
        self._running = folder / "running"
        self._fd = os.open(folder / "refining", os.O_RDWR | os.O_CREAT, 0o640)
        raw = os.pread(self._fd, 2 * _NUMBER_BYTES, 0) if self._running.exists() else b""
        self._suspect = int.from_bytes(raw[:_NUMBER_BYTES], "little")
        self._times = int.from_bytes(raw[_NUMBER_BYTES:], "little")
        self.found = self._suspect if self._times >= BLAMED_AFTER else 0
        self.careful_left = CAREFUL_ENTRIES if self._running.exists() else 0
        self._named = 0
        self._running.touch()

    def drop(self, number: int) -> None:
        """Name the entry about to be refined, and for which time it is the last one named."""
        times = self._times + 1 if number == self._suspect else 1
        self._write(number, times)

    def clear(self) -> None:
        """Nothing is being refined."""
        if self._named:
            self._write(0, 0)

    def end_cleanly(self) -> None:
        """The stop was orderly: the next start need not be careful."""
        self._write(0, 0)
        os.close(self._fd)
        self._running.unlink(missing_ok=True)

    def _write(self, number: int, times: int) -> None:
        self._named = number
        with contextlib.suppress(OSError):  # a full disk takes no crumb: refining goes on all the same
            crumb = number.to_bytes(_NUMBER_BYTES, "little") + times.to_bytes(_NUMBER_BYTES, "little")
            os.pwrite(self._fd, crumb, 0)
