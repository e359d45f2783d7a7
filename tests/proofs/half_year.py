"""Half a year of 500 devices through the whole gateway, analytics and store included, in two figures never mixed.

    python -m tests.proofs.half_year --road recording                from a recording, without a broker
    python -m tests.proofs.half_year --road mosquitto --days 14      through Mosquitto, MQTT 3.1.1, QoS 1

Each says how long it took, uplinks a second, the gateway's peak memory, and counts from the logs that nothing is
missing and nothing is there twice.
"""

import argparse
import contextlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from gateway.rehearse.run import Step, rehearse, settled
from tests import servers
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import books, city

SCENARIO, WHOLE_DAYS = "pilot-500", 181.0
WITHIN_S = 6 * 3600.0
Road = Literal["recording", "mosquitto"]

STORE = '[sinks.store]\nkind = "store"\nhistory_days = 0\nrollup_days = 0\nwhen_full = "hold"\n'
ROOM = "[intake]\nquota_bytes = 17179869184\n[ledger]\nquota_bytes = 17179869184\n"


class Passed(msgspec.Struct, frozen=True):
    """What one run came to; it fails instead where a message is missing."""

    road: Road
    days: float
    uplinks: int
    accepted: int
    derived: int
    seconds: float
    peak_rss_mb: float

    def line(self) -> str:
        """One line for people."""
        rate = self.uplinks / self.seconds
        return (
            f"{self.road}: {SCENARIO}, {self.days:g} days, {self.uplinks:,} uplinks, {self.accepted:,} accepted, "
            f"{self.derived:,} values derived, in {self.seconds:,.0f} s = {rate:,.0f} uplinks/s, "
            f"gateway at most {self.peak_rss_mb:.0f} MB, none missing, none twice"
        )


def live(road: Road, days: float, folder: Path) -> Passed:
    """Let so many days pass on one road. Raises RehearsalError or AssertionError where the books do not balance."""
    return _from_recording(days, folder) if road == "recording" else _through_mosquitto(days, folder)


def _from_recording(days: float, folder: Path) -> Passed:
    done = rehearse(SCENARIO, ["--days", str(days), "--from", "2026-01-01"], folder, _untold)
    assert done.accepted == done.messages
    seconds, rss_mb = done.refined_s, done.peak_rss_mb
    return Passed("recording", days, done.messages, done.accepted, done.derived, seconds, rss_mb)


@contextlib.contextmanager
def _untold(_what: str) -> Iterator[Step]:
    yield lambda _percent: None


def _through_mosquitto(days: float, folder: Path) -> Passed:
    """From the simulator's first message until the last one is stored; generating is part of it."""
    simulate = [sys.executable, "-m", "simulators", "simulate", SCENARIO, "--days", str(days), "--from", "2026-01-01"]
    subprocess.run([*simulate, "--write-assets", str(folder)], check=True)
    gateway = GatewayProcess(folder)
    with servers.running(servers.mosquitto(folder / "broker", config=city.QUICK_BROKER)) as broker:
        source = city.mqtt_source("network", broker.port, "application/#", "chirpstack-v4", version="3.1.1")
        (folder / "citygate.toml").write_text(city.config(ROOM, source, STORE), encoding="utf-8")
        gateway.start()
        try:
            began = time.monotonic()
            to = f"mqtt://127.0.0.1:{broker.port}"
            sent = subprocess.run([*simulate, "--to", to, "--pace", "warp"], check=True, capture_output=True, text=True)
            found = re.search(r"(\d+) messages acknowledged", sent.stdout)
            assert found is not None, sent.stdout
            uplinks = int(found[1])
            wait_until(lambda: settled(books.status(gateway), uplinks), within_s=WITHIN_S, what="all of it settled")
            seconds = time.monotonic() - began
            account = books.conserved(gateway)
            assert account["outcomes"] == uplinks, (account["outcomes"], uplinks)
            status = books.status(gateway)
            accepted, derived = status["refine"]["accepted"], status["analytics"]["derived"]
            return Passed("mosquitto", days, uplinks, accepted, derived, seconds, gateway.peak_rss_mb())
        finally:
            gateway.stop()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proofs.half_year", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--road", choices=["recording", "mosquitto"], required=True)
    parser.add_argument("--days", type=float, default=WHOLE_DAYS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="citygate-half-year-") as folder:
        print(live(options.road, options.days, Path(folder)).line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
