"""One LoRaWAN frame between device and network server: what faults of the radio and its clocks act on."""

from typing import Literal

import msgspec

from simulators.device import SimulatedDevice


class Frame(msgspec.Struct, gc=False):
    """What the network server gets. Mutable: a fault may change it on its way.

    ``kind`` join: a device has just joined; it carries no payload. ``clock_ns`` is added to what the LoRaWAN gateways'
    clocks show; None: none of them has a clock. ``readings``: of a device whose profile reads values, not bytes; the
    network's own codec has them from the payload. ``dead``: LoRa gateways that hear nothing now.
    """

    at_ns: int
    device: SimulatedDevice
    f_port: int
    payload: bytes
    f_cnt: int
    session: str
    kind: Literal["uplink", "join"] = "uplink"
    clock_ns: int | None = 0
    readings: dict[str, float | int | bool | str] | None = None
    dead: tuple[str, ...] = ()


class Message(msgspec.Struct, gc=False):
    """What the gateway gets: one message, and when it is published (city time). ``device_id`` is for faults alone."""

    at_ns: int
    topic: str
    body: bytes
    device_id: str
