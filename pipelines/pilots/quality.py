"""How good the data of a pilot are, before anything is concluded from them: by device and altogether.

Completeness counts hours: an hour with a value, of the hours that the device's own rhythm lets expect one. Frames
lost over the air show in ``pdr``, outages in ``uptime``, doubtful values in ``plausible``.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

import msgspec

COMPLETE_ENOUGH, PLAUSIBLE_ENOUGH, UP_ENOUGH, DELIVERED_ENOUGH = 0.90, 0.98, 0.95, 0.95
BATTERY_ENOUGH_MONTHS = 24.0


class DeviceQuality(msgspec.Struct, frozen=True):
    """One device over the span. Shares are 0 to 1; None where there is nothing to tell it from."""

    device: str
    feature: str
    profile: str
    hours: int
    hours_expected: int
    values: int
    usable: int
    pdr: float | None = None
    silent_h: float = 0.0
    battery_months: float | None = None

    @property
    def completeness(self) -> float:
        """Hours with a value, of those expected."""
        return min(1.0, self.hours / self.hours_expected) if self.hours_expected else 0.0


class Figure(msgspec.Struct, frozen=True):
    """One figure of data quality against its default target; ``value`` None: not known."""

    name: str
    value: float | None
    target: float
    meaning: str
    unit: str = "%"

    @property
    def holds(self) -> bool | None:
        """Whether the target is met."""
        return None if self.value is None else self.value >= self.target


def expected_hours(heard: Sequence[int], first: int, last: int) -> int:
    """Hours in which a device with this rhythm would have a value, from hour ``first`` to ``last``, both included.

    ``heard``: the hours with a value, in order. A device that speaks every third hour is expected in a third of them.
    """
    if not heard:
        return last - first + 1
    gaps = [later - earlier for earlier, later in pairwise(heard)]
    usual = max(1, round(median(gaps))) if gaps else 1
    return max(1, (last - max(first, heard[0]) + 1) // usual)


def figures_of(devices: Sequence[DeviceQuality], span_h: float) -> list[Figure]:
    """The figures of a whole pilot, each with what it means for the reader."""
    expected, heard = sum(d.hours_expected for d in devices), sum(min(d.hours, d.hours_expected) for d in devices)
    values, usable = sum(d.values for d in devices), sum(d.usable for d in devices)
    silent_h = sum(d.silent_h for d in devices)
    delivered = [d.pdr for d in devices if d.pdr is not None]
    batteries = [d.battery_months for d in devices if d.battery_months is not None]
    return [
        Figure(
            "Completeness",
            100 * heard / expected if expected else None,
            100 * COMPLETE_ENOUGH,
            "hours with a value, of the hours in which the devices' own rhythm lets expect one",
        ),
        Figure(
            "Uptime",
            100 * (1 - silent_h / (span_h * len(devices))) if devices and span_h else None,
            100 * UP_ENOUGH,
            "time in which no device had fallen silent",
        ),
        Figure(
            "Plausibility",
            100 * usable / values if values else None,
            100 * PLAUSIBLE_ENOUGH,
            "values that are neither out of range, nor a spike, nor stuck",
        ),
        Figure(
            "Radio",
            100 * sum(delivered) / len(delivered) if delivered else None,
            100 * DELIVERED_ENOUGH,
            "LoRaWAN frames that arrived, of those sent, mean over devices",
        ),
        Figure(
            "Battery",
            median(batteries) if batteries else None,
            BATTERY_ENOUGH_MONTHS,
            "months until the battery of the middle device is empty, by its slope",
            "months",
        ),
    ]


def by_profile(devices: Sequence[DeviceQuality]) -> Mapping[str, int]:
    """Number of devices of each model."""
    counts: dict[str, int] = {}
    for device in devices:
        counts[device.profile] = counts.get(device.profile, 0) + 1
    return dict(sorted(counts.items()))
