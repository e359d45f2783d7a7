"""Is the peer still there? Pings on a timer of their own; any inbound byte is life.

    |<-- half a keep-alive -->|<-- half -->|<- quarter ->|
    last byte            ping at the latest            silent: given up, within 1.5 keep-alives (a tick is an eighth)

Laws
- While reading is paused by us, silence says nothing: then only TCP_USER_TIMEOUT judges the link.
- When the loop itself stood still (a tick came late), the peer is given a new beginning instead of the blame.
"""

import asyncio
import socket
from collections.abc import Callable

SILENT_AFTER = 1.25
TICKS = 8


class LinkWatch:
    """Calls ``ping`` twice per keep-alive and ``silent`` once, when nothing was heard for 1.25 keep-alives."""

    def __init__(self, keep_alive_s: float, ping: Callable[[], None], silent: Callable[[float], None]) -> None:
        self.heard_s = 0.0
        """Loop time of the last inbound byte; the connection sets it on each read."""
        self._keep_alive_s = keep_alive_s
        self._ping = ping
        self._silent = silent
        self._paused = False
        self._pinged_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Begin to watch; nothing happens with keep-alive 0."""
        self.heard_s = self._pinged_s = self._loop.time()
        if self._keep_alive_s:
            self._schedule()

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def pause(self) -> None:
        """We do not read for a while: silence is ours."""
        self._paused = True

    def resume(self) -> None:
        """We read again."""
        self._paused = False
        self.heard_s = self._loop.time()

    def _schedule(self) -> None:
        self._due_s = self._loop.time() + self._keep_alive_s / TICKS
        self._timer = self._loop.call_at(self._due_s, self._tick)

    def _tick(self) -> None:
        now_s = self._loop.time()
        if self._paused or now_s - self._due_s > self._keep_alive_s / TICKS:
            self.heard_s = now_s
        silence_s = now_s - self.heard_s
        if silence_s >= SILENT_AFTER * self._keep_alive_s:
            self._timer = None
            self._silent(silence_s)
            return
        if now_s - self._pinged_s >= self._keep_alive_s / 2:
            self._pinged_s = now_s
            self._ping()
        self._schedule()


def limit_unacknowledged(transport: asyncio.BaseTransport, keep_alive_s: float) -> None:
    """Let the kernel end a link whose peer acknowledges no TCP segment for 1.5 keep-alives (Linux, RFC 5482)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    link = transport.get_extra_info("socket")
    if option is None or link is None or not keep_alive_s or link.family not in (socket.AF_INET, socket.AF_INET6):
        return
    link.setsockopt(socket.IPPROTO_TCP, option, int(keep_alive_s * 1_500))
