"""Follows what is under way: receipts and readings from the ledger, what is too late, valves whose time is over.

Laws
- With nothing under way this costs nothing: the ledger is read only while something is.
- A valve that the gateway has to close is closed, also after a restart, by a downlink with a number of its own; and
  again, a minute later, while nothing says that the closing is on its way.
"""

import asyncio
import uuid
from typing import TYPE_CHECKING

import msgspec

from gateway.downlinks import openings
from gateway.downlinks.outcomes import next_steps
from gateway.downlinks.post import LOOK_AFTER_IT, Post
from gateway.downlinks.record import UNDER_WAY, Record, Step
from gateway.events import ValveClosing, ValveMayBeOpen
from pipelines.downlinks.notation import Unsendable
from pipelines.model import NS_PER_S, Accepted

if TYPE_CHECKING:
    from gateway.run import Gateway

LOOK_EVERY_S = 0.5
SAVE_EVERY_S = 60.0
"""How far the ledger was read is noted so often: so much of it is read again after a crash."""
READ_ENTRIES = 500
CLOSE_WITHIN_NS = 86_400 * NS_PER_S
GATEWAY = "gateway"
"""Who asks where the gateway itself closes a valve."""


class Watch:
    """One per gateway."""

    def __init__(self, gateway: "Gateway", post: Post) -> None:
        self._gateway = gateway
        self._post = post
        self._interrupted = [record for record in post.book.records.values() if record.state == "asked"]
        self._said: dict[int, str] = {}
        self._saved_s = 0.0
        self.turns = 0
        self.rests = False
        """With nothing under way it waits until somebody asks for a downlink."""

    async def run(self) -> None:
        """Follow until cancelled."""
        while self._interrupted:
            said = "the gateway ended before the broker had answered: it may have left, or not"
            await self._post.step(self._interrupted.pop(), "uncertain", said)
        while True:
            self._post.woken.clear()
            self.turns += 1
            await self._read_ledger()
            if self._gateway.clock.quality() == "trusted":
                await self._mind_the_time()
            await self._rest()

    async def _read_ledger(self) -> None:
        book, ledger = self._post.book, self._gateway.logs.ledger
        book.ledger_upto = min(book.ledger_upto, ledger.next_number - 1)  # a crash may have taken its unsynced end
        while waiting := book.waiting(self._gateway.clock.wall_ns()):
            stretch = await self._gateway.tail.read(book.ledger_upto + 1, READ_ENTRIES)
            if stretch is None:
                return
            devices = {record.device for record in waiting}
            for revision in stretch.revisions:
                entry = revision.entry
                if revision.first and isinstance(entry, Accepted) and entry.device in devices:
                    await self._heard(entry)
            book.ledger_upto = stretch.upto

    async def _heard(self, entry: Accepted) -> None:
        """One message of a device with something under way."""
        now_ns = self._gateway.clock.wall_ns()
        mine = [record for record in self._post.book.waiting(now_ns) if record.device == entry.device]
        for record, step in await next_steps(self._gateway, entry, mine):
            await self._post.step(record, step.state, step.said, step.at_ns)

    async def _mind_the_time(self) -> None:
        book, now_ns = self._post.book, self._gateway.clock.wall_ns()
        for record in book.waiting(now_ns):
            if now_ns >= record.expires_ns and record.state in UNDER_WAY:
                await self._post.step(record, "expired", "nothing was heard of it in time")
        for opened in openings.due(book.records, now_ns):
            await self._close_valve(opened)

    async def _close_valve(self, opened: Record) -> None:
        link = self._post.link(opened.source)
        if link is None:
            self._cannot_close(opened, f"source {opened.source} is not connected")
            return
        now_ns = self._gateway.clock.wall_ns()
        if not self._post.book.waiting(now_ns):
            self._post.book.ledger_upto = self._gateway.logs.ledger.next_number - 1
        closing = msgspec.structs.replace(
            opened,
            number=self._post.book.take_number(),
            key=str(uuid.uuid4()),
            values=opened.closing_values,
            payload=opened.closing,
            by=GATEWAY,
            expires_ns=now_ns + CLOSE_WITHIN_NS,
            steps=(Step("asked", now_ns),),
            opens_s=0.0,
            closing=b"",
            closing_values={},
            closes=opened.number,
        )
        try:
            record = await self._post.enter(closing)
        except Unsendable as error:
            self._cannot_close(opened, str(error))
            return
        record = await self._post.send(record, link)
        if record.state in openings.ON_ITS_WAY:
            self._gateway.events.emit(ValveClosing(record.number, record.device, opened.number))

    def _cannot_close(self, opened: Record, why: str) -> None:
        """Said once for each opening and reason; it is tried again all the time."""
        if self._said.get(opened.number) != why:
            self._said[opened.number] = why
            self._gateway.events.emit(ValveMayBeOpen(opened.device, opened.number, why, LOOK_AFTER_IT))

    async def _rest(self) -> None:
        """Until a new downlink; while something is under way, half a second at most."""
        book, now_s = self._post.book, asyncio.get_running_loop().time()
        busy = bool(book.waiting(self._gateway.clock.wall_ns()))
        if busy and now_s >= self._saved_s + SAVE_EVERY_S:
            self._saved_s = now_s
            await self._post.save()
        busy = busy or any(openings.left_open(book.records, record) for record in book.records.values())
        self.rests = not busy
        try:
            async with asyncio.timeout(LOOK_EVERY_S if busy else None):
                await self._post.woken.wait()
        except TimeoutError:
            return
        finally:
            self.rests = False
