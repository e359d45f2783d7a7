"""ChirpStack v3: ``application/<id>/device/<devEUI>/command/down``: ``confirmed``, ``fPort``, ``data`` in base64.

v3 knows no id of ours: its ack event names a frame counter that was not yet known when we asked. Its queue is first in,
first out, so an event is about the oldest of ours that is on its way. It keeps no expiry.
Source: ChirpStack Application Server v3, MQTT integration (event types ack, txack, error; command down).
"""

import msgspec

from pipelines.downlinks.networks.chirpstack_topics import command_topic, event_of, receipt_topics
from pipelines.downlinks.networks.order import Order, Receipt

__all__ = ["KEEPS_EXPIRY", "QOS", "command_topic", "message", "receipt", "receipt_topics"]

QOS = 1
KEEPS_EXPIRY = False
MAX_WORDS = 160


class _Event(msgspec.Struct, rename="camel", gc=False):
    acknowledged: bool = False
    type: str = ""
    error: str = ""


_DECODER = msgspec.json.Decoder(_Event)


def message(topic: str, last_body: bytes, order: Order) -> tuple[str, bytes]:  # noqa: ARG001 - v3 reads JSON only
    """Topic and body of the command."""
    return topic, msgspec.json.encode({"confirmed": True, "fPort": order.f_port, "data": order.payload})


def receipt(topic: str, body: bytes) -> Receipt | None:
    """What an ``ack``, ``txack`` or ``error`` event says about the oldest downlink; None for all others."""
    event = event_of(topic)
    if event not in {"ack", "txack", "error"}:
        return None
    try:
        read = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    match event:
        case "txack":
            return Receipt("transmitted")
        case "ack":
            return Receipt("acked" if read.acknowledged else "unacknowledged")
        case _:
            about = read.type.upper().startswith("DOWNLINK")
            return Receipt("failed", None, f"{read.type}: {read.error}"[:MAX_WORDS]) if about else None
