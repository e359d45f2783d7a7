"""``citygate purge``: everything that a device has said, taken out of logs, sinks and memories, and counted.

    ledger surveyed ─▶ intake purged ─▶ ledger purged ─▶ shared tail, memory of refine ─▶ every sink

Laws
- The intake goes first: a crash after it leaves outcomes of nothing, which the next purge takes; the other way round
  the entries would be refined again. Asking twice does no harm, and after a crash it is what is to be done.
- Both logs lose the same entries, so the books of ``citygate status`` balance before and after.
- What analytics derived of a feature goes with it where no other device has observed that feature. A derived entry that
  speaks of other features too is dropped once every sink has had it; one that a sink still waits for is left and told.
- Memories forget at once, their snapshots on the disk with the next entries or at the orderly stop.
- What cannot be purged from here (a server's own copy) is named in the answer, never passed over.
"""

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from gateway.control import ControlError, Reply
from gateway.events import DevicePurged
from gateway.files.devices import canonical_id
from gateway.ingest import decode_received
from gateway.journal.log import Entry
from gateway.journal.notices import JournalError
from gateway.progress import NumberRuns, read_ledger
from gateway.sinks import CannotPurgeError, SinkUnavailableError
from pipelines.model import Accepted, Derived, Duplicate, Refused, Rejected, Uplink
from pipelines.process import Knowledge

if TYPE_CHECKING:
    from gateway.run import Gateway

READ_AT_ONCE = 1_000


class PurgeQuestion(msgspec.Struct, frozen=True):
    """Which device, in any spelling of its id."""

    device: str


class Traces(msgspec.Struct):
    """Where a device is in the ledger: intake numbers, features that it alone has observed; ``judged``: all numbers."""

    device: str
    numbers: set[int] = msgspec.field(default_factory=set)
    features: set[str] = msgspec.field(default_factory=set)
    others: set[str] = msgspec.field(default_factory=set)
    judged: NumberRuns = msgspec.field(default_factory=NumberRuns)


class Purges:
    """Answers ``purge``, one at a time."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._busy = False

    async def purge(self, question: Reply) -> AsyncIterator[Reply]:
        """One reply: what went, by place. Raises ControlError."""
        try:
            asked = msgspec.convert(question, PurgeQuestion)
        except msgspec.ValidationError as error:
            raise ControlError(f"the question is not understood: {error}", "Are both of the same version?") from error
        if self._busy:
            raise ControlError("another purge is under way", "Ask again when it is done.")
        self._busy = True
        try:
            yield await self._purge(canonical_id(asked.device))
        except (JournalError, OSError) as error:
            raise ControlError(f"the logs could not be purged: {error}", "Mend that, then ask again.") from error
        finally:
            self._busy = False

    async def _purge(self, device: str) -> Reply:
        gateway = self._gateway
        traces = await self._survey(device)
        intake = await gateway.logs.intake.purge(said_by(traces, gateway.known.knowledge))
        everywhere = min((delivery.position for delivery in gateway.deliveries), default=2**63)
        waited_for: set[int] = set()
        ledger = await gateway.logs.ledger.purge(speaks_of(traces, everywhere, waited_for))
        gateway.tail.forget()
        gateway.refine.progress.memory.devices.pop(device, None)
        self._forget_in_analytics(traces)
        sinks, left = await self._purge_sinks(traces)
        if waited_for:
            left["ledger"] = f"{len(waited_for)} derived entries that a sink still waits for: ask again later"
        if any(one.id == device for one in gateway.known.files.devices):
            left["devices"] = "the device is still in the files of devices: what it says next is taken in again"
        found: Reply = {
            "device": device,
            "intake": intake.purged,
            "ledger": ledger.purged,
            "sinks": sinks,
            "left": left,
        }
        if unreadable := intake.unreadable + ledger.unreadable:
            left["logs"] = (
                f"{unreadable} damaged entries that could not be judged: see quarantine/ in the state directory"
            )
        gateway.events.emit(
            DevicePurged(device=device, intake=intake.purged, ledger=ledger.purged, rows=sum(sinks.values()))
        )
        return found

    async def _survey(self, device: str) -> Traces:
        """Read the whole ledger, sharing the loop."""
        ledger, traces = self._gateway.logs.ledger, Traces(device)
        await ledger.commit(sync=False)
        number, last = ledger.oldest_number, ledger.readable_number
        while batch := await ledger.fetch(number, max_entries=READ_AT_ONCE, upto=last):
            for entry in batch:
                item = read_ledger(entry.payload)
                if isinstance(item, Accepted | Rejected | Duplicate):
                    traces.judged.add(item.of)
                    if item.device == device:
                        traces.numbers.add(item.of)
                if isinstance(item, Accepted):
                    seen = traces.features if item.device == device else traces.others
                    seen.update(one.feature for one in item.observations)
            number = batch[-1].number + 1
        files = self._gateway.known.files.devices
        traces.features |= {one.feature for one in files if one.id == device}
        traces.features -= traces.others | {one.feature for one in files if one.id != device}
        return traces

    def _forget_in_analytics(self, traces: Traces) -> None:
        """Machines forget the device and its features; those of streets and areas lose them within their lateness."""
        analytics = self._gateway.analytics
        if analytics is None:
            return
        for analysis in analytics.pilots.values():
            for runner in analysis.runners.values():
                runner.forget(traces.features | {traces.device})
        analytics.save_soon()

    async def _purge_sinks(self, traces: Traces) -> tuple[dict[str, int], dict[str, str]]:
        """Rows and topics that went, by sink; and where something is left, with why."""
        gone: dict[str, int] = {}
        left: dict[str, str] = {}
        for delivery in self._gateway.deliveries:
            sink: Any = delivery.sink
            steps: list[tuple[Callable[[Any], Any], object]] = []
            if hasattr(sink, "purge_device"):
                steps.append((sink.purge_device, traces.device))
            if hasattr(sink, "purge_derived"):
                steps.append((sink.purge_derived, traces.features))
            if hasattr(sink, "retire"):
                steps += [(sink.retire, feature) for feature in sorted(traces.features)]
            if not steps:
                left[sink.id] = f"delete there by hand what has the tag device = '{traces.device}'"
                continue
            gone[sink.id] = 0
            try:
                for step, what in steps:
                    gone[sink.id] += await step(what)
            except SinkUnavailableError as error:
                left[sink.id] = f"not available, ask again: {error}"
            except CannotPurgeError as error:
                left[sink.id] = f"delete there by hand what has the tag device = '{traces.device}': {error}"
        return gone, left


def said_by(traces: Traces, knowledge: Knowledge) -> Callable[[Entry], bool]:
    """Whether an intake entry is the device's: by its outcome, or where there is none (any more) by its own words."""

    def judge(entry: Entry) -> bool:
        if entry.number in traces.numbers:
            return True
        if entry.number in traces.judged:
            return False
        try:
            received = decode_received(entry.payload)
        except msgspec.DecodeError:
            return False
        dialect = knowledge.dialects.get(received.source)
        said = dialect(received.topic, received.body) if dialect is not None else None
        return isinstance(said, Uplink) and canonical_id(said.device_id) == traces.device

    return judge


def speaks_of(traces: Traces, everywhere: int, waited_for: set[int]) -> Callable[[Entry], bool]:
    """Whether a ledger entry is about the device, or about features that it alone has observed."""

    def judge(entry: Entry) -> bool:
        item = read_ledger(entry.payload)
        if isinstance(item, Accepted | Rejected | Duplicate):
            return item.of in traces.numbers
        if isinstance(item, Refused):
            return item.of in traces.numbers or item.device == traces.device
        if not isinstance(item, Derived) or not any(one.feature in traces.features for one in item.observations):
            return False
        if entry.number > everywhere and any(one.feature not in traces.features for one in item.observations):
            waited_for.add(entry.number)
            return False
        return True

    return judge
