"""Where downlinks are asked for: the command ``downlink`` on the control socket. Sending is ``post.py``'s.

Laws
- One wish at a time: what one was permitted, another must not undermine meanwhile.
- A valve is not opened again before its opening is over, or closed: short openings must not add up to a long one.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import msgspec

from gateway.control import ControlError, Reply
from gateway.downlinks import openings
from gateway.downlinks.book import FILE
from gateway.downlinks.facts import facts
from gateway.downlinks.post import Post
from gateway.downlinks.record import UNDER_WAY, Record, Step
from gateway.downlinks.tell import plan, understood
from gateway.downlinks.wish import Prepared, Wish, find_device, prepare, profile_of
from pipelines.downlinks.notation import Unsendable
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.run import Gateway

LOOK_EVERY_S = 0.1
"""While a person waits to see how it goes."""


class Desk:
    """Takes wishes. ``post`` is None where the book cannot be read."""

    def __init__(self, gateway: "Gateway", post: Post | None) -> None:
        self._gateway = gateway
        self._post = post
        self._asking = asyncio.Lock()

    async def ask(self, question: Reply) -> AsyncIterator[Reply]:
        """What a device understands; or what would be sent; or the downlink, after each of its steps. See ``Wish``."""
        try:
            wish = msgspec.convert(question, Wish)
        except msgspec.ValidationError as error:
            raise ControlError(f"the question is not understood: {error}", "Are both of the same version?") from error
        try:
            if not wish.set:
                device = find_device(self._gateway, wish.device)
                yield understood(device, profile_of(self._gateway, device))
                return
            post = self._open_post()
            async with self._asking:
                prepared = await prepare(self._gateway, wish)
                self._check(prepared, post, again=wish.again)
                record = self._record(prepared, post, wish)
                if not wish.dry_run:
                    record = await self._send(record, prepared, post)
        except Unsendable as error:
            raise ControlError(str(error), error.mend) from error
        yield {**facts(record), **plan(record, prepared, self._gateway.config.sources[record.source].settings)}
        if not wish.dry_run:
            async for reply in self._followed(record, post, wish.wait_s):
                yield reply

    def _open_post(self) -> Post:
        if self._post is None:
            raise Unsendable(f"the book of downlinks, {FILE}, cannot be read: none is sent", "The log says why.")
        if self._gateway.clock.quality() != "trusted":
            raise Unsendable("the clock of this machine is not set yet", "Ask again when it is.")
        return self._post

    def _check(self, prepared: Prepared, post: Post, *, again: bool) -> None:
        """Raises Unsendable where the books speak against it."""
        now_ns, device, valve = self._gateway.clock.wall_ns(), prepared.device.id, prepared.downlink.valve
        if valve is not None and prepared.opens_s:
            opened = openings.still_open(post.book.records, device, valve.field, now_ns)
            if opened is not None:
                said = f"{valve.field} of {device} is open, or about to be, by downlink {opened.number}"
                raise Unsendable(said, f"Close it first: --set {valve.field}={valve.closed}")
        if again or valve is not None:
            return
        meant = (device, prepared.command.payload, prepared.command.f_port)
        for record in post.book.waiting(now_ns):
            if (record.device, record.payload, record.f_port) == meant and record.state in UNDER_WAY:
                said = f"the same is on its way to {device} already: downlink {record.number}, {record.state}"
                raise Unsendable(said, "citygate downlinks shows how it goes. To send it all the same: --again")

    def _record(self, prepared: Prepared, post: Post, wish: Wish) -> Record:
        now_ns = self._gateway.clock.wall_ns()
        device, command = prepared.device, prepared.command
        return Record(
            number=0 if wish.dry_run else post.book.take_number(),
            key=str(uuid.uuid4()),
            device=device.id,
            pilot=device.pilot,
            profile=device.profile,
            source=prepared.source.name,
            network=prepared.dialect,
            topic=prepared.topic,
            like=prepared.like,
            downlink=command.downlink,
            values=command.values,
            payload=command.payload,
            f_port=command.f_port,
            by=wish.by,
            expires_ns=now_ns + int(self._valid_s(prepared) * NS_PER_S),
            steps=(Step("asked", now_ns),),
            confirmed_by=prepared.downlink.confirmed_by,
            valve=prepared.downlink.valve.field if prepared.downlink.valve else "",
            opens_s=prepared.opens_s,
            closing=prepared.closing,
            closing_values=prepared.closing_values,
        )

    def _valid_s(self, prepared: Prepared) -> float:
        """An opening that the gateway ends must not be delivered after its end."""
        return min(prepared.valid_s, prepared.opens_s) if prepared.closing else prepared.valid_s

    async def _send(self, record: Record, prepared: Prepared, post: Post) -> Record:
        if not post.book.waiting(record.asked_ns):
            post.book.ledger_upto = self._gateway.logs.ledger.next_number - 1
        return await post.send(await post.enter(record), prepared.source)

    async def _followed(self, record: Record, post: Post, wait_s: float) -> AsyncIterator[Reply]:
        """The record after every further step, until it is settled or the time is over."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + wait_s
        while loop.time() < until_s and not record.settled(self._gateway.clock.wall_ns()):
            await asyncio.sleep(LOOK_EVERY_S)
            latest = post.book.records.get(record.number, record)
            if latest is not record:
                record = latest
                yield facts(record)
