"""What is asked of a network server, and what it answers."""

from typing import Literal

import msgspec

Said = Literal[
    "queued",  # it waits in the network server's queue
    "transmitted",  # a LoRaWAN gateway has taken it for sending
    "acked",  # the device has acknowledged the frame
    "unacknowledged",  # it was sent, and the device did not acknowledge it in time
    "failed",  # the network server will not send it
]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One downlink. ``key``: a UUID of ours by which receipts name it, where the network can.

    ``clears_queue``: nothing older may be delivered any more (a valve is being closed); where the network cannot, the
    older ones go first. Downlinks ask the device for an acknowledgement always.
    """

    key: str
    payload: bytes
    f_port: int
    expires_ns: int | None = None
    clears_queue: bool = False


class Receipt(msgspec.Struct, frozen=True):
    """What the network says about a downlink. ``key`` None: it does not say about which; the oldest is meant."""

    said: Said
    key: str | None = None
    words: str = ""
