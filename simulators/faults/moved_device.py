"""Boxes that hang on another pole than the list says."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.device import SimulatedDevice
from simulators.faults import DAY_NS, Often, Scope
from simulators.signals import Report


class MovedDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``pairs`` of two boxes of the same model change places within ``within_days``, and nobody writes it down.

    From then on each measures what the other should; LoRaWAN gateways hear it from the other's place.
    """

    name: ClassVar[str] = "moved-device"
    pairs: int = 1
    within_days: Often = 10.0

    def apply(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """The reports, of a moved box under the other's name."""
        swapped = self._swapped(scope)
        for report in stream:
            found = swapped.get(report.device.dev_eui)
            if found is not None and report.at_ns >= found[0]:
                yield dataclasses.replace(report, device=found[1])
            else:
                yield report

    def _swapped(self, scope: Scope) -> dict[str, tuple[int, SimulatedDevice]]:
        """Box that the list names at a place → since when which box hangs there."""
        rng = scope.rng(self.name)
        alike: dict[tuple[str, str], list[SimulatedDevice]] = defaultdict(list)
        for device in scope.devices:
            alike[device.profile, device.feature.partition("/")[0]].append(device)
        groups = [group for group in alike.values() if len(group) > 1]
        swapped: dict[str, tuple[int, SimulatedDevice]] = {}
        for _ in range(self.pairs if groups else 0):
            one, other = rng.sample(groups[rng.randrange(len(groups))], 2)
            at_ns = scope.start_ns + int(rng.uniform(0, self.within_days) * DAY_NS)
            if one.dev_eui in swapped or other.dev_eui in swapped:
                continue
            for here, box in ((one, other), (other, one)):
                moved = dataclasses.replace(box, longitude=here.longitude, latitude=here.latitude)
                swapped[here.dev_eui] = (at_ns, moved)
        return swapped
