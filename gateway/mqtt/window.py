"""Does the broker wait for us? Seen by watching it stall.

MQTT 3.1.1 has no receive maximum (Mosquitto's own is 20), and an MQTT 5 broker may send less than ours allows. A broker
that waits for acknowledgements while we wait for more messages costs a whole gathering time per window. Two
signs, both after 5 ms of silence:

- as many messages wait as the last time: that number is the window, from now on commit on reaching it. A larger number
  disproves it.
- at least eight messages came within 20 ms and then none: a burst has ended, commit now. Mosquitto 2.0.11 needs this
  one: its batches were 20, 248, 152, 580 with a window of 20, hardly ever the same twice (tried).

Fewer than eight are sensors that report together: committing at each would wear the storage. All this is advice about
when to commit, never a bound on what may come.
"""

import asyncio
from collections.abc import Callable

QUIET_S = 0.005
BURST_S = 0.02
LEAST = 8


class WindowWatch:
    """Feed it the number of unacknowledged messages after each read. ``stalled`` is called when a burst has ended."""

    def __init__(self, stalled: Callable[[], None]) -> None:
        self.window = 0
        """0 while unknown."""
        self._stalled = stalled
        self._waiting = 0
        self._last_stall = 0
        self._began_s = 0.0
        self._heard_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def reached(self, waiting: int) -> bool:
        """Note that ``waiting`` messages are unacknowledged; true when that is the known window."""
        self._waiting = waiting
        self._heard_s = self._loop.time()
        if self._timer is None:
            self._began_s = self._heard_s
            self._timer = self._loop.call_later(QUIET_S, self._look)
        if self.window and waiting > self.window:
            self.window = self._last_stall = 0
        return waiting == self.window

    def acknowledged(self, waiting: int) -> None:
        """Acknowledgements left; ``waiting`` remain. What comes now is a new burst."""
        self._waiting = waiting
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
        if self._waiting < LEAST:
            return
        if self._waiting == self._last_stall:
            self.window = self._waiting
        self._last_stall = self._waiting
        if self._heard_s - self._began_s <= BURST_S:
            self._stalled()
