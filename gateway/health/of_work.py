"""What is wrong with the gateway's own work: its clock, its loops, valves it should have closed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.health.found import Found
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.run import Gateway

CLOSING_MAY_TAKE_S = 5.0


def found_in_work(gateway: "Gateway") -> Iterator[Found]:
    """Clock, loops, valves."""
    if gateway.clock.quality() != "trusted":
        waiting = len(gateway.refine.progress.waiting)
        what = "the clock is not set"
        if waiting:
            what += f": {waiting:,} messages wait for their time, kept but not delivered"
        mend = "Let it reach a time server, or set it: timedatectl. What waits then gets the time it had."
        yield Found("clock", "clock", "critical" if waiting else "warning", what, mend)
    for loop, moves in gateway.health.moving().items():
        if not moves:
            what = f"{loop} does not move although there is work"
            mend = "systemd starts the gateway again by itself; nothing that was acknowledged is lost. Report it."
            yield Found("loop-stuck", loop, "critical", what, mend)
    now_ns, monotonic_ns = gateway.clock.wall_ns(), gateway.clock.monotonic_ns()
    for record in gateway.downlinks.left_open():
        late_ns = now_ns - record.asked_ns - record.open_ns
        if late_ns < CLOSING_MAY_TAKE_S * NS_PER_S:
            continue
        what = f"the valve of {record.device} may be open: its time is over and no closing is on its way"
        mend = "Look after it by hand. The gateway goes on trying; citygate downlinks shows what it met."
        yield Found("valve-open", record.device, "critical", what, mend, monotonic_ns - late_ns)
