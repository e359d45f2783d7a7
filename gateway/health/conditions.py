"""Everything that is wrong now. Cheap: no I/O, no waiting; asked each second by whoever shows or sends it.

    of_links  sinks      ┐
    of_logs   quotas     ├─ state of the parts ─┐
    of_work   clock …    ┘                      ├─▶ Condition, the critical first
    incidents            ── what events told ───┘

To add one: yield a Found where its part is looked at; README.md has the rules.
"""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from gateway.health.condition import Condition
from gateway.health.found import Found
from gateway.health.of_links import found_in_links
from gateway.health.of_logs import found_in_logs
from gateway.health.of_work import found_in_work

if TYPE_CHECKING:
    from gateway.run import Gateway


def conditions(gateway: "Gateway") -> list[Condition]:
    """What is wrong now, the critical first, then the longest."""
    since = gateway.health.since
    stood = since.seen(_found(gateway))
    return sorted(stood, key=lambda one: (one.severity != "critical", one.since_ns, one.key))


def _found(gateway: "Gateway") -> Iterator[Found]:
    return chain(
        found_in_work(gateway), found_in_links(gateway), found_in_logs(gateway), gateway.health.incidents.found()
    )
