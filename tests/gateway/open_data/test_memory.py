"""A download of any size costs the same memory: measured on a process that does nothing else."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.sinks.store.schema import open_store
from pipelines.model import Derived, Revision
from tests import servers
from tests.gateway.open_data.small_city import PILOT, write
from tests.gateway.sinks.entries import T0, observed

ALLOWED_KIB = 15 << 10
"""What all of open data may cost at most."""

SERVER = """
import asyncio, socket, sys
from datetime import date
from pathlib import Path
import gateway.run
def rss():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1])
before = rss()
from tests.gateway.open_data.small_city import city
from gateway.clock import Clock
from gateway.events import Events
from gateway.http.embedded import Embedded
from gateway.open_data import server as _server
from gateway.open_data.keys import Grant, Keys
from gateway.open_data.routes import application
from gateway.open_data.service import Service
from gateway.open_data.settings import OpenDataTable
import uvicorn
class Everybody(Keys):
    def grant(self, authorization):
        return Grant("", "partner", None)
open_data = city()
service = Service(OpenDataTable(max_rows=100_000_000), Path(sys.argv[1]), city_now=lambda: open_data, delay_ns=0,
                  keys=Everybody(lambda name: None, date.today), clock=Clock(), events=Events())
config = uvicorn.Config(application(service), log_config=None, access_log=False, lifespan="off", ws="none")
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
print(before, flush=True)
asyncio.run(Embedded(config).serve(sockets=[listener]))
"""


def fill(file: Path, rows: int) -> None:
    """Five bins that say ``rows`` values together."""
    names = ("fill_level_percent", "battery_v", "temperature_c", "distance_mm", "tilted")
    first = [observed(50.0 if name != "tilted" else True, T0, name=name) for name in names]
    write(file, [Revision(1, Derived("a81758fffe000001", 1, PILOT, "delft", tuple(first)))])
    connection = open_store(file)
    connection.execute("BEGIN")
    for series in range(1, 1 + len(names)):
        values = ((series, T0 + n * 10**9, float(n % 90)) for n in range(1, rows // len(names)))
        connection.executemany("INSERT INTO history VALUES (?, ?, 0, ?, 0, 0, 2, 1)", values)
    connection.execute("COMMIT")
    connection.close()


@contextmanager
def serving(file: Path) -> Iterator[tuple[int, int, int]]:
    """Port, process id, and memory in KiB before anything of open data was loaded."""
    port = servers.free_port()
    command = [sys.executable, "-c", SERVER, str(file), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": "."})
    try:
        assert process.stdout is not None
        before_kib = int(process.stdout.readline())
        while not servers.tcp_answers(port):
            assert process.poll() is None
            time.sleep(0.02)
        yield port, process.pid, before_kib
    finally:
        process.kill()
        process.communicate()


def memory_kib(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def download(port: int, path: str, *, pause_s: float = 0.0) -> int:
    """Bytes of a file, read as it comes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200
    size = 0
    while chunk := answer.read(1 << 16):
        size += len(chunk)
        time.sleep(pause_s)
    connection.close()
    return size


@pytest.mark.parametrize("rows", [60_000, pytest.param(1_000_000, marks=[pytest.mark.proof, pytest.mark.timeout(600)])])
def test_memory_is_flat_however_large_the_file(tmp_path: Path, rows: int) -> None:
    file = tmp_path / "store.sqlite"
    fill(file, rows)
    with serving(file) as (port, pid, before_kib):
        download(port, f"/open/v1/{PILOT}/observations.csv?to=2026-11-03T10:10:00Z")
        idle_kib = memory_kib(pid, "VmRSS")
        for form in ("csv", "geojson", "ndjson"):
            started = time.monotonic()
            size = download(port, f"/open/v1/{PILOT}/observations.{form}")
            took_s = time.monotonic() - started
            print(f"{form}: {rows} rows, {size >> 20} MiB in {took_s:.1f} s, {rows / took_s:,.0f} rows/s")
            assert size > 100 * rows
        peak_kib = memory_kib(pid, "VmHWM")
        print(f"before {before_kib} KiB, idle {idle_kib} KiB, peak {peak_kib} KiB")
        assert peak_kib - idle_kib < 3 << 10, "a large file costs no more than a small one"
        assert peak_kib - before_kib < ALLOWED_KIB
