"""How many messages a broker sends before it waits for us: learned by watching it stall.

MQTT 3.1.1 has no receive maximum, and an MQTT 5 broker may keep a smaller one of its own (Mosquitto: 20). A broker that
waits for acknowledgements while we wait for more messages costs a whole gathering time per window. So: when nothing
came for 5 ms while the same number waited as the last time that happened, that number is the window; on reaching it
the owner should commit. A larger number disproves it. It is advice, never a bound (brokers overshoot their windows).
"""

import asyncio

QUIET_S = 0.005
LEAST = 8
"""Smaller groups are sensors that report together, not windows: committing at each would wear the storage."""


class WindowWatch:
    """Feed it the number of unacknowledged messages after each read; ``reached`` answers whether to commit now."""

    def __init__(self) -> None:
        self.window = 0
        """0 while unknown."""
        self._waiting = 0
        self._last_stall = 0
        self._heard_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def reached(self, waiting: int) -> bool:
        """Note that ``waiting`` messages are unacknowledged; true when the broker now waits for us."""
        self._waiting = waiting
        self._heard_s = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(QUIET_S, self._look)
        if self.window and waiting > self.window:
            self.window = self._last_stall = 0
        return waiting == self.window

    def acknowledged(self, waiting: int) -> None:
        """Acknowledgements left; ``waiting`` remain."""
        self._waiting = waiting
        if not waiting:
            self.stop()

    def stop(self) -> None:
        """Look no longer until the next message."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        quiet_at_s = self._heard_s + QUIET_S
        if self._loop.time() < quiet_at_s:
            self._timer = self._loop.call_at(quiet_at_s, self._look)
            return
        self._timer = None
        if self._waiting >= LEAST:
            self.window = self._waiting if self._waiting == self._last_stall else self.window
            self._last_stall = self._waiting
