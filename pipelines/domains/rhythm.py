"""Which time does a reading speak for? Learnt from how far apart a device's readings stand.

A value that a device sends every ten minutes speaks for the ten minutes before it. When one is lost, its ten minutes
are not known: the next value does not speak for twenty.
"""

import msgspec

from pipelines.model import NS_PER_S

_REMEMBERED = 9
_LONGEST_S = 24 * 3_600
"""Of a device that reports less than daily a value speaks for no hour."""


class Rhythm(msgspec.Struct):
    """One series of readings: when the last one was, and the last nine distances in seconds."""

    last_ns: int = -1
    gaps_s: list[int] = []

    def interval_ns(self, declared_ns: int = 0) -> int:
        """How long one value speaks for: as declared, else the usual distance (0 before there are two readings).

        The third shortest of nine: loss of half the messages leaves it right, and so do two that came in between.
        """
        if declared_ns > 0:
            return declared_ns
        return sorted(self.gaps_s)[len(self.gaps_s) // 4] * NS_PER_S if self.gaps_s else 0

    def begin_of(self, time_ns: int, declared_ns: int = 0) -> int:
        """The begin of what the reading of ``time_ns`` speaks for; it ends at ``time_ns``. Times never fall.

        Up to half an interval of jitter leaves no hole. The very first value of an undeclared rhythm speaks for
        nothing, nor does a second value of one instant.
        """
        last_ns, self.last_ns = self.last_ns, time_ns
        gap_ns = time_ns - last_ns
        if last_ns >= 0 and 0 < gap_ns <= _LONGEST_S * NS_PER_S:
            self.gaps_s.append(max(1, round(gap_ns / NS_PER_S)))
            del self.gaps_s[:-_REMEMBERED]
        interval_ns = self.interval_ns(declared_ns)
        if last_ns >= 0 and gap_ns * 2 <= interval_ns * 3:
            return last_ns
        return time_ns - interval_ns
