"""The first loop: receive ▸ append ▸ acknowledge.

    source ──batch──▶ receive() ──frames──▶ intake log ──commit (fdatasync)──▶ on_durable() ──▶ source acknowledges

Laws
- Nothing is acknowledged before it is durable; callbacks run in order of receipt.
- Ingest knows no device and runs no codec: nothing here can be slowed, hung or crashed by what a message says.
- One commit is in flight; the next batch gathers meanwhile. Storage is spared: at low rates half a second gathers.
- What is not yet durable is bounded in bytes. When the ring is full, sources stop reading; nothing is shed.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import msgspec

from gateway.events import Events, IntakeFailed
from gateway.journal.log import Log
from gateway.journal.notices import LogFullError
from pipelines.model import Received

GATHER_S = 0.05
GATHER_FEW_S = 0.5
FEW = 20
COMMIT_BYTES = 1 << 20
RING_BYTES = 8 << 20
FULL_PAUSE_S = 1.0
TAIL_ENTRIES = 65_535  # as many as MQTT has packet ids: no more can be redelivered

KIND_RECEIVED = 1

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Received).decode


def decode_received(payload: bytes) -> Received:
    """An intake entry's payload as it was received. Raises msgspec.DecodeError on foreign bytes."""
    return _decode(payload)


class Ingest:
    """The intake's only writer. Implements ``gateway.sources.Intake``."""

    def __init__(self, log: Log, events: Events, *, ring_bytes: int = RING_BYTES) -> None:
        self.log = log
        self.held = False
        """Set while the quota says ``hold``: sources see a full ring and stop reading."""
        self.needed_from: Callable[[], int | None] = lambda: None
        """Intake number from which on entries are still needed: a full disk does not cost them."""
        self._events = events
        self._ring_bytes = ring_bytes
        self._waiting: deque[tuple[int, Callable[[int], None] | None]] = deque()
        self._space: list[Callable[[], None]] = []
        self._pending_bytes = 0
        self._pending = 0
        self._in_flight_bytes = 0
        self._oldest_s = 0.0
        self._arrived = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def full(self) -> bool:
        """True while sources must not read."""
        return self.held or self._pending_bytes + self._in_flight_bytes >= self._ring_bytes

    def receive(self, batch: Sequence[Received], on_durable: Callable[[int], None] | None = None) -> int:
        """Take a batch in order; returns its first intake number. See ``gateway.sources.Intake``."""
        frames = [_encode(received) for received in batch]
        first = self.log.append(frames, KIND_RECEIVED)
        last = first + len(frames) - 1
        self._waiting.append((last, on_durable))
        if not self._pending:
            self._oldest_s = asyncio.get_running_loop().time()
            self._arrived.set()
        was_few = self._pending < FEW
        self._pending += len(frames)
        self._pending_bytes += sum(map(len, frames))
        self._events.counts["intake"] += len(frames)
        if self._pending_bytes >= COMMIT_BYTES or (was_few and self._pending >= FEW):
            self._hurry.set()  # the loop looks at its deadline again
        return first

    def hasten(self) -> None:
        """Commit what waits without gathering longer: the sender's window is used up."""
        if self._pending:
            self._oldest_s = 0.0
            self._hurry.set()

    def on_space(self, call: Callable[[], None]) -> None:
        """Call back once, when the ring has space again (at once if it has)."""
        if self.full:
            self._space.append(call)
        else:
            call()

    def release(self) -> None:
        """End a ``hold``: sources may read again."""
        self.held = False
        self._offer_space()

    def tail(self, source: str) -> Iterator[tuple[int, Received]]:
        """The last entries of a source, oldest first, streamed from the log as it is now."""
        number = max(self.log.oldest_number, self.log.next_number - TAIL_ENTRIES)
        while entries := self.log.read(number, max_entries=1_000):
            for entry in entries:
                received = _decode(entry.payload)
                if received.source == source:
                    yield entry.number, received
            number = entries[-1].number + 1

    async def run(self) -> None:
        """Commit for ever. Raises OSError when the intake cannot be written: then the process must end."""
        while True:
            await self._arrived.wait()
            await self._gather()
            await self.commit()

    async def commit(self) -> None:
        """Make everything received so far durable, then tell those who wait for it, in order."""
        self._arrived.clear()
        taken_bytes = self._pending_bytes
        self._in_flight_bytes += taken_bytes
        self._pending = self._pending_bytes = 0
        upto = self._waiting[-1][0] if self._waiting else 0
        await self._make_durable()
        self._in_flight_bytes -= taken_bytes
        while self._waiting and self._waiting[0][0] <= upto:
            last, on_durable = self._waiting.popleft()
            if on_durable is not None:
                on_durable(last)
        self._offer_space()

    async def _make_durable(self) -> None:
        """Commit; on a full disk give up the oldest segment and try again, acknowledging nothing meanwhile."""
        try:
            while not await self._committed():
                await self.log.enforce_quota(self.needed_from(), free_bytes=self.log.options.segment_bytes)
                await asyncio.sleep(FULL_PAUSE_S)
        except OSError as error:
            mend = "free space on the state directory's disk, or replace the storage; then start again"
            self._events.emit(IntakeFailed(why=str(error), mend=mend))
            raise

    async def _committed(self) -> bool:
        try:
            await self.log.commit()
        except LogFullError:
            return False
        return True

    def _offer_space(self) -> None:
        if self._space and not self.full:
            calls, self._space = self._space, []
            for call in calls:
                call()

    async def _gather(self) -> None:
        loop = asyncio.get_running_loop()
        while self._pending_bytes < COMMIT_BYTES:
            deadline = self._oldest_s + (GATHER_FEW_S if self._pending < FEW else GATHER_S)
            if loop.time() >= deadline:
                return
            self._hurry.clear()
            timer = loop.call_at(deadline, self._hurry.set)
            try:
                await self._hurry.wait()
            finally:
                timer.cancel()
