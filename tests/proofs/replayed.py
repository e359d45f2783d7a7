"""P17: everything refined and delivered again, twice; InfluxDB must hold the same as before."""

import json
from dataclasses import dataclass
from typing import Any

from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import books, city, influx
from tests.proofs.sender import Sender
from tests.servers import Server

MESSAGES = 2_000
FIRST_NS = 1_780_000_000_000_000_000
EVERY_NS = 1_000_000_000


@dataclass(frozen=True)
class Replayed:
    """What two replays over everything did."""

    messages: int
    replayed: int
    differ: int


def run(gateway: GatewayProcess, broker: Server, server: Server) -> Replayed:
    """Publish, settle, replay twice, and compare every point by device and time."""
    gateway.write(
        city.config(city.plain_source(broker.port), influx=server), pilots=city.PILOTS, devices=city.PLAIN_DEVICES
    )
    gateway.start()
    wait_until(lambda: bool(gateway.events("SourceConnected")), what="the source listens")
    with Sender(broker.port) as sender:
        for number in range(MESSAGES):
            sender.send(city.plain_topic(number), city.plain_body(FIRST_NS + number * EVERY_NS, number / 8))
    books.settle(gateway, MESSAGES)
    before = held(server)
    replays = []
    for _ in range(2):
        done = gateway.command("replay", "--from", "1", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        replays.append(json.loads(done.stdout))
        books.settle(gateway, MESSAGES)
    after = held(server)
    differ = sum(after.get(key) != value for key, value in before.items()) + sum(key not in before for key in after)
    return Replayed(MESSAGES, min(replay["refined"] for replay in replays), differ)


def held(server: Server) -> dict[tuple[str, int], dict[str, Any]]:
    """Values by device and time, without what only says that they were said again."""
    rows = influx.query(server, "SELECT * FROM weather GROUP BY device")
    return {
        (row["device"], row["time"]): {name: value for name, value in row.items() if not name.endswith("_quality")}
        for row in rows
    }
