"""Sizes of a log. Defaults suit an intake on a Raspberry Pi."""

from typing import Literal

import msgspec

MIB = 1 << 20
SEGMENTS_IN_QUOTA = 4


class LogOptions(msgspec.Struct, frozen=True, kw_only=True):
    """All sizes in bytes.

    ``readable``: ``synced`` shows consumers only fsynced entries (the intake), ``written`` also those whose sync is
    still to come (the ledger). ``unsynced_bytes`` bounds what a lazily synced log holds in memory: beyond it a commit
    syncs by itself. ``compress``: ``closed`` segments in the background, or ``never``.
    """

    segment_bytes: int = 16 * MIB
    quota_bytes: int = 2048 * MIB
    tail_bytes: int = 4 * MIB
    unsynced_bytes: int = 4 * MIB
    ballast_bytes: int = MIB
    readable: Literal["synced", "written"] = "synced"
    compress: Literal["closed", "never"] = "closed"

    def __post_init__(self) -> None:
        """Raises ValueError when the sizes cannot work together."""
        if self.quota_bytes < SEGMENTS_IN_QUOTA * self.segment_bytes:
            raise ValueError(
                f"quota_bytes: {self.quota_bytes} holds fewer than {SEGMENTS_IN_QUOTA} segments of "
                f"{self.segment_bytes}. Raise quota_bytes or lower segment_bytes"
            )
