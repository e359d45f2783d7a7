"""P1 and P5 on the real process: kill -9 at random moments while messages stream in, then count.

    paho at QoS 1 ▸ Mosquitto ▸ tap ▸ gateway ▸ InfluxDB        every message has a time and a value of its own

Lost: accepted by the broker, not in InfluxDB at the end. Doubled: a point that nobody sent. Repeats: messages that are
in the intake more than once; they may be at most as many as the tap saw unacknowledged when the gateway died.
"""

import random
import time
from dataclasses import dataclass

from tests.gateway_process import GatewayProcess
from tests.proofs import books, city, influx
from tests.proofs.sender import Stream
from tests.proofs.tap import Tap
from tests.servers import Server

FIRST_NS = 1_780_000_000_000_000_000
EVERY_NS = 1_000_000
PER_S = 400.0
LONGEST_LIFE_S = 1.2
DURING_START = 0.2
"""Share of the kills that come while the gateway starts."""


@dataclass(frozen=True)
class Killed:
    """What so many kills did."""

    kills: int
    messages: int
    lost: int
    doubled: int
    repeats: int
    unacknowledged: int
    conserved: bool
    seconds: float


def message(number: int) -> tuple[str, bytes]:
    return city.plain_topic(number), city.plain_body(FIRST_NS + number * EVERY_NS, float(number))


def run(
    gateway: GatewayProcess, broker: Server, server: Server, *, kills: int, seed: int, version: str = "5"
) -> Killed:
    """Kill the gateway so many times, let it finish, and compare what arrived with what the broker accepted."""
    rng = random.Random(seed)
    began = time.monotonic()
    with Tap(broker.port) as tap:
        source = city.plain_source(tap.port, version=version)
        gateway.write(city.config(source, influx=server), pilots=city.PILOTS, devices=city.PLAIN_DEVICES)
        gateway.start()
        gateway.await_links()
        stream = Stream(broker.port, message, per_s=PER_S)
        stream.start()
        for _ in range(kills):
            time.sleep(rng.uniform(0.0, LONGEST_LIFE_S))
            gateway.kill_nine()
            tap.at_rest()
            early = rng.random() < DURING_START
            gateway.start(wait=not early)
        gateway.await_start()
        accepted = stream.end()
        books.settle(gateway, accepted)
        lost, doubled = compare(server, accepted)
        account = books.conserved(gateway)
        assert gateway.stop() == 0
        unacknowledged = tap.at_rest()
    repeats = account["entries"] - accepted
    seconds = time.monotonic() - began
    return Killed(kills, accepted, lost, doubled, repeats, unacknowledged, account["conserved"], seconds)


def compare(server: Server, accepted: int) -> tuple[int, int]:
    """(lost, doubled): messages without their point, and points that are no message's."""
    wanted = {FIRST_NS + number * EVERY_NS: float(number) for number in range(accepted)}
    strangers = 0
    for station in range(city.STATIONS):
        asked = f"SELECT temperature_c FROM weather WHERE device = 'station-{station}'"
        for row in influx.query(server, asked):
            strangers += wanted.pop(row["time"], None) != row["temperature_c"]
    return len(wanted), strangers
