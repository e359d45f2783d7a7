"""What time it is for a pilot: the only clock of its machines, a function of the ledger's order and of nothing else.

The rule, and why
1. **A reading tells the time**: it has become at least as late as the newest reading, less a grace of two minutes (the
   last readings of an interval are still on their way), in whole quarters (machines are passed time so often only as
   something can end; a whole city is passed time in one go).
2. **A Tick tells the time while the pilot lives in the present**: judged at the first trusted Tick after its newest
   reading. Was that reading at most the lateness behind the Tick, this and all further Ticks count, less the grace,
   until a newer reading is judged: silence is a fact, and must be noticed however long it lasts.
   Was it further behind, the pilot is being fed its past (a recording, a simulation at warp, a backlog of months): the
   clock on the wall says nothing about when that was, and no Tick counts.
3. Time never falls. A reading from ahead of time never gets here: ``readings.py`` leaves it out.
"""

import msgspec

from pipelines.domains.ladder import LONG_BEFORE_NS
from pipelines.domains.local_time import quarter_of
from pipelines.model import NS_PER_S, Tick

GRACE_NS = 120 * NS_PER_S


class PilotTime(msgspec.Struct, array_like=True):
    """``time_ns``: time may be passed to it. ``newest_ns``: of all readings. ``judged``: a Tick has seen that one."""

    time_ns: int = LONG_BEFORE_NS
    newest_ns: int = LONG_BEFORE_NS
    judged: bool = True
    lives_now: bool = False

    def read(self, time_ns: int) -> None:
        """A reading of this time came in."""
        if time_ns > self.newest_ns:
            self.newest_ns = time_ns
            self.judged = False
            quarter_ns = quarter_of(time_ns - GRACE_NS)
            self.time_ns = max(self.time_ns, quarter_ns)

    def tick(self, tick: Tick, lateness_ns: int) -> None:
        """The clock on the wall; one that was never set says nothing."""
        if tick.clock != "trusted" or self.newest_ns == LONG_BEFORE_NS:
            return
        if not self.judged:
            self.lives_now = tick.time_ns - self.newest_ns <= lateness_ns
            self.judged = True
        if self.lives_now:
            self.time_ns = max(self.time_ns, tick.time_ns - GRACE_NS)
