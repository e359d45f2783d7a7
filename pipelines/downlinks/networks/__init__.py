"""How each network server takes a downlink, and what it says about it afterwards. One file each; a table below.

To add one: a module with ``QOS``, ``KEEPS_EXPIRY``, ``command_topic``, ``receipt_topics``, ``message`` and ``receipt``,
one row here under the name of its dialect, vectors in the tests.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from pipelines.downlinks.networks import chirpstack_v3, chirpstack_v4, tts_v3
from pipelines.downlinks.networks.order import Order, Receipt

__all__ = ["NETWORKS", "Network", "Order", "Receipt"]


class Network(msgspec.Struct, frozen=True):
    """One network server.

    ``command_topic``: a message of a device → where its commands go; raises Unsendable. ``receipt_topics``: from
    there to where it is said what became of them. ``message``: that topic, the
    body of the device's message (which shows the encoding) and an order → topic and body to publish. ``receipt``: what
    a message says about a downlink; None where it says nothing. ``keeps_expiry``: it drops what has expired by itself.
    """

    title: str
    qos: int
    keeps_expiry: bool
    command_topic: Callable[[str], str]
    receipt_topics: Callable[[str], tuple[str, ...]]
    message: Callable[[str, bytes, Order], tuple[str, bytes]]
    receipt: Callable[[str, bytes], Receipt | None]


def _network(title: str, module: Any) -> Network:
    return Network(
        title,
        module.QOS,
        module.KEEPS_EXPIRY,
        module.command_topic,
        module.receipt_topics,
        module.message,
        module.receipt,
    )


NETWORKS: dict[str, Network] = {
    "chirpstack-v3": _network("ChirpStack v3", chirpstack_v3),
    "chirpstack-v4": _network("ChirpStack v4", chirpstack_v4),
    "tts-v3": _network("The Things Stack", tts_v3),
}
