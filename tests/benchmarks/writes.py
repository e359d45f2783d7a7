"""Bytes the gateway makes the storage write per byte received, at 1, 10 and 1,000 uplinks/s: what wears out an SD card.

``write_bytes`` of /proc/<pid>/io: pages handed to the block layer, so a lone small commit counts as a whole page.
The file system's own journal is not in it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.corpus import CORPORA
from tests.benchmarks.road import Bench
from tests.gateway_process import GatewayProcess

SETTLE_S = 3.0


def written(gateway: GatewayProcess) -> int:
    """Bytes the process has caused to be written so far."""
    assert gateway.process is not None
    text = Path(f"/proc/{gateway.process.pid}/io").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("write_bytes")))


def measure(corpus: str, rate: int, seconds: int) -> str:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.broker.start()
        sink = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.counting_sink", str(bench.sink_port)])
        gateway = bench.start("citygate", corpus)
        time.sleep(SETTLE_S)
        before, messages = written(gateway), rate * seconds
        words = [corpus, str(messages), str(rate), str(bench.broker.port)]
        publisher = [sys.executable, "-m", "tests.benchmarks.publisher", *words]
        subprocess.run(publisher, check=True, stderr=subprocess.DEVNULL)
        time.sleep(SETTLE_S)
        grown = written(gateway) - before
        received = sum(len(body) for _, body in (CORPORA[corpus](n, time.time_ns()) for n in range(messages)))
        gateway.stop()
        sink.terminate()
        sink.wait()
        bench.broker.stop()
    return f"| {corpus} | {rate}/s | {received:,} | {grown:,} | {grown / received:.1f} |"


def main(argv: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks writes", description=__doc__)
    parser.add_argument("--corpus", choices=sorted(CORPORA), default="chirpstack")
    options = parser.parse_args(argv)
    print("| corpus | rate | bytes received | bytes written | written per received |\n| --- | --- | --- | --- | --- |")
    for rate, seconds in ((1, 40), (10, 30), (1_000, 15)):
        print(measure(options.corpus, rate, seconds), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
