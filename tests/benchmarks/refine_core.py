"""What refine's pure core costs per uplink: `python -m tests.benchmarks.refine_core [uplinks]`.

The dialect and the decoder cost nothing here (they hand out finished values), so the figure is identify, event time,
frames, normalise and screen with four readings, and the making of the outcome. Memory is measured per device. The
quietest batch is the figure of the code; the median also holds what else the machine does.
"""

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import msgspec

from pipelines.decode import CompiledProfile, PropertyMap, Reading
from pipelines.identify import DeviceIndex
from pipelines.model import NS_PER_S, Accepted, Device, Received, Reception, Rejected, Uplink
from pipelines.process import Knowledge, Memory, process

START_NS = 1_790_000_000 * NS_PER_S
DEVICES = 1_000
ROUNDS = 7
BATCH = 500
READINGS = [
    Reading("temperature", 21.4),
    Reading("humidity", 55),
    Reading("vdd", 3559),
    Reading("motion", 3),
]
MAPPING = {
    "temperature": PropertyMap("temperature_c"),
    "humidity": PropertyMap("humidity_percent"),
    "vdd": PropertyMap("battery_v", 0.001, ratio=(1, 0, 1000)),
    "motion": PropertyMap("motion_count"),
}


def knowledge_of(read: Callable[[str, bytes], Uplink | Rejected]) -> Knowledge:
    profile = CompiledProfile("bench/cheap", bytes(8), lambda _uplink: READINGS, MAPPING)
    devices = [Device(f"{place:016x}", profile.name, "pilot", "city", f"tree/{place}") for place in range(DEVICES)]
    return Knowledge({"bench": read}, DeviceIndex(devices), {profile.name: profile})


def uplinks(count: int) -> list[Uplink]:
    heard = (Reception("gateway", -110.0, 5.5),)
    return [
        Uplink(
            f"{place % DEVICES:016x}",
            payload=place.to_bytes(12, "big"),
            f_port=5,
            f_cnt=place // DEVICES,
            session="01ab",
            network_time_ns=START_NS + place // DEVICES * 600 * NS_PER_S,
            receptions=heard,
        )
        for place in range(count)
    ]


def microseconds_per_uplink(count: int) -> list[float]:
    """CPU per uplink of each batch in one pass over ``count`` fresh uplinks."""
    waiting = iter(uplinks(count))
    knowledge = knowledge_of(lambda _topic, _body: next(waiting))
    memory = Memory()
    received = [
        Received("bench", "topic", b"", START_NS + place // DEVICES * 600 * NS_PER_S, 0, 1) for place in range(count)
    ]
    figures = []
    for start in range(0, count, BATCH):
        batch = received[start : start + BATCH]
        began = time.process_time()
        outcomes = [process(number, one, knowledge, memory) for number, one in enumerate(batch, start + 1)]
        figures.append((time.process_time() - began) / len(batch) * 1e6)
        assert all(isinstance(outcome, Accepted) and len(outcome.observations) == 4 for outcome in outcomes)
    return figures


def bytes_per_device(frames: int) -> tuple[float, float]:
    """Memory of one device after ``frames`` frames: in the process, and in the snapshot."""
    everything = uplinks(DEVICES * frames)
    waiting = iter(everything)
    knowledge = knowledge_of(lambda _topic, _body: next(waiting))
    memory = Memory()
    tracemalloc.start()
    for number, uplink in enumerate(everything, 1):
        process(number, Received("bench", "topic", b"", uplink.network_time_ns or 0, 0, 1), knowledge, memory)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held / DEVICES, len(memory.snapshot()) / DEVICES


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    figures = sorted(figure for _round in range(ROUNDS) for figure in microseconds_per_uplink(count))
    process_bytes, snapshot_bytes = bytes_per_device(70)
    result = {
        "uplinks": count,
        "us_per_uplink_median": round(statistics.median(figures), 2),
        "us_per_uplink_quietest_batch": round(figures[0], 2),
        "bytes_per_device": round(process_bytes),
        "snapshot_bytes_per_device": round(snapshot_bytes),
    }
    print(msgspec.json.format(msgspec.json.encode(result)).decode())


if __name__ == "__main__":
    main()
