"""Signs of life and of death of one LoRa gateway: its reports, its connection, the uplinks that it relays.

It counts as dead at the first of these
- **connection**: its connection was reported lost a minute ago, and nothing came from it since (a bridge that restarts
  is back within seconds);
- **stats**: nothing at all came for three of its usual intervals of statistics, two minutes at least;
- **uplinks**: it relays no uplink although it reports, for twice the longest pause of the last seven days, a quarter of
  an hour at least: its antenna or its concentrator is gone. Judged after a whole UTC day with 48 relayed uplinks.

The first two end with any word from it, the third with an uplink.
"""

from typing import Literal

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS
from pipelines.model import NS_PER_S

Sign = Literal["none", "connection", "stats", "uplinks"]

LOST_NS = 60 * NS_PER_S
INTERVALS, SHORTEST_NS = 3, 120 * NS_PER_S
GAPS_KEPT, GAPS_ENOUGH = 9, 4
DAY_NS = 24 * HOUR_NS
DAYS_KEPT = 7
UPLINKS_A_DAY = 48
PAUSES, SHORTEST_PAUSE_NS = 2, HOUR_NS // 4


class Relaying(msgspec.Struct, array_like=True):
    """How it relays. ``days``: (UTC day since 1970, uplinks, longest pause in ns) of the last seven, newest last."""

    last_ns: int = -1
    days: list[tuple[int, int, int]] = []

    def hear(self, time_ns: int, *, usual: bool) -> None:
        """An uplink; the pause before it is learnt where it was a ``usual`` one."""
        day = time_ns // DAY_NS
        pause_ns = time_ns - self.last_ns if usual and self.last_ns >= 0 else 0
        if self.days and self.days[-1][0] == day:
            _, uplinks, longest_ns = self.days[-1]
            self.days[-1] = (day, uplinks + 1, max(longest_ns, pause_ns))
        else:
            self.days.append((day, 1, pause_ns))
            del self.days[:-DAYS_KEPT]
        self.last_ns = time_ns

    @property
    def ends_ns(self) -> int:
        """When it has been quiet for too long; never while too little is known."""
        if not any(uplinks >= UPLINKS_A_DAY for _, uplinks, _ in self.days[1:-1]):
            return NEVER_NS
        longest_ns = max(longest_ns for _, _, longest_ns in self.days)
        return self.last_ns + max(SHORTEST_PAUSE_NS, PAUSES * longest_ns)


class Signs(msgspec.Struct, array_like=True):
    """``life_ns``: the last word from it. ``lost_ns``: since when its connection is told to be lost; -1: it is not.

    ``gaps_s``: the last nine distances of its statistics. ``dead``: what speaks for its death, ``since_ns`` when.
    """

    first_ns: int = -1
    life_ns: int = -1
    lost_ns: int = -1
    stats_ns: int = -1
    gaps_s: list[int] = []
    relaying: Relaying = msgspec.field(default_factory=Relaying)
    dead: Sign = "none"
    since_ns: int = -1

    @property
    def is_judged(self) -> bool:
        """Whether its death would be noticed."""
        return len(self.gaps_s) >= GAPS_ENOUGH or self.relaying.ends_ns < NEVER_NS or self.dead != "none"

    def ends(self) -> tuple[int, Sign]:
        """The last instant at which a word would still be in time, and what speaks for its death after it."""
        if self.dead != "none":
            return NEVER_NS, "none"
        found: list[tuple[int, Sign]] = [(self.relaying.ends_ns, "uplinks")]
        if self.lost_ns >= 0:
            found.append((self.lost_ns + LOST_NS, "connection"))
        if len(self.gaps_s) >= GAPS_ENOUGH:
            usual_ns = sorted(self.gaps_s)[len(self.gaps_s) // 2] * NS_PER_S
            found.append((self.life_ns + max(SHORTEST_NS, INTERVALS * usual_ns), "stats"))
        return min(found)

    def die(self, at_ns: int, sign: Sign) -> None:
        """It is dead from now on."""
        self.dead, self.since_ns = sign, at_ns

    def lose(self, time_ns: int) -> None:
        """Its connection is told to be lost."""
        if self.lost_ns < 0:
            self.lost_ns = time_ns

    def report(self, time_ns: int) -> None:
        """Statistics."""
        gap_s = round((time_ns - self.stats_ns) / NS_PER_S) if self.stats_ns >= 0 else 0
        if gap_s > 0 and self.dead == "none":
            self.gaps_s.append(gap_s)
            del self.gaps_s[:-GAPS_KEPT]
        self.stats_ns = time_ns

    def live(self, time_ns: int, *, relayed: bool) -> bool:
        """A word from it; True where that ends its death."""
        if self.first_ns < 0:
            self.first_ns = time_ns
        revived = self.dead != "none" and (relayed or self.dead != "uplinks")
        self.life_ns, self.lost_ns = time_ns, -1
        if relayed:
            self.relaying.hear(time_ns, usual=self.dead == "none")
        elif revived:
            self.relaying.last_ns = time_ns  # from now on it has the time of its pauses to be heard relaying
        if revived:
            self.dead = "none"
        return revived
