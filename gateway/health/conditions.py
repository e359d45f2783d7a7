"""Everything that is wrong now, read from what the parts hold. Cheap: no I/O, no waiting; asked each second."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.health.condition import Condition

if TYPE_CHECKING:
    from gateway.run import Gateway


def conditions(gateway: "Gateway") -> list[Condition]:
    """What is wrong now, the critical first."""
    found = list(_sinks(gateway))
    return sorted(found, key=lambda one: (one.severity != "critical", one.since_ns, one.key))


def _sinks(gateway: "Gateway") -> Iterator[Condition]:
    clock = gateway.clock
    for delivery in gateway.deliveries:
        outage = delivery.outage
        if outage.since_ns is None:
            continue
        since_ns = clock.wall_ns() - (clock.monotonic_ns() - outage.since_ns)
        what = f"{delivery.sink.id} takes nothing: {outage.why}"
        mend = "Everything is kept and sent when it answers again. Is it running, and can this machine reach it?"
        yield Condition("sink-delayed", delivery.sink.id, "warning", what, mend, since_ns)
