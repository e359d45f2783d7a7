"""Devices that fall silent for good, by name: run over, stolen, or switched off by somebody."""

import dataclasses
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.faults import DAY_NS, Often, Scope
from simulators.signals import Report, Truth


class Silent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The devices of these ``features`` say nothing more ``after_days``, counted from the beginning of the run.

    Unlike a dying battery nothing announces it. That a device is dead is told with the first report that it did not
    send: ``device_dead``.
    """

    name: ClassVar[str] = "silent"
    features: tuple[str, ...] = ()
    after_days: Often = 30.0

    def apply(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """The reports; of a device that fell silent only the truth is left."""
        from_ns = scope.start_ns + int(self.after_days * DAY_NS)
        alive = set(self.features)
        for report in stream:
            feature = report.device.feature
            if report.readings is None or report.at_ns < from_ns or feature not in self.features:
                yield report
                continue
            died = (Truth(report.at_ns, feature, "device_dead", value=True),) if feature in alive else ()
            alive.discard(feature)
            yield dataclasses.replace(report, readings=None, truth=(*report.truth, *died))
