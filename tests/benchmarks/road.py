"""The whole road: publisher ▸ Mosquitto ▸ gateway ▸ counting HTTP sink. Prints CPU, memory, latency, losses.

``saturation``: as fast as the broker hands over. Otherwise a fixed rate. Beside it, on the same messages: a plain
script with paho-mqtt and influxdb-client (batching), and Telegraf where its program is present.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests import servers
from tests.benchmarks.corpus import CORPORA, DEVICES, DIALECTS, PROFILES, TOPICS, device_id
from tests.gateway_process import GatewayProcess, wait_until
from tests.marked_block import write_into

IDLE_S = 20.0
BEGIN, END = "<!-- measured:begin -->", "<!-- measured:end -->"


@dataclass
class Figures:
    """One row of the table."""

    who: str
    corpus: str
    rate: int
    sent: int
    arrived: int
    seconds: float
    cpu_s: float
    rss_mb: float
    p50_ms: float
    p99_ms: float
    points: int
    values: int

    def row(self) -> str:
        rate = f"{self.rate:,}/s" if self.rate else "saturation"
        arrived = max(1, self.arrived)
        cells = (
            *(self.who, self.corpus, rate, f"{self.arrived / self.seconds:,.0f}"),
            *(f"{self.cpu_s / arrived * 1e6:.1f}", f"{self.rss_mb:.0f}", f"{self.p50_ms:.0f}", f"{self.p99_ms:.0f}"),
            *(f"{self.values / arrived:.1f}", f"{self.points / arrived:.1f}", str(self.sent - self.arrived)),
        )
        return "| " + " | ".join(cells) + " |"


HEAD = (
    "| who | corpus | rate | uplinks/s | CPU µs per uplink (= s per million) | peak RSS MB | p50 ms | p99 ms "
    "| observations per uplink | lines per uplink | lost |\n" + "| --- " * 11 + "|"
)


def config_of(corpus: str, broker_port: int, sink_url: str, who: str) -> str:
    """The gateway's file for one run. P19 is of the road to InfluxDB; what else runs beside it is in the name."""
    loop = "uvloop" if who.endswith("uvloop") else "asyncio"
    opened = f'[sinks.open]\nkind = "open-topics"\nurl = "mqtt://127.0.0.1:{broker_port}"\n' if "-open" in who else ""
    version = os.environ.get("CITYGATE_BENCH_MQTT", "5")
    template = 'topic_template = "sensors/{device_id}/up"'
    mapping = f'\ndialect_settings = {{ {template}, time_field = "time_ns", time_format = "epoch_ns" }}'
    return f"""
[gateway]
id = "bench"
city = "mechelen"
log = "json"
loop = "{loop}"
[sources.lns]
kind = "mqtt"
url = "mqtt://127.0.0.1:{broker_port}"
version = "{version}"
client_id = "bench"
topics = ["{TOPICS[corpus]}"]
dialect = "{DIALECTS[corpus]}"{mapping if corpus == "plain" else ""}
[sinks.influx]
kind = "influxdb"
url = "{sink_url}"
api = "v1"
database = "bench"
{opened}[analytics]
enabled = {"true" if who.endswith("analytics") else "false"}
"""


PILOT = """
id = "bench"
title = "Benchmark"
city = "mechelen"
domains = ["air"]
start = 2026-01-01
end = 2027-12-31
privacy_class = "A"
retention_days = 3650
licence = "CC0-1.0"
publisher = "Citygate"
contact = { email = "bench@example.org" }
"""


def devices_of(corpus: str) -> str:
    """Two hundred air stations."""
    return "\n".join(
        f'[[device]]\nid = "{device_id(n)}"\nprofile = "{PROFILES[corpus]}"\npilot = "bench"\n'
        f'feature = "air-station/a{n}"\nname = "Station {n}"\nlatitude = 51.02\nlongitude = 4.48\n'
        for n in range(DEVICES)
    )


class Bench:
    """Broker and sink for one row; ``measure`` runs one contestant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        window = "max_inflight_messages 0\n" if os.environ.get("CITYGATE_BENCH_WINDOW") == "large" else ""
        # Writing the whole store after each message, as the tests want it, would measure the broker's disk.
        config = window + "autosave_on_changes false\nautosave_interval 1800\n"
        self.broker = servers.mosquitto(folder / "broker", config=config)
        self.sink_port = servers.free_port()

    def measure(self, who: str, corpus: str, rate: int, messages: int) -> Figures:
        """One contestant, one corpus, one rate."""
        self.broker.start()
        sink = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.counting_sink", str(self.sink_port)], stdout=subprocess.PIPE
        )
        try:
            contestant = self.start(who, corpus)
            time.sleep(1.0)
            cpu_before, started = contestant.cpu_s(), time.monotonic()
            publisher = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.benchmarks.publisher",
                    corpus,
                    str(messages),
                    str(rate),
                    str(self.broker.port),
                ]
            )
            arrived, finished = self._until_quiet(messages)
            publisher.wait(30)
            figures = Figures(
                who, corpus, rate, messages, arrived, finished - started,
                contestant.cpu_s() - cpu_before, contestant.peak_rss_mb(), 0, 0, 0, 0,
            )  # fmt: skip
            contestant.stop()
        finally:
            sink.send_signal(signal.SIGTERM)
            report = json.loads(sink.communicate(timeout=20)[0])
            self.broker.stop()
        figures.p50_ms, figures.p99_ms = report["p50_ms"], report["p99_ms"]
        figures.points, figures.values = int(report["points"]), int(report["values"])
        return figures

    def start(self, who: str, corpus: str) -> GatewayProcess:
        """The contestant as a process, subscribed and writing to the counting sink."""
        contestant = GatewayProcess(self.folder / who)
        contestant.folder.mkdir(exist_ok=True)
        url = f"http://127.0.0.1:{self.sink_port}"
        if who.startswith("citygate"):
            shutil.rmtree(contestant.folder / "state", ignore_errors=True)
            config = config_of(corpus, self.broker.port, url, who)
            contestant.write(config, pilots={"bench": PILOT}, devices={"bench": devices_of(corpus)})
            contestant.start()
            wait_until(lambda: bool(contestant.events("SourceConnected")), what="the gateway has its subscription")
            return contestant
        command = [sys.executable, "-m", "tests.benchmarks.plain_script", who.removeprefix("script-")]
        contestant.process = subprocess.Popen([*command, str(self.broker.port), url, TOPICS[corpus]])
        time.sleep(2.0)
        return contestant

    def _until_quiet(self, messages: int) -> tuple[int, float]:
        arrived, finished = 0, time.monotonic()
        while arrived < messages and time.monotonic() - finished < IDLE_S:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.sink_port}/count", timeout=10) as answer:
                now = json.load(answer)["distinct"]
            if now > arrived:
                arrived, finished = now, time.monotonic()
            time.sleep(0.05)
        return arrived, finished


CONTESTANTS = {
    100: ("citygate", "script-sync", "script-batch"),
    1_000: ("citygate", "citygate-open", "citygate-analytics", "script-batch"),
    5_000: ("citygate",),
    0: ("citygate", "citygate-uvloop", "script-batch"),
}
"""Who runs at which rate; a script that writes each message by itself cannot keep up with more than a few hundred."""


def main(argv: list[str]) -> None:
    """Print the table, and write it into a page if asked."""
    options = parsed(argv)
    lines = [machine(), "", HEAD]
    print("\n".join(lines), flush=True)
    for corpus in options.corpus or CORPORA:
        for rate in options.rate if options.rate is not None else CONTESTANTS:
            messages = int(rate * options.seconds) if rate else options.messages
            for who in [options.only] if options.only else CONTESTANTS.get(rate, ("citygate",)):
                with tempfile.TemporaryDirectory() as folder:
                    lines.append(Bench(Path(folder)).measure(who, corpus, rate, messages).row())
                print(lines[-1], flush=True)
    if options.write:
        words = " ".join(["road", *argv[: argv.index("--write")]])
        lines.append(f'\nWritten by `make bench ARGS="{words} --write README.md"`.')
        write_into(options.write, "\n".join(lines) + "\n", BEGIN, END)


def parsed(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks road", description=__doc__)
    parser.add_argument("--messages", type=int, default=30_000, help="messages per row at saturation (30000)")
    parser.add_argument("--seconds", type=float, default=10, help="length of a row at a fixed rate (10)")
    parser.add_argument("--corpus", choices=sorted(CORPORA), action="append", help="plain, tts, chirpstack (all)")
    parser.add_argument("--rate", type=int, action="append", help="per second; 0 is saturation (100 1000 5000 0)")
    parser.add_argument(
        "--only", help="one of citygate, citygate-open, citygate-analytics, citygate-uvloop, script-batch, script-sync"
    )
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table between the marks of this page")
    return parser.parse_args(argv)


def machine() -> str:
    """What it was measured on, and what could not be."""
    machine_words = f"CPython {platform.python_version()}, {os.cpu_count()} cores {platform.machine()}"
    where = (
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {machine_words}, Mosquitto 2 on loopback with its default window, MQTT 5, "
        f"QoS 1, {DEVICES} devices, an HTTP sink that only counts."
    )
    return where if shutil.which("telegraf") else where + " Telegraf: its program was not on the machine, not measured."


if __name__ == "__main__":
    main(sys.argv[1:])
