"""A city's days in a real InfluxDB 1, as the gateway wrote them: what the dashboards are asked against.

    simulator ─▶ recording ─▶ citygate run (intake ▸ refine ▸ analytics ▸ InfluxDB sink) ─▶ influxd

Laws
- Nothing is written into the database but by the gateway itself.
- The days are fixed ones of the past: same scenario, same seed, same points. ``now`` is the end of the last day.
"""

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from gateway.rehearse.run import LOOK_EVERY_S, QUIET_LOOKS, settled
from simulators.scenario import load_scenario
from tests import servers
from tests.gateway_process import GatewayProcess, wait_until
from tests.grafana.happenings import let_happen
from tests.proofs import books

CITY = Path(__file__).with_name("city.toml")
DAY_NS = 86_400_000_000_000
ZONE = ZoneInfo("Europe/Brussels")
DATABASE = "citygate"
DAYS, MANY_DAYS = 11.58, 35.58
"""Twelve days for every test run, 35 for the long proof; both end at two in the afternoon, when a city is awake."""
WITHIN_S = 1_800.0

CONFIG = """\
[gateway]
id = "checked"
city = "{city}"
log = "json"

[sources.recording]
kind = "file"
path = "recording.ndjson.zst"
dialect = "chirpstack-v4"

[sinks.influxdb]
kind = "influxdb"
url = "{url}"
linger_s = 0.1
"""

Scalar = str | float | bool | None


class QueryError(Exception):
    """The database refused the query; the text is its own."""


class Series(msgspec.Struct, frozen=True):
    """One series of an answer: rows by column, ``time`` first, in milliseconds as Grafana asks for it."""

    columns: tuple[str, ...]
    values: tuple[tuple[Scalar, ...], ...]
    name: str = ""
    tags: Mapping[str, str] = {}


class _Result(msgspec.Struct):
    series: list[Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


class Filled(msgspec.Struct, frozen=True):
    """A database with a city's days in it, from ``start_ns`` to ``end_ns``. ``token``: for InfluxDB 2 and 3.

    ``own_start_ns`` to ``own_end_ns``: when the gateway lived them, less than a minute in all. What it writes of itself
    carries the time of the machine, not of the recording.
    """

    url: str
    database: str
    start_ns: int
    end_ns: int
    own_start_ns: int
    own_end_ns: int
    token: str = ""

    def ask(self, influxql: str) -> Sequence[Series]:
        """The series that a query finds. Raises QueryError."""
        words = urllib.parse.urlencode({"db": self.database, "q": influxql, "epoch": "ms"}).encode()
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        request = urllib.request.Request(f"{self.url}/query", words, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                body = answer.read()
        except urllib.error.HTTPError as refused:
            raise QueryError(f"{refused.read(500).decode(errors='replace').strip()}: {influxql}") from refused
        found = msgspec.json.decode(body, type=_Answer)
        errors = [found.error, *(result.error for result in found.results)]
        if any(errors):
            raise QueryError(f"{'; '.join(filter(None, errors))}: {influxql}")
        return [series for result in found.results for series in result.series]


class Target(msgspec.Struct, frozen=True):
    """An InfluxDB: ``org`` only for version 2, whose bucket ``database`` is; ``token_file`` for 2 and 3."""

    url: str
    database: str = DATABASE
    org: str = ""
    token_file: Path | None = None

    @property
    def token(self) -> str:
        """What stands in the file."""
        return self.token_file.read_text(encoding="utf-8").strip() if self.token_file else ""

    def sink(self) -> str:
        """The rest of the sink's table."""
        place = f'org = "{self.org}"\nbucket = "{self.database}"' if self.org else f'database = "{self.database}"'
        token = f'\ntoken_file = "{self.token_file.resolve()}"' if self.token_file else ""
        return f"{place}{token}\n"


@contextlib.contextmanager
def filled(folder: Path, *, days: float, into: Target | None = None) -> Iterator[Filled]:
    """Let the city live so many days and wait until InfluxDB has all of it; the gateway has ended by then.

    Without ``into`` an InfluxDB 1 is started, and stopped at the end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    city = load_scenario(str(CITY))
    assert city.start is not None
    start = datetime(city.start.year, city.start.month, city.start.day, tzinfo=ZONE)
    start_ns = int(start.timestamp()) * 1_000_000_000
    _simulate(folder, days)
    messages = let_happen(folder, start_ns)
    with contextlib.ExitStack() as stack:
        if into is None:
            influx = stack.enter_context(servers.running(servers.influxdb1(folder / "influxdb", database=DATABASE)))
            into = Target(influx.url)
        config = CONFIG.format(city=city.town, url=into.url) + into.sink()
        (folder / "citygate.toml").write_text(config, encoding="utf-8")
        began_ns = time.time_ns()
        _live(folder, messages)
        end_ns = start_ns + int(days * DAY_NS)
        yield Filled(into.url, into.database, start_ns, end_ns, began_ns, time.time_ns(), into.token)


def _live(folder: Path, messages: int) -> None:
    """Run the gateway until all is delivered, and hold its books to it."""
    gateway = GatewayProcess(folder, program="tests.grafana.hurried")
    gateway.start()
    try:
        wait_until(_quiet(gateway, messages), within_s=WITHIN_S, what="all of it in InfluxDB")
        account = books.conserved(gateway)
        assert account["sinks"]["influxdb"]["refused"] == 0, account
    finally:
        gateway.stop()


def _quiet(gateway: GatewayProcess, messages: int) -> Callable[[], bool]:
    """True when ``QUIET_LOOKS`` looks in a row find nothing to do and nothing new: analytics read what they write."""
    derived: list[int] = []

    def quiet() -> bool:
        time.sleep(LOOK_EVERY_S)
        status = books.status(gateway)
        if not settled(status, messages):
            derived.clear()
            return False
        derived.append(status["analytics"]["derived"])
        return len(derived) >= QUIET_LOOKS and len(set(derived[-QUIET_LOOKS:])) == 1

    return quiet


def _simulate(folder: Path, days: float) -> None:
    """Write the operator's files and the recording."""
    simulate = [sys.executable, "-m", "simulators", "simulate", str(CITY)]
    subprocess.run([*simulate, "--write-assets", str(folder)], check=True, capture_output=True)
    words = [*simulate, "--to", str(folder / "recording.ndjson.zst"), "--days", str(days)]
    subprocess.run(words, check=True, capture_output=True)
