"""What a running gateway answers on its control socket. Each handler yields one or more replies."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import msgspec

from gateway.conservation import audit
from gateway.control import ControlError, Handler, Reply
from gateway.deliver import Delivery
from gateway.events import Event
from gateway.journal.log import Log
from gateway.journal.notices import JournalError
from gateway.replay import Replay, first_number_since
from gateway.version import VERSION
from pipelines.model import NS_PER_S, Outcome, Rejected

if TYPE_CHECKING:
    from gateway.run import Gateway

Question = TypeVar("Question")


class ReplayQuestion(msgspec.Struct, frozen=True):
    """From ``first``, else from what was received at ``since_ns``, to ``last``; of one device or of all."""

    first: int | None = None
    last: int | None = None
    since_ns: int = 0
    device: str | None = None


class RetryQuestion(msgspec.Struct, frozen=True):
    """Which rejected entries; what is left out does not narrow the choice."""

    reason: str | None = None
    device: str | None = None
    numbers: frozenset[int] = frozenset()


class Handlers:
    """The table of commands over one gateway."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._replaying = False

    def table(self) -> Mapping[str, Handler]:
        """Command → handler."""
        return {
            "status": self.status,
            "audit": self.audit,
            "replay": self.replay,
            "rejected_retry": self.rejected_retry,
            "reload": self.reload,
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
            "received": sum(count for name, count in counts.items() if name.startswith("received.")),
            "sources": {source.name: own_counts(counts, source.name) for source in gateway.sources},
            "intake": log_facts(gateway.logs.intake),
            "refine": gateway.refine.facts(),
            "ledger": log_facts(gateway.logs.ledger),
            "sinks": {delivery.sink.id: sink_facts(delivery) for delivery in gateway.deliveries},
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

    async def replay(self, question: Reply) -> AsyncIterator[Reply]:
        """One reply, the report. Raises ControlError."""
        asked = understood(question, ReplayQuestion)
        gateway = self._gateway
        first = asked.first
        if first is None:
            first = await first_number_since(gateway.logs.intake, asked.since_ns)

        def wanted(before: Outcome) -> bool:
            return asked.device is None or before.device == asked.device

        async for reply in self._replay(first, asked.last or gateway.refine.progress.position, wanted):
            yield reply

    async def rejected_retry(self, question: Reply) -> AsyncIterator[Reply]:
        """Refine rejected entries again: all, or those of a reason, a device, or named numbers. Raises ControlError."""
        asked = understood(question, RetryQuestion)

        def wanted(before: Outcome) -> bool:
            return (
                isinstance(before, Rejected)
                and (asked.reason is None or before.reason == asked.reason)
                and (asked.device is None or before.device == asked.device)
                and (not asked.numbers or before.of in asked.numbers)
            )

        first = min(asked.numbers, default=1)
        last = max(asked.numbers, default=self._gateway.refine.progress.position)
        async for reply in self._replay(first, last, wanted):
            yield reply

    async def reload(self, _question: Reply) -> AsyncIterator[Reply]:
        """Read devices, pilots and profiles again. Raises ControlError with the mistakes that kept the old ones."""
        if mistakes := await self._gateway.reload():
            raise ControlError("the old files stay in force:\n" + "\n".join(mistakes), "Mend them and reload again.")
        files = self._gateway.known.files
        yield {"devices": len(files.devices), "pilots": len(files.pilots)}

    async def _replay(self, first: int, last: int, wanted: Callable[[Outcome], bool]) -> AsyncIterator[Reply]:
        if self._replaying:
            raise ControlError("a replay is running already", "Wait for its end; citygate status shows the gateway.")
        self._replaying = True
        try:
            gateway = self._gateway
            report = await Replay(gateway.refine, gateway.events).run(first, last, wanted=wanted)
        except JournalError as error:
            raise ControlError(f"the ledger cannot be written: {error}", "Free space, then ask again.") from error
        finally:
            self._replaying = False
        yield {
            "first": report.first,
            "last": report.last,
            "refined": report.refined,
            "changed": report.changed,
            "retracted": report.retracted,
        }


def understood(question: Reply, kind: type[Question]) -> Question:
    """The question as its type. Raises ControlError for what is no such question."""
    try:
        return msgspec.convert(question, kind)
    except msgspec.ValidationError as error:
        raise ControlError(f"the question is not understood: {error}", "Are both of the same version?") from error


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
    return f"{at_ns // NS_PER_S} {event.level.lower()} {type(event).__name__} {fields}"[:400]
