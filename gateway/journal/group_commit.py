"""Group commit: what is appended while one commit is under way joins the next.

    add() ─▶ pending ─▶ launch: one flight ─▶ Writer.write() in its thread ─▶ land: on_landed(written batches)

Laws: one flight at a time; a cancelled caller leaves its flight to land; after a failed flight the batches wait in the
writer, and the next flight takes them along.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter

from gateway.journal.tail import Batch
from gateway.journal.writer import Progress, Writer


class GroupCommit:
    """Used by the loop only. ``written`` and ``durable`` are the highest such numbers.

    ``flights`` have landed and took ``flight_s`` seconds, from the hand-over to the thread to the landing.
    """

    def __init__(
        self, writer: Writer, thread: ThreadPoolExecutor, *, on_landed: Callable[[list[Batch]], None], last_number: int
    ) -> None:
        self.written = self.durable = last_number
        self._writer = writer
        self._thread = thread
        self._on_landed = on_landed
        self._pending: list[Batch] = []
        self._airborne: deque[Batch] = deque()
        self._flight: asyncio.Future[Progress] | None = None
        self._sync_upto = 0
        self.flights = 0
        self.flight_s = 0.0
        self._launched_s = 0.0

    def add(self, batch: Batch) -> None:
        """For the next flight."""
        self._pending.append(batch)

    async def upto(self, target: int, *, sync: bool) -> None:
        """Return when everything up to this number is written (and synced). Raises LogFullError, JournalError."""
        if sync:
            self._sync_upto = max(self._sync_upto, target)
        while (self.durable if sync else self.written) < target:
            flight = self._flight or self._launch()
            # Not shield: awaiting a flight that is done does not give the loop its turn, and then nobody lands it.
            await asyncio.wait((flight,))
            error = flight.exception()
            if error is not None:
                raise error

    def _launch(self) -> asyncio.Future[Progress]:
        batches, self._pending = self._pending, []
        self._airborne += batches
        job = partial(self._writer.write, batches, sync=self._sync_upto > self.durable)
        self._launched_s = perf_counter()
        self._flight = asyncio.get_running_loop().run_in_executor(self._thread, job)
        self._flight.add_done_callback(self._land)
        return self._flight

    def _land(self, flight: asyncio.Future[Progress]) -> None:
        self._flight = None
        if flight.cancelled():
            return
        self.flights += 1
        self.flight_s += perf_counter() - self._launched_s
        self.written, self.durable = self._writer.progress if flight.exception() else flight.result()
        landed: list[Batch] = []
        while self._airborne and self._airborne[0].last <= self.written:
            landed.append(self._airborne.popleft())
        self._on_landed(landed)
