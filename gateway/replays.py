"""Replays as asked for on the control socket: one at a time, with today's files, and a line of record for each.

    replay · rejected_retry ──▶ read the files again ──▶ Replay ──▶ {"done": n, "of": m} … ──▶ report
                                                            └──▶ <state_dir>/replays.jsonl, unless it only looked

Law: every replay that wrote anything leaves its record, also one that was broken off; one that cannot is told.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from gateway.control import ControlError, Reply
from gateway.events import logger
from gateway.files.mistakes import ConfigError
from gateway.journal.notices import JournalError
from gateway.knowledge import load_known
from gateway.replay import Replay, first_number_since
from gateway.sinks import SinkUnavailableError
from gateway.sinks.quarantine.read import Quarantine
from gateway.sinks.quarantine.sink import QuarantineSink
from pipelines.difference import Tally
from pipelines.instants import format_rfc3339
from pipelines.model import Outcome, Rejected
from pipelines.process import Knowledge

if TYPE_CHECKING:
    from gateway.run import Gateway

Question = TypeVar("Question")

FILE_NAME = "replays.jsonl"
TELL_EVERY_S = 0.25
"""Between two replies that only tell how far it is."""


class ReplayQuestion(msgspec.Struct, frozen=True):
    """From ``first``, else from what was received at ``since_ns``, to ``last``; of one device or of all.

    ``dry_run``: look, and write nothing. ``by``: who asks, for the record.
    """

    first: int | None = None
    last: int | None = None
    since_ns: int = 0
    device: str | None = None
    dry_run: bool = False
    by: str = ""


class RetryQuestion(msgspec.Struct, frozen=True):
    """Which rejected or refused entries; what is left out does not narrow the choice. ``reason``: also "refused"."""

    reason: str | None = None
    device: str | None = None
    numbers: frozenset[int] = frozenset()
    by: str = ""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of ``replays.jsonl``. ``ended``: ``complete``, or ``broken off`` after what the counts say.

    ``profiles``: those that spoke, with the hash of their files; ``properties``: what changed of each.
    """

    at: str
    kind: str
    by: str
    first: int
    last: int
    refined: int
    changed: int
    retracted: int
    ended: str
    device: str | None = None
    reason: str | None = None
    profiles: Mapping[str, str] = {}
    outcomes: Mapping[str, int] = {}
    properties: Mapping[str, Tally] = {}


class Replays:
    """The answers to ``replay`` and ``rejected_retry``."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._replaying = False

    async def replay(self, question: Reply) -> AsyncIterator[Reply]:
        """Replies with ``done`` and ``of``, then the report; with ``dry_run`` also what would change.

        Raises ControlError.
        """
        asked = understood(question, ReplayQuestion)
        gateway = self._gateway
        first = asked.first
        if first is None:
            first = await first_number_since(gateway.logs.intake, asked.since_ns)
        last = min(asked.last or gateway.refine.progress.position, gateway.refine.progress.position)

        def wanted(before: Outcome) -> bool:
            return asked.device is None or before.device == asked.device

        head = {"kind": "replay", "by": asked.by, "device": asked.device}
        async for reply in self._run(head, first, last, wanted, dry_run=asked.dry_run):
            yield reply

    async def rejected_retry(self, question: Reply) -> AsyncIterator[Reply]:
        """Refine rejected entries again, and those that a server refused, which are thereby brought again.

        All, or those of a reason, a device, or named numbers. Raises ControlError.
        """
        asked = understood(question, RetryQuestion)
        refused = await self._refused(asked)
        again: set[int] = set()

        def wanted(before: Outcome) -> bool:
            if asked.device not in (None, before.device) or (asked.numbers and before.of not in asked.numbers):
                return False
            if before.of in refused:
                again.add(before.of)
                return True
            return isinstance(before, Rejected) and asked.reason in (None, before.reason)

        among = asked.numbers or (refused if asked.reason == "refused" else None)
        first, last = 1, self._gateway.refine.progress.position
        if among is not None:
            first, last = min(among, default=1), max(among, default=0)
        upto = self._gateway.logs.ledger.next_number - 1
        head = {"kind": "rejected retry", "by": asked.by, "device": asked.device, "reason": asked.reason}
        async for reply in self._run(head, first, last, wanted):
            if "refined" in reply and again:
                await self._note_retried(again, upto)
            yield reply

    async def _note_retried(self, numbers: Collection[int], upto: int) -> None:
        """What was refused up to a ledger number was brought again. A file that cannot be written leaves it held."""
        quarantine = self._quarantine()
        if quarantine is not None:
            with contextlib.suppress(SinkUnavailableError):  # it may be brought once more: identities make it harmless
                await quarantine.mark_retried(numbers, upto)

    async def _refused(self, asked: RetryQuestion) -> frozenset[int]:
        """Intake numbers that the quarantine holds as refused, where the question is about them."""
        quarantine = self._quarantine()
        if quarantine is None or asked.reason not in (None, "refused"):
            return frozenset()
        try:
            return await asyncio.to_thread(_refused_in, quarantine.file, asked.device)
        except FileNotFoundError:
            return frozenset()
        except sqlite3.Error as error:
            raise ControlError(f"the quarantine cannot be read: {error}", f"Look at {quarantine.file}.") from error

    def _quarantine(self) -> QuarantineSink | None:
        sinks = (delivery.sink for delivery in self._gateway.deliveries)
        return next((sink for sink in sinks if isinstance(sink, QuarantineSink)), None)

    async def _run(
        self,
        head: Mapping[str, Any],
        first: int,
        last: int,
        wanted: Callable[[Outcome], bool],
        *,
        dry_run: bool = False,
    ) -> AsyncIterator[Reply]:
        if self._replaying:
            raise ControlError("a replay is running already", "Wait for its end; citygate status shows the gateway.")
        self._replaying = True
        ended = "broken off"
        replay: Replay | None = None
        try:
            knowledge = await self._knowledge(dry_run=dry_run)
            gateway = self._gateway
            replay = Replay(gateway.refine, gateway.events, knowledge=knowledge, write=not dry_run)
            async with contextlib.aclosing(replay.run(first, last, wanted=wanted)) as steps:
                async for reply in _told(steps, max(first, gateway.logs.intake.oldest_number), last):
                    yield reply
            ended = "complete"
        except JournalError as error:
            raise ControlError(f"the ledger cannot be written: {error}", "Free space, then ask again.") from error
        finally:
            self._replaying = False
            unrecorded = "" if replay is None or dry_run else self._record(head, replay, ended)
        yield _reply(replay, dry_run=dry_run)
        if unrecorded:
            raise ControlError(
                f"the replay is complete, but left no record: {unrecorded}",
                f"Mend {self._gateway.config.gateway.state_dir / FILE_NAME}; the replay need not be repeated.",
            )

    async def _knowledge(self, *, dry_run: bool) -> Knowledge:
        """Today's files: put in force, or only read for a dry run. Raises ControlError with their mistakes."""
        mistakes: Sequence[str] = ()
        if not dry_run:
            mistakes = await self._gateway.reload()
        else:
            try:
                known = await asyncio.to_thread(load_known, self._gateway.config)
            except ConfigError as error:
                mistakes = [str(mistake) for mistake in error.mistakes]
            except OSError as error:
                mistakes = [str(error)]
            else:
                return known.knowledge
        if mistakes:
            what = "the files have mistakes or cannot be read:\n" + "\n".join(mistakes)
            raise ControlError(what, "Mend them, then ask again.")
        return self._gateway.refine.knowledge

    def _record(self, head: Mapping[str, Any], replay: Replay, ended: str) -> str:
        """Write the line of record; returns why it could not be written, else nothing."""
        difference, report = replay.difference, replay.report
        record = Record(
            at=format_rfc3339(self._gateway.clock.wall_ns() // 1_000_000_000 * 1_000_000_000),
            **head,
            **msgspec.structs.asdict(report),
            ended=ended,
            profiles=difference.profiles,
            outcomes=dict(difference.outcomes),
            properties={name: tally for name, tally in difference.properties.items() if differs(tally)},
        )
        file = self._gateway.config.gateway.state_dir / FILE_NAME
        try:
            with file.open("ab") as out:
                out.write(msgspec.json.encode(record) + b"\n")
        except OSError as error:  # raised, it would hide what broke the replay off
            logger.warning("a replay (%s) left no record in %s: %s", ended, file, error)
            return str(error)
        return ""


async def _told(steps: AsyncIterator[int], first: int, last: int) -> AsyncIterator[Reply]:
    """How far it is, a few times a second."""
    loop = asyncio.get_running_loop()
    due_s = loop.time() + TELL_EVERY_S
    async for number in steps:
        if loop.time() >= due_s:
            due_s = loop.time() + TELL_EVERY_S
            yield {"done": number - first + 1, "of": last - first + 1}


def _refused_in(file: Path, device: str | None) -> frozenset[int]:
    with Quarantine(file) as quarantine:
        return quarantine.refused_numbers(device)


def _reply(replay: Replay, *, dry_run: bool) -> Reply:
    found: Reply = msgspec.structs.asdict(replay.report)
    difference = replay.difference
    found["outcomes"] = dict(difference.outcomes)
    found["properties"] = {name: msgspec.structs.asdict(tally) for name, tally in difference.properties.items()}
    if dry_run:
        found["dry_run"] = True
        found["samples"] = [msgspec.structs.asdict(sample) for sample in difference.samples]
    return found


def differs(tally: Tally) -> bool:
    """Whether anything of a property changed."""
    return bool(tally.changed or tally.appeared or tally.vanished or tally.requalified)


def history(state_dir: Path, at_most: int) -> Sequence[Record]:
    """The newest records, the last first; a torn last line is passed over. Raises OSError."""
    file = state_dir / FILE_NAME
    lines = file.read_bytes().splitlines() if file.exists() else []
    records = []
    for line in reversed(lines):
        with contextlib.suppress(msgspec.DecodeError):
            records.append(msgspec.json.decode(line, type=Record))
        if len(records) == at_most:
            break
    return records


def understood(question: Reply, kind: type[Question]) -> Question:
    """The question as its type. Raises ControlError for what is no such question."""
    try:
        return msgspec.convert(question, kind)
    except msgspec.ValidationError as error:
        raise ControlError(f"the question is not understood: {error}", "Are both of the same version?") from error
