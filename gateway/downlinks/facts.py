"""Downlinks as a person wants to read them, on the control socket and out of the book."""

from gateway.downlinks.record import Record
from pipelines.instants import format_rfc3339

Reply = dict[str, object]


def facts(record: Record) -> Reply:
    """One downlink and its steps."""
    return {
        "number": record.number,
        "device": record.device,
        "pilot": record.pilot,
        "downlink": record.downlink,
        "values": dict(record.values),
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


def rows(records: list[Record]) -> list[Reply]:
    """The book, the newest first."""
    return [facts(record) for record in sorted(records, key=lambda one: -one.number)]
