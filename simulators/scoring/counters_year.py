"""A year of bicycle counters without broker or gateway: how far the average daily count is off when a share is lost.

    city ─▶ messages ─▶ loss ─▶ dialect ▸ process ▸ analytics ─▶ average_daily_bicycles
      └──▶ truth: the mean of the year's days                        └──▶ against it

The same pure functions as in the gateway, called one after another.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

import msgspec

from pipelines.dialects import build_dialect
from pipelines.domains import Place, Site
from pipelines.domains.analysis import Analysis
from pipelines.domains.cycling.counts import CountMachine
from pipelines.domains.cycling.kinds import BICYCLES
from pipelines.domains.cycling.settings import CounterDetails
from pipelines.identify import DeviceIndex
from pipelines.memory import Memory
from pipelines.model import Accepted, Device, Received
from pipelines.process import Knowledge, process_at_once
from simulators.city.settle import City, settle
from simulators.faults.table import read_faults
from simulators.run import run, shipped_profiles
from simulators.scenario import World, parse_scenario
from simulators.scoring import Score
from simulators.scoring.instants import local_day
from simulators.scoring.measures import largest_error, mean

COUNTERS = 6
MEAN_OUTAGE = 24.0
"""What is lost is lost in runs of so many hourly messages: of a day on average."""
SETTLE_EVERY = 200
SCENARIO: dict[str, Any] = {
    "title": "A year of counters",
    "town": "groningen",
    "seed": 20261123,
    "network": {"dialect": "chirpstack-v4", "gateways": 2},
    "site": [{"kind": "cycling", "pilot": "counters", "count": COUNTERS, "report_min": 60}],
}


class Year(msgspec.Struct, frozen=True):
    """Averages of each counter: what was said at the year's end, and the mean of its true days."""

    said: dict[str, float]
    true: dict[str, float]


def score(world: World, lost_share: float) -> list[Score]:
    """How far the averages are off, as a mean and at worst."""
    year = live(world, lost_share)
    off = [(100 * year.said[name] / true, 100.0) for name, true in year.true.items() if name in year.said]
    errors = [abs(estimate - 100) for estimate, _ in off]
    what = "average daily count of a year (20 % lost, but in the clean city)"
    return [
        Score("cycling", f"{what}, mean error", mean(errors), "%", len(off), "≤ 2"),
        Score("cycling", "the same, largest error", largest_error(off), "%", len(off)),
    ]


def live(world: World, lost_share: float, *, first: str = "2026-01-01", last: str = "2027-01-01") -> Year:
    """From the first day's midnight to the last one's."""
    city = settle(parse_scenario(SCENARIO | {"world": world}, "counters"))
    zone = city.zone
    start_ns, end_ns = (
        int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()) * 10**9 for day in (first, last)
    )
    knowledge, analysis, memory = _knowledge(city), _analysis(city), Memory()
    faults = read_faults({"loss": {"rate": lost_share, "mean_run": MEAN_OUTAGE}} if lost_share else "clean")
    days: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    said: dict[str, float] = {}
    # An hour more, so that the last day is over for every counter.
    for number, (truths, message) in enumerate(run(city, start_ns, end_ns + 3_600 * 10**9, faults=faults), start=1):
        for truth in truths:
            if truth.quantity == "bicycle_count_interval" and truth.at_ns < end_ns:
                days[truth.feature][local_day(truth.at_ns, zone)[0]] += float(truth.value)
        if message is not None:
            received = Received("network", message.topic, message.body, message.at_ns, number, 1)
            outcome = process_at_once(number, received, knowledge, memory)
            if isinstance(outcome, Accepted):
                analysis.take(outcome)
        if number % SETTLE_EVERY == 0:
            _settle(analysis, said)
    _settle(analysis, said)
    return Year(said, {feature: sum(by_day.values()) / len(by_day) for feature, by_day in days.items()})


def _settle(analysis: Analysis, said: dict[str, float]) -> None:
    for statement in analysis.settle():
        for one in (*statement.again, *statement.first):
            if one.property == "average_daily_bicycles" and one.quality in ("ok", "estimated"):
                said[one.feature] = float(one.value)


def _knowledge(city: City) -> Knowledge:
    devices = [
        Device(
            id=one.dev_eui, profile=one.profile, pilot=one.pilot, city="groningen", feature=one.feature, area=one.area
        )
        for one in city.devices
    ]
    dialect = build_dialect(city.scenario.network.dialect, {})
    return Knowledge(dialects={"network": dialect}, devices=DeviceIndex(devices), profiles=shipped_profiles())


def _analysis(city: City) -> Analysis:
    places = {
        one.feature: Place(one.area, details=msgspec.convert(dict(one.details), CounterDetails)) for one in city.devices
    }
    return Analysis(Site("counters", "groningen", city.zone, places), [CountMachine(BICYCLES)])
