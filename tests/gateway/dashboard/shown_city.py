"""A simulated city behind a whole gateway with its operators' listener, in a thread of its own: asked as browsers ask.

simulators.run ─▶ recording ─▶ gateway (intake, refine, analytics, store) ─▶ http://127.0.0.1/… ─▶ answers, decoded
"""

import asyncio
import contextlib
import http.client
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec

from gateway.config import load_config
from gateway.run import Gateway, open_gateway
from simulators.asset_list import write_asset_list
from simulators.city.settle import settle
from simulators.recording import line_of
from simulators.run import run
from simulators.scenario import parse_scenario
from tests import servers
from tests.gateway.road import SetClock, until

DAY_NS = 86_400 * 10**9
END_NS = 1_794_830_400 * 10**9  # 2026-11-16T12:00:00Z, a Monday
READY_WITHIN_S = 60.0

SITES: list[dict[str, Any]] = [
    {"kind": "parking_mmcc", "pilot": "parking-mechelen", "count": 6, "per_street": 3},
    {"kind": "waste", "pilot": "waste-mechelen", "count": 4},
    {"kind": "cycling", "pilot": "cycling-mechelen", "count": 1},
    {"kind": "people", "pilot": "mobility-mechelen", "count": 1},
    {"kind": "trees", "pilot": "green-mechelen", "count": 3},
    {"kind": "weather", "pilot": "weather-mechelen", "count": 1},
    {"kind": "air", "pilot": "air-mechelen", "count": 1},
    {"kind": "electricity", "pilot": "energy-mechelen", "count": 2, "parameters": {"production_meter": True}},
]

Answer = TypeVar("Answer", bound=msgspec.Struct)


class Said(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Shown:
    """The running gateway and its address. ``take`` holds an answer to its struct, strictly.

    Its loop runs while something is asked, or waited for.
    """

    def __init__(self, gateway: Gateway, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.gateway, self.port, self.loop = gateway, port, loop

    def ask(self, path: str, headers: Mapping[str, str] | None = None, /, **query: object) -> Said:
        return self.loop.run_until_complete(asyncio.to_thread(self._ask, path, dict(headers or {}), query))

    def take(self, kind: type[Answer], path: str, **query: object) -> Answer:
        said = self.ask(path, **query)
        assert said.status == 200, said.body
        return msgspec.json.decode(said.body, type=kind, strict=True)

    def wait(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def _ask(self, path: str, headers: Mapping[str, str], query: Mapping[str, object]) -> Said:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path + ("?" + urlencode(query) if query else ""), headers=headers)
            answer = connection.getresponse()
            return Said(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()


STORE = '[sinks.store]\nkind = "store"\n'
NO_STORE = '[sinks.influxdb]\nkind = "influxdb"\nurl = "http://127.0.0.1:9"\ndatabase = "nobody"\n'
"""Where another sink is written down, no store is kept by default."""


def write_city(folder: Path, *, days: float, sites: list[dict[str, Any]] | None = None, tables: str = STORE) -> int:
    """A town's files and recording up to ``END_NS``, and a config; returns the listener's port."""
    sites = [site | {"details": site.get("details", {})} for site in sites or SITES]
    scenario = parse_scenario({"title": "A town", "town": "mechelen", "seed": 7, "site": sites}, "a town")
    write_asset_list(settle(scenario), folder)
    with (folder / "past.ndjson").open("wb") as out:
        for _, message in run(scenario, END_NS - int(days * DAY_NS), END_NS):
            if message is not None:
                out.write(line_of(message.topic, message.body, received_ns=message.at_ns))
    port = servers.free_port()
    write_config(folder, port, tables)
    return port


def write_config(folder: Path, port: int, tables: str = "", source: str = "past.ndjson") -> None:
    (folder / "citygate.toml").write_text(
        f"""
[gateway]
id = "test"
city = "mechelen"
[http]
enabled = true
listen = "127.0.0.1:{port}"
dashboard = true
[sources.past]
kind = "file"
path = "{source}"
dialect = "chirpstack-v4"
{tables}"""
    )
    (folder / source).touch()


@contextlib.contextmanager
def shown(folder: Path, port: int, *, wall_ns: int = END_NS, settled: bool = True) -> Iterator[Shown]:
    """The gateway lives until the block ends; it has worked off its recording where ``settled``."""
    loop = asyncio.new_event_loop()

    async def begin() -> tuple[Gateway, asyncio.Task[bool]]:
        gateway = open_gateway(load_config(folder / "citygate.toml"), clock=SetClock(wall_ns))
        life = loop.create_task(gateway.run(), name="gateway")
        async with asyncio.timeout(READY_WITHIN_S):
            await until(lambda: life.done() or gateway.events.counts["ListeningOn"] > 0)
            lines = len((folder / "past.ndjson").read_bytes().splitlines())
            while settled and not life.done() and not await _is_settled(gateway, lines):
                pass
        return gateway, life

    try:
        gateway, life = loop.run_until_complete(begin())
        try:
            yield Shown(gateway, port, loop)
        finally:
            gateway.stop()
            assert loop.run_until_complete(asyncio.wait_for(life, READY_WITHIN_S))
            loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


async def _is_settled(gateway: Gateway, lines: int) -> bool:
    """Every line of the recording is refined, thought over and in the store, and nothing more comes."""
    before, ledger = gateway.logs.ledger.next_number, gateway.logs.ledger
    await asyncio.sleep(0.3)
    refined = sum(gateway.refine.progress.counts.values()) == lines
    quiet = all(delivery.lag == 0 for delivery in gateway.deliveries)
    thought = gateway.analytics is None or gateway.analytics.lag == 0
    return refined and quiet and thought and ledger.next_number == before
