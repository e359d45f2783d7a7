"""Everything ``citygate explain`` shows of one message, as plain data: the screen and ``--json`` draw from the same.

Law: values, qualities and line protocol are those of the recorded outcome where there is one; what today's files would
make of the message is named beside it only where it differs.
"""

from collections.abc import Sequence

import msgspec

from gateway.explain.find import Found
from gateway.explain.look import Look, readers_of
from gateway.explain.mend import mends
from pipelines.explain import Explanation, Note, sent, why
from pipelines.instants import format_rfc3339
from pipelines.layout.trace import Span
from pipelines.model import NS_PER_S, Accepted, Duplicate, Observation, Outcome, Rejected, Value
from pipelines.process import Waiting
from pipelines.vocabulary import PROPERTIES

UNITS = {"Cel": "°C", "[ppm]": "ppm", "[ppb]": "ppb", "ug/m3": "µg/m³", "m3": "m³", "1": "", "{count}": "", "deg": "°"}
UNITS |= {"uS/cm": "µS/cm", "[g]": "g", "[pH]": "pH", "kW.h": "kWh", "dB[mW]": "dBm", "W/m2": "W/m²", "[NTU]": "NTU"}
"""UCUM as people write it."""


class Row(msgspec.Struct, frozen=True):
    """One reading and the observation it became. ``quality`` "" where it became none; ``why`` then says why not."""

    reading: str
    value: Value
    unit: str
    property: str = ""
    observed: Value | None = None
    observed_unit: str = ""
    quality: str = ""
    why: str = ""
    time: str = ""


class Report(msgspec.Struct, frozen=True):
    """One message from topic to sinks. ``facts`` are lines of (what, found); ``fault`` is the byte reader's."""

    number: int
    facts: tuple[tuple[str, str], ...]
    body: str
    payload_hex: str = ""
    spans: tuple[Span, ...] = ()
    fault: str = ""
    rows: tuple[Row, ...] = ()
    outcome: str = ""
    reason: str = ""
    detail: str = ""
    mend: tuple[str, ...] = ()
    differs: str = ""
    line_protocol: str = ""
    open_topics: tuple[tuple[str, str], ...] = ()


def report_of(found: Found, look: Look) -> Report:
    """Explain a message whose bytes are at hand. Raises ValueError where they are not."""
    if found.received is None:
        raise ValueError(f"the bytes of message {found.number} are not kept any more")
    return report_on(found, look.explain(found.number, found.received), look)


def report_on(found: Found, told: Explanation, look: Look) -> Report:
    """The report on a message that was explained already."""
    outcome = told.outcome if found.outcome is None else found.outcome
    lines = ""
    bodies: tuple[tuple[str, str], ...] = ()
    if isinstance(outcome, Accepted):
        made = sent(outcome, found.revision or found.number, first=found.first)
        lines, bodies = made.fault or made.lines, made.bodies
    reason, detail, mend = _rejection(told, outcome, look)
    traced = told.bytes_read
    payload = told.uplink.payload if told.uplink is not None else None
    return Report(
        number=found.number,
        facts=tuple(_facts(found, told, look)),
        body=_text(told.received.body),
        payload_hex=payload.hex() if payload else "",
        spans=traced.spans if traced is not None else (),
        fault=traced.fault if traced is not None else "",
        rows=tuple(_rows(told, outcome)),
        outcome=_word(found, outcome),
        reason=reason,
        detail=detail,
        mend=tuple(mend),
        differs=_difference(told.outcome, outcome) if found.outcome is not None else "",
        line_protocol=lines,
        open_topics=bodies,
    )


def _rejection(told: Explanation, outcome: Outcome | Waiting, look: Look) -> tuple[str, str, Sequence[str]]:
    if not isinstance(outcome, Rejected):
        return "", "", ()
    return outcome.reason, outcome.detail, mends(told, outcome, look)


def _facts(found: Found, told: Explanation, look: Look) -> list[tuple[str, str]]:
    received = told.received
    facts = []
    if found.number:
        facts.append(("intake number", f"{found.number:,}"))
    clock = "" if received.clock == "trusted" else ", by a clock that was not set"
    facts.append(("received", f"{instant(received.received_ns)}{clock}, source {received.source}"))
    facts.append(("topic", received.topic))
    name = look.names.get(received.source, "none: no source of this name is configured any more")
    readers = [other for other in readers_of(received.topic, received.body) if other != name]
    hint = f"  (reads as {', '.join(readers)})" if told.uplink is None and readers else ""
    facts.append(("dialect", name + hint))
    uplink = told.uplink
    if uplink is None:
        return facts
    facts.append(("device", _device(told)))
    frame = [f"f_port {uplink.f_port}" if uplink.f_port is not None else "", _counted(uplink.f_cnt, "f_cnt")]
    frame += [f"{len(uplink.payload)} bytes" if uplink.payload is not None else "no bytes of the device's own"]
    facts.append((uplink.kind, ", ".join(part for part in frame if part)))
    if told.when is not None:
        delay_s = (received.received_ns - told.when.time_ns) / NS_PER_S
        late = f", {delay_s:,.1f} s before it was received" if received.clock == "trusted" and delay_s > 0 else ""
        facts.append(("time", f"{instant(told.when.time_ns)}, by the {told.when.source}{late}"))
    for heard in uplink.receptions:
        figures = [
            f"{heard.rssi_dbm:g} dBm" if heard.rssi_dbm is not None else "",
            f"SNR {heard.snr_db:g} dB" if heard.snr_db is not None else "",
        ]
        facts.append(("heard by", "  ".join([heard.gateway_id or "?", *(one for one in figures if one)])))
    return facts


def _counted(number: int | None, name: str) -> str:
    return "" if number is None else f"{name} {number:,}"


def _device(told: Explanation) -> str:
    assert told.uplink is not None
    device = told.device
    if device is None:
        return f"{told.uplink.device_id} (no record holds for it)"
    name = f' "{device.name}"' if device.name else ""
    return f"{device.id}{name}, {device.feature}, pilot {device.pilot}, profile {device.profile}"


def _rows(told: Explanation, outcome: Outcome | Waiting) -> list[Row]:
    """Readings with what they became; observations of the recorded outcome that no reading explains come last."""
    observed = list(outcome.observations) if isinstance(outcome, Accepted) else []
    rows = [_row(told, note, _taken(note, observed)) for note in told.notes]
    return rows + [_only_observed(told, one) for one in observed]


def _taken(note: Note, observed: list[Observation]) -> Observation | None:
    """The observation that a reading became; each is given once, in the order of the readings."""
    if note.fate != "observed":
        return None
    for place, one in enumerate(observed):
        if one.property == note.property:
            return observed.pop(place)
    return None


def _row(told: Explanation, note: Note, observation: Observation | None) -> Row:
    unit = UNITS.get(note.unit, note.unit)
    if observation is None:
        reasons = {
            "unmapped": "the profile maps it to nothing",
            "unfit": f"no value that {note.property} can have" if note.property else "no value of its kind",
            "uncalibrated": f"becomes {note.property} once the device has a calibration of it",
            "observed": "",
        }
        row = PROPERTIES.get(note.property)
        own = UNITS.get(row.unit, row.unit) if row is not None and note.fate == "observed" else ""
        name = note.property if note.fate == "observed" else ""
        return Row(note.name, note.value, unit, name, note.observed, own, "", reasons[note.fate])
    shown = _only_observed(told, observation)
    return msgspec.structs.replace(shown, reading=note.name, value=note.value, unit=unit)


def _only_observed(told: Explanation, one: Observation) -> Row:
    row = PROPERTIES.get(one.property)
    unit = UNITS.get(row.unit, row.unit) if row is not None else ""
    own_time = told.when is None or one.time_ns != told.when.time_ns
    quality = f"{one.quality}:{one.reason}" if one.reason else one.quality
    time = instant(one.time_ns) if own_time else ""
    return Row("", "", "", one.property, one.value, unit, quality, why(one, told.limits), time)


def _word(found: Found, outcome: Outcome | Waiting) -> str:
    where = f", ledger {found.revision:,}" if found.revision else ""
    again = "" if found.first else ", replacing an earlier outcome"
    if found.outcome is None and found.number:
        where = ", as today's files see it: the gateway has not refined it yet"
    match outcome:
        case Accepted():
            digest = f" ({outcome.profile_hash.hex()[:8]})" if outcome.profile_hash else ""
            return f"accepted{where}{again}, profile {outcome.profile}{digest}"
        case Rejected():
            return f"rejected{where}{again}"
        case Duplicate():
            return f"duplicate{where}: a further reception of message {outcome.original:,}"
        case Waiting():
            return "waits: it has no time of its own, and the gateway's clock was not set"


def _difference(today: Outcome | Waiting, recorded: Outcome | Waiting) -> str:
    """What would be different today; "" where nothing is, or where the empty memory alone could be the cause."""
    if isinstance(recorded, Duplicate) or isinstance(today, Waiting) or isinstance(recorded, Waiting):
        return ""
    if isinstance(today, Rejected):
        if isinstance(recorded, Rejected) and recorded.reason == today.reason:
            return ""
        return f"With today's files it would be rejected: {today.reason}, {today.detail}"
    if isinstance(recorded, Rejected):
        return "With today's files it would be accepted."
    assert isinstance(today, Accepted)
    before = {(one.feature, one.property, one.time_ns): one.value for one in _standing(recorded)}
    now = {(one.feature, one.property, one.time_ns): one.value for one in today.observations}
    if before == now:
        return ""
    names = sorted({key[1] for key in before.keys() | now.keys() if before.get(key) != now.get(key)})
    return f"With today's files it would differ in {', '.join(names)}."


def _standing(accepted: Accepted) -> list[Observation]:
    return [one for one in accepted.observations if one.quality != "retracted"]


def instant(instant_ns: int) -> str:
    """``2027-01-31 12:00:00.125 UTC``; the bare number where it is no year of ours."""
    try:
        return format_rfc3339(instant_ns // 1_000_000 * 1_000_000).replace("T", " ").replace("Z", " UTC")
    except ValueError:
        return f"{instant_ns} ns"


def _text(body: bytes) -> str:
    """A body for people: text as text, other bytes in hex."""
    try:
        return "".join(
            mark if mark.isprintable() or mark == "\n" else "\N{REPLACEMENT CHARACTER}" for mark in body.decode()
        )
    except UnicodeDecodeError:
        return "hex " + body.hex()
