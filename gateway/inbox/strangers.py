"""Devices in quarantine because nobody has written them down, with guesses of what they are."""

from collections.abc import Iterable, Sequence

import msgspec

from gateway.explain.look import Look
from gateway.files.devices import canonical_id
from gateway.sinks.quarantine.read import DeviceSummary, Quarantine
from pipelines.guess import Guess, guess
from pipelines.model import Received, Uplink

REASON = "unknown_device"
NEWEST = 12
"""Messages of a device that are looked at for a guess; the guesser takes the different ones among them."""


class Stranger(msgspec.Struct, frozen=True):
    """One unknown device. ``source`` and ``topic`` are those of its newest message; guesses come best first."""

    device: str
    messages: int
    first_heard_ns: int
    last_heard_ns: int
    newest: int
    source: str
    topic: str
    guesses: tuple[Guess, ...]


def strangers(kept: Quarantine, look: Look, only: str | None = None) -> Sequence[Stranger]:
    """All unknown devices, the last heard first; ``only`` one of them, in any spelling of its id."""
    found = [row for row in kept.by_device(REASON) if only is None or is_same(row.device, only)]
    return [_stranger(kept, look, row) for row in found]


def is_same(device: str, given: str) -> bool:
    """Whether a person means this device."""
    return device == given.strip() or canonical_id(device) == canonical_id(given)


def _stranger(kept: Quarantine, look: Look, row: DeviceSummary) -> Stranger:
    messages = list(newest_messages(kept, row.device))
    uplinks = [uplink for message in messages if (uplink := look.uplink(message)) is not None]
    return Stranger(
        device=row.device,
        messages=row.entries,
        first_heard_ns=row.first_seen_ns,
        last_heard_ns=row.last_seen_ns,
        newest=row.newest,
        source=messages[0].source if messages else "",
        topic=messages[0].topic if messages else "",
        guesses=tuple(guess(look.guessable, uplinks)),
    )


def uplinks_of(kept: Quarantine, look: Look, device: str) -> Sequence[Uplink]:
    """What the dialects read of its newest messages."""
    found = (look.uplink(message) for message in newest_messages(kept, device))
    return [uplink for uplink in found if uplink is not None]


def newest_messages(kept: Quarantine, device: str, at_most: int = NEWEST) -> Iterable[Received]:
    """The newest messages of an unknown device as they were received."""
    for listed in kept.entries(REASON, device, limit=at_most):
        for entry in kept.show(listed.number):
            if entry.body is not None and not entry.sink:
                yield Received(entry.source, entry.topic, entry.body, entry.received_ns, 0, 0)
