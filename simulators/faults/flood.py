"""Devices that cannot stop talking."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.city_clock import NS_PER_S
from simulators.faults import MINUTE_NS, Long, Often, Scope
from simulators.faults.spells import Spells
from simulators.faults.waiting import Waiting
from simulators.signals import Report


class Flood(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device goes wild ``per_month`` times on average: for ``mean_min`` minutes it repeats itself every ``every_s``.

    Each repetition is a frame of its own; beyond the hour's airtime the stack withholds it, as on the air.
    """

    name: ClassVar[str] = "flood"
    per_month: Often = 0.05
    mean_min: Long = 20.0
    every_s: Long = 2.0

    def apply(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """The reports and their repetitions."""
        rng = scope.rng(self.name)
        spells = {
            device.dev_eui: Spells(
                rng, start_ns=scope.start_ns, per_month=self.per_month, mean_ns=self.mean_min * MINUTE_NS
            )
            for device in scope.devices
        }
        step_ns = int(self.every_s * NS_PER_S)
        again: Waiting[Report] = Waiting()
        ends: dict[str, int] = {}
        for report in stream:
            for at_ns, old in again.due(report.at_ns):
                yield Report(at_ns, old.device, old.f_port, old.readings)
                if at_ns + step_ns < ends[old.device.dev_eui]:
                    again.hold(old, at_ns + step_ns)
            yield report
            eui = report.device.dev_eui
            spell = spells[eui].around(report.at_ns) if report.readings is not None else None
            if spell is not None and ends.get(eui) != spell[1]:
                ends[eui] = spell[1]
                again.hold(report, report.at_ns + step_ns)
