"""Downlinks as a person wants to read them, on the control socket and out of the book."""

from collections.abc import Mapping

from gateway.downlinks.record import Record, State
from pipelines.instants import format_rfc3339
from pipelines.model import Value

Reply = dict[str, object]

MEANING: Mapping[State, str] = {
    "asked": "written down",
    "sent": "the broker has it",
    "queued": "the network server has it in its queue",
    "transmitted": "a LoRaWAN gateway has sent it",
    "acked": "the device has acknowledged it",
    "confirmed": "a reading of the device shows it",
    "uncertain": "it may have left, or not",
    "refused": "the broker refused it",
    "failed": "it came to nothing",
    "expired": "too late: nothing was heard of it in time",
}
"""The states in words."""


def facts(record: Record) -> Reply:
    """One downlink and its steps."""
    return {
        "number": record.number,
        "device": record.device,
        "pilot": record.pilot,
        "downlink": record.downlink,
        "values": {name: _whole(value) for name, value in record.values.items()},
        "state": record.state,
        "said": record.steps[-1].said,
        "by": record.by,
        "asked": format_rfc3339(record.asked_ns),
        "expires": format_rfc3339(record.expires_ns),
        "steps": [{"state": one.state, "at": format_rfc3339(one.at_ns), "said": one.said} for one in record.steps],
        "source": record.source,
        "opens_s": record.opens_s,
        "closed_by": ("gateway" if record.closing else "device") if record.opens_s else "",
        "closes": record.closes,
    }


def _whole(value: Value) -> Value:
    """1200 and not 1200.0: the book's JSON does not tell them apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def rows(records: list[Record]) -> list[Reply]:
    """The book, the newest first."""
    return [facts(record) for record in sorted(records, key=lambda one: -one.number)]
