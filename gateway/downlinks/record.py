"""One downlink and everything that became of it, step by step.

::

    asked ─▶ sent ─▶ queued ─▶ transmitted ─▶ acked ─▶ confirmed       each may be skipped, none goes back
      │        └───────┴──────────┴─────────────┴────▶ failed, expired
      ├─▶ refused     by the broker: it was not taken
      └─▶ uncertain   the gateway ended, or the link broke, before the broker answered: it may have gone out, or not

Law: a record is never sent again. What must be sent once more (a valve must close) gets a record of its own.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from pipelines.model import NS_PER_S, Value

State = Literal[
    "asked",  # written down; nothing has left
    "sent",  # the broker has it (PUBACK; for The Things Stack, which knows no QoS 1: it was written to the link)
    "queued",  # the network server has it in its queue
    "transmitted",  # a LoRaWAN gateway has taken it for sending
    "acked",  # the device has acknowledged the frame
    "confirmed",  # a reading of the device shows it
    "uncertain",
    "refused",
    "failed",
    "expired",
]
PROGRESS: tuple[State, ...] = ("asked", "sent", "queued", "transmitted", "acked", "confirmed")
"""The states of a downlink that does well, in order."""
UNDER_WAY: tuple[State, ...] = ("asked", "sent", "queued", "transmitted", "uncertain")
ENDED: tuple[State, ...] = ("confirmed", "refused", "expired")


class Step(msgspec.Struct, frozen=True):
    """A state, when it was reached, and what was said about it."""

    state: State
    at_ns: int
    said: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One downlink. ``key`` is the UUID that network servers give back; ``payload`` and ``values`` are what was sent.

    ``like``: the first byte of the device's last message, which shows the encoding. ``valve``: the field that moves.
    ``opens_s``: for so long it opens; ``closing``: the bytes with which the gateway closes it then, b"" where the
    device's own timer does, and ``closing_values`` what they say. ``closes``: the downlink whose valve this one closes.
    """

    number: int
    key: str
    device: str
    pilot: str
    profile: str
    source: str
    network: str
    topic: str
    like: bytes
    downlink: str
    values: Mapping[str, Value]
    payload: bytes
    f_port: int
    by: str
    expires_ns: int
    steps: tuple[Step, ...]
    confirmed_by: Mapping[str, str] = {}
    valve: str = ""
    opens_s: float = 0.0
    closing: bytes = b""
    closing_values: Mapping[str, Value] = {}
    closes: int = 0

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.steps[-1].state

    @property
    def asked_ns(self) -> int:
        """When it was asked for."""
        return self.steps[0].at_ns

    @property
    def open_ns(self) -> int:
        """For how long it opens, in nanoseconds."""
        return int(self.opens_s * NS_PER_S)

    def settled(self, now_ns: int) -> bool:
        """Nothing more is waited for. What has failed may still be confirmed by a reading, up to its end."""
        done = self.state in ENDED or (self.state in {"acked", "failed"} and not self.confirmed_by)
        return done or (self.state not in UNDER_WAY and now_ns >= self.expires_ns)

    def with_step(self, state: State, at_ns: int, said: str = "") -> "Record":
        """The record one step further; itself where that would be a step back: events may come late, or twice."""
        if self.state in ENDED or (self.state == "failed" and state != "confirmed"):
            return self
        if state in PROGRESS and self.state in PROGRESS and PROGRESS.index(state) <= PROGRESS.index(self.state):
            return self
        return msgspec.structs.replace(self, steps=(*self.steps, Step(state, at_ns, said)))
