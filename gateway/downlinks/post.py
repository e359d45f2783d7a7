"""Sends downlinks and keeps their book: each step in memory, on the disk, and as an event.

Law: written down durably before it leaves. What a crash interrupts is ``uncertain`` after it, told, and not sent again.
"""

import asyncio
from collections.abc import Sequence

from gateway.clock import Clock
from gateway.downlinks.book import Book
from gateway.downlinks.record import Record, State
from gateway.events import DownlinkDone, DownlinkFailed, DownlinkSent, DownlinkUncertain, Events, ValveMayBeOpen
from gateway.mqtt.outbox import Outgoing
from gateway.mqtt.reasons import FAILED_FROM, words
from gateway.sources import Source, TwoWaySource
from pipelines.downlinks.networks import NETWORKS
from pipelines.downlinks.networks.order import Order
from pipelines.downlinks.notation import Unsendable
from pipelines.model import NS_PER_S

LOOK_AFTER_IT = "The gateway goes on trying to close it. Until a reading shows it closed, look after the valve by hand."


class Post:
    """The book, and the links over which its downlinks leave. ``woken`` is set with every new record."""

    def __init__(self, book: Book, sources: Sequence[Source], *, clock: Clock, events: Events) -> None:
        self.book = book
        self.woken = asyncio.Event()
        self._sources = sources
        self._clock = clock
        self._events = events
        self._saving = asyncio.Lock()

    def link(self, name: str) -> TwoWaySource | None:
        """The source of this name, if it can carry a message now."""
        for source in self._sources:
            if source.name == name and isinstance(source, TwoWaySource) and source.connected:
                return source
        return None

    async def enter(self, record: Record) -> Record:
        """A new record, durable. Raises Unsendable where the disk does not take it: then nothing may be sent."""
        self.book.put(record, record.asked_ns)
        try:
            await self.save()
        except OSError as error:
            self.book.forget(record)
            why = f"it cannot be written down, so nothing was sent: {error}"
            raise Unsendable(why, "Free space in the state directory.") from error
        self.woken.set()
        return record

    async def send(self, record: Record, link: TwoWaySource) -> Record:
        """Publish a record's message; returns the record with what the broker said."""
        network = NETWORKS[record.network]
        topic, body = network.message(record.topic, record.like, order_of(record))
        try:
            code = await link.publish(Outgoing(topic, body, qos=network.qos))
        except (ConnectionError, TimeoutError) as error:
            return await self.step(record, "uncertain", str(error) or type(error).__name__)
        if code >= FAILED_FROM:
            return await self.step(record, "refused", f"{words(code)} (code 0x{code:02x})")
        return await self.step(record, "sent")

    async def step(self, record: Record, state: State, said: str = "", at_ns: int | None = None) -> Record:
        """One step further; the record as it stands where that would be none."""
        now_ns = self._clock.wall_ns() if at_ns is None else at_ns
        latest = self.book.records.get(record.number, record)
        further = latest.with_step(state, now_ns, said)
        if further is latest:
            return latest
        self.book.put(further, now_ns)
        self._tell(further)
        try:
            await self.save()
        except OSError as error:  # it stands in memory and goes to the disk with the next step
            why = f"'{state}' cannot be written down: {error}"
            mend = "Free space in the state directory; after a crash the last step would be unknown."
            self._events.emit(DownlinkUncertain(record.number, record.device, why, mend))
        return further

    async def save(self) -> None:
        """The book as it is now, on the disk. Raises OSError."""
        async with self._saving:
            await asyncio.to_thread(self.book.write, self.book.pack())

    def _tell(self, record: Record) -> None:
        emit, last = self._events.emit, record.steps[-1]
        number, device = record.number, record.device
        match record.state:
            case "sent":
                emit(DownlinkSent(number, device, record.downlink, record.by))
            case "acked" | "confirmed":
                after_s = round((last.at_ns - record.asked_ns) / NS_PER_S, 1)
                emit(DownlinkDone(number, device, last.state, after_s))
            case "refused" | "failed" | "expired":
                emit(DownlinkFailed(number, device, last.state, last.said))
            case "uncertain":
                mend = "citygate downlinks shows it. Where it must be certain ask once more, with --again."
                emit(DownlinkUncertain(number, device, last.said, mend))
            case _:
                return
        if record.closes and last.state in {"refused", "failed", "expired", "uncertain"}:
            why = f"downlink {number}, which closes it, is {last.state}: {last.said}"
            emit(ValveMayBeOpen(device, record.closes, why, LOOK_AFTER_IT))


def order_of(record: Record) -> Order:
    """What the network server is asked for. Closing a valve goes before whatever waits, where the network can."""
    return Order(
        key=record.key,
        payload=record.payload,
        f_port=record.f_port,
        expires_ns=record.expires_ns,
        clears_queue=bool(record.valve) and not record.opens_s,
    )
