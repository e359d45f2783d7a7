"""What a refined message says about downlinks of its device: a network server's receipt, or a reading that shows it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.ask_codec import ask_codec
from gateway.downlinks.record import Record, State, Step
from gateway.downlinks.wish import dialect_of
from gateway.ingest import decode_received
from pipelines.codec import CodecCall
from pipelines.codec_readings import codec_readings
from pipelines.decode import Reading
from pipelines.downlinks.confirm import shown_by
from pipelines.downlinks.networks import NETWORKS, Receipt
from pipelines.downlinks.networks.order import Said
from pipelines.model import Accepted, Received, Uplink

if TYPE_CHECKING:
    from gateway.run import Gateway

MEANS: dict[Said, tuple[State, str]] = {
    "queued": ("queued", ""),
    "transmitted": ("transmitted", ""),
    "acked": ("acked", ""),
    "unacknowledged": ("failed", "the device did not acknowledge it"),
    "failed": ("failed", "the network server gave it up"),
}
SUITS: dict[Said, tuple[State, ...]] = {
    "queued": ("asked", "sent", "uncertain"),
    "transmitted": ("asked", "sent", "queued", "uncertain"),
    "acked": ("asked", "sent", "queued", "transmitted", "uncertain"),
    "unacknowledged": ("asked", "sent", "queued", "transmitted", "uncertain"),
    "failed": ("asked", "sent", "queued", "transmitted", "uncertain"),
}
"""In which state a downlink can be told this: a receipt without a key is about the oldest of these."""

Told = tuple[Record, Step]


async def next_steps(gateway: "Gateway", entry: Accepted, mine: Sequence[Record]) -> list[Told]:
    """The steps that the message behind an outcome means for the waiting downlinks of its device."""
    entries = await gateway.logs.intake.fetch(entry.of, max_entries=1)
    if not entries or entries[0].number != entry.of:
        return []  # given up meanwhile
    received = decode_received(entries[0].payload)
    dialect = dialect_of(gateway, received.source)
    network = NETWORKS.get(dialect)
    receipt = network.receipt(received.topic, received.body) if network is not None else None
    if receipt is not None:
        return _told(receipt, [record for record in mine if record.network == dialect], received)
    hoping = [record for record in mine if record.confirmed_by and received.received_ns >= record.asked_ns]
    if not hoping:
        return []
    readings = await _readings(gateway, entry, received)
    step = Step("confirmed", received.received_ns)
    return [(record, step) for record in hoping if shown_by(readings, record.values, record.confirmed_by)]


def _told(receipt: Receipt, mine: Sequence[Record], received: Received) -> list[Told]:
    state, words = MEANS[receipt.said]
    for record in mine:
        meant = record.key == receipt.key if receipt.key is not None else record.state in SUITS[receipt.said]
        if meant:
            return [(record, Step(state, received.received_ns, receipt.words or words))]
    return []


async def _readings(gateway: "Gateway", entry: Accepted, received: Received) -> list[Reading]:
    """The message's readings in the vendor's words; none where it is no uplink or cannot be read."""
    knowledge = gateway.known.knowledge
    read = knowledge.dialects.get(received.source)
    profile = knowledge.profiles.get(entry.profile)
    uplink = read(received.topic, received.body) if read is not None else None
    if profile is None or not isinstance(uplink, Uplink) or uplink.kind != "uplink":
        return []
    if profile.codec is None or uplink.payload is None:
        readings = profile.decode(uplink)
    else:
        call = CodecCall(profile.codec, "decodeUplink", uplink.payload, uplink.f_port, entry.time_ns)
        readings = codec_readings(profile.name, await ask_codec(gateway.codecs, call), uplink)
    return readings if isinstance(readings, list) else []
