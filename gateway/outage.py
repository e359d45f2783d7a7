"""A sink's bad times: how long to pause, what to say, and when: one alarm of each kind for an outage."""

import random

import msgspec

from gateway.clock import Clock
from gateway.events import Events, SinkDelayed, SinkMisconfigured, SinkRecovered
from gateway.sinks import SinkUnavailableError
from pipelines.model import NS_PER_S


class Pauses(msgspec.Struct, frozen=True):
    """Seconds between tries. The cap doubles from ``first_s`` to ``longest_s``; ``mend_s`` while a person must act.

    ``burst_s``: a backlog that is worked off within it was a burst; what lasts longer is what an outage left.
    """

    first_s: float = 1.0
    longest_s: float = 60.0
    mend_s: float = 30.0
    burst_s: float = 3.0


class Outage:
    """``since_ns`` is the monotonic time of the first failure, None while all is well; ``why`` the last words."""

    def __init__(self, sink: str, events: Events, clock: Clock, pauses: Pauses) -> None:
        self.why = ""
        self.mend = ""
        self.since_ns: int | None = None
        self.pause_s = 0.0
        self._sink = sink
        self._events = events
        self._clock = clock
        self._pauses = pauses
        self._failures = 0
        self._said: set[str] = set()

    def failed(self, error: SinkUnavailableError) -> None:
        """Note a failure; ``pause_s`` says when to try again."""
        if self.since_ns is None:
            self.since_ns = self._clock.monotonic_ns()
        self.why, self.mend = str(error), error.mend
        self.pause_s = self._next_pause_s(error)
        self._failures += 1
        kind = "misconfigured" if error.mend else "delayed"
        if kind in self._said:
            return
        self._said.add(kind)
        if error.mend:
            self._events.emit(SinkMisconfigured(sink=self._sink, why=self.why, mend=error.mend))
        else:
            self._events.emit(SinkDelayed(sink=self._sink, why=self.why, retry_s=round(self.pause_s, 2)))

    def ended(self) -> None:
        """The sink takes data (again)."""
        if self.since_ns is None:
            return
        after_s = (self._clock.monotonic_ns() - self.since_ns) / NS_PER_S
        self._events.emit(SinkRecovered(sink=self._sink, after_s=round(after_s, 1)))
        self.why = self.mend = ""
        self.since_ns = None
        self._failures = 0
        self._said.clear()

    def _next_pause_s(self, error: SinkUnavailableError) -> float:
        """Full jitter, so that many gateways do not come back at once; the server's wish is honoured."""
        pauses = self._pauses
        if error.retry_after_s is not None:
            return error.retry_after_s + random.uniform(0, pauses.first_s)  # noqa: S311 - jitter, not a secret
        if error.mend:
            return random.uniform(pauses.mend_s / 2, pauses.mend_s)  # noqa: S311 - same
        cap_s = min(pauses.longest_s, pauses.first_s * 2 ** min(self._failures, 30))
        return random.uniform(0, cap_s)  # noqa: S311 - same
