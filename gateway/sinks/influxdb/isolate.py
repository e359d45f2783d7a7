"""Writes a group of entries and finds those that the server will never take. Knows no HTTP.

    group ──▶ written
          ├─▶ too large ──▶ both halves
          └─▶ complaint ──▶ find culprits ──▶ the group without them, in ledger order ──▶ written

Laws
- Rewriting is harmless (same identity, same time, same bytes), so a part may be sent as often as the search needs.
- The last word on every group is one request with all that is not named, in ledger order, which the server took.
  So neither a hint nor the order of the search can lose an entry or put an older revision over a newer one.
- An entry is named when it was refused alone, or in a part of which the server dropped every line.
- The server's words choose how to split. Without any, one culprit among n costs at most 2·log2(n) + 3 requests.
- A server that took nothing at all is not refusing content: everything is kept and a person must look.
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from gateway.sinks import Refusal, SinkUnavailableError
from gateway.sinks.influxdb.complaint import Complaint

HOLD_AFTER = 40
"""Requests without any success after which content is not to blame (the cap of promise P9)."""


class Written(msgspec.Struct, frozen=True):
    """The server has all of it."""


class TooLarge(msgspec.Struct, frozen=True):
    """The server wants smaller bodies."""

    words: str


Verdict = Written | TooLarge | Complaint
Post = Callable[[bytes], Awaitable[Verdict]]


class Sendable(msgspec.Struct, frozen=True, gc=False):
    """One entry as it will be sent. ``time_ns`` is the entry's own time."""

    number: int
    body: bytes
    lines: int
    time_ns: int = 0


Group = Sequence[Sendable]


class Search:
    """One group's road. ``refusals`` tells what the server will never take, ``too_large_bytes`` what a 413 taught."""

    def __init__(self, post: Post) -> None:
        self.refusals: list[Refusal] = []
        self.requests = 0
        self.too_large_bytes = 0
        self._takes_something = False
        self._post = post

    async def write(self, group: Group) -> None:
        """Write everything that the server takes; name the others in ``refusals``. Raises SinkUnavailableError."""
        waiting = [group]
        while waiting:
            part = waiting.pop()
            match await self._send(part):
                case Written():
                    pass
                case TooLarge(words) if len(part) == 1:
                    self.refusals.append(Refusal(part[0].number, words, part[0].body))
                    self._takes_something = True  # a limit of size, not of kind
                case TooLarge():
                    half = len(part) // 2
                    waiting += [part[half:], part[:half]]
                case Complaint() as complaint:
                    waiting += await self._without_culprits(part, complaint)
        if self.refusals and not self._takes_something:
            raise _nothing_taken(self.refusals[0].detail)

    async def _without_culprits(self, part: Group, complaint: Complaint) -> list[Group]:
        culprits = await self._culprits(part, complaint)
        if not culprits:
            raise SinkUnavailableError(f"the server took every part of what it refused as a whole: {complaint.words}")
        self.refusals += [
            Refusal(entry.number, culprits[entry.number], entry.body) for entry in part if entry.number in culprits
        ]
        rest = [entry for entry in part if entry.number not in culprits]
        return [rest] if rest else []

    async def _culprits(self, part: Group, complaint: Complaint) -> dict[int, str]:
        """Number and words of the culprits: at least the first, mostly all. ``sent``: refused as it stands."""
        found: dict[int, str] = {}
        undecided = [(part, complaint, True)]
        while undecided:
            part, complaint, sent = undecided.pop()
            if len(part) == 1 and not sent:
                verdict = await self._send(part)
                if not isinstance(verdict, Complaint):
                    continue
                complaint = verdict
            if len(part) == 1 or all_dropped(part, complaint):
                found |= {entry.number: complaint.words for entry in part}
                continue
            suspects, rest = split(part, complaint)
            verdict = await self._send(suspects)
            if not isinstance(verdict, Complaint):
                undecided.append((rest, _for_another_part(complaint), False))  # they are all there
                continue
            undecided.append((suspects, verdict, True))
            if not _explains(verdict, complaint):
                verdict = await self._send(rest)
                if isinstance(verdict, Complaint):
                    undecided.append((rest, verdict, True))
        return found

    async def _send(self, part: Group) -> Verdict:
        if self.requests >= HOLD_AFTER and not self._takes_something:
            raise _nothing_taken("")
        self.requests += 1
        body = b"".join([entry.body for entry in part])
        verdict = await self._post(body)
        if isinstance(verdict, TooLarge):
            self.too_large_bytes = min(len(body), self.too_large_bytes or len(body))
        elif isinstance(verdict, Written) or verdict.kept or accused(part, verdict):
            self._takes_something = True
        return verdict


def _nothing_taken(words: str) -> SinkUnavailableError:
    mend = "it takes nothing at all, so no single entry is to blame: check address, version, names and limits"
    return SinkUnavailableError(f"the server refuses everything: {words}", mend=mend)


def split(part: Group, complaint: Complaint) -> tuple[Group, Group]:
    """(suspects, rest), neither empty: by what the complaint points at, else in the middle of time.

    By time, because field types belong to shards, and shards are spans of time: culprits lie together.
    """
    numbers = accused(part, complaint)
    if 0 < len(numbers) < len(part):
        return (
            [entry for entry in part if entry.number in numbers],
            [entry for entry in part if entry.number not in numbers],
        )
    by_time = sorted(part, key=_time_ns)
    half = len(part) // 2
    return by_time[:half], by_time[half:]


def accused(part: Group, complaint: Complaint) -> set[int]:
    """Ledger numbers of the entries that the complaint may mean."""
    if complaint.line_numbers:
        return _owners(part, complaint.line_numbers)
    if complaint.quoted:
        quoted = {text.encode() for text in complaint.quoted}
        return {entry.number for entry in part if not quoted.isdisjoint(entry.body.splitlines())}
    if complaint.conflict is not None:
        return {entry.number for entry in part if _lines_with(entry, complaint.conflict)}
    if complaint.too_old and complaint.dropped:
        return _oldest(part, complaint.dropped)
    return set()


def all_dropped(part: Group, complaint: Complaint) -> bool:
    """True when the server dropped, by its own numbers, as many lines as it can mean, of every entry of the part."""
    if not complaint.kept:
        return False
    if complaint.line_numbers:
        return len(_owners(part, complaint.line_numbers)) == len(part)
    if complaint.too_old:
        return sum(entry.lines for entry in part) == complaint.dropped
    if complaint.conflict is None:
        return False
    meant = [_lines_with(entry, complaint.conflict) for entry in part]
    return all(meant) and sum(meant) == complaint.dropped


def _explains(part: Complaint, whole: Complaint) -> bool:
    """True when the part's dropped lines are all that the whole dropped."""
    return part.kept and whole.kept and 0 < whole.dropped == part.dropped


def _for_another_part(complaint: Complaint) -> Complaint:
    """The same words and counts; line numbers and quotations hold only where they were said."""
    return msgspec.structs.replace(complaint, line_numbers=(), quoted=())


def _time_ns(entry: Sendable) -> int:
    return entry.time_ns


def _owners(part: Group, line_numbers: Sequence[int]) -> set[int]:
    wanted = set(line_numbers)
    owners, line = set(), 1
    for entry in part:
        if not wanted.isdisjoint(range(line, line + entry.lines)):
            owners.add(entry.number)
        line += entry.lines
    return owners


def _oldest(part: Group, lines: int) -> set[int]:
    oldest: set[int] = set()
    for entry in sorted(part, key=_time_ns):
        if lines <= 0:
            break
        oldest.add(entry.number)
        lines -= entry.lines
    return oldest


def _lines_with(entry: Sendable, conflict: tuple[str, str]) -> int:
    """How many lines of the entry write this field of this measurement."""
    measurement, field = (name.encode() for name in conflict)
    head, first, later = measurement + b",", b" " + field + b"=", b"," + field + b"="
    return sum(line.startswith(head) and (first in line or later in line) for line in entry.body.splitlines())
