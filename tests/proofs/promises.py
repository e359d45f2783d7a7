"""The promises that are measured, and those that are not yet; DESIGN words, one row each in the README's table."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests import servers
from tests.gateway.journal import test_flips
from tests.gateway_process import GatewayProcess
from tests.proofs import held_up, hostile, kills, poison, replayed, told, unit
from tests.proofs.city import QUICK_BROKER
from tests.servers import Server

MOST_REQUESTS = 40
MOST_MORE_MS = 400
MOST_EXPOSED = 1.5
MOST_UNTOLD_S = 60.0
MOST_SLOWER, MOST_MORE_MB = 1.10, 5.0
HELD_UP_RATE, HELD_UP_S = 100, 20.0


class Sizes(NamedTuple):
    """How much is done: ``SMALL`` is the seeded form of ``make test``, ``FULL`` what the promises name."""

    kills: int
    flips: int
    messages: int
    seed: int
    rounds: int
    pairs: int
    outage: int


SMALL = Sizes(kills=10, flips=1_000, messages=5_000, seed=1, rounds=3, pairs=1, outage=1_000)
FULL = Sizes(kills=200, flips=20_000, messages=5_000, seed=1, rounds=50, pairs=5, outage=86_400)


class Result(NamedTuple):
    """One row: what was promised, what was found, and whether it holds (None: not yet measured)."""

    promise: str
    what: str
    found: str
    holds: bool | None


PROMISES = {
    "P1": "acknowledged uplink lost by kill -9: 0",
    "P2": "acknowledged uplink lost by a power cut: 0 in 2,000 crash images of the real process",
    "P3": "one flipped bit in a log: at most 1 entry lost, 0 wrong, always counted",
    "P4": "start to first PUBACK with 1 GiB backlog: at most 5 s",
    "P5": "repeats after a crash: at most what was unacknowledged; 0 extra points",
    "P6": "sink outage bridged: 30 days at 1 uplink/s within 2 GiB",
    "P7": "drain after an outage: at least 10 times the live rate, live data fresh",
    "P8": "a hung sink's effect on the others: p99 +10 %, memory +5 MB",
    "P9": "1 poison point in 5,000: 4,999 delivered, 1 kept with the server's reason, at most 40 requests",
    "P10": "revoked token or missing bucket for 24 h: 0 lost, alarm within 60 s",
    "P11": "hostile codec: stopped; acknowledgements and other devices unaffected, other JavaScript +400 ms at most",
    "P12": "memory: at most 60 MB at 1,000 uplinks/s",
    "P13": "half-open link: noticed within 1.5 keep-alives",
    "P14": "no clock at boot: nothing stamped before the build date, order kept",
    "P15": "LoRaWAN transport gaps: all seen; filled where the network stores",
    "P16": "conservation: every message is where the counts say, at the end of each run above",
    "P17": "replay: refined and delivered again, idempotent",
    "P18": "exposure of the unit: at most 1.5",
    "P19": "CPU per uplink: at most half of Telegraf's in the same run",
}


@contextlib.contextmanager
def road() -> Iterator[tuple[GatewayProcess, Server, Server]]:
    """A fresh gateway, Mosquitto and InfluxDB 1 in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="citygate-proof-") as name:
        folder = Path(name)
        gateway = GatewayProcess(folder / "gw")
        gateway.folder.mkdir()
        broker = servers.mosquitto(folder / "mosquitto", config=QUICK_BROKER)
        with servers.running(broker), servers.running(servers.influxdb1(folder / "influxdb")) as influx:
            try:
                yield gateway, broker, influx
            finally:
                if gateway.process is not None:
                    gateway.kill_nine()


def kill_and_count(sizes: Sizes) -> list[Result]:
    """P1, P5, and P16 after each run: half of the kills in MQTT 5, half in 3.1.1."""
    runs = []
    for version in ("5", "3.1.1"):
        with road() as (gateway, broker, influx):
            runs.append(kills.run(gateway, broker, influx, kills=sizes.kills // 2, seed=sizes.seed, version=version))
    total, messages = sum(run.kills for run in runs), sum(run.messages for run in runs)
    lost, doubled = sum(run.lost for run in runs), sum(run.doubled for run in runs)
    repeats, open_ones = sum(run.repeats for run in runs), sum(run.unacknowledged for run in runs)
    conserved = all(run.conserved for run in runs)
    return [
        Result("P1", PROMISES["P1"], f"{lost} of {messages:,} lost in {total} kills", lost == 0),
        Result(
            "P5",
            PROMISES["P5"],
            f"{repeats} repeats, {open_ones:,} were unacknowledged; {doubled} extra points, in {total} kills",
            doubled == 0 and all(run.repeats <= run.unacknowledged for run in runs),
        ),
        Result("P16", PROMISES["P16"], f"the books balance after {len(runs)} runs of {messages:,} messages", conserved),
    ]


async def flip_and_count(sizes: Sizes) -> list[Result]:
    """P3 on the Log."""
    outcomes = await test_flips.flips(sizes.flips, sizes.seed)
    most, wrong = max(one.lost for one in outcomes), sum(one.wrong for one in outcomes)
    uncounted = sum(one.counted != one.lost for one in outcomes)
    found = f"{len(outcomes):,} flips: at most {most} lost, {wrong} wrong, {uncounted} not counted"
    return [Result("P3", PROMISES["P3"], found, most <= 1 and not wrong and not uncounted)]


def poison_and_count(sizes: Sizes) -> list[Result]:
    """P9 on the real process and a real InfluxDB 1.6.7."""
    with road() as (gateway, broker, influx):
        found = poison.run(gateway, broker, influx, sizes.messages)
        gateway.stop()
    said = f"{found.delivered:,} of {found.messages:,} delivered, {found.quarantined} kept, {found.requests} requests"
    holds = (found.delivered, found.quarantined) == (found.messages - 1, 1) and found.requests <= MOST_REQUESTS
    return [Result("P9", PROMISES["P9"], said, holds)]


def outage_and_count(sizes: Sizes) -> list[Result]:
    """P10: a day of messages (one a second) waits behind a revoked token; who is told of it, and of fire and flood."""
    with road() as (gateway, broker, influx):
        influx.stop()
        found = told.run(gateway, broker, gateway.folder / "guarded", sizes.outage)
        gateway.stop()
    slowest = max(found.seconds.values())
    causes = ", ".join(f"{cause} {seconds:.0f} s" for cause, seconds in found.seconds.items())
    said = f"{found.lost} of {found.messages:,} lost; told by e-mail, webhook and MQTT after: {causes}"
    return [Result("P10", PROMISES["P10"], said, found.lost == 0 and slowest <= MOST_UNTOLD_S)]


def hostile_and_count(sizes: Sizes) -> list[Result]:
    """P11: every hostile script beside a sound one, in the workers; then all of them in the whole process."""
    waits = asyncio.run(hostile.waits_ms())
    base_ms = waits.pop("")
    more_ms = max(waits.values()) - base_ms
    with road() as (gateway, broker, _influx):
        beside = hostile.beside(gateway, broker, rounds=sizes.rounds)
        gateway.stop()
    lost = beside.messages - beside.accepted - beside.rejected
    found = (
        f"{len(waits)} scripts: a sound uplink waited {more_ms:.0f} ms longer at most; {lost} of {beside.messages:,} "
        f"messages lost, {beside.starts - 1} restarts, slowest PUBACK {beside.slowest_puback_ms:.0f} ms"
    )
    return [Result("P11", PROMISES["P11"], found, more_ms <= MOST_MORE_MS and lost == 0 and beside.starts == 1)]


def hold_up_and_compare(sizes: Sizes) -> list[Result]:
    """P8: InfluxDB beside a hung second one and 500 subscribers on slow links, against the same without."""
    found = held_up.run(pairs=sizes.pairs, rate=HELD_UP_RATE, seconds=HELD_UP_S)
    without, held = found.without, found.held
    said = (
        f"p99 {without.p99_ms:.0f} ms to InfluxDB becomes {held.p99_ms:.0f}, memory {without.rss_mb:.0f} MB becomes "
        f"{held.rss_mb:.0f}, {held.lost} lost, beside a hung InfluxDB and {held_up.SUBSCRIBERS} subscribers at "
        f"{held_up.BYTES_A_SECOND} B/s, at {HELD_UP_RATE}/s, medians of {found.pairs}"
    )
    holds = held.p99_ms <= MOST_SLOWER * without.p99_ms and held.rss_mb <= without.rss_mb + MOST_MORE_MB
    return [Result("P8", PROMISES["P8"], said, holds and held.lost == 0)]


def replay_and_count(_sizes: Sizes) -> list[Result]:
    """P17 on the real process and a real InfluxDB 1.6.7."""
    with road() as (gateway, broker, influx):
        found = replayed.run(gateway, broker, influx)
        gateway.stop()
    said = f"{found.replayed:,} of {found.messages:,} refined and delivered again, twice: {found.differ} points differ"
    return [Result("P17", PROMISES["P17"], said, found.differ == 0 and found.replayed == found.messages)]


def unit_and_count(_sizes: Sizes) -> list[Result]:
    """P18 by systemd's own judgement of the unit file."""
    exposure = unit.exposure()
    return [Result("P18", PROMISES["P18"], f"{exposure}, by systemd-analyze security", exposure <= MOST_EXPOSED)]
