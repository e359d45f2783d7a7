"""Open topics as a sink: every observation to ``…/obs``, the newest state of each entity to ``…/state`` (retained).

    batch ─▶ states advance ─┬─▶ remembered on disk, as not yet published ─┐
                             └─▶ obs published, all acknowledged ──────────┴─▶ states that are due published ─▶ return

Laws
- ``write`` returns when every observation of the batch is acknowledged by the broker, and every state is acknowledged
  or remembered as still to be published: by ``run`` within ``coalesce_s``, else by the next write, close or start.
- Published twice is harmless: a state replaces itself, an observation is known by id, attribute, time and revision.
- Features of the withheld types never leave; each is counted as ``<id>.withheld``.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from gateway.events import Events
from gateway.mqtt import reasons
from gateway.mqtt.outbox import Outgoing
from gateway.sinks import Refusal, SinkRefusedError, SinkUnavailableError
from gateway.sinks.open_topics.memory_file import MemoryFile, row_of
from gateway.sinks.open_topics.publisher import Publisher, message_properties
from gateway.sinks.open_topics.settings import OpenTopicsSettings
from gateway.sinks.open_topics.states import Key, State, States, by_entity_and_time
from gateway.sinks.sqlite_file import FileThread
from pipelines.encodings.ngsi_ld import Entity, obs_body, state_body
from pipelines.encodings.topics import gateway_topic
from pipelines.model import Accepted, LedgerEntry, Location, Revision
from pipelines.vocabulary import FEATURE_TYPES, feature_type

CLOSE_WITHIN_S = 3.0
RETRY_S = 5.0

_properties = lru_cache(maxsize=256)(message_properties)


class OpenTopicsSink:
    """Implements ``gateway.sinks.Sink``; ``run`` is to be kept running beside the delivery.

    ``places``: where a feature is. ``facts``: attributes that the operator knows of a feature, such as ``category``.
    Counters: ``<id>.obs``, ``<id>.states``, ``<id>.withheld``, ``<id>.states_refused``.
    """

    takes: tuple[type[LedgerEntry], ...] = (Accepted,)

    def __init__(
        self,
        name: str,
        settings: OpenTopicsSettings,
        file: Path,
        *,
        city: str,
        gateway_id: str,
        places: Callable[[str], Location | None],
        events: Events,
        facts: Callable[[str], Mapping[str, Any]] = lambda _feature: {},
    ) -> None:
        self.id = name
        self.max_batch = settings.max_batch
        self._settings = settings
        self._places = places
        self._facts = facts
        self._events = events
        self._withheld = frozenset(settings.withhold)
        self._least_expiry_s = settings.expiry_h * 3_600
        self._publisher = Publisher(
            settings,
            client_id=settings.client_id or f"citygate-{gateway_id}-{name}",
            status_topic=gateway_topic(city, gateway_id),
        )
        self._file = file
        self._thread = FileThread(f"sink {name}", file)
        self._memory: MemoryFile | None = None
        self._states = States(b"")
        self._to_clean: dict[Key, State] = {}
        self._more_to_publish = asyncio.Event()
        self._publishing = asyncio.Lock()

    async def start(self) -> None:
        """Recall the states, connect. Raises SinkUnavailableError."""
        if self._memory is None:
            self._memory, salt, states = await self._thread.run(lambda: _recall(self._file))
            self._states = States(salt)
            self._states.restore(states)
        async with self._publishing:
            await self._publisher.connect()
        if self._states.dirty:
            self._more_to_publish.set()

    async def write(self, batch: Sequence[Revision]) -> None:
        """Publish a batch. Raises SinkUnavailableError, SinkRefusedError."""
        await self.start()
        messages, numbers, changed = self._take(batch)
        await self._remember(changed)
        async with self._publishing:
            codes = await self._publisher.publish(messages)
        self._events.counts[f"{self.id}.obs"] += len(messages)
        await self._publish_due()
        refusals = {
            number: Refusal(number, f"{reasons.words(code)} (0x{code:02x})", message.payload)
            for number, code, message in zip(numbers, codes, messages, strict=True)
            if code >= reasons.FAILED_FROM
        }
        if refusals:
            raise SinkRefusedError(list(refusals.values()))

    async def run(self) -> None:
        """Publish the states that had to wait for their turn, for ever. Failures are the delivery's to report."""
        while True:
            await self._more_to_publish.wait()
            due_s = self._states.next_due_s()
            if due_s is None:
                self._more_to_publish.clear()
                continue
            await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
            try:
                await self._publish_due()
            except SinkUnavailableError:
                await asyncio.sleep(RETRY_S)

    async def retire(self, feature: str) -> int:
        """Clear the retained states of a feature that is no more, and forget it; returns how many there were.

        Raises SinkUnavailableError.
        """
        await self.start()
        states = [state for state in self._states.by_key.values() if state.key[2] == feature]
        empty = [Outgoing(state.address.topic("state"), b"", 1, retain=True) for state in states]
        async with self._publishing:
            await self._publisher.publish(empty)
        for state in states:
            self._states.drop(state)
            self._to_clean.pop(state.key, None)
        memory, keys = self._memory, [state.key for state in states]
        assert memory is not None
        await self._thread.run(lambda: memory.delete(keys))
        return len(states)

    async def close(self) -> None:
        """Publish what still waits, say good-bye, let go. Never raises."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                if self._memory is not None and self._states.dirty:
                    await self._publish_due(everything=True)
                await self._remember({})
        except (SinkUnavailableError, TimeoutError):
            pass  # remembered as not yet published: the next start does it
        await self._publisher.close()
        await self._thread.end(self._forget)

    def _take(self, batch: Sequence[Revision]) -> tuple[list[Outgoing], list[int], dict[Key, State]]:
        """The messages of a batch, the ledger number of each, and the states it has changed."""
        messages: list[Outgoing] = []
        numbers: list[int] = []
        changed: dict[Key, State] = {}
        properties = _properties(self._least_expiry_s)
        for revision in batch:
            entry = revision.entry
            if not isinstance(entry, Accepted) or not entry.observations:
                continue
            for feature, observations in by_entity_and_time(entry):
                type_name = feature.partition("/")[0]
                if type_name in self._withheld or type_name not in FEATURE_TYPES:
                    self._events.counts[f"{self.id}.withheld"] += 1
                    continue
                state = self._states.of(entry, feature)
                body = obs_body(self._entity(state), observations, revision.number)
                messages.append(Outgoing(state.address.topic("obs"), body, 1, properties=properties))
                numbers.append(revision.number)
                if self._states.advance(state, observations, revision.number):
                    changed[state.key] = state
        return messages, numbers, changed

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

    async def _publish_due(self, *, everything: bool = False) -> None:
        async with self._publishing:
            now_s = asyncio.get_running_loop().time()
            states = list(self._states.dirty.values()) if everything else self._states.due(now_s)
            changes = [state.changes for state in states]
            codes = await self._publisher.publish([self._state_message(state) for state in states])
        for state, count, code in zip(states, changes, codes, strict=True):
            self._states.published(state, changes=count, due_s=now_s + self._settings.coalesce_s)
            self._to_clean[state.key] = state
            self._events.counts[f"{self.id}.{'states_refused' if code >= reasons.FAILED_FROM else 'states'}"] += 1
        if self._states.dirty:
            self._more_to_publish.set()

    def _state_message(self, state: State) -> Outgoing:
        """An entity's newest state; empty where all that was known of it was taken back, which clears the topic."""
        latest = {name: held.observation for name, held in state.latest.items()}
        body = state_body(self._entity(state), latest) if latest else b""
        properties = _properties(state.expiry_s(self._least_expiry_s))
        return Outgoing(state.address.topic("state"), body, 1, retain=True, properties=properties)

    def _entity(self, state: State) -> Entity:
        feature = state.key[2]
        return Entity(feature_type(feature), state.address, self._places(feature), self._facts(feature))

    def _forget(self) -> None:
        if self._memory is not None:
            memory, self._memory = self._memory, None
            memory.close()


def _recall(file: Path) -> tuple[MemoryFile, bytes, Sequence[State]]:
    memory = MemoryFile(file)
    return memory, *memory.load()
