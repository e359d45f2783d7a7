"""The road of one message between the two logs: Received → Outcome. Refine's pure core.

    Received ─▶ dialect ─▶ event time ─▶ identify ─▶ frames ─▶ decode ─▶ normalise ─▶ screen ─▶ Accepted
                   │            │            │          │         │          │
                   ▼            ▼            ▼          ▼         ▼          ▼
                Rejected   Rejected or   Rejected   Duplicate  Rejected   Rejected
                             Waiting

                                                                  │ ▲ NeedsCodec: come again with the answer
Laws
- Every Received has exactly one outcome; nothing in it makes ``process`` raise.
- The outcome follows from the entry, the knowledge and the memory, and the memory from the outcomes before. So the
  ledger can be rebuilt from the intake, and the memory from the ledger.
- A frame that was rejected is not remembered: its next reception gets its own chance.
- A LoRaWAN frame that is understood but holds no reading (a heartbeat, the device's settings) is accepted with its link
  facts: that it was heard, and how, is worth knowing.
"""

from collections.abc import Callable, Container, Mapping

import msgspec

from pipelines.codec import CodecAnswer, CodecCall
from pipelines.codec_readings import codec_readings
from pipelines.decode import CompiledProfile, Reading
from pipelines.frames import MAX_F_CNT, frame_digest
from pipelines.identify import DeviceIndex, identify
from pipelines.memory import Memory
from pipelines.model import Accepted, Device, Duplicate, Link, Observation, Outcome, Received, Rejected, Uplink
from pipelines.normalise import Unread, normalise, normalise_named
from pipelines.plan import Plan, plan_for
from pipelines.screen import screen
from pipelines.when import EventTime, event_time

__all__ = ["Behind", "Knowledge", "Memory", "NeedsCodec", "Result", "Waiting", "process", "process_at_once"]

Dialect = Callable[[str, bytes], Uplink | Rejected]

# Checks ask for the expected type: isinstance of a Struct costs 27 ns when true and 124 ns when false.

MAX_F_PORT = 255
MAX_ID_CHARS = 128


class Knowledge(msgspec.Struct, frozen=True):
    """What the operator has written down: dialects by source, devices, profiles by name. Replaced whole on reload.

    ``plans`` is a cache that fills up as devices speak; it lives and dies with the knowledge it was made from.
    """

    dialects: Mapping[str, Dialect]
    devices: DeviceIndex
    profiles: Mapping[str, CompiledProfile]
    plans: dict[str | int, Plan] = {}

    def plan(self, device: Device) -> Plan | None:
        """The rules for this record; None when the catalogue lacks its profile."""
        # A record lives as long as the index that holds it: its id() names it while this knowledge lives.
        key = id(device) if device.calibration else device.profile
        plan = self.plans.get(key)
        if plan is None:
            profile = self.profiles.get(device.profile)
            if profile is not None:
                plan = self.plans[key] = plan_for(profile, device.calibration)
        return plan


class Waiting(msgspec.Struct, frozen=True):
    """No outcome yet: the message has no time of its own and our clock is not set."""

    device: str


class NeedsCodec(msgspec.Struct, frozen=True):
    """No outcome yet: ask the codec, and come again with the same entry and the answer. The memory is as it was."""

    device: str
    call: CodecCall


class Behind(msgspec.Struct, frozen=True):
    """No outcome yet: an earlier entry of this device waits for its codec. The memory is as it was."""

    device: str


Result = Outcome | Waiting | NeedsCodec | Behind


def process(
    number: int,
    received: Received,
    knowledge: Knowledge,
    memory: Memory,
    *,
    answer: CodecAnswer | None = None,
    busy: Container[str] = (),
) -> Result:
    """Give intake entry ``number`` its outcome, and let the memory take it in.

    ``answer``: what the codec said, once it was asked; one of another codec than today's is asked for again. ``busy``:
    devices with an earlier entry still at its codec.
    """
    uplink = _read(received, knowledge)
    if not isinstance(uplink, Uplink):
        return _rejected(uplink, number, received, uplink.device)
    records = knowledge.devices.records(uplink.device_id)
    if not records:
        unknown = Rejected("unknown_device", "no device of this id is written down")
        return _rejected(unknown, number, received, uplink.device_id)
    if busy and records[0].id in busy:
        return Behind(records[0].id)
    outcome = _judge(number, received, uplink, records, knowledge=knowledge, memory=memory, answer=answer)
    if isinstance(outcome, Accepted):
        memory.absorb(outcome)
    elif isinstance(outcome, Rejected):
        return _rejected(outcome, number, received, records[0].id)
    return outcome


def process_at_once(number: int, received: Received, knowledge: Knowledge, memory: Memory) -> Outcome | Waiting:
    """The same for callers that have no codecs to ask: what needs one is rejected."""
    result = process(number, received, knowledge, memory)
    if isinstance(result, NeedsCodec | Behind):
        detail = f"{result.device}: its bytes are read by a JavaScript codec, which is run by the gateway only"
        return Rejected("decode_failed", detail, number, result.device, received.received_ns)
    return result


def _read(received: Received, knowledge: Knowledge) -> Uplink | Rejected:
    dialect = knowledge.dialects.get(received.source)
    if dialect is None:
        return Rejected("no_dialect", f"no source named '{received.source}' is configured")
    if received.full_size > len(received.body):
        return Rejected("oversize", f"{received.full_size} bytes, of which {len(received.body)} were kept")
    uplink = dialect(received.topic, received.body)
    if not isinstance(uplink, Uplink):
        return uplink
    f_cnt, f_port = uplink.f_cnt, uplink.f_port
    if (f_cnt is not None and not 0 <= f_cnt <= MAX_F_CNT) or (f_port is not None and not 0 <= f_port <= MAX_F_PORT):
        return Rejected("malformed", "no LoRaWAN frame has such an f_cnt or f_port", device=uplink.device_id)
    return uplink


def _judge(
    number: int,
    received: Received,
    uplink: Uplink,
    records: tuple[Device, ...],
    *,
    knowledge: Knowledge,
    memory: Memory,
    answer: CodecAnswer | None,
) -> Result:
    """When was it, which record holds then, and by which rules is it read?"""
    when = event_time(uplink, received)
    if not isinstance(when, EventTime):
        return when or Waiting(records[0].id)
    device = identify(records, when.time_ns)
    if not isinstance(device, Device):
        return device
    plan = knowledge.plan(device)
    if plan is None:
        return Rejected("unknown_profile", f"the catalogue has no profile '{device.profile}'")
    return _refine(number, received, uplink, device=device, plan=plan, when=when, memory=memory, answer=answer)


def _refine(
    number: int,
    received: Received,
    uplink: Uplink,
    *,
    device: Device,
    plan: Plan,
    when: EventTime,
    memory: Memory,
    answer: CodecAnswer | None,
) -> Outcome | NeedsCodec:
    """The second half of the road: what this known device said at this known time."""
    remembered = memory.of(device.id)
    frame = link = None
    time_ns = when.time_ns
    if uplink.kind == "uplink":
        f_cnt = uplink.f_cnt
        if f_cnt is not None:
            mark = frame_digest(uplink)
            verdict = remembered.frames.judge(uplink.session, f_cnt, mark, time_ns, when.source)
            if verdict.original is not None:
                return Duplicate(number, verdict.original, device.id, received.received_ns, uplink.receptions)
            frame = (verdict.session, mark)
        if f_cnt is not None or uplink.receptions:
            link = Link(f_cnt, uplink.f_port, uplink.receptions)
    observations = _observe(uplink, device, plan, when, memory=memory, answer=answer)
    if not isinstance(observations, list):
        return observations
    return Accepted(
        number,
        device.id,
        device.pilot,
        device.city,
        device.feature,
        time_ns,
        received.received_ns,
        screen(observations, plan.watched, remembered.recent, received, when),
        link,
        frame,
        device.profile,
        plan.profile.profile_hash,
        device.record_hash,
    )


def _observe(
    uplink: Uplink, device: Device, plan: Plan, when: EventTime, *, memory: Memory, answer: CodecAnswer | None
) -> list[Observation] | Rejected | NeedsCodec:
    """Decode and normalise whatever this kind of message carries."""
    observations: list[Observation] = []
    unread: list[Unread] = []
    if uplink.kind == "uplink":
        if uplink.fields_mapped and uplink.decoded is not None:
            observations, unread = normalise_named(uplink.decoded, plan, device.feature, when)
        else:
            readings = _read_payload(uplink, device, plan.profile, when, answer)
            if not isinstance(readings, list):
                if isinstance(readings, NeedsCodec):
                    return readings
                silent = readings.reason == "no_readings" and uplink.f_cnt is not None
                return observations if silent else readings
            observations, unread = normalise(readings, plan, device.feature, when)
    elif uplink.kind == "notice":
        return observations
    if uplink.network_values:
        more, more_unread = normalise_named(uplink.network_values, plan, device.feature, when)
        observations += more
        unread += more_unread
    if unread:
        memory.count_unread(device.profile, unread)
    if observations:
        return observations
    heartbeat = uplink.f_cnt is not None and not any(reading.why == "unfit" for reading in unread)
    return [] if heartbeat else _no_readings(unread)


def _read_payload(
    uplink: Uplink, device: Device, profile: CompiledProfile, when: EventTime, answer: CodecAnswer | None
) -> list[Reading] | Rejected | NeedsCodec:
    """Readings in the vendor's words: at once, or from what the codec answered."""
    codec = profile.codec
    if codec is None or uplink.payload is None:
        return profile.decode(uplink)
    if answer is None or answer.source_hash != codec.source_hash:
        return NeedsCodec(device.id, CodecCall(codec, "decodeUplink", uplink.payload, uplink.f_port, when.time_ns))
    return codec_readings(profile.name, answer, uplink)


def _no_readings(unread: list[Unread]) -> Rejected:
    named = ", ".join(f"'{one.name[:40]}' {one.why}" for one in unread[:8])
    more = f" and {len(unread) - 8} more" if len(unread) > 8 else ""  # noqa: PLR2004 - as many as were named
    return Rejected("no_readings", f"nothing maps to the vocabulary: {named or 'the message holds no values'}{more}")


def _rejected(rejected: Rejected, number: int, received: Received, device: str) -> Rejected:
    return Rejected(rejected.reason, rejected.detail, number, device[:MAX_ID_CHARS], received.received_ns)
