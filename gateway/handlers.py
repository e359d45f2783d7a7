"""What a running gateway answers on its control socket. Each handler yields one or more replies."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from gateway.conservation import audit
from gateway.control import ControlError, Handler, Reply
from gateway.deliver import Delivery
from gateway.events import Event
from gateway.health.condition import Condition
from gateway.health.conditions import conditions
from gateway.journal.log import Log
from gateway.journal.notices import JournalError
from gateway.purges import Purges
from gateway.replays import Replays
from gateway.sources import Source, TwoWaySource
from gateway.version import VERSION
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.run import Gateway


class Handlers:
    """The table of commands over one gateway."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._replays = Replays(gateway)
        self._purges = Purges(gateway)

    def table(self) -> Mapping[str, Handler]:
        """Command → handler."""
        return {
            "status": self.status,
            "audit": self.audit,
            "replay": self._replays.replay,
            "rejected_retry": self._replays.rejected_retry,
            "reload": self.reload,
            "purge": self._purges.purge,
            "downlink": self._gateway.downlinks.ask,
        }

    async def status(self, _question: Reply) -> AsyncIterator[Reply]:
        """One reply: where everything stands."""
        gateway = self._gateway
        counts = gateway.events.counts
        yield {
            "version": VERSION,
            "gateway": gateway.config.gateway.id,
            "city": gateway.config.gateway.city,
            "uptime_s": round((gateway.clock.monotonic_ns() - gateway.started_ns) / NS_PER_S, 1),
            "clock": gateway.clock.quality(),
            "conditions": [condition_facts(one, gateway.clock.wall_ns()) for one in conditions(gateway)],
            "received": sum(count for name, count in counts.items() if name.startswith("received.")),
            "sources": {source.name: source_facts(source, counts) for source in gateway.sources},
            "intake": log_facts(gateway.logs.intake),
            "refine": gateway.refine.facts(),
            "ledger": log_facts(gateway.logs.ledger),
            "sinks": {delivery.sink.id: sink_facts(delivery) for delivery in gateway.deliveries},
            "analytics": None if gateway.analytics is None else gateway.analytics.facts(),
            "devices": len(gateway.known.files.devices),
            "pilots": len(gateway.known.files.pilots),
            "recent": [said(at_ns, event) for at_ns, event in gateway.events.recent if event.level != "INFO"][-5:],
        }

    async def audit(self, _question: Reply) -> AsyncIterator[Reply]:
        """One reply: the conservation promise, counted from the logs themselves."""
        gateway = self._gateway
        try:
            found = await audit(gateway.logs.intake, gateway.logs.ledger, gateway.refine.progress, gateway.deliveries)
        except JournalError as error:
            raise ControlError(f"the logs cannot be counted: {error}", "Free space, then ask again.") from error
        yield found.reply()

    async def reload(self, _question: Reply) -> AsyncIterator[Reply]:
        """Read devices, pilots and profiles again. Raises ControlError with the mistakes that kept the old ones."""
        if mistakes := await self._gateway.reload():
            raise ControlError("the old files stay in force:\n" + "\n".join(mistakes), "Mend them and reload again.")
        files = self._gateway.known.files
        yield {"devices": len(files.devices), "pilots": len(files.pilots)}


def condition_facts(condition: Condition, now_ns: int) -> Reply:
    """What is wrong, and for how long already."""
    facts: Reply = msgspec.to_builtins(condition)
    return facts | {"for_s": round((now_ns - condition.since_ns) / NS_PER_S, 1)}


def log_facts(log: Log) -> Reply:
    """Numbers and sizes of one log."""
    return {
        "oldest": log.oldest_number,
        "durable": log.durable_number,
        "next": log.next_number,
        "size_bytes": log.size_bytes,
        "quota_bytes": log.options.quota_bytes,
    }


def sink_facts(delivery: Delivery) -> Reply:
    """Where one sink stands; ``delivered`` and ``quarantined`` since this process started."""
    return {
        "position": delivery.position,
        "pending": delivery.lag,
        "delivered": delivery.delivered,
        "quarantined": delivery.refused,
        "expired": delivery.expired,
        "error": delivery.outage.why,
    }


def source_facts(source: Source, counts: Mapping[str, int]) -> Reply:
    """Whether it has its broker, where it needs one, and what is counted of it."""
    link: Reply = {"connected": source.connected} if isinstance(source, TwoWaySource) else {}
    return link | own_counts(counts, source.name)


def own_counts(counts: Mapping[str, int], source: str) -> Reply:
    """What is counted of one source: received, redelivered, refused and so on."""
    found: Reply = {}
    for name, count in counts.items():
        word, _, rest = name.partition(".")
        if rest == source or rest.startswith(source + "."):
            found[word + rest.removeprefix(source)] = count
    return found


def said(at_ns: int, event: Event) -> str:
    """An event as one line."""
    fields = ", ".join(f"{name}={getattr(event, name)}" for name in event.__struct_fields__)
    at = datetime.fromtimestamp(at_ns // NS_PER_S, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%SZ} {event.level.lower()} {type(event).__name__} {fields}"[:400]
