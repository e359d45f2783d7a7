"""P8: what a hung sink and 500 slow subscribers do to delivery to InfluxDB.

Two gateways on the same messages, one after the other, several times: beside their InfluxDB both have open topics on a
broker of their own and a second InfluxDB. With ``held`` the second InfluxDB takes requests and never answers, and 500
subscribers on slow links read the open topics; without, it answers and nobody subscribes.
"""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests import servers
from tests.benchmarks.road import PILOT, config_of, devices_of
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs.city import QUICK_BROKER

CORPUS = "plain"
SUBSCRIBERS, BYTES_A_SECOND = 500, 200
FULL_LINKS_S = 5.0
"""What the kernel's buffers hold is taken up in this time; from then on the broker itself waits for its readers."""


class Delivery(NamedTuple):
    """One run: ages of points at the InfluxDB that is well, memory of the gateway, and what did not arrive."""

    p50_ms: float
    p99_ms: float
    rss_mb: float
    lost: int


class HeldUp(NamedTuple):
    """Medians over the pairs of runs."""

    without: Delivery
    held: Delivery
    pairs: int


def run(*, pairs: int, rate: int, seconds: float) -> HeldUp:
    """Measure both ways, in turns."""
    without, held = [], []
    for _ in range(pairs):
        without.append(deliver(rate, seconds, held=False))
        held.append(deliver(rate, seconds, held=True))
    return HeldUp(middle(without), middle(held), pairs)


def middle(runs: Sequence[Delivery]) -> Delivery:
    """The median of each figure, but all that was lost."""
    p50, p99, rss, lost = zip(*runs, strict=True)
    return Delivery(median(p50), median(p99), median(rss), sum(lost))


def deliver(rate: int, seconds: float, *, held: bool) -> Delivery:
    """One gateway on so many messages a second for so long."""
    with tempfile.TemporaryDirectory(prefix="citygate-proof-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(servers.running(servers.mosquitto(folder / "in", config=QUICK_BROKER)))
        open_broker = stack.enter_context(servers.running(servers.mosquitto(folder / "open", config=OPEN_BROKER)))
        well, report = stack.enter_context(counting())
        second = stack.enter_context(hanging() if held else counting())[0]
        config = config_of(CORPUS, broker.port, f"http://127.0.0.1:{well}", "citygate")
        config += OTHERS.format(open=open_broker.port, second=second)
        gateway = GatewayProcess(folder / "gw")
        gateway.write(config, pilots={"bench": PILOT}, devices={"bench": devices_of(CORPUS)})
        gateway.start()
        try:
            wait_until(lambda: bool(gateway.events("SourceConnected")), what="the subscription")
            if held:
                stack.enter_context(slow_subscribers(open_broker.port))
            sent = publish(broker.port, rate, FULL_LINKS_S) + publish(broker.port, rate, seconds)
            wait_until(lambda: arrived(well) >= sent, within_s=60, what="every message at the InfluxDB that is well")
            rss_mb = gateway.peak_rss_mb()
        finally:
            gateway.kill_nine()
        found = report()
        return Delivery(found["p50_ms"], found["p99_ms"], rss_mb, sent - int(found["distinct"]))


OPEN_BROKER = "autosave_on_changes false\nautosave_interval 1800\nmax_queued_messages 1000"
"""A queue as brokers have it: what a slow reader does not take is dropped by the broker, for that reader."""

OTHERS = """
[sinks.open]
kind = "open-topics"
url = "mqtt://127.0.0.1:{open}"
[sinks.second]
kind = "influxdb"
url = "http://127.0.0.1:{second}"
api = "v1"
database = "bench"
"""


def publish(port: int, rate: int, seconds: float) -> int:
    """Send at the rate; returns how many messages there were."""
    messages = int(rate * seconds)
    words = [CORPUS, str(messages), str(rate), str(port)]
    subprocess.run([sys.executable, "-m", "tests.benchmarks.publisher", *words], check=True, stderr=subprocess.DEVNULL)
    return messages


@contextlib.contextmanager
def counting() -> Iterator[tuple[int, "Report"]]:
    """An HTTP sink that answers at once and counts; its report may be asked for once."""
    port = servers.free_port()
    command = [sys.executable, "-m", "tests.benchmarks.counting_sink", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        try:
            wait_until(lambda: servers.tcp_answers(port), what="the counting sink")
            yield port, Report(program)
        finally:
            program.kill()


class Report:
    """What the counting program says at its end."""

    def __init__(self, program: subprocess.Popen[bytes]) -> None:
        self._program = program

    def __call__(self) -> dict[str, float]:
        self._program.send_signal(signal.SIGTERM)
        said: dict[str, float] = json.loads(self._program.communicate(timeout=20)[0])
        return said


@contextlib.contextmanager
def hanging() -> Iterator[tuple[int, None]]:
    """A port that takes connections and bytes, and says nothing: the kernel does it while nobody accepts."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1], None


@contextlib.contextmanager
def slow_subscribers(port: int) -> Iterator[None]:
    words = [str(port), str(SUBSCRIBERS), str(BYTES_A_SECOND)]
    command = [sys.executable, "-m", "tests.proofs.slow_subscribers", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == b"ready\n"
            yield
            assert program.poll() is None, "the slow subscribers have ended"
        finally:
            program.kill()


def arrived(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count", timeout=10) as answer:
        return int(json.load(answer)["distinct"])
