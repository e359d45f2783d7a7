"""Notices from any thread reach the listener on the event loop, in order of telling."""

import asyncio
import threading

from gateway.journal.notices import Notice, OnNotice


class Teller:
    """Calls the listener at once from the loop's thread or while there is no loop; else through the loop."""

    def __init__(self, on_notice: OnNotice) -> None:
        self._on_notice = on_notice
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.get_ident()

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on listeners live on this loop. Called from its thread."""
        self._loop = loop
        self._thread = threading.get_ident()

    def tell(self, notice: Notice) -> None:
        """From any thread."""
        if self._loop is not None and threading.get_ident() != self._thread:
            try:
                self._loop.call_soon_threadsafe(self._on_notice, notice)
            except RuntimeError:  # the loop is closed: the process is ending, and this is still worth telling
                self._on_notice(notice)
        else:
            self._on_notice(notice)
