"""A small city with a store, and open data over it: what the tests of this room ask."""

import asyncio
import contextlib
import csv
import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from gateway.clock import Clock
from gateway.events import Events
from gateway.files.load import Files
from gateway.http.embedded import Embedded
from gateway.open_city import OpenCity
from gateway.open_data.city import City
from gateway.open_data.keys import Keys
from gateway.open_data.routes import application
from gateway.open_data.service import Service
from gateway.open_data.settings import OpenDataTable
from gateway.sinks.store.writer import Writer
from gateway.startups.accounts import Accounts
from pipelines.model import Derived, Device, Observation, Revision
from tests.gateway.sinks.entries import DAY, HOUR, T0, accepted, observed
from tests.open_cities import device, pilot

QUARTER = HOUR // 4
NOW = T0 + 3 * DAY
PILOT = "waste-delft"

DEVICES = [
    device("waste-container/B7", area="Markt", number=1, name="Bin at the market"),
    device("waste-container/a81758fffe0462b9", area="Markt", number=2),
    device("bike-counter/east", area="Singel", number=3, details={"section": "singel"}),
    device("bike-counter/west", area="Singel", number=4, details={"section": "singel"}),
    device("parking-spot/p1", area="Kade", number=5),
    device("parking-spot/r1", area="Kade", number=6, details={"category": "disabled"}),
    device("electricity-meter/house-12", area="Dorp", number=7),
    device("bike-dock/station", number=8, name="Station"),
    device("bike-dock/nowhere", number=9, location=None),
    device("air-station/park", pilot="air-delft", number=10),
]


def counted(feature: str, name: str, start_ns: int, values: Sequence[float], interval_ns: int) -> list[Observation]:
    return [
        observed(value, start_ns + n * interval_ns, name=name, feature=feature, interval_ns=interval_ns)
        for n, value in enumerate(values)
    ]


def bicycles(feature: str, quarters: Sequence[float]) -> list[Observation]:
    """Quarters from T0 on, their whole hours, and the whole days."""
    observations = counted(feature, "bicycles", T0, quarters, QUARTER)
    for length in (HOUR, DAY):
        each = length // QUARTER
        sums = [sum(quarters[n : n + each]) for n in range(0, len(quarters) - each + 1, each)]
        observations += counted(feature, "bicycles", T0, sums, length)
    return observations


def moments() -> list[Observation]:
    def now(feature: str, name: str, value: Any, minute: int, **more: Any) -> Observation:
        return observed(value, T0 + minute * 60 * 10**9, name=name, feature=feature, **more)

    return [
        *(now("waste-container/B7", "fill_level_percent", 10.0 + n / 2, n) for n in range(120)),
        now("waste-container/B7", "temperature_c", 99.5, 3, quality="suspect", reason="range"),
        now("waste-container/B7", "battery_v", 0.0, 4, quality="missing", reason="gap"),
        now("waste-container/a81758fffe0462b9", "fill_level_percent", 55.0, 5),
        now("bike-counter/east", "bicycle_count", 12_345.0, 5),
        now("parking-spot/p1", "occupied", True, 6),
        now("parking-spot/r1", "occupied", True, 6),
        now("electricity-meter/house-12", "energy_import_kwh", 4_711.0, 6),
        now("bike-dock/station", "bikes_available", 7.0, 7),
        now("bike-dock/station", "docks_free", 5.0, 7),
        now("bike-dock/station", "docks_total", 14.0, 7),
        now("bike-dock/nowhere", "bikes_available", 3.0, 7),
    ]


def of_city() -> list[Revision]:
    """What the store of the small city holds."""
    east = [6.0, 3.0, 8.0, 0.0] * 24 + [9.0] * 96
    west = [7.0, 8.0, 9.0, 12.0] * 48
    derived = [
        *bicycles("bike-counter/east", east),
        *bicycles("bike-counter/west", west),
        observed(True, T0 + HOUR, name="collected", feature="waste-container/B7"),
        *counted("waste-container/B7", "fill_rate_percent_day", T0, [9.5], DAY),
    ]
    entries = [accepted(one, device="a81758fffe0462b9") for one in moments()]
    entries.append(accepted(observed(11.5, T0, name="no2_ug_m3", feature="air-station/park"), pilot="air-delft"))
    revisions = [Revision(n + 1, entry) for n, entry in enumerate(entries)]
    first = len(revisions) + 1
    return revisions + [
        Revision(first + n, Derived("cycling.counter/1", first + n, PILOT, "delft", (one,)))
        for n, one in enumerate(derived)
    ]


def write(file: Path, revisions: Sequence[Revision]) -> None:
    writer = Writer(file)
    for start in range(0, len(revisions), 1_000):
        writer.write(revisions[start : start + 1_000])
    writer.close()


def city(devices: Sequence[Device] = DEVICES, privacy: Mapping[str, Any] | None = None) -> City:
    pilots = {one.pilot: pilot(one.pilot, privacy=(privacy or {}).get(one.pilot, "A")) for one in devices}
    return City(pilots, OpenCity(Files(tuple(devices), pilots)), b"salt" * 4)


class Answer(msgspec.Struct):
    """What came back. Header names are lower case."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return msgspec.json.decode(self.content)


class Asker:
    """Asks a real server over a connection for each question."""

    def __init__(self, port: int, keys: Mapping[str, str], service: Service, accounts: Accounts) -> None:
        self.port = port
        self.keys = keys
        self.service = service
        self.accounts = accounts

    def get(self, path: str, *, key: str = "", method: str = "GET", **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            given["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers=given)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    def json(self, path: str, *, key: str = "") -> Any:
        answer = self.get(path, key=key)
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content)

    def rows(self, path: str, *, key: str = "") -> list[dict[str, str]]:
        answer = self.get(path, key=key)
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.text)))


@contextlib.contextmanager
def asked(
    file: Path, open_data: City | None = None, *, delay_ns: int = 0, sums: Path | None = None, **settings: Any
) -> Iterator[Asker]:
    """Open data over a store; accounts ``public``, ``startup``, ``partner`` for all pilots, ``air`` for one."""
    accounts = Accounts([])
    keys: dict[str, str] = {}
    now = datetime(2026, 11, 3, tzinfo=UTC)
    for name, pilots in (("public", "all"), ("startup", "all"), ("partner", "all"), ("air", "air-delft")):
        tier: Any = "partner" if name == "air" else name
        _, password = accounts.add(name, tier, (pilots,), expires=None, now=now)
        keys[name] = f"{name}.{password}"
    found = open_data or city()
    service = Service(
        OpenDataTable(**{"public_per_minute": 100_000, "key_per_minute": 100_000, **settings}),
        file,
        city_now=lambda: found,
        delay_ns=delay_ns,
        sums=sums,
        keys=Keys(accounts.by_name.get, lambda: date(2026, 11, 6)),
        clock=Clock(lambda: NOW),
        events=Events(),
    )
    with serving(service) as port:
        yield Asker(port, keys, service, accounts)


@contextlib.contextmanager
def serving(service: Service) -> Iterator[int]:
    """A server in a thread of its own; the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(service), log_config=None, access_log=False, lifespan="off", ws="none")
    server = Embedded(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        service.close()
