"""What one key of a machine remembers, so that what comes late or changes can be put in its place.

    ladder:  [state | readings packed] [state | readings packed] … [state | tail]   live state, passed to horizon
             └ oldest that can still change                        └ newest readings, as they are

Laws
- A **rung** begins with the state as it was right after the reading ``after`` was taken (the first: before any), and
  holds the readings up to the next rung's ``after``. So a late reading costs the run of what follows it and no more,
  and to forget the oldest rung costs nothing.
- Words that the machine may still say again (their interval was not over) are kept with each rung: only with them is
  it known what is said no longer.
- Readings are packed as (time, series, value, quality); a series is (device, feature, property), named once per key.
"""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import msgspec

from pipelines.domains import Reading
from pipelines.domains.words import Words
from pipelines.model import Quality, Value

Place = tuple[int, str, str, str]
"""Where a reading belongs: (time, device, feature, property). Two readings of one place are the same reading."""

LONG_BEFORE_NS = -(2**63)
READINGS_PER_RUNG = 24
LONGEST_TAIL = 512
READING_BYTES = 24
"""A packed reading, roughly. A rung is as long as its state is large, so states never cost more than the readings."""

RUNG_BYTES = 400
"""What a rung costs beside its state and readings: its objects and its name."""

Series = tuple[str, str, str]
StateT = TypeVar("StateT", bound=msgspec.Struct)

_encode = msgspec.msgpack.Encoder().encode
_decode_readings = msgspec.msgpack.Decoder(list[tuple[int, int, Value, Quality]]).decode


class Rung(msgspec.Struct, array_like=True):
    """See the module; ``packed`` is empty in the last one, whose readings are the tail."""

    after: Place | None
    state: bytes
    words: bytes
    packed: bytes = b""

    @property
    def bytes(self) -> int:
        """What it costs in memory, roughly."""
        return len(self.state) + len(self.words) + len(self.packed) + RUNG_BYTES


class Key(Generic[StateT]):
    """One key of a machine.

    ``told``: the words of late. ``pending``: taken in, not yet settled. ``full``: so many readings make a rung.
    ``due_ns``: before it, to pass time says and changes nothing.
    """

    __slots__ = (
        "_series",
        "_series_at",
        "bytes",
        "due_ns",
        "full",
        "horizon_ns",
        "ladder",
        "name",
        "newest_ns",
        "pending",
        "state",
        "tail",
        "told",
    )

    def __init__(self, name: str, state: StateT, ladder: list[Rung], *, series: Iterable[Series] = ()) -> None:
        self.name = name
        self.state = state
        self.ladder = ladder
        self.tail: list[Reading] = []
        self.told: Words = {}
        self.pending: list[Reading] = []
        self.horizon_ns = self.newest_ns = self.due_ns = LONG_BEFORE_NS
        self.full = rung_length(len(ladder[-1].state))
        self.bytes = self._bytes_of_ladder()
        self._series = list(series)
        self._series_at = {one: at for at, one in enumerate(self._series)}

    @property
    def last(self) -> Place | None:
        """Where the newest reading that was taken belongs; None before the first."""
        return place_of(self.tail[-1]) if self.tail else self.ladder[-1].after

    @property
    def series(self) -> Sequence[Series]:
        """(device, feature, property) by number, as packed readings name them."""
        return self._series

    def readings(self, at: int) -> list[Reading]:
        """The readings of a rung, in order."""
        if at == len(self.ladder) - 1:
            return self.tail
        series = self._series
        return [
            Reading(time_ns, *series[number], value, quality)
            for time_ns, number, value, quality in _decode_readings(self.ladder[at].packed)
        ]

    def pack(self, readings: Sequence[Reading]) -> bytes:
        """Readings as a rung keeps them."""
        at = self._series_at
        for series in {(one.device, one.feature, one.property): None for one in readings}:
            if series not in at:
                at[series] = len(self._series)
                self._series.append(series)
        return _encode(
            [(one.time_ns, at[one.device, one.feature, one.property], one.value, one.quality) for one in readings]
        )

    def add_rung(self, rung: Rung) -> None:
        """Begin the next rung: the tail's readings are packed in the one before."""
        before = self.ladder[-1]
        before.packed = self.pack(self.tail)
        self.tail = []
        self.ladder.append(rung)
        self.bytes += len(before.packed) + rung.bytes

    def replace_ladder(self, ladder: list[Rung]) -> None:
        """Another course of the past."""
        self.ladder = ladder
        self.bytes = self._bytes_of_ladder()

    def _bytes_of_ladder(self) -> int:
        return sum([rung.bytes for rung in self.ladder])

    def rung_holding(self, place: Place) -> int:
        """The rung that a reading belongs to; -1 where it lies before all that is kept."""
        at = len(self.ladder) - 1
        while at >= 0:
            after = self.ladder[at].after
            if after is None or after < place:
                return at
            at -= 1
        return -1

    def forget(self, before_ns: int, max_bytes: int) -> int:
        """Let go of rungs that nothing can change any more; returns how many had to go for want of room."""
        ladder = self.ladder
        gone = 0
        while gone + 1 < len(ladder):
            after = ladder[gone + 1].after
            if after is None or after[0] >= before_ns:
                break
            self.bytes -= ladder[gone].bytes
            gone += 1
        shortened = 0
        while self.bytes > max_bytes and gone + shortened + 1 < len(ladder):
            self.bytes -= ladder[gone + shortened].bytes
            shortened += 1
        del ladder[: gone + shortened]
        return shortened


def place_of(reading: Reading) -> Place:
    """Where it belongs in the order of its key."""
    return reading.time_ns, reading.device, reading.feature, reading.property


def rung_length(state_bytes: int) -> int:
    """How many readings a rung holds before the next one is begun."""
    return min(LONGEST_TAIL, max(READINGS_PER_RUNG, state_bytes // READING_BYTES))
