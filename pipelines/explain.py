"""One message, step by step: what each stage of the road made of it, and where in its bytes every value was found.

    Received ─▶ uplink · event time · record ─▶ spans of the bytes ─▶ notes on readings ─▶ outcome ─▶ what sinks send

Laws
- ``outcome`` is what ``process`` gives; the other parts only tell how it came about. Nothing is judged twice.
- It runs with an empty memory: duplicates, spikes and lateness are known to the recorded outcome alone.
- A step that was not reached is None or empty. Nothing here raises, whatever the message.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from pipelines.codec import CodecAnswer, CodecCall
from pipelines.codec_readings import codec_readings
from pipelines.decode import Reading
from pipelines.encodings import line_protocol, ngsi_ld
from pipelines.encodings.topics import Address, digest, holds_eui, segment
from pipelines.identify import identify
from pipelines.layout.notation import Layouts
from pipelines.layout.trace import Trace, trace
from pipelines.model import Accepted, Device, Observation, Outcome, Received, Rejected, Revision, Uplink, Value
from pipelines.open_data.privacy import CLASSES, Subject
from pipelines.plan import Plan
from pipelines.process import Behind, Knowledge, Memory, NeedsCodec, Waiting, process, process_at_once
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, feature_type
from pipelines.when import EventTime, event_time

Fate = Literal["observed", "unmapped", "unfit", "uncalibrated"]


class Note(msgspec.Struct, frozen=True):
    """One vendor reading and what became of it: ``property`` and its ``observed`` value in the vocabulary's unit.

    ``unmapped``: the profile says nothing of this name; ``unfit``: no value of the property's kind; ``uncalibrated``:
    it means something only with the device's own calibration.
    """

    name: str
    value: Value
    fate: Fate
    property: str = ""
    observed: Value | None = None
    unit: str = ""
    age_s: float = 0.0
    time_ns: int | None = None


class Explanation(msgspec.Struct, frozen=True):
    """Everything there is to say of one message. ``bytes_read`` is None where the profile has no layout."""

    number: int
    received: Received
    outcome: Outcome | Waiting
    uplink: Uplink | None = None
    when: EventTime | None = None
    device: Device | None = None
    bytes_read: Trace | None = None
    notes: tuple[Note, ...] = ()
    limits: Mapping[str, tuple[float, float]] = {}
    """Property → the range in which it is plausible, by vocabulary and data sheet."""


def codec_needed(number: int, received: Received, knowledge: Knowledge) -> CodecCall | None:
    """What has to be asked of a codec before this message can be explained; None for nearly all."""
    result = process(number, received, knowledge, Memory())
    return result.call if isinstance(result, NeedsCodec) else None


def explain(
    number: int,
    received: Received,
    knowledge: Knowledge,
    layouts: Mapping[str, Layouts],
    *,
    answer: CodecAnswer | None = None,
) -> Explanation:
    """Walk the road once more and take notes. ``layouts``: by profile, for those that have one.

    ``answer`` is what the codec said where one is needed; without it such a message is rejected.
    """
    result = process(number, received, knowledge, Memory(), answer=answer)
    outcome = (
        process_at_once(number, received, knowledge, Memory()) if isinstance(result, NeedsCodec | Behind) else result
    )
    dialect = knowledge.dialects.get(received.source)
    uplink = dialect(received.topic, received.body) if dialect is not None else None
    if not isinstance(uplink, Uplink) or received.full_size > len(received.body):
        return Explanation(number, received, outcome)
    when = event_time(uplink, received)
    records = knowledge.devices.records(uplink.device_id)
    device = identify(records, when.time_ns) if records and isinstance(when, EventTime) else None
    if not isinstance(when, EventTime) or not isinstance(device, Device):
        return Explanation(number, received, outcome, uplink, when if isinstance(when, EventTime) else None)
    plan = knowledge.plan(device)
    own_layouts = layouts.get(device.profile)
    traced = None
    if own_layouts is not None and uplink.payload is not None and uplink.kind == "uplink":
        traced = trace(own_layouts, uplink.payload, uplink.f_port)
    return Explanation(
        number=number,
        received=received,
        outcome=outcome,
        uplink=uplink,
        when=when,
        device=device,
        bytes_read=traced,
        notes=tuple(_notes(uplink, plan, traced, answer)) if plan is not None else (),
        limits=_limits(plan) if plan is not None else {},
    )


def _notes(uplink: Uplink, plan: Plan, traced: Trace | None, answer: CodecAnswer | None) -> list[Note]:
    """A note for each reading of the device, and for each value that the network adds of its own."""
    notes: list[Note] = []
    if uplink.kind == "uplink":
        if uplink.fields_mapped and uplink.decoded is not None:
            notes += _named(uplink.decoded, plan)
        else:
            if plan.profile.codec is None or answer is None:
                readings = plan.profile.decode(uplink)
            else:
                readings = codec_readings(plan.profile.name, answer, uplink)
            units = {span.name: span.unit for span in traced.spans if span.unit} if traced is not None else {}
            if not isinstance(readings, Rejected):
                notes += [_note(reading, plan, units.get(reading.name, "")) for reading in readings]
    return notes + _named(uplink.network_values or {}, plan)


def _note(reading: Reading, plan: Plan, unit: str) -> Note:
    mapped, rule = plan.profile.mapping.get(reading.name), plan.rules.get(reading.name)
    fate: Fate = "unmapped"
    observed: Value | None = None
    if rule is not None:
        observed = rule.convert(reading.value)
        fate = "unfit" if observed is None else "observed"
    elif mapped is not None:
        fate = "uncalibrated"
    name = mapped.property if mapped is not None else ""
    return Note(reading.name, reading.value, fate, name, observed, unit, reading.age_s, reading.time_ns)


def _named(values: Mapping[str, object], plan: Plan) -> list[Note]:
    notes = []
    for name, value in values.items():
        shown: Value = value if isinstance(value, float | int | str) else repr(value)[:60]
        rule = plan.direct.get(name) or plan.direct_rule(name)
        if rule is None:
            notes.append(Note(name, shown, "unmapped"))
            continue
        observed = rule.convert(value) if isinstance(value, float | int | str) else None
        fate: Fate = "unfit" if observed is None else "observed"
        notes.append(Note(name, shown, fate, rule.property, observed, PROPERTIES[rule.property].unit))
    return notes


def _limits(plan: Plan) -> Mapping[str, tuple[float, float]]:
    return {rule.property: (rule.low, rule.high) for rule in (*plan.direct.values(), *plan.rules.values())}


_REASONS: Mapping[str, str] = {
    "stuck": "the same value for at least 12 hours, of a quantity that always wavers",
    "future": "stamped more than 5 minutes after it was received: the device's clock is ahead",
    "late": "more than an hour older than the newest message of its device",
    "backfilled": "stored by the device, more than an hour older than the message that brought it",
    "clock": "the gateway's clock was not set, so lateness could not be judged",
    "drift": "moves away from its neighbours",
    "gap": "messages are missing before it",
    "privacy": "held back for privacy",
}


def why(observation: Observation, limits: Mapping[str, tuple[float, float]]) -> str:
    """The reason of an observation's quality in a sentence; "" where there is nothing to say."""
    if observation.quality == "retracted":
        return "taken back: a later look at the same bytes does not give it any more"
    if observation.quality == "estimated":
        return "worked out from other values, not measured"
    low, high = limits.get(observation.property, (float("-inf"), float("inf")))
    row = PROPERTIES.get(observation.property)
    if observation.reason == "range" and isinstance(observation.value, float):
        beyond = f"below {low:g}" if observation.value < low else f"above {high:g}"
        return f"{beyond}: not plausible for this model or outdoors"
    if observation.reason == "spike":
        step = f"{row.max_step:g} {row.unit} " if row is not None and row.max_step is not None else ""
        return f"a jump of more than {step}from the last good value within 2 hours; the next value will tell"
    return _REASONS.get(observation.reason, "")


class Sent(msgspec.Struct, frozen=True):
    """What the sinks make of an outcome. ``fault``: why line protocol cannot hold it."""

    lines: str
    bodies: tuple[tuple[str, str], ...]
    """Topic and body on the open broker, one for each entity and time; what its type's privacy class lets through."""
    fault: str = ""


def sent(accepted: Accepted, number: int, *, first: bool = True) -> Sent:
    """Line protocol and open-topic bodies of an accepted outcome under its ledger number."""
    fault = lines = ""
    try:
        lines = line_protocol.encode(Revision(number, accepted, first)).decode().rstrip("\n")
    except line_protocol.UnwritableError as error:
        fault = str(error)
    return Sent(lines, tuple(_bodies(accepted, number)), fault)


def _bodies(accepted: Accepted, number: int) -> Sequence[tuple[str, str]]:
    groups: dict[tuple[str, int, int], list[Observation]] = {}
    for one in accepted.observations:
        kind_name = one.feature.partition("/")[0]
        if kind_name not in FEATURE_TYPES or CLASSES[kind_name] == "D":
            continue
        if Subject(one.feature, CLASSES[kind_name], "own").may_say(one.property, one.interval_ns):
            groups.setdefault((one.feature, one.time_ns, one.interval_ns), []).append(one)
    bodies = []
    for (feature, _, _), group in groups.items():
        kind, local = feature_type(feature), feature.partition("/")[2]
        name = digest(local) if holds_eui(local) else segment(local)
        address = Address(segment(accepted.city), kind.domain.value, segment(accepted.pilot), name)
        body = ngsi_ld.said_body(ngsi_ld.Entity(kind, address), group, number)
        bodies.append((address.topic("obs"), body.decode()))
    return bodies
