"""How long to wait before the next attempt to connect, and when to suspect that somebody else uses our client id."""

import random
from collections import deque
from collections.abc import Callable

FIRST_CAP_S = 1.0
LONGEST_CAP_S = 60.0
GOOD_LIFE_S = 5.0
"""A connection that lived so long was a good one: the next pause is short again."""

TAKEOVERS = 3
TAKEOVERS_WITHIN_S = 60.0


class Patience:
    """Full jitter: random below a cap that doubles from 1 to 60 s, so that a fleet does not return as one."""

    def __init__(self, jitter: Callable[[float, float], float] = random.uniform) -> None:
        self._jitter = jitter
        self._cap_s = FIRST_CAP_S
        self._thrown_out_s: deque[float] = deque(maxlen=TAKEOVERS)

    def after_failure(self) -> float:
        """Pause after an attempt that did not connect. A broker that is away takes nobody's place."""
        self._thrown_out_s.clear()
        return self._pause()

    def after_life(self, lived_s: float) -> float:
        """Pause after a connection that lived so long."""
        if lived_s >= GOOD_LIFE_S:
            self._cap_s = FIRST_CAP_S
        return self._pause()

    def thrown_out(self, now_s: float) -> bool:
        """Note that the broker ended a healthy link; true at the third time within a minute."""
        self._thrown_out_s.append(now_s)
        often = len(self._thrown_out_s) == TAKEOVERS and now_s - self._thrown_out_s[0] <= TAKEOVERS_WITHIN_S
        if often:
            self._thrown_out_s.clear()
        return often

    def _pause(self) -> float:
        pause_s = self._jitter(0.0, self._cap_s)
        self._cap_s = min(self._cap_s * 2, LONGEST_CAP_S)
        return pause_s
