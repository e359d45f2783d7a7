"""The gateway's own health: a look each second, and what the looks between them remember."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.deliver import Delivery
from gateway.events import ConditionCleared, ConditionRaised
from gateway.health.ages import Ages
from gateway.health.incidents import HOUR_S, Incident, Incidents
from gateway.health.loops import Loops, Movement
from gateway.health.since import Since
from gateway.health.watch import Watch
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.run import Gateway

EVERY_S = 1.0


class Health:
    """One per gateway; ``run`` is one of its loops. The public fields are for ``conditions``, metrics and status."""

    def __init__(self, gateway: "Gateway") -> None:
        self.incidents = Incidents(gateway.events, gateway.clock)
        self.since = Since(gateway.clock)
        self.loops = Loops(gateway)
        self.turns = 0
        self._gateway = gateway
        self._ages = Ages()
        self._watch = Watch(gateway)
        self._movements: dict[str, Movement] = {}
        self._expired: dict[str, int] = {}
        self._received: dict[str, tuple[int, int]] = {}

    async def run(self) -> None:
        """Look each second; tell what has become wrong and what is over."""
        while True:
            self.look()
            self.turns += 1
            await asyncio.sleep(EVERY_S)

    def look(self) -> None:
        """One look."""
        gateway = self._gateway
        now_ns = gateway.clock.monotonic_ns()
        self._ages.mark(gateway.logs.ledger.next_number, now_ns)
        for delivery in gateway.deliveries:
            self._note_loss(delivery)
        for source in gateway.sources:
            count = gateway.events.counts[f"received.{source.name}"]
            if self._received.get(source.name, (-1, 0))[0] != count:
                self._received[source.name] = count, now_ns
        raised, cleared = self._watch.changes(now_ns)
        for one in raised:
            gateway.events.emit(ConditionRaised(one.kind, one.subject, one.severity, one.what, one.mend))
        for one in cleared:
            after_s = round(max(0, gateway.clock.wall_ns() - one.since_ns) / NS_PER_S, 1)
            gateway.events.emit(ConditionCleared(one.kind, one.subject, after_s))

    def moving(self) -> Mapping[str, bool]:
        """Each loop: does it move?"""
        return self.loops.moving()

    def lag_s(self, delivery: Delivery, now_ns: int) -> float:
        """How long the oldest entry that waits for a sink has been in the ledger, in seconds."""
        if not self._gateway.logs.ledger.has_past(delivery.position):
            return 0.0
        return self._ages.age_s(delivery.position, now_ns)

    def stands_s(self, delivery: Delivery, now_ns: int) -> float:
        """For how long a sink has not moved although something waits for it, in seconds."""
        movement = self._movements.setdefault(delivery.sink.id, Movement())
        idle = not self._gateway.logs.ledger.has_past(delivery.position)
        return movement.stands_s(delivery.position, now_ns, idle=idle)

    def quiet_s(self, source: str) -> float:
        """How long a source has brought nothing, since the start at most, in seconds."""
        now_ns = self._gateway.clock.monotonic_ns()
        return (now_ns - self._received.get(source, (0, now_ns))[1]) / NS_PER_S

    def _note_loss(self, delivery: Delivery) -> None:
        """Entries that were given up before their sink had them: the one thing that is lost for it."""
        name = delivery.sink.id
        before = self._expired.get(name, 0)
        if delivery.expired > before:
            what = f"{delivery.expired - before:,} entries were given up before {name} had them: the ledger was full"
            mend = "Mend the sink, raise [ledger] quota_bytes, or set its when_full to hold. The intake may still"
            mend += " have them: citygate replay --since brings them again."
            self.incidents.note(Incident("entries-lost", name, "critical", what, mend, HOUR_S))
        self._expired[name] = delivery.expired
