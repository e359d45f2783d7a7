"""What refine remembers of each device between two messages, and nothing else.

Law: it follows from the accepted outcomes alone. ``process`` changes it only through ``absorb``, so a memory rebuilt
from the ledger equals the one that processed.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from pipelines.frames import Frames, Session
from pipelines.model import Accepted, Outcome
from pipelines.normalise import Unread
from pipelines.screen import Recent

MAX_UNREAD = 1_000


class DeviceMemory:
    """What is remembered of one device: its frames, and what ``screen`` compares with."""

    __slots__ = ("frames", "recent")

    def __init__(self, frames: Frames, recent: Recent) -> None:
        self.frames = frames
        self.recent = recent


_STRANGER = DeviceMemory(Frames(), Recent())


class Memory:
    """All devices' memory, bounded for each device.

    ``unread`` counts readings that made no observation, by (profile, reading, why), since the start. It is a report
    for people: no outcome follows from it, and it is not rebuilt.
    """

    def __init__(self) -> None:
        self.devices: dict[str, DeviceMemory] = {}
        self.unread: Counter[tuple[str, str, str]] = Counter()

    def of(self, device_id: str) -> DeviceMemory:
        """What is remembered of this device; to be read, never changed."""
        return self.devices.get(device_id, _STRANGER)

    def absorb(self, outcome: Outcome) -> None:
        """Take in one outcome, in ledger order. Rejected and Duplicate leave no trace."""
        if not isinstance(outcome, Accepted):
            return
        memory = self.devices.get(outcome.device)
        if memory is None:
            memory = self.devices[outcome.device] = DeviceMemory(Frames(), Recent())
        link, frame = outcome.link, outcome.frame
        if frame is not None and link is not None and link.f_cnt is not None:
            memory.frames.remember(frame[0], link.f_cnt, frame[1], outcome.time_ns, outcome.of)
        memory.recent.remember(outcome.time_ns, outcome.received_ns, outcome.observations)

    def count_unread(self, profile: str, unread: Iterable[Unread]) -> None:
        """Count what made no observation; beyond a thousand different names all new ones count as ``…``."""
        counts = self.unread
        for one in unread:
            key = (profile, one.name, one.why)
            seen = counts.get(key)
            if seen is not None or len(counts) < MAX_UNREAD:
                counts[key] = (seen or 0) + 1
            else:
                counts[profile, "…", one.why] += 1

    def snapshot(self) -> bytes:
        """All of it but ``unread``, for ``restore`` on the same machine."""
        return _encode({device: _record(memory) for device, memory in self.devices.items()})

    @classmethod
    def restore(cls, snapshot: bytes) -> "Memory":
        """The memory that made this snapshot. Raises msgspec.DecodeError on foreign bytes."""
        memory = cls()
        for device, record in _decode(snapshot).items():
            sessions = {name: Session(*parts) for name, parts in record.sessions.items()}
            memory.devices[device] = DeviceMemory(Frames(sessions, record.counted), record.recent)
        return memory


class _Record(msgspec.Struct, array_like=True):
    counted: int
    sessions: dict[str, tuple[bytes, bytes, int, int]]
    recent: Recent


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, _Record]).decode


def _record(memory: DeviceMemory) -> _Record:
    sessions = {
        name: (bytes(session.ring), session.runs.tobytes(), session.turn, session.newest_ns)
        for name, session in memory.frames.sessions.items()
    }
    return _Record(memory.frames.counted, sessions, memory.recent)
