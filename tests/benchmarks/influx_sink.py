"""What one uplink costs on its way into a real InfluxDB 1.6.7: encode, gzip, whole write. CPU of this process only."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.influxdb.exchange import compressed
from gateway.sinks.influxdb.settings import InfluxdbSettings
from gateway.sinks.influxdb.sink import InfluxSink
from pipelines.encodings.line_protocol import encode
from pipelines.model import Revision
from tests import servers
from tests.contracts.ledger_entries import reading, uplink

UPLINKS = 20_000
BATCH = 1_000
REPEATS = 5
PROPERTIES = ("temperature_c", "humidity_percent", "co2_ppm", "battery_v")


def best_us(job: Callable[[], object], items: int) -> float:
    """CPU microseconds per item, the best of some repeats."""
    best = float("inf")
    for _ in range(REPEATS):
        began = time.process_time()
        job()
        best = min(best, (time.process_time() - began) / items * 1e6)
    return best


def encode_us(revisions: list[Revision]) -> float:
    return best_us(lambda: [encode(revision) for revision in revisions], len(revisions))


async def write_us(revisions: list[Revision], url: str) -> tuple[float, float]:
    """CPU per uplink of ``write``, and uplinks per second of wall time."""
    clock = Clock()
    sink = InfluxSink("bench", InfluxdbSettings(url=url, database="citygate"), Events(clock), clock)
    await sink.write(revisions[:BATCH])
    cpu, wall = time.process_time(), time.perf_counter()
    for start in range(0, len(revisions), BATCH):
        await sink.write(revisions[start : start + BATCH])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    await sink.close()
    return cpu / len(revisions) * 1e6, len(revisions) / wall


def main() -> None:
    plain = [reading(number, devices=1_000, properties=PROPERTIES) for number in range(UPLINKS)]
    linked = [uplink(number, devices=1_000, properties=PROPERTIES) for number in range(UPLINKS)]
    body = b"".join([encode(revision) for revision in linked[:BATCH]])
    rows = [
        ("encode, values only (one line)", f"{encode_us(plain):.1f}"),
        ("encode, values and link (two lines)", f"{encode_us(linked):.1f}"),
        ("gzip, isal level 1", f"{best_us(lambda: compressed(body), BATCH):.2f}"),
    ]
    with tempfile.TemporaryDirectory() as folder, servers.running(servers.influxdb1(Path(folder))) as server:
        each, rate = asyncio.run(write_us(linked, server.url))
    rows.append(("whole `write` (encode, gzip, HTTP)", f"{each:.1f}"))
    print("| step | µs per uplink |\n| --- | --- |")
    print("\n".join(f"| {step} | {value} |" for step, value in rows))
    print(f"\n{len(body) / BATCH:.0f} B per uplink, {len(compressed(body)) / BATCH:.0f} packed; {rate:,.0f} uplinks/s")


if __name__ == "__main__":
    main()
