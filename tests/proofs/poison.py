"""P9 on the real process: one point that InfluxDB cannot take, among thousands that it can.

The server knows ``illuminance_lx`` as a text already (somebody wrote it by hand); one message of ours carries it as the
number it is. InfluxDB 1 answers 400 ``partial write … dropped=1`` and keeps the rest.
"""

import json
import time
import urllib.request
from dataclasses import dataclass

from gateway.sinks.quarantine.read import Quarantine
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import books, city, influx
from tests.proofs.sender import Sender
from tests.servers import Server

FIRST_NS = 1_780_000_000_000_000_000
EVERY_NS = 1_000_000_000


@dataclass(frozen=True)
class Poisoned:
    """What one poison point cost."""

    messages: int
    delivered: int
    quarantined: int
    words: str
    body: str
    requests: int
    seconds: float
    account: dict[str, int]


def run(gateway: GatewayProcess, broker: Server, server: Server, messages: int) -> Poisoned:
    """Publish ``messages`` readings, the middle one poisoned; wait until all are settled."""
    influx.write(server, f'weather,feature=by-hand illuminance_lx="dark" {FIRST_NS}\n')
    before = write_requests(server)
    gateway.write(
        city.config(city.plain_source(broker.port), influx=server), pilots=city.PILOTS, devices=city.PLAIN_DEVICES
    )
    gateway.start()
    wait_until(lambda: bool(gateway.events("SourceConnected")), what="the source listens")
    began = time.monotonic()
    with Sender(broker.port) as sender:
        for number in range(messages):
            at_ns = FIRST_NS + number * EVERY_NS
            body = city.plain_body(at_ns, number / 8)
            if number == messages // 2:
                body = body.replace(b'"temperature_c"', b'"illuminance_lx":450.0,"temperature_c"')
            sender.send(city.plain_topic(number), body)
    books.settle(gateway, messages)
    seconds = time.monotonic() - began
    requests = write_requests(server) - before
    with Quarantine(gateway.folder / "state" / "quarantine.sqlite") as quarantine:
        held = [entry for listed in quarantine.entries("refused") for entry in quarantine.show(listed.number)]
    account = books.conserved(gateway)["sinks"]["influx"]
    return Poisoned(
        messages,
        influx.count(server, "weather", "humidity_percent"),
        len(held),
        held[0].detail if held else "",
        (held[0].body or b"").decode() if held else "",
        requests,
        seconds,
        account,
    )


def write_requests(server: Server) -> int:
    """How many writes the server itself has counted."""
    with urllib.request.urlopen(f"{server.url}/debug/vars", timeout=10) as answer:
        facts = json.load(answer)
    return sum(int(fact["values"]["writeReq"]) for name, fact in facts.items() if name.startswith("httpd"))
