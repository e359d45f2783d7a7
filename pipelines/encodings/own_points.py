"""What the gateway writes to InfluxDB about itself, and about where devices stand: the words, and the lines.

Laws
- These are no observations of the city: no pilot has them, no open topic and no download carries them. So their words
  stand here and not in the vocabulary, which device profiles may use.
- As in the vocabulary a name keeps its unit, its type and its meaning for ever; numbers are floats.
- One line per part of the gateway and minute. Counters count since this start: they begin anew with each.
"""

from collections.abc import Iterable, Mapping

from pipelines.encodings.line_protocol import UnwritableError, quoted, tag_text
from pipelines.model import Device, Value
from pipelines.vocabulary import Kind, ObservedProperty

INVENTORY, INVENTORY_EVENT = "inventory", "inventory_event"
NO_AREA = "-"
"""The tag ``area`` is always there: a choice by area must also find what is in none."""


def _word(name: str, unit: str, title: str, kind: Kind = "gauge") -> ObservedProperty:
    return ObservedProperty(name, unit, kind, title)


OWN_MEASUREMENTS: Mapping[str, tuple[str, tuple[ObservedProperty, ...]]] = {
    "citygate": (
        "",
        (
            _word("uptime_s", "s", "Since this start of the gateway"),
            _word("resident_bytes", "By", "Memory that the process holds"),
            _word("clock_step_s", "s", "How far the wall clock jumped since the last report"),
            _word("critical_conditions", "{count}", "Things that are wrong now and cannot wait"),
            _word("warning_conditions", "{count}", "Things that are wrong now and can wait until tomorrow"),
            _word("intake_held", "1", "A full log keeps sources waiting", "flag"),
            _word("received", "{count}", "Messages received since this start", "counter"),
            _word("accepted", "{count}", "Messages understood since this start", "counter"),
            _word("duplicates", "{count}", "Further receptions of the same frame since this start", "counter"),
            _word("rejected", "{count}", "Messages not understood since this start", "counter"),
            _word("unread", "{count}", "Messages kept and not yet looked at"),
            _word("waiting", "{count}", "Messages that wait for the clock or a codec"),
            _word("derived", "{count}", "Values worked out by analytics since this start", "counter"),
            _word("analytics_behind", "{count}", "Ledger entries that analytics have not taken in"),
            _word("devices", "{count}", "Devices in the files in force"),
        ),
    ),
    "citygate_rejected": (
        "reason",
        (_word("rejected_messages", "{count}", "Messages rejected for this reason since this start", "counter"),),
    ),
    "citygate_source": (
        "source",
        (
            _word("source_received", "{count}", "Messages received from this source since this start", "counter"),
            _word("source_connected", "1", "The source has its broker", "flag"),
        ),
    ),
    "citygate_sink": (
        "sink",
        (
            _word("pending", "{count}", "Ledger entries that this sink has not had"),
            _word("lag_s", "s", "How long the oldest of them has waited"),
            _word("delivered", "{count}", "Entries delivered since this start", "counter"),
            _word("quarantined", "{count}", "Entries that the far side refused, since this start", "counter"),
            _word("failing", "1", "The far side does not take data", "flag"),
        ),
    ),
    "citygate_log": (
        "log",
        (
            _word("size_bytes", "By", "Size of the log on the disk"),
            _word("needed_percent", "%", "Share of its quota that refine or a sink has still to read"),
            _word("disk_used_percent", "%", "Share of its disk that is used, by whomever"),
        ),
    ),
    INVENTORY: (
        "area",
        (
            _word("name", "1", "What people call it", "state"),
            _word("profile", "1", "Kind of device", "state"),
            _word("latitude_deg", "deg", "Latitude, WGS 84"),
            _word("longitude_deg", "deg", "Longitude, WGS 84"),
        ),
    ),
    INVENTORY_EVENT: (
        "area",
        (_word("placed", "1", "What was put up, exchanged or moved", "state"),),
    ),
}
"""Measurement → the tag that tells its lines apart beside those of every line, and its fields."""

OWN_WORDS: Mapping[str, ObservedProperty] = {
    word.name: word for _tag, words in OWN_MEASUREMENTS.values() for word in words
}


def own_line(measurement: str, tags: Mapping[str, str], fields: Mapping[str, Value | None], time_ns: int) -> str:
    """One line, ended by a newline; "" where no field has a value.

    Raises UnwritableError, and KeyError for a word that the table lacks.
    """
    written = ",".join(f"{name}={_text(OWN_WORDS[name], value)}" for name, value in fields.items() if value is not None)
    if not written:
        return ""
    named = "".join(f",{key}={tag_text(key, value)}" for key, value in sorted(tags.items()) if value)
    return f"{measurement}{named} {written} {time_ns}\n"


def inventory_lines(devices: Iterable[Device], day_ns: int) -> str:
    """Where each device stands, at the beginning of a day, and where its record begins, what was done then.

    The same devices on the same day give the same points, so writing them again changes nothing. One that cannot be
    written is left out: its uplinks are refused by name already.
    """
    lines = ""
    for device in devices:
        tags = {
            "city": device.city,
            "pilot": device.pilot,
            "area": device.area or NO_AREA,
            "feature": device.feature,
            "device": device.id,
        }
        begun_ns, ended_ns = device.valid_from_ns, device.valid_to_ns
        place = device.location
        fields: dict[str, Value | None] = {
            "name": device.name or device.id,
            "profile": device.profile,
            "latitude_deg": place.latitude if place else None,
            "longitude_deg": place.longitude if place else None,
        }
        try:
            if (begun_ns is None or begun_ns <= day_ns) and (ended_ns is None or ended_ns > day_ns):
                lines += own_line(INVENTORY, tags, fields, day_ns)
            if begun_ns is not None:
                placed = f"{device.name or device.id} at {device.feature}"
                lines += own_line(INVENTORY_EVENT, tags, {"placed": placed}, begun_ns)
        except UnwritableError:
            continue
    return lines


def _text(word: ObservedProperty, value: Value) -> str:
    match word.kind:
        case "gauge" | "counter":
            return repr(float(value))
        case "flag":
            return "true" if value else "false"
        case "state":
            return quoted(str(value))
