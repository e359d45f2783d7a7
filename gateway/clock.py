"""The only file that asks the time.

A Raspberry Pi has no clock at boot. Until the wall clock is later than the build date it is ``unset``: nothing may be
stamped with it. The monotonic clock is always right within one boot, and ``boot`` names the boot.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.model import ClockQuality

BUILD_DATE_NS = 1_793_491_200 * 1_000_000_000
"""2026-11-01T00:00:00Z. No honest wall clock can be earlier than the release it runs."""

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class Clock:
    """Wall and monotonic time with the quality of the former. Tests hand in their own two functions."""

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,  # noqa: TID251 - this is the one place
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        *,
        boot: int | None = None,
    ) -> None:
        self.wall_ns = wall_ns
        self.monotonic_ns = monotonic_ns
        self.boot = boot_number() if boot is None else boot

    def quality(self) -> ClockQuality:
        """``unset`` while the wall clock stands before the build date."""
        return "trusted" if self.wall_ns() >= BUILD_DATE_NS else "unset"


def boot_number() -> int:
    """The machine's boot as a number below 2**63; random where the kernel does not tell."""
    try:
        return int(BOOT_ID_FILE.read_text(encoding="ascii").strip().replace("-", ""), 16) >> 65
    except (OSError, ValueError):
        return int.from_bytes(os.urandom(8), "big") >> 1
