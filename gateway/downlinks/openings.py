"""Which valves are open, which must be closed now. Pure over the records; the rules stand here and nowhere else.

Laws
- An opening counts as sent unless the broker refused it: where that is uncertain, the valve may be open.
- The time of an opening that the gateway ends runs from the moment it was asked for: rather early than late.
- A closing counts once it is on its way and nothing says that it failed. One that failed is sent again, after a pause.
"""

from collections.abc import Iterable, Mapping

from gateway.downlinks.record import UNDER_WAY, Record
from pipelines.model import NS_PER_S

AGAIN_AFTER_NS = 60 * NS_PER_S
ON_ITS_WAY = {"asked", "sent", "queued", "transmitted", "acked", "confirmed"}


def due(records: Mapping[int, Record], now_ns: int) -> list[Record]:
    """The openings whose time is over and whose valve the gateway must close now, the oldest first."""
    return [
        record
        for record in records.values()
        if left_open(records, record)
        and now_ns >= record.asked_ns + record.open_ns
        and all(now_ns >= closing.steps[-1].at_ns + AGAIN_AFTER_NS for closing in closings(records, record))
    ]


def left_open(records: Mapping[int, Record], record: Record) -> bool:
    """True for an opening that the gateway has to end and has not ended."""
    if not record.closing or record.state == "refused":
        return False
    return not any(closing.state in ON_ITS_WAY for closing in closings(records, record))


def closings(records: Mapping[int, Record], opening: Record) -> list[Record]:
    """The later downlinks that close the valve of an opening, by whomever."""
    return [
        record
        for record in _of_valve(records.values(), opening.device, opening.valve)
        if record.number > opening.number and not record.opens_s
    ]


def still_open(records: Mapping[int, Record], device: str, valve: str, now_ns: int) -> Record | None:
    """The opening that is under way or whose time is not over; None where none is, or a closing went after it."""
    for record in _of_valve(records.values(), device, valve):
        if not record.opens_s or record.state in {"refused", "failed", "expired"}:
            continue
        over_ns = record.steps[-1].at_ns + record.open_ns
        if record.state not in UNDER_WAY and now_ns >= over_ns:
            continue
        if not any(closing.state in ON_ITS_WAY for closing in closings(records, record)):
            return record
    return None


def _of_valve(records: Iterable[Record], device: str, valve: str) -> list[Record]:
    return [record for record in records if valve and (record.device, record.valve) == (device, valve)]
