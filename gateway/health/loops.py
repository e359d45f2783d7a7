"""Does every loop of the gateway move? For the watchdog: a stuck loop stops the pings, and systemd starts us again.

| loop | moves, if |
| --- | --- |
| the event loop | this function is called at all: it feeds the watchdog itself |
| ingest | what is appended becomes durable, or the disk is full |
| refine | it gets on in the intake, or nothing waits there, or the ledger takes nothing |
| analytics | it gets on in the ledger, or nothing waits there, or the ledger takes nothing |
| housekeeping, health, downlinks | they come round again |

Not watched, for a restart would not mend them: sources, sinks, open data and the operators' listener wait for others,
who may be away for days. One that raises is started again by its supervisor; a sink that stands still is a condition.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.run import Gateway

STUCK_AFTER_S = 45.0
"""WatchdogSec of the unit is 60: a disk may hold a commit for so long, not longer."""
HOUSEKEEPING_AFTER_S = 900.0
"""It waits for the log's second thread, which a purge or a compression on a slow card may keep for minutes."""

UNSEEN_NS = 35 * NS_PER_S
"""Of the time between two looks no more than this counts: a machine that was asleep for an hour has no stuck loops."""
DOWNLINKS_AFTER_S = 300.0
"""It closes valves one after another, and each may wait for its broker."""


class Movement:
    """For how long a place has not changed although there is something to do. ``place`` None: not looked at yet."""

    def __init__(self) -> None:
        self._place: object = None
        self._stood_ns = 0
        self._looked_ns = 0

    def stands_s(self, place: object, now_ns: int, *, idle: bool = False) -> float:
        """For how many seconds, as far as looks tell; 0 while idle."""
        if idle or place != self._place:
            self._place, self._stood_ns = place, 0
        else:
            self._stood_ns += min(now_ns - self._looked_ns, UNSEEN_NS)
        self._looked_ns = now_ns
        return self._stood_ns / NS_PER_S


class Loops:
    """Compares with the last look; call ``moving`` often, for between two looks nothing is seen."""

    def __init__(self, gateway: "Gateway", *, stuck_after_s: float = STUCK_AFTER_S) -> None:
        self.stuck_after_s = stuck_after_s
        self._gateway = gateway
        self._movements: dict[str, Movement] = {}

    def moving(self) -> Mapping[str, bool]:
        """Each loop: does it move?"""
        gateway = self._gateway
        intake, ledger, refine = gateway.logs.intake, gateway.logs.ledger, gateway.refine
        position = refine.progress.position
        found = {
            "ingest": self._moves(
                "ingest", intake.durable_number, idle=intake.full or intake.durable_number == intake.next_number - 1
            ),
            "refine": self._moves(
                "refine", position, idle=refine.ledger_refuses or ledger.full or not intake.has_past(position)
            ),
            "housekeeping": self._moves("housekeeping", gateway.housekeeping.turns, after_s=HOUSEKEEPING_AFTER_S),
            "health": self._moves("health", gateway.health.turns),
            "downlinks": self._moves(
                "downlinks", gateway.downlinks.turns, idle=gateway.downlinks.rests, after_s=DOWNLINKS_AFTER_S
            ),
        }
        if (analytics := gateway.analytics) is not None:
            idle = refine.ledger_refuses or ledger.full or not ledger.has_past(analytics.position)
            found["analytics"] = self._moves("analytics", analytics.position, idle=idle)
        return found

    def _moves(self, loop: str, place: object, *, idle: bool = False, after_s: float = 0.0) -> bool:
        now_ns = self._gateway.clock.monotonic_ns()
        movement = self._movements.setdefault(loop, Movement())
        return movement.stands_s(place, now_ns, idle=idle) < (after_s or self.stuck_after_s)
