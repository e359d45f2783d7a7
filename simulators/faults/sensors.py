"""Sensors that lie: stuck, drifting, spiking."""

import dataclasses
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.faults import DAY_NS, Long, Often, Scope, Share
from simulators.faults.spells import Spells
from simulators.signals import Report

Reading = float | int | bool | str
Readings = dict[str, Reading]


class Stuck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sensor stands still ``per_month`` times on average, for ``mean_h`` hours: it repeats what it last said.

    Its radio and its battery go on; it reports as often as before.
    """

    name: ClassVar[str] = "stuck"
    per_month: Often = 0.1
    mean_h: Long = 24.0

    def apply(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """The reports, those of a stuck sensor with what it said first."""
        rng = scope.rng(self.name)
        mean_ns = self.mean_h * DAY_NS / 24
        spells = {
            device.dev_eui: Spells(rng, start_ns=scope.start_ns, per_month=self.per_month, mean_ns=mean_ns)
            for device in scope.devices
        }
        kept: dict[str, Readings] = {}
        for report in stream:
            readings, eui = report.readings, report.device.dev_eui
            if readings is None:
                yield report
            elif spells[eui].around(report.at_ns) is None:
                kept.pop(eui, None)
                yield report
            else:
                battery = scope.meanings.battery(report.device.profile)
                first = kept.setdefault(eui, {})
                for name, value in readings.items():
                    first.setdefault(name, value)
                said = {name: value if name in battery else first[name] for name, value in readings.items()}
                yield dataclasses.replace(report, readings=said)


class Drift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of sensors shows ever more or ever less, by up to ``percent_per_day`` of the value either way."""

    name: ClassVar[str] = "drift"
    share: Share = 0.05
    percent_per_day: Often = 0.2

    def apply(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """The reports, some drifting."""
        rng = scope.rng(self.name)
        drifts = {
            device.dev_eui: rng.uniform(-self.percent_per_day, self.percent_per_day) / 100 / DAY_NS
            for device in scope.some(self.share, rng)
        }
        for report in stream:
            drift = drifts.get(report.device.dev_eui)
            if drift is None or report.readings is None:
                yield report
            else:
                factor = 1 + drift * (report.at_ns - scope.start_ns)
                measured = scope.meanings.measured(report.device.profile)
                bent = {
                    name: scaled(value, factor) if name in measured else value
                    for name, value in report.readings.items()
                }
                yield dataclasses.replace(report, readings=bent)


class Spikes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In a share of reports one measured value is ``factor`` times too large or too small, once."""

    name: ClassVar[str] = "spikes"
    rate: Share = 0.002
    factor: Long = 3.0

    def apply(self, stream: Iterator[Report], scope: Scope) -> Iterator[Report]:
        """The reports, some with a spike."""
        rng = scope.rng(self.name)
        for report in stream:
            readings = report.readings
            if readings is None or rng.random() >= self.rate:
                yield report
                continue
            measured = scope.meanings.measured(report.device.profile)
            names = [name for name in readings if name in measured]
            if not names:
                yield report
                continue
            name = names[rng.randrange(len(names))]
            factor = self.factor if rng.random() < 0.5 else 1 / self.factor  # noqa: PLR2004 - either way
            yield dataclasses.replace(report, readings=readings | {name: scaled(readings[name], factor)})


def scaled(value: Reading, factor: float) -> Reading:
    """A number times a factor, an integer as an integer; a word or a flag as it is."""
    if isinstance(value, (bool, str)):
        return value
    return round(value * factor) if isinstance(value, int) else value * factor
