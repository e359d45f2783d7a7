"""What a network server writes around a frame: one envelope a device, with everything prepared that never changes.

Laws
- What comes out, the project's dialect of that name reads back to the same device, payload, port, counter, session,
  time and receptions; a test holds every envelope against its dialect.
- An envelope is asked once for each frame, in order of time: receptions vary from frame to frame.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from simulators.device import SimulatedDevice
from simulators.networks.chirpstack_v3 import ChirpstackV3
from simulators.networks.chirpstack_v4 import ChirpstackV4
from simulators.networks.frame import Frame
from simulators.networks.hearing import Hearing
from simulators.networks.plain_json import PlainJson
from simulators.networks.tts_v3 import TtsV3


class Envelope(Protocol):
    """Around the frames of one device at one place."""

    def wrap(self, frame: Frame) -> tuple[str, bytes]:
        """Topic and body."""


ENVELOPES: Mapping[str, Callable[[SimulatedDevice, Hearing], Envelope]] = {
    "chirpstack-v4": ChirpstackV4,
    "chirpstack-v3": ChirpstackV3,
    "tts-v3": TtsV3,
    "plain-json": PlainJson,
}
"""Dialect → envelope. To add a network server: one file, one row."""
