"""A queue of calls and the worker that serves it. There are two: one for all codecs, one for those under suspicion.

::

    queue ──send──▶ sent (at most WINDOW, in the worker's pipe) ──STARTED──▶ current ──ANSWER──▶ done
                      ▲                                              │ death, or 250 ms
                      └──────────── all the others ──────────────────┴──▶ blamed, or a second try

Laws
- A death blames the announced item and no other; what was only sent is sent again, in its order.
- An item is blamed at once where it alone can have done it: CPU time used up, or a fault of the processor. For a death
  that may come from outside (killed, a stopped or starved machine) it gets one more try, in the other lane, where it
  delays nobody.
"""

import asyncio
import signal
from collections import deque
from collections.abc import Callable
from itertools import count

from gateway.codecs import worker
from gateway.codecs.item import Item
from gateway.codecs.worker_process import WorkerProcess
from pipelines.codec import Codec, Ending

WALL_S = 0.25
"""From announcement to answer."""
SILENCE_S = 2.0
"""A worker that has work and announces nothing for so long is replaced; nobody is blamed."""
WINDOW = 64

BLAMED_AT_ONCE = {
    -signal.SIGPROF: "it used more than 100 ms of CPU in native code",
    -signal.SIGSEGV: "it crashed the engine (SIGSEGV)",
    -signal.SIGBUS: "it crashed the engine (SIGBUS)",
    -signal.SIGILL: "it crashed the engine (SIGILL)",
    -signal.SIGFPE: "it crashed the engine (SIGFPE)",
    -signal.SIGABRT: "it crashed the engine (SIGABRT)",
}


class Lane:
    """Sends, watches the time, and settles what a death leaves behind.

    ``on_stop(codec)``: a codec met a limit. ``on_death(item, why)``: an item is to blame. ``on_unrun(item)``: it waited
    behind one of the same codec that met a limit. ``on_needs_worker()``: work, but no worker.
    """

    def __init__(
        self,
        window: int,
        *,
        yields: bool,
        on_stop: Callable[[Codec], None],
        on_death: Callable[[Item, str], None],
        on_unrun: Callable[[Item], None],
        on_needs_worker: Callable[[], None],
    ) -> None:
        self.queue: deque[Item] = deque()
        self.sent: deque[Item] = deque()
        self.worker: WorkerProcess | None = None
        self.last_s = 0.0
        """When the worker was last heard, or given something after a pause."""
        self._window = window
        self._yields = yields
        self._on_stop = on_stop
        self._on_death = on_death
        self._on_unrun = on_unrun
        self._on_needs_worker = on_needs_worker
        self._current: Item | None = None
        self._overdue = False
        self._timer: asyncio.TimerHandle | None = None
        self._codec_numbers: dict[tuple[bytes, bool], int] = {}
        self._next_codec = count(1)

    @property
    def busy(self) -> bool:
        """Whether anything is queued or under way."""
        return bool(self.queue or self.sent)

    def put(self, item: Item) -> None:
        """Take one more call."""
        self.queue.append(item)
        self.pump()

    def use(self, process: WorkerProcess) -> None:
        """Serve the queue with this worker."""
        self.worker = process
        process.on_frame, process.on_end = self._on_frame, self._on_end
        if process.ended:
            self._on_end(None)
        self.pump()

    def pump(self) -> None:
        """Send as much as the window allows."""
        process = self.worker
        if process is None:
            if self.queue:
                self._on_needs_worker()
            return
        if not self.sent:
            self.last_s = self._now()
        while self.queue and len(self.sent) < self._window:
            item = self.queue.popleft()
            self.sent.append(item)
            self._send(process, item)
        if self.sent and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WALL_S, self._look_at_the_time)

    def forgive(self, codec: Codec) -> None:
        """The next call of this codec is a fresh start for it in this worker."""
        number = self._codec_numbers.get((codec.source_hash, codec.fresh_context))
        if self.worker is not None and number is not None:
            self.worker.known.discard(number)

    def drop(self, codec: Codec, ending: Ending, said: str) -> None:
        """Answer all calls of this codec that were not sent yet."""
        gone = [item for item in self.queue if item.codec_hash == codec.source_hash]
        if gone:
            self.queue = deque(item for item in self.queue if item.codec_hash != codec.source_hash)
        for item in gone:
            item.answer(ending, said)

    def close(self) -> None:
        """Let the worker go and forget the work; its callers are gone."""
        if self._timer is not None:
            self._timer.cancel()
        if self.worker is not None:
            self.worker.let_go()
        self.worker = self._current = None
        self.queue.clear()
        self.sent.clear()

    def _send(self, process: WorkerProcess, item: Item) -> None:
        call = item.call
        codec = call.codec
        key = (codec.source_hash, codec.fresh_context)
        number = self._codec_numbers.get(key)
        if number is None:
            number = self._codec_numbers[key] = next(self._next_codec)
        if number not in process.known:
            process.known.add(number)
            process.send("load", number, codec.source, codec.fresh_context, self._yields)
        text = call.values.decode() if call.values else call.payload.decode("latin-1")
        port = -1 if call.f_port is None else call.f_port
        process.send("call", item.number, number, call.function, text, port, float(call.time_ns // 1_000_000), "")

    def _on_frame(self, kind: int, number: int, body: bytes) -> None:
        self.last_s = self._now()
        head = self.sent[0] if self.sent else None
        expected = kind in (worker.STARTED, worker.UNRUN) if self._current is None else kind in worker.ENDINGS
        if head is None or head.number != number or not expected:
            if self.worker is not None:
                self.worker.kill()  # it is not our worker any more that speaks
            return
        if kind == worker.STARTED:
            self._current = head
            return
        self.sent.popleft()
        self._current = None
        if kind == worker.UNRUN:
            self._on_unrun(head)
        else:
            if kind == worker.STOPPED:
                self._on_stop(head.call.codec)
            head.answer_frame(kind, body)
        if len(self.sent) <= self._window // 2:
            self.pump()

    def _on_end(self, code: int | None) -> None:
        culprit, self._current = self._current, None
        overdue, self._overdue = self._overdue, False
        self.worker = None
        rest = self.sent
        self.sent = deque()
        given_back: list[Item] = []
        why = ""
        if culprit is not None:
            rest.popleft()
            why = self._blame(culprit, code, overdue=overdue)
            if not why:
                culprit.deaths += 1
                rest.appendleft(culprit)
            if self._yields:
                given_back = [item for item in (*rest, *self.queue) if item.codec_hash == culprit.codec_hash]
                rest = deque(item for item in rest if item.codec_hash != culprit.codec_hash)
                self.queue = deque(item for item in self.queue if item.codec_hash != culprit.codec_hash)
        self.queue.extendleft(reversed(rest))
        if culprit is not None and why:
            self._on_death(culprit, why)
        for item in given_back:
            self._on_unrun(item)
        self.pump()

    @staticmethod
    def _blame(culprit: Item, code: int | None, *, overdue: bool) -> str:
        """Why this item is to blame; "" where it gets another try."""
        if code in BLAMED_AT_ONCE:
            return BLAMED_AT_ONCE[code]
        if not culprit.deaths:
            return ""
        return "it gave no answer within 250 ms, twice" if overdue else f"its worker ended twice (exit code {code})"

    def _look_at_the_time(self) -> None:
        self._timer = None
        if self.worker is None or not self.sent:
            return
        limit_s = SILENCE_S if self._current is None else WALL_S
        left_s = self.last_s + limit_s - self._now()
        if left_s > 0:
            self._timer = asyncio.get_running_loop().call_later(left_s, self._look_at_the_time)
        else:
            self._overdue = True
            self.worker.kill()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
