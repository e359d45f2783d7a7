"""Frame counters that begin again: a device that restarts, and all devices that join anew at once."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.faults import MINUTE_NS, Often, Scope
from simulators.faults.spells import Spells
from simulators.faults.waiting import Waiting
from simulators.networks.frame import Frame
from simulators.networks.network import session_of


class FCntReset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device restarts ``per_month`` times on average and counts from 0 in the same session, as ABP devices do."""

    name: ClassVar[str] = "f-cnt-reset"
    per_month: Often = 0.2

    def apply(self, stream: Iterator[Frame], scope: Scope) -> Iterator[Frame]:
        """The frames, some counted anew."""
        rng = scope.rng(self.name)
        spells = {
            device.dev_eui: Spells(rng, start_ns=scope.start_ns, per_month=self.per_month, mean_ns=1)
            for device in scope.devices
        }
        first: dict[str, int] = {}
        for frame in stream:
            eui = frame.device.dev_eui
            if any(list(spells[eui].begun(frame.at_ns))):
                first[eui] = frame.f_cnt
            frame.f_cnt -= first.get(eui, 0)
            yield frame


class JoinStorm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``per_month`` times, as after a restart of the network server, every device joins within ``within_min`` minutes.

    A join is a notice of its own; the counter begins again in a new session.
    """

    name: ClassVar[str] = "join-storm"
    per_month: Often = 1.0
    within_min: Often = 5.0

    def apply(self, stream: Iterator[Frame], scope: Scope) -> Iterator[Frame]:
        """The frames, with joins between them."""
        rng = scope.rng(self.name)
        storms = Spells(rng, start_ns=scope.start_ns, per_month=self.per_month, mean_ns=1)
        joining: Waiting[Frame] = Waiting()
        sessions: dict[str, str] = {}
        first: dict[str, int | None] = {}
        for frame in stream:
            for storm_ns in storms.begun(frame.at_ns):
                for device in scope.devices:
                    at_ns = storm_ns + int(rng.uniform(0, self.within_min) * MINUTE_NS)
                    joining.hold(Frame(at_ns, device, 0, b"", 0, session_of(device.dev_eui, at_ns), "join"), at_ns)
            for _, join in joining.due(frame.at_ns):
                sessions[join.device.dev_eui], first[join.device.dev_eui] = join.session, None
                yield join
            eui = frame.device.dev_eui
            if eui in sessions:
                begun = first[eui]
                if begun is None:
                    begun = first[eui] = frame.f_cnt
                frame.session, frame.f_cnt = sessions[eui], max(0, frame.f_cnt - begun)
            yield frame
