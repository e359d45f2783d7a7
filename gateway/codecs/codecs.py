"""All payload codecs of this gateway: ask, and be answered. Nothing that a codec does reaches further than its answer.

::

    submit ──▶ quarantined? ──▶ suspect? ──▶ lane of suspects ─┐
                                  └────────▶ main lane ────────┴──▶ one worker each, and one warm spare

Laws
- Every call is answered once, by a callback that runs in the loop and never within ``submit``.
- A codec that met a limit is a suspect: for ten minutes it runs in a lane of its own, where it delays only its kind.
- Five limits in ten minutes: quarantined for fifteen minutes. Its calls are answered at once, and their bytes kept.
- Workers start with the first call; the memory of JavaScript is paid only where there is some.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from gateway.codecs.engine import MEND, NoEngineError, engine_file
from gateway.codecs.item import Done, Item
from gateway.codecs.lane import WINDOW, Lane
from gateway.codecs.worker_process import WorkerProcess
from gateway.events import CodecKilled, CodecQuarantined, CodecsUnavailable, CodecWorkerFailed, Events
from gateway.supervise import supervise
from pipelines.codec import Codec, CodecAnswer, CodecCall, Ending

STRIKES_WITHIN_S = 600.0
STRIKES_TO_QUARANTINE = 5
QUARANTINE_S = 900.0
START_WITHIN_S = 5.0
LONGEST_PAUSE_S = 60.0


class Codecs:
    """``async with Codecs(events) as codecs`` opens nothing yet; leaving it ends the workers and forgets open calls."""

    def __init__(self, events: Events, *, quarantine: bool = True) -> None:
        """``quarantine`` false: every call is run, whatever its codec did before (for conformance tests)."""
        self.waiting = 0
        """Calls not yet answered."""
        self.endings: Counter[Ending] = Counter()
        """How the calls of this process have ended."""
        self._events = events
        self._quarantine = quarantine
        self._engine: Path | None = None
        self._no_engine = ""
        self._strikes: dict[bytes, deque[float]] = {}
        self._quarantined: dict[bytes, float] = {}
        self._spare: WorkerProcess | None = None
        self._processes: list[WorkerProcess] = []
        self._wanted = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None
        self._main = self._lane(WINDOW, yields=True)
        self._suspects = self._lane(1, yields=False)

    async def __aenter__(self) -> Self:
        group = asyncio.TaskGroup()
        await group.__aenter__()
        self._group = group
        keep = supervise("codec workers", self._keep_workers, self._events)
        self._keeper = group.create_task(keep, name="codec workers")
        return self

    async def __aexit__(self, *exc: object) -> None:
        group, self._group = self._group, None
        assert group is not None
        self._keeper.cancel()
        await group.__aexit__(None, None, None)
        for lane in (self._main, self._suspects):
            lane.close()
        self._spare = None
        for process in self._processes:
            process.let_go()
        for process in self._processes:
            await process.gone.wait()
        self._processes.clear()

    @property
    def worker_pids(self) -> list[int]:
        """Processes of ours that live: the main lane's, the suspects', the spare."""
        processes = (self._main.worker, self._suspects.worker, self._spare)
        return [process.pid for process in processes if process is not None]

    def submit(self, call: CodecCall, done: Done) -> None:
        """Ask; ``done`` gets the answer later. Callers bound how much they ask at once."""
        self.waiting += 1

        def answered(answer: CodecAnswer) -> None:
            self.waiting -= 1
            self.endings[answer.ending] += 1
            done(answer)

        item = Item(call, answered)
        refusal = self._refusal(call.codec)
        if refusal is not None:
            asyncio.get_running_loop().call_soon(item.answer, *refusal)
            return
        self._lane_for(call.codec).put(item)

    async def decode(self, calls: Sequence[CodecCall]) -> Sequence[CodecAnswer]:
        """Ask all of it and wait; answers in the order of the calls."""
        answers: list[CodecAnswer | None] = [None] * len(calls)
        if not calls:
            return []
        all_there = asyncio.get_running_loop().create_future()
        missing = len(calls)

        def taker(place: int) -> Done:
            def take(answer: CodecAnswer) -> None:
                nonlocal missing
                answers[place] = answer
                missing -= 1
                if not missing and not all_there.done():
                    all_there.set_result(None)

            return take

        for place, call in enumerate(calls):
            self.submit(call, taker(place))
        await all_there
        return [answer for answer in answers if answer is not None]

    def _lane(self, window: int, *, yields: bool) -> Lane:
        return Lane(
            window,
            yields=yields,
            on_stop=self._strike,
            on_death=self._killed,
            on_unrun=self._unrun,
            on_needs_worker=self._need_worker,
        )

    def _refusal(self, codec: Codec) -> tuple[Ending, str] | None:
        if self._engine is None and not self._find_engine():
            return "unavailable", self._no_engine
        until_s = self._quarantined.get(codec.source_hash)
        if until_s is None:
            return None
        if until_s > self._now():
            return "quarantined", "the codec is in quarantine: it met limits too often; mend it and replay"
        del self._quarantined[codec.source_hash]
        return None

    def _find_engine(self) -> bool:
        if self._no_engine:
            return False
        try:
            self._engine = engine_file()
        except NoEngineError as error:
            self._no_engine = str(error)
            self._events.emit(CodecsUnavailable(why=str(error), mend=MEND))
            return False
        return True

    def _lane_for(self, codec: Codec) -> Lane:
        strikes = self._strikes.get(codec.source_hash)
        if not strikes:
            return self._main
        self._forget_old(strikes)
        if strikes:
            return self._suspects
        del self._strikes[codec.source_hash]
        self._main.forgive(codec)
        return self._main

    def _strike(self, codec: Codec) -> None:
        strikes = self._strikes.setdefault(codec.source_hash, deque())
        strikes.append(self._now())
        self._forget_old(strikes)
        if self._quarantine and len(strikes) >= STRIKES_TO_QUARANTINE and codec.source_hash not in self._quarantined:
            self._quarantined[codec.source_hash] = self._now() + QUARANTINE_S
            self._suspects.drop(codec, "quarantined", "the codec went into quarantine: it met limits too often")
            mend = "Look at its last rejected entries, mend the codec, then: citygate rejected retry"
            self._events.emit(
                CodecQuarantined(profile=codec.name, limits=len(strikes), minutes=round(QUARANTINE_S / 60), mend=mend)
            )

    def _killed(self, item: Item, why: str) -> None:
        codec = item.call.codec
        self._events.emit(CodecKilled(profile=codec.name, why=why))
        self._strike(codec)
        item.answer("killed", why)

    def _unrun(self, item: Item) -> None:
        refusal = self._refusal(item.call.codec)
        if refusal is None:
            self._suspects.put(item)
        else:
            item.answer(*refusal)

    def _forget_old(self, strikes: deque[float]) -> None:
        oldest_s = self._now() - STRIKES_WITHIN_S
        while strikes and strikes[0] < oldest_s:
            strikes.popleft()

    def _need_worker(self) -> None:
        spare = self._spare
        if spare is not None and spare.greeted and not spare.ended:
            self._hand_over(spare)
        self._wanted.set()

    def _hand_over(self, process: WorkerProcess) -> None:
        """To a lane that has work and no worker; where there is none it is the spare."""
        self._spare = process
        for lane in (self._main, self._suspects):
            if lane.queue and lane.worker is None:
                self._spare = None
                lane.use(process)
                return

    async def _keep_workers(self) -> None:
        """Give every lane with work a worker, and keep a warm spare. One that will not start is tried ever later."""
        pause_s = 0.5
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            why = await self._one_round()
            if not why:
                pause_s = 0.5
                continue
            self._events.emit(CodecWorkerFailed(why=why, retry_s=pause_s))
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            self._wanted.set()

    async def _one_round(self) -> str:
        """Start workers until there is a spare; returns why one does not start."""
        assert self._engine is not None
        if self._spare is not None and self._spare.ended:
            self._spare = None
        while self._spare is None:
            try:
                process = await WorkerProcess.start(self._engine)
            except OSError as error:
                return f"the worker cannot be started: {error}"
            self._processes = [*(one for one in self._processes if not one.ended), process]
            try:
                async with asyncio.timeout(START_WITHIN_S):
                    await process.ready.wait()
            except TimeoutError:
                return f"the worker was not ready within {START_WITHIN_S} s"
            finally:
                if not process.ready.is_set():
                    process.let_go()
            if process.ended:
                return "the worker ended before it was ready"
            self._hand_over(process)
        return ""

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
