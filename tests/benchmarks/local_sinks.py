"""CPU of the sinks that need no server: the embedded store per value, the quarantine per entry it need not keep."""

import asyncio
import resource
import tempfile
import time
from pathlib import Path

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.quarantine.settings import QuarantineSettings
from gateway.sinks.quarantine.sink import QuarantineSink
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.sink import StoreSink
from pipelines.model import Observation, Revision
from tests.gateway.sinks.entries import T0, S, accepted, link, observed

NAMES = ("temperature_c", "fill_level_percent", "battery_v", "distance_mm")
UPLINKS, BATCH, DEVICES = 20_000, 500, 500


async def store(folder: Path, name: str = "store") -> str:
    """Four values and link facts per uplink."""
    clock = Clock()
    sink = StoreSink("store", StoreSettings(), folder / f"{name}.sqlite", clock=clock, events=Events(clock))
    await sink.start()
    uplinks = [Revision(n, accepted(*values(n), device=f"device-{n % DEVICES}", link=link(n))) for n in range(UPLINKS)]
    began, cpu = time.perf_counter(), time.process_time()
    for start in range(0, UPLINKS, BATCH):
        await sink.write(uplinks[start : start + BATCH])
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    await sink.close()
    total = UPLINKS * len(NAMES)
    return f"| {name} | {total / seconds:,.0f} values/s | {cpu_s / total * 1e6:.1f} µs a value |"


async def store_beside_a_busy_loop(folder: Path) -> str:
    """The same, while the loop works without a rest, as in a long backlog; its own work counts as CPU too."""
    busy = asyncio.get_running_loop().create_task(_never_rest(), name="busy")
    try:
        return await store(folder, "store, beside a busy loop")
    finally:
        busy.cancel()


async def _never_rest() -> None:
    while True:
        sum(range(10_000))
        await asyncio.sleep(0)


def values(n: int) -> list[Observation]:
    """The observations of the n-th uplink."""
    return [observed(float(n % 50), T0 + n * S, name=name) for name in NAMES]


async def quarantine(folder: Path) -> str:
    """First looks that were accepted: the common case, in which it has nothing to do."""
    events = Events(Clock())
    file = folder / "quarantine.sqlite"
    sink = QuarantineSink("quarantine", QuarantineSettings(), file, fetch=lambda _number: None, events=events)
    await sink.start()
    batch = [Revision(number, accepted(observed())) for number in range(1_000)]
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(100):
        await sink.write(batch)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    await sink.close()
    return f"| quarantine, accepted | {100_000 / seconds:,.0f} entries/s | {cpu_s / 100_000 * 1e6:.2f} µs an entry |"


def main(_argv: list[str]) -> None:
    """Print the table."""
    print("| sink | rate | CPU |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        print(asyncio.run(store(Path(folder))))
        print(asyncio.run(store_beside_a_busy_loop(Path(folder))))
        print(asyncio.run(quarantine(Path(folder))))
    print(f"\npeak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
