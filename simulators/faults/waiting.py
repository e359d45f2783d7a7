"""What is held back, and comes when it is due."""

import heapq
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class _Timed(Protocol):
    @property
    def at_ns(self) -> int: ...


TimedT = TypeVar("TimedT", bound=_Timed)


class Waiting(Generic[TimedT]):
    """Items in the order of when they are due; equal ones in the order in which they came."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, TimedT]] = []
        self._count = 0

    def hold(self, item: TimedT, until_ns: int) -> None:
        """Keep the item until then."""
        heapq.heappush(self._heap, (until_ns, self._count, item))
        self._count += 1

    def due(self, at_ns: int) -> Iterator[tuple[int, TimedT]]:
        """(when it was due, item) of all that are due before this moment."""
        while self._heap and self._heap[0][0] <= at_ns:
            due_ns, _, item = heapq.heappop(self._heap)
            yield due_ns, item

    def rest(self) -> Iterator[tuple[int, TimedT]]:
        """All that is still held, in order."""
        while self._heap:
            due_ns, _, item = heapq.heappop(self._heap)
            yield due_ns, item
