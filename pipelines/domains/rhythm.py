"""Which time does a reading speak for? Learnt from how far apart a device's readings stand.

A value that a device sends every ten minutes speaks for the ten minutes before it. When one is lost, its ten minutes
are not known: the next value does not speak for twenty.
"""

import msgspec

from pipelines.model import NS_PER_S

_REMEMBERED = 9
_LONGEST_S = 24 * 3_600
"""Of a device that reports less than daily a value speaks for no hour."""


class Rhythm(msgspec.Struct, array_like=True):
    """One series of readings: when the last one was, the last nine distances in seconds, and the usual one of them."""

    last_ns: int = -1
    gaps_s: list[int] = []
    usual_s: int = 0

    def interval_ns(self, declared_ns: int = 0) -> int:
        """How long one value speaks for: as declared, else the usual distance (0 before there are two readings).

        The third shortest of nine: loss of half the messages leaves it right, and so do two that came in between.
        """
        return declared_ns if declared_ns > 0 else self.usual_s * NS_PER_S

    def begin_of(self, time_ns: int, declared_ns: int = 0) -> int:
        """The begin of what the reading of ``time_ns`` speaks for; it ends at ``time_ns``. Times never fall.

        Up to half an interval of jitter leaves no hole. The very first value of an undeclared rhythm speaks for
        nothing, nor does a second value of one instant.
        """
        last_ns, self.last_ns = self.last_ns, time_ns
        gap_ns = time_ns - last_ns
        if last_ns >= 0 and 0 < gap_ns <= _LONGEST_S * NS_PER_S:
            self._note(max(1, round(gap_ns / NS_PER_S)))
        interval_ns = declared_ns if declared_ns > 0 else self.usual_s * NS_PER_S
        if last_ns >= 0 and gap_ns * 2 <= interval_ns * 3:
            return last_ns
        return time_ns - interval_ns

    def _note(self, gap_s: int) -> None:
        gaps_s = self.gaps_s
        gaps_s.append(gap_s)
        if len(gaps_s) > _REMEMBERED and gaps_s.pop(0) == gap_s:
            return  # the same nine distances as before
        self.usual_s = sorted(gaps_s)[len(gaps_s) // 4]
