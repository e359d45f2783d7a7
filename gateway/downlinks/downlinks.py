"""The downlinks of one gateway: who takes wishes, and who follows what is under way, over one book.

::

    control socket ─▶ desk ─▶ wish (may it? how?) ─▶ post ─▶ book: asked ─▶ source's link ─▶ sent, refused, uncertain
                                                      ▲
    ledger ─▶ watch ─▶ outcomes: receipts, readings ──┤   queued, transmitted, acked, confirmed, failed
    clock  ─▶ watch ─▶ openings ──────────────────────┘   expired; valves whose time is over

Law: a book that cannot be read stops downlinks, never the road of data.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from gateway.control import Reply
from gateway.downlinks.book import BookError, open_book
from gateway.downlinks.desk import Desk
from gateway.downlinks.openings import left_open
from gateway.downlinks.post import Post
from gateway.downlinks.record import Record
from gateway.downlinks.watch import Watch
from gateway.events import DownlinksUnreadable

if TYPE_CHECKING:
    from gateway.run import Gateway


class Downlinks:
    """Made with the gateway; ``run`` is one of its loops, ``ask`` one of its commands."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        post = None
        try:
            book = open_book(gateway.logs.folder)
            post = Post(book, gateway.sources, clock=gateway.clock, events=gateway.events)
        except BookError as error:
            mend = "Look after every valve that may be open: the gateway closes none."
            gateway.events.emit(DownlinksUnreadable(why=str(error), mend=mend))
        self._post = post
        self._watch = Watch(gateway, post) if post is not None else None
        self._desk = Desk(gateway, post)

    @property
    def turns(self) -> int:
        """How often its loop came round."""
        return self._watch.turns if self._watch is not None else 0

    @property
    def rests(self) -> bool:
        """Whether its loop waits for a wish, with nothing under way."""
        return self._watch is None or self._watch.rests

    @property
    def under_way(self) -> int:
        """How many downlinks are not settled."""
        return 0 if self._post is None else len(self._post.book.waiting(self._gateway.clock.wall_ns()))

    def left_open(self) -> list[Record]:
        """Openings whose time is over and whose valve nothing is known to have closed, the oldest first."""
        if self._post is None or self._gateway.clock.quality() != "trusted":
            return []
        records, now_ns = self._post.book.records, self._gateway.clock.wall_ns()
        over = [record for record in records.values() if record.closing and now_ns >= record.asked_ns + record.open_ns]
        return [record for record in over if left_open(records, record)]

    def ask(self, question: Reply) -> AsyncIterator[Reply]:
        """The command ``downlink``."""
        return self._desk.ask(question)

    async def run(self) -> None:
        """Follow what is under way, until cancelled."""
        if self._watch is not None:
            await self._watch.run()
