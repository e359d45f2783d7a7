"""What open topics cost beside InfluxDB: edit, whole write to a real Mosquitto, CPU of this process.

``python -m tests.benchmarks open-topics``
"""

import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

from gateway.clock import Clock
from gateway.events import Events
from gateway.open_city import OpenCity
from gateway.sinks.open_topics.editor import Editor
from gateway.sinks.open_topics.settings import OpenTopicsSettings
from gateway.sinks.open_topics.sink import OpenTopicsSink
from gateway.sinks.open_topics.states import States
from pipelines.model import Derived, Observation, Revision
from tests import servers
from tests.benchmarks.influx_sink import write_us
from tests.contracts.ledger_entries import SECOND, T0, uplink
from tests.open_cities import city_of, device
from tests.proofs.city import QUICK_BROKER

UPLINKS, BATCH, DEVICES = 20_000, 1_000, 1_000
PROPERTIES = ("temperature_c", "humidity_percent", "co2_ppm", "battery_v")
QUARTER_NS = 900 * SECOND


def city() -> OpenCity:
    """A thousand air stations, and as many counters."""
    places = ("air-station/A", "bike-counter/C")
    return city_of(
        device(f"{name}-{number}", pilot="air-delft", number=number + 1_000 * place)
        for place, name in enumerate(places)
        for number in range(DEVICES)
    )


def quarters(count: int) -> list[Revision]:
    """Counts of a quarter of an hour, with their coverage, as analytics tell them."""
    entries = []
    for number in range(count):
        feature = f"bike-counter/C-{number % DEVICES}"
        begin_ns = T0 // QUARTER_NS * QUARTER_NS + number // DEVICES * QUARTER_NS
        said = (("bicycles", float(number % 40)), ("coverage_percent", 100.0))
        observations = tuple(Observation(feature, *one, begin_ns, interval_ns=QUARTER_NS) for one in said)
        entries.append(Revision(number + 1, Derived("cycling-bicycles", number, "air-delft", "delft", observations)))
    return entries


def edit_us(entries: list[Revision], known: OpenCity) -> tuple[float, float]:
    """CPU per entry of editing alone, and messages per entry; states are built once a batch."""
    editor = Editor(States(b"salt"), Counter(), "bench", expiry_s=86_400, sensorthings=False)
    editor.city = known
    messages = 0
    began = time.process_time()
    for start in range(0, len(entries), BATCH):
        edition = editor.take(entries[start : start + BATCH])
        messages += len(edition.messages) + len([editor.state_message(state) for state in edition.changed.values()])
        editor.newest_changed.clear()
    return (time.process_time() - began) / len(entries) * 1e6, messages / len(entries)


async def publish(entries: list[Revision], known: OpenCity, folder: Path, port: int) -> tuple[float, float, float]:
    """CPU per entry, CPU per message, and messages per second of wall time."""
    clock = Clock()
    events = Events(clock)
    sink = OpenTopicsSink(
        "open",
        OpenTopicsSettings(url=f"mqtt://127.0.0.1:{port}", coalesce_s=1.0),
        folder / "open.sqlite",
        city="delft",
        gateway_id="bench",
        city_now=lambda: known,
        events=events,
        clock=clock,
    )
    await sink.start()
    cpu, wall = time.process_time(), time.perf_counter()
    for start in range(0, len(entries), BATCH):
        await sink.write(entries[start : start + BATCH])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    messages = sum(events.counts[f"open.{kind}"] for kind in ("obs", "event", "agg", "states"))
    await sink.close()
    return cpu / len(entries) * 1e6, cpu / messages * 1e6, messages / wall


def main(_argv: list[str]) -> None:
    """Print the table."""
    known = city()
    uplinks = [uplink(number, devices=DEVICES, properties=PROPERTIES) for number in range(UPLINKS)]
    derived = quarters(UPLINKS)
    print("| sink | entries/s | messages/s | µs an entry | µs a message |\n| --- | --- | --- | --- | --- |")
    for what, entries in (("four readings an uplink", uplinks), ("counts of a quarter of an hour", derived)):
        edit, each = edit_us(entries, known)
        print(f"| open topics, editing alone, {what} | | | {edit:.1f} | {edit / each:.1f} |", flush=True)
        with (
            tempfile.TemporaryDirectory() as folder,
            servers.running(servers.mosquitto(Path(folder), config=QUICK_BROKER)) as broker,
        ):
            an_entry, a_message, rate = asyncio.run(publish(entries, known, Path(folder), broker.port))
        per_entry = rate * a_message / an_entry
        print(
            f"| open topics, {what} | {per_entry:,.0f} | {rate:,.0f} | {an_entry:.1f} | {a_message:.1f} |", flush=True
        )
    with tempfile.TemporaryDirectory() as folder, servers.running(servers.influxdb1(Path(folder))) as server:
        an_entry, rate = asyncio.run(write_us(uplinks, server.url))
    print(f"| InfluxDB 1, four readings an uplink | {rate:,.0f} | | {an_entry:.1f} | |")
