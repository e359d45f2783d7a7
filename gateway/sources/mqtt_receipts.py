"""The receiving half of the MQTT source: journal what is new, acknowledge what is durable.

    Connection ─[Publish]─▶ receive ─[Received]─▶ intake ─ durable ─▶ flush ─[packet ids]─▶ Connection

Laws
- Acknowledgements leave in the order of receipt, for this connection only: after a reconnect the broker sends again
  what it has no acknowledgement for, so those of an earlier epoch are dropped.
- A redelivery (slots.py) is not journalled again, and acknowledged only when its original is durable.
- When the intake's ring is full we stop reading the socket. The broker waits, nothing is shed.
- Nothing here knows a device or looks into a body. One call per read, one write per commit, nothing per message.
"""

import asyncio
from collections import deque
from typing import NamedTuple

from gateway.clock import Clock
from gateway.events import Events
from gateway.mqtt.connection import Connection
from gateway.mqtt.packets import Publish
from gateway.mqtt.settings import RECEIVE_MAXIMUM
from gateway.mqtt.slots import EMPTY, Slots
from gateway.mqtt.window import WindowWatch
from gateway.sources import Intake
from pipelines.model import Received


class _Due(NamedTuple):
    """Acknowledgements of one run of messages, due when intake entry ``upto`` is durable."""

    upto: int
    epoch: int
    pubacks: list[int]
    pubrecs: list[int]


class Receipts:
    """What one source has received, and what it still owes its broker."""

    def __init__(self, name: str, intake: Intake, clock: Clock, events: Events) -> None:
        self._name = name
        self._intake = intake
        self._clock = clock
        self._counts = events.counts
        self._connection: Connection | None = None
        self._epoch = 0
        self._slots = Slots()
        self._due: deque[_Due] = deque()
        self._durable_upto = EMPTY
        self._waiting = 0
        self._window = WindowWatch(intake.hasten)
        self._waits_for_space = False
        self._ends = False

    def recall(self) -> None:
        """Fill the slots from the intake's last entries of this source; epochs go on from there."""
        for number, received in self._intake.tail(self._name):
            self._durable_upto = number
            self._epoch = received.epoch
            if received.qos:
                self._slots.remember(received.packet_id, number, received)

    def adopt(self, connection: Connection) -> None:
        """A new epoch. Comes with the connection's first messages, or when it is open, whichever is earlier."""
        if connection is self._connection:
            return
        self._connection = connection
        self._epoch += 1
        self._due.clear()
        self._waiting = 0
        if not connection.session_present:
            self._slots.clear()
        if self._ends or self._waits_for_space:
            connection.pause_reading()

    async def wait_for_space(self) -> None:
        """Wait while the intake's ring is full."""
        if self._intake.full:
            space = asyncio.Event()
            self._intake.on_space(space.set)
            await space.wait()

    def stop_reading(self) -> None:
        """Read nothing more, on this connection or a later one."""
        self._ends = True
        if self._connection is not None:
            self._connection.pause_reading()

    def link_lost(self) -> None:
        """Nothing more will come on this connection."""
        self._window.stop()

    def receive(self, connection: Connection, publishes: list[Publish]) -> None:
        """One read's messages: journal what is new, note what to acknowledge when it is durable."""
        self.adopt(connection)
        fingerprints, numbers = self._slots.fingerprints, self._slots.numbers
        name, epoch, clock = self._name, self._epoch, self._clock
        wall_ns, monotonic_ns, boot, quality = clock.wall_ns(), clock.monotonic_ns(), clock.boot, clock.quality()
        fresh: list[Received] = []
        fresh_ids: list[int] = []
        pubacks: list[int] = []
        pubrecs: list[int] = []
        upto = EMPTY
        for publish in publishes:
            topic, body, qos, packet_id = publish.topic, publish.payload, publish.qos, publish.packet_id
            if qos:
                (pubacks if qos == 1 else pubrecs).append(packet_id)
                fingerprint = hash((topic, body, publish.digest))
                if publish.dup and numbers[packet_id] != EMPTY and fingerprints[packet_id] == fingerprint:
                    upto = max(upto, numbers[packet_id])
                    continue
                fingerprints[packet_id] = fingerprint
            fresh_ids.append(packet_id)
            # Each a nanosecond later than the one before: for a message that tells no time this is its time, and two
            # readings of one device at one instant would be one point.
            fresh.append(
                Received(
                    name, topic, body, wall_ns + len(fresh), monotonic_ns, boot, quality,
                    qos, packet_id, epoch, publish.retain, publish.full_size, publish.digest,
                )
            )  # fmt: skip
        if fresh:
            number = self._intake.receive(fresh, self._durable)
            for packet_id in fresh_ids:
                numbers[packet_id] = number  # QoS 0 has id 0, a slot that nobody reads
                number += 1
            upto = number - 1
        self._count(len(publishes), fresh, fresh_ids.count(0))
        self._owe(_Due(upto, epoch, pubacks, pubrecs))
        if self._intake.full and not self._waits_for_space:
            self._waits_for_space = True
            connection.pause_reading()
            self._intake.on_space(self._read_again)

    def _count(self, seen: int, fresh: list[Received], qos_0: int) -> None:
        counts = self._counts
        counts[f"received.{self._name}"] += len(fresh)
        if seen > len(fresh):
            counts[f"redelivered.{self._name}"] += seen - len(fresh)
        if qos_0:
            counts[f"qos0.{self._name}"] += qos_0
        if oversize := sum([received.full_size > 0 for received in fresh]):
            counts[f"oversize.{self._name}"] += oversize

    def _owe(self, due: _Due) -> None:
        """Acknowledge when durable; hurry the commit when the broker is about to wait for us."""
        owed = len(due.pubacks) + len(due.pubrecs)
        if not owed:
            return
        self._due.append(due)
        self._waiting += owed
        if due.upto <= self._durable_upto:
            self.flush()
        elif self._window.reached(self._waiting) or self._waiting >= RECEIVE_MAXIMUM // 2:
            self._intake.hasten()

    def _durable(self, upto: int) -> None:
        """The intake's word: everything up to this number is durable."""
        self._durable_upto = max(self._durable_upto, upto)
        self.flush()

    def flush(self) -> None:
        """Send the acknowledgements that are due, in order of receipt, in one write per kind."""
        pubacks: list[int] = []
        pubrecs: list[int] = []
        while self._due and self._due[0].upto <= self._durable_upto:
            due = self._due.popleft()
            if due.epoch == self._epoch:
                pubacks += due.pubacks
                pubrecs += due.pubrecs
        if self._connection is None:
            return
        self._waiting -= len(pubacks) + len(pubrecs)
        self._connection.acknowledge(pubacks)
        self._connection.received(pubrecs)
        self._window.acknowledged(self._waiting)

    def release(self, connection: Connection, packet_id: int) -> None:
        """PUBREL: the broker has forgotten this message, the next one under its id is new."""
        self.adopt(connection)
        self._slots.release(packet_id)

    def _read_again(self) -> None:
        self._waits_for_space = False
        if self._connection is not None and not self._ends:
            self._connection.resume_reading()
