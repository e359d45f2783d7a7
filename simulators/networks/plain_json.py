"""A device with an address of its own that publishes to the broker itself: its values as JSON, or its own bytes."""

import msgspec

from simulators.device import SimulatedDevice
from simulators.networks.frame import Frame
from simulators.networks.hearing import Hearing
from simulators.networks.stamps import stamp

_encode = msgspec.json.Encoder().encode


class PlainJson:
    """``sensors/<device>/up``; ``time`` where the device has a clock. No frame counter, no receptions, no join."""

    def __init__(self, device: SimulatedDevice, _hearing: Hearing) -> None:
        self._topic = f"sensors/{device.dev_eui}/up"

    def wrap(self, frame: Frame) -> tuple[str, bytes]:
        """Topic and body."""
        if frame.readings is None:
            return self._topic, frame.payload
        if frame.clock_ns is None:
            return self._topic, _encode(frame.readings)
        return self._topic, _encode({"time": stamp(frame.at_ns + frame.clock_ns), **frame.readings})
