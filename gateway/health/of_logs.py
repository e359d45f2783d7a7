"""What is wrong with what is kept: quotas, the disk, an intake that is held.

A log that has reached its quota is no trouble: that is its normal state after some weeks, and it gives up what
everybody has had. What fills a quota here is what somebody still needs: then the next thing given up is a loss.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.health.found import Found
from gateway.sinks import KeepingSink

if TYPE_CHECKING:
    from gateway.run import Gateway

MARKS_PERCENT = (50, 80, 95)
FULL_AFTER_S = 10.0
"""A burst fills the ring for a moment; a disk that does not keep up, for longer."""


def found_in_logs(gateway: "Gateway") -> Iterator[Found]:
    """Troubles of both logs, the quarantine and the ring before the intake."""
    yield from _quotas(gateway)
    yield from _disk(gateway)
    if gateway.ingest.held:
        holding = ", ".join(sorted(gateway.holding))
        what = f"nothing is received: the logs are full of what {holding} still needs, and when_full is hold"
        mend = "Mend that sink; or raise quota_bytes, or set its when_full to expire."
        yield Found("intake-held", "intake", "critical", what, mend)


def needed_bytes(gateway: "Gateway") -> dict[str, int]:
    """By log: the size of what somebody still has to read. In the ledger sinks, in the intake refine."""
    slowest = min((delivery.position for delivery in gateway.deliveries), default=gateway.logs.ledger.next_number - 1)
    intake, ledger = gateway.logs.intake, gateway.logs.ledger
    refined = gateway.housekeeping.needed_from()
    return {
        "intake": intake.bytes_from(refined) if refined < intake.next_number else 0,
        "ledger": ledger.bytes_from(slowest + 1) if ledger.has_past(slowest) else 0,
    }


def _quotas(gateway: "Gateway") -> Iterator[Found]:
    needed = needed_bytes(gateway)
    for log in (gateway.logs.intake, gateway.logs.ledger):
        mark = mark_of(needed[log.name], log.options.quota_bytes)
        if mark is None:
            continue
        who = "refine" if log.name == "intake" else _slowest(gateway)
        what = f"the {log.name} is filled to {mark} % of its quota with what {who} still has to read"
        mend = "At 100 % the oldest is given up. Mend what lags, or raise quota_bytes if the disk has room."
        yield Found("quota", log.name, "critical" if mark == MARKS_PERCENT[-1] else "warning", what, mend)
    for delivery in gateway.deliveries:
        sink = delivery.sink
        if isinstance(sink, KeepingSink) and (mark := mark_of(sink.kept_bytes, sink.quota_bytes)) is not None:
            what = f"{sink.id} is filled to {mark} % with messages that were not understood or were refused"
            mend = "At 100 % the oldest is given up. citygate rejected list --by-device shows what they are."
            yield Found("quota", sink.id, "warning", what, mend)


def mark_of(used_bytes: int, quota_bytes: int) -> int | None:
    """The highest mark that is reached, in percent."""
    return max((mark for mark in MARKS_PERCENT if used_bytes * 100 >= mark * quota_bytes), default=None)


def _slowest(gateway: "Gateway") -> str:
    return min(gateway.deliveries, key=lambda delivery: delivery.position).sink.id if gateway.deliveries else "nobody"


def _disk(gateway: "Gateway") -> Iterator[Found]:
    for log in (gateway.logs.intake, gateway.logs.ledger):
        if log.full:
            what = f"the disk is full: the {log.name} cannot be written, and nothing new is acknowledged"
            if log is gateway.logs.ledger:
                what = "the disk is full: the ledger cannot be written; what is received is kept and not yet read"
            mend = "Free space on the disk of the state directory; everything goes on by itself then."
            yield Found("disk-full", log.name, "critical", what, mend)
    if gateway.refine.ledger_refuses and not gateway.logs.ledger.full:
        mend = "Look at the disk (dmesg). What is received is kept in the intake and read as soon as it can be written."
        yield Found("disk", "ledger", "critical", "the ledger cannot be written", mend)
    if gateway.ingest.full and not gateway.ingest.held and not gateway.logs.intake.full:
        what = "the disk is slower than what comes: sources are made to wait"
        mend = "A worn or cheap card? Put state_dir on an SSD; nothing is lost at QoS 1 meanwhile."
        yield Found("disk-slow", "intake", "warning", what, mend, after_s=FULL_AFTER_S)
