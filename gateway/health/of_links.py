"""What is wrong with the far sides: sinks that take nothing, sources that bring nothing.

What else a source meets, it tells as events: incidents.py.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.deliver import Delivery
from gateway.health.found import Found
from gateway.sources import TwoWaySource
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.run import Gateway

MAY_BE_AWAY_S = 900.0
"""A database that is restarted or moved is back by then; everything is kept all the same."""
STALLED_AFTER_S = 60.0
OLD_AFTER_S = 900.0
"""What still waits after a quarter of an hour, though the sink takes data, is not live any more."""
SILENT_AFTER_S = 86_400.0
"""Even meters that report once a day have said something by then."""


def found_in_links(gateway: "Gateway") -> Iterator[Found]:
    """One trouble for each sink: the plainest; and links over which nothing comes."""
    for source in gateway.sources:
        quiet_s = gateway.health.quiet_s(source.name)
        if isinstance(source, TwoWaySource) and source.connected and quiet_s >= SILENT_AFTER_S:
            what = f"{source.name} has its broker, and nothing has come for {quiet_s / 3600:.0f} hours"
            mend = "Does the network server still publish there, on these topics? citygate connect listens along."
            since_ns = gateway.clock.monotonic_ns() - int(quiet_s * NS_PER_S)
            yield Found("source-silent", source.name, "warning", what, mend, since_ns)
    for delivery in gateway.deliveries:
        if (found := _of_sink(gateway, delivery)) is not None:
            yield found


def _of_sink(gateway: "Gateway", delivery: Delivery) -> Found | None:
    name, outage = delivery.sink.id, delivery.outage
    now_ns = gateway.clock.monotonic_ns()
    if outage.since_ns is not None and outage.mend:
        what = f"{name} is turned away: {outage.why}"
        return Found("sink-misconfigured", name, "critical", what, outage.mend, outage.since_ns)
    if outage.since_ns is not None:
        long = now_ns - outage.since_ns >= MAY_BE_AWAY_S * NS_PER_S
        what = f"{name} takes nothing: {outage.why}"
        mend = "Is its server running, and can this machine reach it? Everything is kept and sent when it answers."
        return Found("sink-delayed", name, "critical" if long else "warning", what, mend, outage.since_ns)
    waiting = f"{delivery.lag:,} entries wait for {name}"
    stands_s = gateway.health.stands_s(delivery, now_ns)
    if stands_s >= STALLED_AFTER_S:
        what = f"{waiting} and none moves, though it reports no error"
        mend = "Its server may hang: look at its log, restart it. If it is well, restart the gateway and report this."
        return Found("sink-stalled", name, "critical", what, mend, now_ns - int(stands_s * NS_PER_S))
    age_s = gateway.health.lag_s(delivery, now_ns)
    if age_s >= OLD_AFTER_S:
        what = f"{waiting}, the oldest for {age_s / 60:.0f} minutes: it takes less than comes, or works off a backlog"
        mend = "After an outage this ends by itself. Else give its server more power, or send it less."
        return Found("sink-behind", name, "warning", what, mend)
    return None
