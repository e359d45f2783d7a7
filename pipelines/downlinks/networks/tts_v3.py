"""The Things Stack v3: ``v3/<application>@<tenant>/devices/<device id>/down/push``, or ``down/replace``.

``replace`` empties the device's queue first: that is how a valve is closed at once. A correlation id of ours comes back
with every event. The Things Stack says that it supports QoS 0 only, so nothing but its ``down/queued`` shows that a
downlink has arrived. It keeps no expiry. The source's API key needs the right to write downlink traffic.
Source: The Things Stack documentation, MQTT Server (publishing downlink traffic) and Data Formats.
"""

import re

import msgspec

from pipelines.downlinks.networks.order import Order, Receipt, Said
from pipelines.downlinks.notation import Unsendable

QOS = 0
KEEPS_EXPIRY = False
EVENTS: dict[str, Said] = {
    "queued": "queued",
    "sent": "transmitted",
    "ack": "acked",
    "failed": "failed",
}
"""Not ``nack``: the application server puts what a device did not acknowledge back into its queue by itself."""
OURS = "citygate:"
MAX_WORDS = 160

_DEVICE = re.compile(r"(?P<to>(?:.*/)?v3/[^/]+/devices/[^/]+)/(?:up|join|down/[a-z]+|location/solved|service/data)")


class _Downlink(msgspec.Struct, gc=False):
    correlation_ids: tuple[str, ...] = ()


class _Error(msgspec.Struct, gc=False):
    message_format: str = ""
    name: str = ""


class _Failed(msgspec.Struct, gc=False):
    downlink: _Downlink = msgspec.field(default_factory=_Downlink)
    error: _Error = msgspec.field(default_factory=_Error)


class _Message(msgspec.Struct, gc=False):
    correlation_ids: tuple[str, ...] = ()
    downlink_queued: _Downlink | None = None
    downlink_sent: _Downlink | None = None
    downlink_ack: _Downlink | None = None
    downlink_failed: _Failed | None = None


_DECODER = msgspec.json.Decoder(_Message)


def command_topic(topic: str) -> str:
    """Where downlinks to the device of this message are pushed. Raises Unsendable."""
    found = _DEVICE.fullmatch(topic)
    if found is None:
        raise Unsendable(
            f"the device was last heard on {topic[:80]!r}, which is no topic of The Things Stack",
            "Downlinks need an MQTT source on v3/+/devices/+/up",
        )
    return found["to"] + "/down/push"


def receipt_topics(command: str) -> tuple[str, ...]:
    """Where it says what became of downlinks on this topic."""
    return tuple(command.removesuffix("push") + event for event in EVENTS)


def message(topic: str, last_body: bytes, order: Order) -> tuple[str, bytes]:  # noqa: ARG001 - JSON only
    """Topic and body: pushed behind what waits, or in its place."""
    downlink = {
        "f_port": order.f_port,
        "frm_payload": order.payload,
        "priority": "HIGH" if order.clears_queue else "NORMAL",
        "confirmed": True,
        "correlation_ids": [OURS + order.key],
    }
    if order.clears_queue:
        topic = topic.removesuffix("push") + "replace"
    return topic, msgspec.json.encode({"downlinks": [downlink]})


def receipt(topic: str, body: bytes) -> Receipt | None:  # noqa: ARG001 - a webhook's body is the same: the body decides
    """What a message says about a downlink of ours; None for all others."""
    try:
        read = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    for event, said in EVENTS.items():
        told = getattr(read, f"downlink_{event}")
        if told is None:
            continue
        downlink, words = (told.downlink, told.error) if isinstance(told, _Failed) else (told, _Error())
        ids = (*downlink.correlation_ids, *read.correlation_ids)
        key = next((one.removeprefix(OURS) for one in ids if one.startswith(OURS)), None)
        return Receipt(said, key, (words.message_format or words.name)[:MAX_WORDS]) if key else None
    return None
