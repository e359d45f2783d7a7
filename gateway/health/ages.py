"""How old what waits is: when each ledger number was there, noted once a second, more coarsely the longer ago.

What was there already when this process started counts from its start, so an age is never too high.
"""

from bisect import bisect_right

from pipelines.model import NS_PER_S

MOST_MARKS = 1_024
COARSE = 0.02
"""An age is too low by this share of itself at most: 600 marks tell a month, and the last minute to the second."""


class Ages:
    """``mark`` each second; ask for the age of what comes after a position."""

    def __init__(self) -> None:
        self._next_numbers: list[int] = []
        self._at_ns: list[int] = []

    def mark(self, next_number: int, now_ns: int) -> None:
        """By now (monotonic) every number below ``next_number`` is there."""
        if self._next_numbers and next_number <= self._next_numbers[-1]:
            return
        self._next_numbers.append(next_number)
        self._at_ns.append(now_ns)
        if len(self._at_ns) > MOST_MARKS:
            self._thin(now_ns)

    def age_s(self, position: int, now_ns: int) -> float:
        """How long the entry after this position has been there, in seconds; 0 where there is none."""
        place = bisect_right(self._next_numbers, position + 1)
        return (now_ns - self._at_ns[place]) / NS_PER_S if place < len(self._at_ns) else 0.0

    def _thin(self, now_ns: int) -> None:
        """Give up marks whose entries may as well count from the next one."""
        at_ns, last = self._at_ns, len(self._at_ns) - 1
        kept = [0]
        for place in range(1, last):
            if at_ns[place + 1] - at_ns[kept[-1]] > COARSE * (now_ns - at_ns[place]):
                kept.append(place)
        kept.append(last)
        self._next_numbers = [self._next_numbers[place] for place in kept]
        self._at_ns = [at_ns[place] for place in kept]
