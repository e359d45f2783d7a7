"""A site of simulated devices for tests, and all that happens there in some days."""

import heapq
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulators.device import SimulatedDevice
from simulators.signals import Report, Site, Truth, Weather
from simulators.signals.table import KINDS
from simulators.signals.weather import CityWeather, Climate

DAY_NS = 86_400_000_000_000
ZONE = ZoneInfo("Europe/Brussels")
CALM = Climate(wet_after_dry=1e-9, wet_after_wet=1e-9, anomaly_sigma_c=0.1, wind_scale_m_s=1.0)
"""A climate in which it never rains."""


def at(text: str) -> int:
    """Nanoseconds of a moment in UTC, such as 2026-06-01T12:00."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def site(kind: str, count: int, profile: str = "") -> Site:
    row = KINDS[kind]
    devices = (
        SimulatedDevice(
            dev_eui=f"02c17e000000{number:04x}",
            profile=profile or row.profiles[0],
            pilot="pilot",
            feature=f"{row.feature_type}/sluisstraat-{number}",
            name=f"{kind} {number}",
            area="sluisstraat",
            longitude=4.479,
            latitude=51.025,
        )
        for number in range(count)
    )
    return Site("sluisstraat", "street/sluisstraat", tuple(devices))


def live(
    kind: str,
    parameters: Any,
    *,
    devices: int = 1,
    days: float = 7,
    start: str = "2026-06-01T00:00",
    seed: int = 1,
    profile: str = "",
    weather: Weather | None = None,
) -> list[Report]:
    """Every report of the site, in order of time; the weather is that of the default climate."""
    sky = weather or CityWeather(Climate(), seed)
    signals = KINDS[kind].build(site(kind, devices, profile), parameters, random.Random(seed), sky, ZONE)
    start_ns = at(start)
    due = [(signal.begin(start_ns), number) for number, signal in enumerate(signals)]
    heapq.heapify(due)
    reports = []
    while due[0][0] < start_ns + days * DAY_NS:
        at_ns, number = due[0]
        report, next_ns = signals[number].report(at_ns)
        assert report.at_ns == at_ns
        assert next_ns > at_ns
        reports.append(report)
        heapq.heapreplace(due, (next_ns, number))
    return reports


def truths(reports: Sequence[Report], quantity: str, feature: str = "") -> Iterator[Truth]:
    """What is true of that quantity, in the order in which it was told; of one feature or of all."""
    for report in reports:
        for truth in report.truth:
            if truth.quantity == quantity and feature in ("", truth.feature):
                yield truth


def numbers(reports: Sequence[Report], quantity: str, feature: str = "") -> list[float]:
    """The values of these truths as numbers."""
    return [float(truth.value) for truth in truths(reports, quantity, feature)]


def said(reports: Sequence[Report], reading: str) -> list[float]:
    """The values of one reading that was sent, as numbers."""
    return [float(report.readings[reading]) for report in reports if report.readings and reading in report.readings]
