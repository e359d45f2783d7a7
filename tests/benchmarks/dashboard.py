"""What the built-in page costs: a thousand devices, every address asked, streams open, the loop watched meanwhile.

    python -m tests.benchmarks dashboard [DEVICES] [DAYS]

The gateway runs here; who asks is a process of its own, so that only what the gateway does holds up its loop. Told:
bytes and milliseconds of every address, the longest turn of the loop while it was asked (and without any page: what
the machine itself does to it), and resident memory before the first page, with pages open, and after all was asked.
"""

import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.dashboard.machine_room import resident_bytes
from gateway.memory import be_frugal, settle
from tests.gateway.dashboard import shown_city

KINDS = {
    "parking_mmcc": 0.4,
    "waste": 0.2,
    "trees": 0.15,
    "air": 0.1,
    "electricity": 0.1,
    "cycling": 0.02,
    "noise": 0.03,
}
ASKED = (
    "/", "/api/words", "/api/overview", "/api/things", "/api/domains", "/api/domains/parking", "/api/domains/waste",
    "/api/domains/cycling", "/api/domains/green", "/api/domains/air", "/api/domains/energy", "/api/inbox",
    "/api/gateway", "/api/events", "THING", "SERIES 24", "SERIES 720", "STATE 720",
)  # fmt: skip
TIMES = 5

ASKER = """
import http.client, json, sys, time, urllib.parse
port, paths, times = int(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
for path in paths:
    took, size, packed = [], 0, 0
    for turn in range(times):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        began = time.perf_counter()
        line.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = line.getresponse()
        packed = len(answer.read())
        took.append(time.perf_counter() - began)
        line.close()
        assert answer.status == 200, (path, answer.status)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", path)
    size = len(line.getresponse().read())
    line.close()
    print(json.dumps([path, size, packed, took[0] * 1e3, sorted(took)[len(took) // 2] * 1e3]), flush=True)
"""
LISTENER = """
import socket, sys
lines = []
for _ in range(int(sys.argv[2])):
    line = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    line.sendall(b"GET /api/stream HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
    line.recv(1 << 16)
    lines.append(line)
print("open", flush=True)
while True:
    for line in lines:
        line.recv(1 << 20)
"""


class Lag:
    """Longest time in which the loop turned to nobody else."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def watch(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest_s = max(self.longest_s, time.perf_counter() - began - 0.001)


def sites(devices: int) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "pilot": f"{kind.replace('_', '-')}-mechelen",
            "count": max(1, int(devices * share)),
            "per_street": 20,
        }
        for kind, share in KINDS.items()
    ]


@contextmanager
def listeners(port: int, pages: int) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", LISTENER, str(port), str(pages)], stdout=subprocess.PIPE)
    try:
        yield
    finally:
        process.kill()
        process.communicate()


async def ask_all(port: int, paths: list[str]) -> list[list[Any]]:
    """Each path, and the longest turn of the loop while it was asked."""
    lag = Lag()
    found = []
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(lag.watch(), name="lag")
        for path in paths:
            lag.longest_s = 0.0
            asker = await asyncio.create_subprocess_exec(
                sys.executable, "-c", ASKER, str(port), json.dumps([path]), str(TIMES), stdout=subprocess.PIPE
            )
            out, _ = await asker.communicate()
            found.append([*json.loads(out), lag.longest_s * 1e3])
        watching.cancel()
    return found


def longest_turn(town: shown_city.Shown) -> float:
    """In ten seconds, in seconds."""
    lag = Lag()
    watching = town.loop.create_task(lag.watch())
    town.wait(10)
    watching.cancel()
    return lag.longest_s


def memory(label: str) -> float:
    gc.collect()
    mib = resident_bytes() / (1 << 20)
    print(f"{label:<44} {mib:8.1f} MiB")
    return mib


def main(words: list[str]) -> None:
    devices = int(words[0]) if words else 1_000
    days = float(words[1]) if len(words) > 1 else 1.0
    be_frugal()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = (
            "from tests.gateway.dashboard.shown_city import write_city; from tests.benchmarks.dashboard import sites"
        )
        writer += f"; from pathlib import Path; print(write_city(Path({name!r}), days={days}, sites=sites({devices})))"
        port = int(subprocess.run([sys.executable, "-c", writer], check=True, stdout=subprocess.PIPE).stdout)
        shown_city.READY_WITHIN_S = 900.0
        with shown_city.shown(folder, port) as town:
            settle()
            facts = town.gateway.refine.facts()
            print(f"{len(town.gateway.known.files.devices)} devices, {facts['accepted']:,} uplinks refined\n")
            before = memory("before the first page")
            print(f"longest turn of the loop in 10 s without a page: {longest_turn(town) * 1e3:.1f} ms")
            with listeners(port, 1):
                town.wait(5)
                memory("with one page's stream open")
                things = json.loads(
                    town.loop.run_until_complete(asyncio.to_thread(town._ask, "/api/things", {}, {})).body
                )
                by_kind = {one["feature_type"]: one for one in things["things"]}
                bin_, bay = by_kind["waste-container"]["feature"], by_kind["parking-spot"]["feature"]
                named = {
                    "THING": f"/api/thing?id={by_kind['waste-container']['id']}",
                    "SERIES 24": f"/api/series?feature={bin_}&property=fill_level_percent&hours=24",
                    "SERIES 720": f"/api/series?feature={bin_}&property=fill_level_percent&hours=720",
                    "STATE 720": f"/api/series?feature={bay}&property=occupied&hours=720",
                }
                rows = town.loop.run_until_complete(ask_all(port, [named.get(path, path) for path in ASKED]))
                print(f"\n{'address':<58} {'bytes':>9} {'gzip':>8} {'first ms':>9} {'median':>8} {'loop ms':>8}")
                for path, size, packed, first, median, turn in rows:
                    print(f"{path[:58]:<58} {size:>9,} {packed:>8,} {first:>9.1f} {median:>8.1f} {turn:>8.1f}")
                print()
                after = memory("after every address was asked")
            with listeners(port, 16):
                turn_s = longest_turn(town)
                memory("with sixteen streams open")
                print(f"longest turn of the loop in 10 s with sixteen streams: {turn_s * 1e3:.1f} ms")
            print(f"the page costs {after - before:.1f} MiB")
