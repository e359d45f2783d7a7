"""What analytics cost per accepted uplink: `python -m tests.benchmarks analytics`.

500 devices every ten minutes, from Accepted to what is told, in batches as the loop takes them: first with a machine
that does nothing (what the runner itself costs), then with the machines of the table, for several mixes of late
uplinks. CPU time; the quietest tenth of the batches is the figure of the code, the mean holds all.

In order two days, of which some come late one: a reading up to six hours late has up to 900 readings of its street run
again, once for all that came late in one batch, and with 1 % late each batch has some for most streets.
"""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from gateway.analytics import BATCH
from pipelines.domains import Machine, Place, Reading, Site
from pipelines.domains.analysis import Analysis
from pipelines.domains.table import MACHINES
from pipelines.model import NS_PER_S, Accepted, Link, Location, Observation, Reception

START_NS = 1_790_000_000 * NS_PER_S
DEVICES = 500
EVERY_S = 600
DAYS, LATE_DAYS = 2, 1
HEARD = (Reception("gateway", -110.0, 5.5),)


class Nothing(msgspec.Struct):
    """A state that knows one number."""

    readings: int = 0


class Idle:
    """Takes readings of a feature and says nothing."""

    version = 1
    features = frozenset({"parking-spot"})
    state = Nothing

    def __init__(self, producer: str, *properties: str) -> None:
        self.producer = producer
        self.properties = frozenset(properties)

    def key(self, reading: Reading, site: Site) -> str | None:
        del site
        return reading.feature

    def begin(self, key: str, site: Site) -> Nothing:
        del key, site
        return Nothing()

    def pass_time(self, state: Nothing, to_ns: int, site: Site) -> tuple[Observation, ...]:
        del state, to_ns, site
        return ()

    def take(self, state: Nothing, reading: Reading, site: Site) -> tuple[Observation, ...]:
        del reading, site
        state.readings += 1
        return ()


def site() -> Site:
    places = {f"parking-spot/{at}": Place(f"street-{at // 25}", Location(4.4, 51.0)) for at in range(DEVICES)}
    return Site("pilot", "mechelen", ZoneInfo("Europe/Brussels"), places)


def uplinks(late_share: float, days: int = DAYS) -> list[Accepted]:
    """Bays in order of receipt; late ones come up to six hours after their time."""
    rng = random.Random(7)
    found = []
    for step in range(days * 86_400 // EVERY_S):
        for at in range(DEVICES):
            time_ns = START_NS + (step * EVERY_S + at * EVERY_S // DEVICES) * NS_PER_S
            late_ns = rng.randrange(6 * 3_600) * NS_PER_S if rng.random() < late_share else NS_PER_S
            feature = f"parking-spot/{at}"
            said = (Observation(feature, "occupied", rng.random() < 0.6, time_ns),)
            link = Link(step, 1, HEARD)
            device = f"{at:016x}"
            found.append(Accepted(0, device, "pilot", "mechelen", feature, time_ns, time_ns + late_ns, said, link))
    return sorted(found, key=lambda entry: entry.received_ns)


def measure(machines: Sequence[Machine[Any]], entries: Sequence[Accepted]) -> tuple[float, float, int, Analysis]:
    """µs per uplink (quietest tenth of the batches, mean), observations told, and the machines as they stand."""
    analysis = Analysis(site(), machines)
    costs = []
    told = 0
    for batch in batches(entries):
        began = time.process_time_ns()
        for entry in batch:
            analysis.take(entry)
        for statement in analysis.settle():
            told += len(statement.first) + len(statement.again)
        costs.append((time.process_time_ns() - began) / len(batch) / 1_000)
    costs.sort()
    return costs[len(costs) // 10], sum(costs) / len(costs), told, analysis


def batches(entries: Sequence[Accepted]) -> Iterator[Sequence[Accepted]]:
    for at in range(0, len(entries), BATCH):
        yield entries[at : at + BATCH]


def main(_words: Sequence[str]) -> None:
    idle = [Idle("idle-1", "occupied"), Idle("idle-2", "occupied"), Idle("idle-3", "heard")]
    mixes: dict[str, tuple[Sequence[Machine[Any]], float]] = {
        "three idle machines, in order": (idle, 0.0),
        "three idle machines, 5 % late": (idle, 0.05),
        "the machines of a bay, in order": (MACHINES, 0.0),
        "the machines of a bay, 1 % late": (MACHINES, 0.01),
    }
    print(
        f"{DEVICES} bays, every {EVERY_S} s, {DAYS} days in order or {LATE_DAYS} day with late ones;"
        f" batches of {BATCH}; CPU per accepted uplink"
    )
    print(f"{'':36} {'quietest':>10} {'mean':>10} {'told':>9} {'keys':>6} {'kept/key':>9}")
    for name, (machines, late_share) in mixes.items():
        quiet_us, mean_us, told, analysis = measure(machines, uplinks(late_share, LATE_DAYS if late_share else DAYS))
        keys = sum(runner.keys for runner in analysis.runners.values())
        kept = sum(runner.remembered_bytes for runner in analysis.runners.values())
        print(f"{name:36} {quiet_us:7.1f} µs {mean_us:7.1f} µs {told:9,} {keys:6,} {kept / keys:7,.0f} B")
        for producer, runner in sorted(analysis.runners.items()):
            late = ", ".join(f"{count} {word}" for word, count in runner.counts.items() if count)
            print(f"    {producer:32} {runner.keys:5,} keys {runner.remembered_bytes / 1e6:6.1f} MB  {late}")


if __name__ == "__main__":
    main(sys.argv[1:])
