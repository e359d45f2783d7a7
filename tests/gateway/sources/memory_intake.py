"""An intake in memory whose durability the test commands. It keeps the contract of ``gateway.sources.Intake``."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from pipelines.model import Received


class MemoryIntake:
    """``durability = "at_once"`` commits when the loop comes round; ``"told"`` waits for ``make_durable``.

    ``"hastened"`` commits only when it is asked to hurry.
    """

    def __init__(self, durability: str = "at_once") -> None:
        self.entries: list[Received] = []
        self.durability = durability
        self.full = False
        self.hastened = 0
        self._waiting: deque[tuple[int, Callable[[int], None] | None]] = deque()
        self._space: list[Callable[[], None]] = []

    def receive(self, batch: Sequence[Received], on_durable: Callable[[int], None] | None = None) -> int:
        first = len(self.entries) + 1
        self.entries += batch
        self._waiting.append((len(self.entries), on_durable))
        if self.durability == "at_once":
            asyncio.get_running_loop().call_soon(self.make_durable)
        return first

    def make_durable(self) -> None:
        while self._waiting:
            last, on_durable = self._waiting.popleft()
            if on_durable is not None:
                on_durable(last)

    def hasten(self) -> None:
        self.hastened += 1
        if self.durability == "hastened":
            asyncio.get_running_loop().call_soon(self.make_durable)

    def on_space(self, call: Callable[[], None]) -> None:
        self._space.append(call)

    def free(self) -> None:
        self.full = False
        calls, self._space = self._space, []
        for call in calls:
            call()

    def tail(self, source: str) -> Sequence[tuple[int, Received]]:
        return [(at + 1, entry) for at, entry in enumerate(self.entries) if entry.source == source]
