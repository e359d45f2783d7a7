"""How much one caller may ask: an allowance a minute each, and a number of downloads at a time for all.

Law: memory is bounded. Of more callers than ``MOST_CALLERS`` the one who was away longest is forgotten, and begins anew
with a full allowance.
"""

import math
from collections import Counter, OrderedDict
from collections.abc import Callable

from gateway.open_data.problems import Problem

MOST_CALLERS = 4_096
NS_PER_MINUTE = 60 * 1_000_000_000


class Allowance:
    """A token bucket for each caller, as large as a minute's allowance. ``now_ns``: monotonic."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._left: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def spend(self, caller: str, per_minute: int, cost: float = 1.0) -> None:
        """Take from a caller's allowance. Raises Problem where there is nothing left."""
        now_ns = self._now_ns()
        left, at_ns = self._left.get(caller, (float(per_minute), now_ns))
        left = min(float(per_minute), left + (now_ns - at_ns) * per_minute / NS_PER_MINUTE)
        if left < cost:
            retry_s = max(1, math.ceil((cost - left) * 60 / per_minute))
            mend = f"Wait {retry_s} s. Ask for more at once instead of more often: longer periods, larger pages."
            raise Problem(429, f"more than {per_minute} requests a minute", mend, retry_s=retry_s)
        self._left[caller] = left - cost, now_ns
        self._left.move_to_end(caller)
        if len(self._left) > MOST_CALLERS:
            self._left.popitem(last=False)


class Downloads:
    """Places for answers that read the store; one caller has at most half of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: Counter[str] = Counter()

    @property
    def under_way(self) -> int:
        """How many places are taken."""
        return self._held.total()

    def take(self, caller: str) -> None:
        """One place. Raises Problem where all are taken, or half of them by this caller."""
        own = max(1, self._most // 2)
        if self._held[caller] >= own:
            what = f"{own} downloads of yours are under way"
            raise Problem(429, what, "Wait until one of them has ended.", retry_s=5)
        if self.under_way >= self._most:
            what = f"{self._most} downloads are under way"
            raise Problem(503, what, "Try again in a few seconds.", retry_s=5)
        self._held[caller] += 1

    def give_back(self, caller: str) -> None:
        """The place is free again."""
        self._held[caller] -= 1
        if self._held[caller] <= 0:
            del self._held[caller]
