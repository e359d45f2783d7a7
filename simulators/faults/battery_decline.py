"""Batteries that die long before their time."""

import dataclasses
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.faults import DAY_NS, Long, Often, Scope, Share
from simulators.signals import Report, Truth

EMPTY_VOLTS_SHARE = 0.7
"""A cell under load stops at some 70 % of its voltage: an assumption, of lithium thionyl chloride (2.5 of 3.6 V)."""


class BatteryDecline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of devices begins to fail within ``begins_within_days``, is empty after ``lasts_days``, and then silent.

    The charge falls evenly; a voltage falls to 70 % of what it was. That a device is dead is a truth of its own, told
    with the first report that it did not send: ``device_dead``.
    """

    name: ClassVar[str] = "battery-decline"
    share: Share = 0.03
    begins_within_days: Often = 60.0
    lasts_days: Long = 21.0

    def apply(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """The reports; of a dead device only the truth is left."""
        rng = scope.rng(self.name)
        begins = {
            device.dev_eui: scope.start_ns + int(rng.uniform(0, self.begins_within_days) * DAY_NS)
            for device in scope.some(self.share, rng)
        }
        dead: set[str] = set()
        for report in stream:
            begin_ns = begins.get(report.device.dev_eui)
            if begin_ns is None or report.readings is None or report.at_ns < begin_ns:
                yield report
                continue
            left = 1 - (report.at_ns - begin_ns) / (self.lasts_days * DAY_NS)
            if left <= 0:
                died = () if report.device.dev_eui in dead else (_death(report),)
                dead.add(report.device.dev_eui)
                yield dataclasses.replace(report, readings=None, truth=(*report.truth, *died))
                continue
            battery = scope.meanings.battery(report.device.profile)
            said = dict(report.readings)
            for name, meant in battery.items():
                value = said.get(name)
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    factor = left if meant == "battery_percent" else EMPTY_VOLTS_SHARE + (1 - EMPTY_VOLTS_SHARE) * left
                    said[name] = round(value * factor) if isinstance(value, int) else round(value * factor, 3)
            yield dataclasses.replace(report, readings=said)


def _death(report: Report) -> Truth:
    return Truth(report.at_ns, report.device.feature, "device_dead", value=True)
