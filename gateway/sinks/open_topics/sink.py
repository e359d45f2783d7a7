"""Open topics as a sink: what ``editor.py`` makes of the ledger, published, acknowledged and remembered.

    batch ─▶ edited ─┬─▶ states remembered on disk, as not yet published ─┐
                     └─▶ messages published, all acknowledged ────────────┴─▶ the rest remembered ─▶ due states

Laws
- ``write`` returns when every message of the batch is acknowledged by the broker, and every state is acknowledged
  or remembered as still to be published: by ``run`` within ``coalesce_s``, else by the next write, close or start.
- Published twice is harmless: a state replaces itself, an observation is known by id, attribute, time and revision.
- What the files no longer name is cleared from the broker (``tend``), and so is what is purged (``retire``).
- With ``delay_min`` a batch is written so long after its newest entry was received; nothing overtakes it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from gateway.clock import Clock
from gateway.events import Events
from gateway.mqtt import reasons
from gateway.mqtt.outbox import Outgoing
from gateway.open_city import OpenCity, load_salt
from gateway.sinks import Refusal, SinkRefusedError, SinkUnavailableError
from gateway.sinks.open_topics import caretaker
from gateway.sinks.open_topics.documents import documents, is_document
from gateway.sinks.open_topics.editor import Edition, Editor, SaidSum
from gateway.sinks.open_topics.keeping import kept_of, restore
from gateway.sinks.open_topics.memory_file import Kept, MemoryFile, row_of
from gateway.sinks.open_topics.publisher import Publisher
from gateway.sinks.open_topics.settings import OpenTopicsSettings
from gateway.sinks.open_topics.states import Key, State, States
from gateway.sinks.sqlite_file import FileThread
from pipelines.encodings.topics import gateway_topic
from pipelines.model import NS_PER_S, Accepted, Derived, LedgerEntry, Revision

CLOSE_WITHIN_S = 3.0
RETRY_S = 5.0
TEND_EVERY_S = 5.0
DAY_NS = 24 * 3_600 * NS_PER_S


class OpenTopicsSink:
    """Implements ``gateway.sinks.TendedSink``; ``run`` is to be kept running beside the delivery.

    ``city_now``: what the files in force say; the same object as long as they are the same.
    Counters: ``<id>.obs``, ``.event``, ``.agg``, ``.sensorthings``, ``.meta``, ``.documents``, ``.states``,
    ``.states_refused``, ``.cleared`` in messages; ``.withheld`` in readings of which something was not said.
    """

    takes: tuple[type[LedgerEntry], ...] = (Accepted, Derived)
    order: Literal["ledger"] = "ledger"
    """Small counts and sums are judged by what came before: nothing may go ahead."""

    def __init__(
        self,
        name: str,
        settings: OpenTopicsSettings,
        file: Path,
        *,
        city: str,
        gateway_id: str,
        city_now: Callable[[], OpenCity],
        events: Events,
        clock: Clock,
    ) -> None:
        self.id = name
        self.max_batch = settings.max_batch
        self._settings = settings
        self._city_now = city_now
        self._events = events
        self._clock = clock
        self._publisher = Publisher(
            settings,
            client_id=settings.client_id or f"citygate-{gateway_id}-{name}",
            status_topic=gateway_topic(city, gateway_id),
        )
        self._file = file
        self._thread = FileThread(f"sink {name}", file)
        self._memory: MemoryFile | None = None
        self._editor = self._new_editor(b"")
        self._metas: dict[str, bytes] = {}
        self._said: list[SaidSum] = []
        self._tended: OpenCity | None = None
        self._to_clean: dict[Key, State] = {}
        self._more_to_publish = asyncio.Event()
        self._publishing = asyncio.Lock()
        self._recalling = asyncio.Lock()

    async def start(self) -> None:
        """Recall what was said, connect. Raises SinkUnavailableError."""
        async with self._recalling:  # ``run`` and the delivery begin together
            if self._memory is None:
                self._memory, salt, states, kept = await self._thread.run(lambda: _recall(self._file))
                self._editor = self._new_editor(salt)
                self._editor.states.restore(states)
                self._metas = restore(self._editor, kept)
        async with self._publishing:
            await self._publisher.connect()
        if self._editor.states.dirty:
            self._more_to_publish.set()

    async def write(self, batch: Sequence[Revision]) -> None:
        """Publish a batch. Raises SinkUnavailableError, SinkRefusedError."""
        await self.start()
        await self._wait_for_its_turn(batch)
        editor = self._editor
        editor.city = self._city_now()
        edition = editor.take(batch)
        await self._remember(edition.changed)
        async with self._publishing:
            codes = await self._publisher.publish(edition.messages)
        first = len(codes) - len(editor.owed)  # what was owed stands last
        owed = zip(codes[first:], editor.owed.values(), strict=True)
        self._said += [said for code, (_, said) in owed if code < reasons.FAILED_FROM]
        editor.owed.clear()
        await self._keep(kept_of(editor), self._said)
        if self._said:
            self._said = []
            await self._forget_old_sums(editor.city)
        await self._publish_due()
        refusals = self._refusals(edition, codes)
        if refusals:
            raise SinkRefusedError(refusals)

    async def run(self) -> None:
        """Publish the states that had to wait for their turn, and look after the topics, for ever.

        Failures are the delivery's to report.
        """
        while True:
            try:
                await self.tend()
                await self._publish_due()
            except SinkUnavailableError:
                await asyncio.sleep(RETRY_S)
            due_s = self._editor.states.next_due_s()
            if due_s is not None:
                await asyncio.sleep(min(max(0.0, due_s - asyncio.get_running_loop().time()), TEND_EVERY_S))
                continue
            self._more_to_publish.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TEND_EVERY_S):
                    await self._more_to_publish.wait()

    async def tend(self) -> None:
        """Say of each entity and pilot what it is; clear what the files no longer name. Raises SinkUnavailableError."""
        city = self._city_now()
        if city is self._tended:
            return
        await self.start()
        self._editor.city = city
        gone = [key for key in self._editor.states.by_key if self._editor.says_too_much(key)]
        await self._clear(gone)
        sensorthings = self._settings.sensorthings
        await self._say(caretaker.metas(self._editor, city, self._metas, sensorthings=sensorthings))
        said = dict(self._metas)
        for one in await asyncio.to_thread(documents, city, said, sensorthings=sensorthings):
            await self._say([one])  # large ones: what happens meanwhile goes out between them
        await self._remember(self._editor.states.by_key)
        await self._forget_old_sums(city)
        self._tended = city

    async def retire(self, feature: str) -> int:
        """Clear the retained topics of a feature, in every pilot, and forget it; returns how many there were.

        Raises SinkUnavailableError.
        """
        await self.start()
        keys = [key for key in self._editor.states.by_key if key[2] == feature]
        return await self._clear(keys)

    async def close(self) -> None:
        """Publish what still waits, say good-bye, let go. Never raises."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                if self._memory is not None and self._editor.states.dirty:
                    await self._publish_due(everything=True)
                await self._remember({})
        except (SinkUnavailableError, TimeoutError):
            pass  # remembered as not yet published: the next start does it
        await self._publisher.close()
        await self._thread.end(self._forget)

    def _new_editor(self, salt: bytes) -> Editor:
        expiry_s, sensorthings = self._settings.expiry_h * 3_600, self._settings.sensorthings
        return Editor(States(salt), self._events.counts, self.id, expiry_s=expiry_s, sensorthings=sensorthings)

    async def _wait_for_its_turn(self, batch: Sequence[Revision]) -> None:
        """Until the newest entry of a batch is old enough. A clock that was set back holds up no longer than that."""
        delay_ns = self._settings.delay_min * 60 * NS_PER_S
        if not delay_ns:
            return
        received = [one.entry.received_ns for one in batch if isinstance(one.entry, Accepted)]
        age_ns = self._clock.wall_ns() - max(received, default=0)
        if age_ns < delay_ns:
            await asyncio.sleep(min(delay_ns - age_ns, delay_ns) / NS_PER_S)

    def _refusals(self, edition: Edition, codes: Sequence[int]) -> list[Refusal]:
        found = {
            number: Refusal(number, f"{reasons.words(code)} (0x{code:02x})", message.payload)
            for number, code, message in zip(edition.numbers, codes, edition.messages, strict=True)
            if code >= reasons.FAILED_FROM
        }
        return list(found.values())

    async def _clear(self, keys: Sequence[Key]) -> int:
        """Empty the retained topics of entities, and forget them."""
        if not keys:
            return 0
        states = [self._editor.states.by_key[key] for key in keys]
        empty = [Outgoing(topic, b"", 1, retain=True) for state in states for topic in caretaker.topics_of(state)]
        async with self._publishing:
            await self._publisher.publish(empty)
        kept = [one for state in states for one in caretaker.forgotten(self._editor, state, self._metas)]
        for state in states:
            self._editor.states.drop(state)
            self._editor.forget(state.key)
            self._to_clean.pop(state.key, None)
        memory = self._memory
        assert memory is not None
        await self._thread.run(lambda: memory.delete(keys))
        await self._keep(kept)
        self._events.counts[f"{self.id}.cleared"] += len(empty)
        return len(states)

    async def _say(self, messages: Sequence[tuple[Outgoing, bytes]]) -> None:
        """Publish what stands on a topic until it changes, and note its digest; b"" for what is emptied."""
        async with self._publishing:
            codes = await self._publisher.publish([message for message, _ in messages])
        said: list[Kept] = []
        for (message, digest), code in zip(messages, codes, strict=True):
            if code >= reasons.FAILED_FROM:
                continue
            self._metas.pop(message.topic, None)
            if digest:
                self._metas[message.topic] = digest
            said.append(("meta", (message.topic,), digest))
            self._events.counts[f"{self.id}.{'documents' if is_document(message.topic) else 'meta'}"] += 1
        await self._keep(said)

    async def _remember(self, changed: Mapping[Key, State]) -> None:
        """Write down changed states, and with them those published since the last time."""
        states = {**self._to_clean, **changed}
        memory = self._memory
        if not states or memory is None:
            return
        rows = [row_of(state) for state in states.values()]
        self._to_clean = {}
        try:
            await self._thread.run(lambda: memory.save(rows))
        except BaseException:
            self._to_clean = states | self._to_clean
            raise

    async def _keep(self, kept: Iterable[Kept], said: Sequence[SaidSum] = ()) -> None:
        kept, memory = list(kept), self._memory
        if (kept or said) and memory is not None:
            await self._thread.run(lambda: memory.save((), kept, said))

    async def _forget_old_sums(self, city: OpenCity) -> None:
        """A pilot's data are not kept longer than its file says."""
        memory, now_ns = self._memory, self._clock.wall_ns()
        assert memory is not None
        begins = {name: now_ns - pilot.retention_days * DAY_NS for name, pilot in city.files.pilots.items()}
        await self._thread.run(lambda: memory.forget_sums(begins))

    async def _publish_due(self, *, everything: bool = False) -> None:
        editor = self._editor
        if editor.city is None:
            editor.city = self._city_now()
        async with self._publishing:
            now_s = asyncio.get_running_loop().time()
            states = list(editor.states.dirty.values()) if everything else editor.states.due(now_s)
            changes = [state.changes for state in states]
            there = [state for state in states if editor.city.is_there(state.key[1], state.key[2])]
            codes = dict(
                zip(
                    (state.key for state in there),
                    await self._publisher.publish([editor.state_message(state) for state in there]),
                    strict=True,
                )
            )
        for state, count in zip(states, changes, strict=True):
            editor.states.published(state, changes=count, due_s=now_s + self._settings.coalesce_s)
            self._to_clean[state.key] = state
            refused = codes.get(state.key, 0) >= reasons.FAILED_FROM
            self._events.counts[f"{self.id}.{'states_refused' if refused else 'states'}"] += state.key in codes
        if editor.states.dirty:
            self._more_to_publish.set()

    def _forget(self) -> None:
        if self._memory is not None:
            memory, self._memory = self._memory, None
            memory.close()


def _recall(file: Path) -> tuple[MemoryFile, bytes, Sequence[State], Sequence[Kept]]:
    memory = MemoryFile(file)
    return memory, load_salt(file.parent), memory.load(), memory.kept()
