"""Every fault by name, and the presets. To add a fault: one file, one row here, one test of what it does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from device_profiles.mistakes import did_you_mean
from simulators.faults import FramesFault, MessagesFault, ReadingsFault, Scope
from simulators.faults.battery_decline import BatteryDecline
from simulators.faults.clocks import ClockSkew, NoClock
from simulators.faults.counters import FCntReset, JoinStorm
from simulators.faults.delay import Delay, Reorder
from simulators.faults.duplicate import Duplicate
from simulators.faults.flood import Flood
from simulators.faults.garbage import Garbage
from simulators.faults.lora_gateway_dead import Deaths, LoraGatewayDead
from simulators.faults.loss import Loss
from simulators.faults.moved_device import MovedDevice
from simulators.faults.outage import Outage
from simulators.faults.sensors import Drift, Spikes, Stuck
from simulators.faults.silent import Silent
from simulators.networks.frame import Frame, Message
from simulators.signals import Report

OF_READINGS: Mapping[str, type[ReadingsFault]] = {
    fault.name: fault for fault in (Stuck, Drift, Spikes, BatteryDecline, Silent, MovedDevice, Flood)
}
_FRAMES: tuple[type[FramesFault], ...] = (JoinStorm, FCntReset, ClockSkew, NoClock, LoraGatewayDead)
OF_FRAMES: Mapping[str, type[FramesFault]] = {fault.name: fault for fault in _FRAMES}
OF_MESSAGES: Mapping[str, type[MessagesFault]] = {
    fault.name: fault for fault in (Loss, Garbage, Duplicate, Delay, Reorder, Outage)
}
"""Within a stage faults act in this order, whatever the scenario's: what is lost is not sent twice, and what comes
twice can come late."""

FAULTS: Mapping[str, type[Any]] = {**OF_READINGS, **OF_FRAMES, **OF_MESSAGES}

_ROUGH: Mapping[str, Mapping[str, float]] = {
    "loss": {"rate": 0.02, "mean_run": 1.5},
    "duplicate": {"rate": 0.01},
    "delay": {"rate": 0.005, "mean_s": 900.0},
    "reorder": {"rate": 0.01},
    "outage": {"per_month": 1.0, "mean_h": 3.0},
    "stuck": {"per_month": 0.1, "mean_h": 12.0},
    "spikes": {"rate": 0.001},
    "clock-skew": {"share": 0.05, "offset_s": 20.0, "drift_s_per_day": 0.5},
    "battery-decline": {"share": 0.02, "begins_within_days": 90.0, "lasts_days": 21.0},
    "f-cnt-reset": {"per_month": 0.1},
    "garbage": {"rate": 0.0005},
}
PRESETS: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "clean": {},
    "rough": _ROUGH,
    "dying": {**_ROUGH, "battery-decline": {"share": 0.15, "begins_within_days": 25.0, "lasts_days": 4.0}},
}
"""``rough`` is a bad but ordinary pilot: 2 % lost, 1 % twice, 1.5 % late or out of order, one outage of three hours a
month, each sensor stuck for half a day every ten months, one spike in a thousand reports, 5 % of stamps up to 20 s
wrong, 2 % of batteries failing, a restart for each device every ten months, one message in two thousand spoilt.
``dying`` is the same with 15 % of batteries empty within 29 days: enough of them to judge who notices."""


class FaultsError(ValueError):
    """A fault or a preset that there is not, or a key that it has not; the text says what to write."""


class Faults:
    """The faults of a run, each stage in its order."""

    def __init__(
        self,
        of_readings: Sequence[ReadingsFault],
        of_frames: Sequence[FramesFault],
        of_messages: Sequence[MessagesFault],
    ) -> None:
        self._of_readings, self._of_frames, self._of_messages = of_readings, of_frames, of_messages

    @property
    def names(self) -> list[str]:
        """What acts, in order."""
        acting = [fault.name for fault in self._of_readings] + [fault.name for fault in self._of_frames]
        return acting + [fault.name for fault in self._of_messages]

    def deaths(self, scope: Scope) -> Deaths | None:
        """When LoRa gateways are dead; None where none dies."""
        dying = next((fault for fault in self._of_frames if isinstance(fault, LoraGatewayDead)), None)
        return None if dying is None else dying.deaths(scope)

    @property
    def may_bend_readings(self) -> bool:
        """Whether a device may be made to say what its payload cannot hold."""
        return bool(self._of_readings)

    def on_readings(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """Reports with what is wrong with sensors."""
        for fault in self._of_readings:
            stream = fault.apply(stream, scope)
        return stream

    def on_frames(self, stream: Iterator[Frame], scope: Scope) -> Iterator[Frame]:
        """Frames with what is wrong with counters and clocks."""
        for fault in self._of_frames:
            stream = fault.apply(stream, scope)
        return stream

    def on_messages(self, stream: Iterator[Message], scope: Scope) -> Iterator[Message]:
        """Messages with what goes wrong on their way."""
        for fault in self._of_messages:
            stream = fault.apply(stream, scope)
        return stream


def read_faults(given: str | Mapping[str, Any]) -> Faults:
    """Faults from a preset's name, or from a table: fault → its keys, beside ``preset``. Raises FaultsError."""
    table: dict[str, Any] = {"preset": given} if isinstance(given, str) else dict(given)
    preset = table.pop("preset", "clean")
    mistakes = []
    if preset not in PRESETS:
        mistakes.append(f"faults: {preset!r} is no preset. There are: {', '.join(PRESETS)}")
    chosen: dict[str, Any] = dict(PRESETS.get(preset, {})) | table
    made: dict[str, Any] = {}
    for name, keys in chosen.items():
        if name not in FAULTS:
            mistakes.append(f"faults.{name}: no such fault.{did_you_mean(name, list(FAULTS))}")
            continue
        try:
            made[name] = msgspec.convert(keys, FAULTS[name])
        except msgspec.ValidationError as error:
            known = ", ".join(FAULTS[name].__struct_fields__)
            mistakes.append(f"faults.{name}: {error}. It has: {known}")
    if mistakes:
        raise FaultsError("\n".join(mistakes))
    return Faults(
        [made[name] for name in OF_READINGS if name in made],
        [made[name] for name in OF_FRAMES if name in made],
        [made[name] for name in OF_MESSAGES if name in made],
    )
