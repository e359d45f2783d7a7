"""How old what waits is: when each ledger number was there, noted once a second, and more coarsely the longer ago.

What was there already when this process started counts from its start: an age is never too high, and too low only then.
"""

from bisect import bisect_right

from pipelines.model import NS_PER_S

MOST_MARKS = 1_024
"""Then every second one of the older half goes: a day's outage is known to some minutes, the last one to a second."""


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
            half = MOST_MARKS // 2
            del self._next_numbers[:half:2], self._at_ns[:half:2]

    def age_s(self, position: int, now_ns: int) -> float:
        """How long the entry after this position has been there, in seconds; 0 where there is none."""
        place = bisect_right(self._next_numbers, position + 1)
        return (now_ns - self._at_ns[place]) / NS_PER_S if place < len(self._at_ns) else 0.0
