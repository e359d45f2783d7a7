"""Has this LoRaWAN frame been heard before? What the gateway remembers of the frames of one device.

The network hears one frame through several radio gateways, and a late reception comes as a message of its own.
The first one to arrive is the uplink; the others are duplicates of it.

Laws
- A frame is (session, f_cnt, digest of port and payload). The session is the session key id, else the device address,
  as the dialect found it; else a counter of ours, raised when f_cnt falls while network time rises.
- On doubt a frame is new: a repeated observation has the same identity and overwrites itself, a lost one is lost.
- Bounded: per session the last 64 frames and 32 runs of f_cnt (at most 1.9 KiB), per device 4 sessions.
- The memory follows from the accepted outcomes alone, so it can be rebuilt from the ledger.
"""

from array import array
from bisect import bisect_left
from hashlib import blake2b
from struct import Struct

import msgspec

from pipelines.model import TimeSource, Uplink

FRAMES = 64
RUNS = 32
SESSIONS = 4
MAX_F_CNT = 2**32 - 1
SAME_FRAME_NS = 48 * 3600 * 1_000_000_000
"""A repetition further away in event time is a new frame: counters restart, and payloads may be constant."""

_RECORD = Struct("<I4sqQ")  # f_cnt, digest (``4s`` keeps its first 4 bytes), event time, intake number
_KEY = Struct("<I4s")
_TIME = Struct("<q")
_NUMBER = Struct("<Q")
_SIZE = _RECORD.size
_TIME_AT = _KEY.size
_NUMBER_AT = _TIME_AT + _TIME.size


def frame_digest(uplink: Uplink) -> bytes:
    """Eight bytes over port and payload, or over the decoded values where the network sent nothing else."""
    content = uplink.payload
    if content is None:
        content = repr(uplink.decoded).encode("utf-8", "backslashreplace")
    return blake2b(_PORT_BYTE[uplink.f_port or 0] + content, digest_size=8).digest()


_PORT_BYTE = [bytes((port,)) for port in range(256)]


class Session:
    """The frames of one session: a ring of the last 64, and which f_cnt have been seen as runs ``lo, hi, lo, hi …``."""

    __slots__ = ("newest_ns", "ring", "runs", "turn")

    def __init__(self, ring: bytes = b"", runs: bytes = b"", turn: int = 0, newest_ns: int = -1) -> None:
        self.ring = bytearray(ring)
        self.runs = array("I", runs)
        self.turn = turn
        self.newest_ns = newest_ns

    @property
    def highest(self) -> int:
        """The highest f_cnt seen; -1 before the first."""
        return self.runs[-1] if self.runs else -1

    def saw(self, f_cnt: int) -> bool:
        """Whether this f_cnt lies in a run that is still remembered."""
        runs = self.runs
        if not runs or f_cnt > runs[-1]:
            return False
        place = bisect_left(runs, f_cnt)
        return place % 2 == 1 or runs[place] == f_cnt

    def original(self, f_cnt: int, mark: bytes, time_ns: int) -> int | None:
        """Intake number of the frame that this one repeats (0: too long ago to name it), or None for a new frame.

        A seen f_cnt that has left the ring is a repetition only if it claims to be older than all the ring: with a
        younger time it is the counter that started again.
        """
        if not self.saw(f_cnt):
            return None
        ring = self.ring
        key = _KEY.pack(f_cnt, mark)
        place = ring.find(key)
        while place >= 0:
            if place % _SIZE == 0:
                if abs(_TIME.unpack_from(ring, place + _TIME_AT)[0] - time_ns) <= SAME_FRAME_NS:
                    number: int = _NUMBER.unpack_from(ring, place + _NUMBER_AT)[0]
                    return number
                place += _SIZE - 1
            place = ring.find(key, place + 1)
        records = list(_RECORD.iter_unpack(ring))
        if any(record[0] == f_cnt for record in records):
            return None
        return 0 if time_ns <= min(record[2] for record in records) else None

    def remember(self, f_cnt: int, mark: bytes, time_ns: int, number: int) -> None:
        """Note an accepted frame."""
        ring, at = self.ring, self.turn * _SIZE
        if at < len(ring):
            _RECORD.pack_into(ring, at, f_cnt, mark, time_ns, number)
        else:
            ring += _RECORD.pack(f_cnt, mark, time_ns, number)
        self.turn = (self.turn + 1) % FRAMES
        self.newest_ns = max(self.newest_ns, time_ns)
        runs = self.runs
        if runs and runs[-1] == f_cnt - 1:
            runs[-1] = f_cnt
        else:
            self._add_run(f_cnt)

    def _add_run(self, f_cnt: int) -> None:
        if self.saw(f_cnt):
            return
        runs = self.runs
        place = bisect_left(runs, f_cnt)
        grows_left = place < len(runs) and runs[place] == f_cnt + 1
        grows_right = place > 0 and runs[place - 1] == f_cnt - 1
        if grows_left and grows_right:
            del runs[place - 1 : place + 1]
        elif grows_left:
            runs[place] = f_cnt
        elif grows_right:
            runs[place - 1] = f_cnt
        else:
            runs[place:place] = array("I", (f_cnt, f_cnt))
            del runs[: -2 * RUNS]


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """To which session a frame belongs and which frame it repeats (None: it is new; 0: forgotten which)."""

    session: str
    original: int | None


class Frames:
    """The sessions of one device. ``counted`` is the number of the session we count ourselves."""

    __slots__ = ("counted", "sessions")

    def __init__(self, sessions: dict[str, Session] | None = None, counted: int = 0) -> None:
        self.sessions = sessions if sessions is not None else {}
        self.counted = counted

    def judge(self, session: str | None, f_cnt: int, mark: bytes, time_ns: int, time_source: TimeSource) -> Verdict:
        """Is this frame new? Changes nothing: ``remember`` is told once the frame has been accepted."""
        name = session.lstrip("#") if session else ""  # "#" marks the sessions we count ourselves
        if not name:
            return self._judge_counted(f_cnt, mark, time_ns, time_source)
        frames = self.sessions.get(name)
        return Verdict(name, None if frames is None else frames.original(f_cnt, mark, time_ns))

    def _judge_counted(self, f_cnt: int, mark: bytes, time_ns: int, time_source: TimeSource) -> Verdict:
        """A network that names no session: tell a restart of the counter from a late reception."""
        name = f"#{self.counted}"
        current = self.sessions.get(name)
        if current is None:
            return Verdict(name, None)
        falls = f_cnt < current.highest and time_ns > current.newest_ns
        if falls and time_source == "network":
            return Verdict(f"#{self.counted + 1}", None)
        for other, session in self.sessions.items():
            if other == name or time_ns <= session.newest_ns:
                original = session.original(f_cnt, mark, time_ns)
                if original is not None:
                    return Verdict(other, original)
        # Our own time rises with every message, so only an f_cnt seen before, or one far back, speaks for a restart.
        if falls and (current.saw(f_cnt) or current.highest - f_cnt > FRAMES):
            return Verdict(f"#{self.counted + 1}", None)
        return Verdict(name, None)

    def remember(self, name: str, f_cnt: int, mark: bytes, time_ns: int, number: int) -> None:
        """Note an accepted frame of session ``name``, as ``judge`` gave it."""
        session = self.sessions.get(name)
        if session is None:
            session = self.sessions[name] = Session()
            if len(self.sessions) > SESSIONS:
                del self.sessions[next(iter(self.sessions))]
            if name.startswith("#"):
                self.counted = int(name[1:])
        session.remember(f_cnt, mark, time_ns, number)
