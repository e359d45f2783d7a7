"""The network in front of the gateway: reports ▸ frames ▸ messages.

    Report ─▶ Senders.frame ─▶ Frame ─(faults)─▶ Senders.wrap ─▶ Message

A sender is a device with its frame counter, its session and its airtime. A frame beyond the hour's airtime is withheld,
as the device's own stack does it: no counter is spent, and it is counted.
"""

from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from pipelines.decode import CompiledProfile, Encoder
from pipelines.layout import Unwritable
from simulators.device import SimulatedDevice
from simulators.networks.envelopes import ENVELOPES, Envelope
from simulators.networks.frame import Frame, Message
from simulators.networks.hearing import Hearing, UnheardError
from simulators.networks.radio import BUDGET_S, Antenna, airtime_s
from simulators.signals import Report

HOUR_NS = 3_600_000_000_000
MAINLY = 0.5
"""Share of a device's frames that only one LoRa gateway hears, from which on it is behind that one."""
CARRIES_JSON = ("plain-json",)
"""Dialects of devices that reach the broker by themselves: no LoRaWAN, so no join and no duty cycle."""


class CannotSendError(ValueError):
    """A profile cannot say what its signal reports; the text names both."""


class Sender:
    """One device on the network."""

    __slots__ = (
        "address",
        "airtime_s",
        "airtimes",
        "device",
        "encode",
        "envelope",
        "f_cnt",
        "factor",
        "hour",
        "lorawan",
        "session",
    )

    def __init__(self, device: SimulatedDevice, encode: Encoder | None, *, lorawan: bool, session: str) -> None:
        self.device = device
        self.encode = encode
        self.lorawan = lorawan
        self.session = session
        self.f_cnt = 0
        self.hour = 0
        self.airtime_s = 0.0
        self.airtimes: dict[int, float] = {}
        self.envelope: Envelope
        self.factor = 7

    def stand(self, device: SimulatedDevice, envelope: tuple[Envelope, int]) -> None:
        """Send from this device's place from now on."""
        self.device = device
        self.envelope, self.factor = envelope


class Senders:
    """All devices of a scenario on its network. ``withheld`` and ``unsayable`` count reports that made no frame."""

    def __init__(
        self,
        devices: Sequence[SimulatedDevice],
        profiles: Mapping[str, CompiledProfile],
        antennas: Sequence[Antenna],
        *,
        dialect: str,
        seed: int,
        start_ns: int,
        strict: bool = True,
    ) -> None:
        self._antennas = antennas
        self._dialect = dialect
        self._seed = seed
        self._strict = strict
        self._envelopes: dict[tuple[str, float, float], tuple[Envelope, int]] = {}
        self._hearings: dict[str, Hearing] = {}
        self._despite: dict[tuple[tuple[str, float, float], tuple[str, ...]], Envelope | None] = {}
        self._senders: dict[str, Sender] = {}
        self.withheld = 0
        self.unsayable = 0
        for device in devices:
            encode = profiles[device.profile].encode
            session = session_of(device.dev_eui, start_ns)
            sender = Sender(device, encode, lorawan=dialect not in CARRIES_JSON, session=session)
            sender.stand(device, self._envelope(device))
            self._senders[device.dev_eui] = sender

    def _envelope(self, device: SimulatedDevice) -> tuple[Envelope, int]:
        place = (device.dev_eui, device.longitude, device.latitude)
        found = self._envelopes.get(place)
        if found is None:
            hearing = self._hearings[device.dev_eui] = Hearing(device, self._antennas, seed=self._seed)
            found = self._envelopes[place] = (ENVELOPES[self._dialect](device, hearing), hearing.factor)
        return found

    def frame(self, report: Report) -> Frame | None:
        """The frame of a report that has readings; None where the stack withholds it. Raises CannotSendError."""
        device = report.device
        sender = self._senders[device.dev_eui]
        if device is not sender.device:  # it was carried to another place
            sender.stand(device, self._envelope(device))
        readings: Any = report.readings
        payload = b""
        if sender.encode is not None:
            try:
                payload = sender.encode(readings, report.f_port)
            except Unwritable as error:
                if self._strict:
                    raise CannotSendError(f"{device.profile} ({device.feature}): {error}") from error
                self.unsayable += 1
                return None
            readings = None
        elif sender.lorawan:
            payload = _packed(readings)
        at_ns = report.at_ns
        if sender.lorawan and not self._may_send(sender, at_ns, len(payload)):
            self.withheld += 1
            return None
        f_cnt = sender.f_cnt
        sender.f_cnt = f_cnt + 1
        return Frame(at_ns, device, report.f_port, payload, f_cnt, sender.session, "uplink", 0, readings)

    def _may_send(self, sender: Sender, at_ns: int, size: int) -> bool:
        hour = at_ns // HOUR_NS
        if hour != sender.hour:
            sender.hour, sender.airtime_s = hour, 0.0
        airtime = sender.airtimes.get(size)
        if airtime is None:
            airtime = sender.airtimes[size] = airtime_s(size, sender.factor)
        if sender.airtime_s + airtime > BUDGET_S:
            return False
        sender.airtime_s += airtime
        return True

    def wrap(self, frame: Frame) -> Message | None:
        """The message of a frame; None where everybody who would hear it is dead."""
        eui = frame.device.dev_eui
        topic, body = self._senders[eui].envelope.wrap(frame)
        if frame.dead:  # and only now: a death changes nothing in how later frames are heard
            return self._despite_the_dead(frame)
        return Message(frame.at_ns, topic, body, eui)

    def behind(self, gateway_id: str, dead: Collection[str]) -> list[str]:
        """What the devices observe that are heard mainly by this LoRa gateway, while others are dead too."""
        others = [one for one in dead if one != gateway_id]
        found = []
        for eui, hearing in self._hearings.items():
            left = hearing.without(others)
            if left is not None and left.alone(gateway_id) >= MAINLY:
                found.append(self._senders[eui].device.feature)
        return sorted(found)

    def _despite_the_dead(self, frame: Frame) -> Message | None:
        device = frame.device
        place = ((device.dev_eui, device.longitude, device.latitude), frame.dead)
        if place not in self._despite:
            left = self._hearings[device.dev_eui].without(frame.dead)
            self._despite[place] = None if left is None else ENVELOPES[self._dialect](device, left)
        envelope = self._despite[place]
        if envelope is None:
            return None
        try:
            topic, body = envelope.wrap(frame)
        except UnheardError:
            return None
        return Message(frame.at_ns, topic, body, device.dev_eui)


_packed = msgspec.msgpack.Encoder().encode
"""Own bytes of a device that no profile can write for: its values, packed. The network's codec says what they are."""


def session_of(dev_eui: str, since_ns: int) -> str:
    """A device address for the session that a join at this moment begins."""
    return blake2b(f"{dev_eui}/{since_ns}".encode(), digest_size=4).hexdigest()
