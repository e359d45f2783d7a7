"""P10 on the real process: the token is revoked, the database goes, it burns, the water rises; who is told, and when?

Receivers are real servers: a mail server, a web server, Mosquitto. Seconds are from the cause to the receipt, with the
settings as they come; what is sent meanwhile must be in InfluxDB in the end.
"""

import contextlib
import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests import servers
from tests.gateway.alarms.receivers import Mailbox
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import city
from tests.proofs.sender import Sender
from tests.servers import Server

DATABASES = ("citygate", "second")
ROOT, USER, PASSWORD = "root", "citygate", "wonderful-horse"
WITHIN_S = 90.0
AT_ONCE = 5_000
PLACES = (
    ("bin-1", "waste-container/b1", ""),
    ("gauge-1", "water-level/w1", "\ndetails = { alert_m = 2.0, danger_m = 3.0 }"),
)
ROUTES = """
[alarms.routes.mail]
kind = "email"
host = "127.0.0.1"
port = {mail}
security = "none"
from = "citygate@grenoble.example"
to = ["desk@grenoble.example"]
[alarms.routes.hook]
kind = "webhook"
url = "http://127.0.0.1:{hook}/alarms"
[alarms.routes.board]
kind = "mqtt"
url = "mqtt://127.0.0.1:{broker}"
"""
QUICK = "[alarms]\ngather_s = 1\nwindow_min = 0\n"


@dataclass(frozen=True)
class Told:
    """What was sent, what InfluxDB holds, and seconds from cause to receipt by cause: the slowest of three routes."""

    messages: int
    lost: int
    seconds: dict[str, float]
    received: dict[str, int]


@dataclass
class Receivers:
    """What arrived where: (instant, the message as JSON, or its text for mail)."""

    mail: Mailbox
    hook: list[str] = field(default_factory=list)
    board: list[str] = field(default_factory=list)

    def texts(self) -> dict[str, list[str]]:
        return {"mail": self.mail.texts, "hook": self.hook, "board": self.board}

    def has(self, words: str, *, times: int = 1) -> bool:
        return all(sum(words in one for one in texts) >= times for texts in self.texts().values())


def run(gateway: GatewayProcess, broker: Server, folder: Path, messages: int, *, tables: str = "") -> Told:
    """Each cause in its turn; ``messages`` readings wait for a token and a database. With 0 nothing is mended."""
    with guarded(folder) as influx, receiving(broker) as (to, hook_port):
        routes = ROUTES.format(mail=to.mail.port, hook=hook_port, broker=broker.port)
        write_files(gateway, broker, influx, tables + routes)
        gateway.start()
        wait_until(lambda: bool(gateway.events("SourceConnected")), what="the source listens")
        seconds: dict[str, float] = {}
        with Sender(broker.port) as sender:
            send(sender, 0, 10)
            wait_until(lambda: {stored(influx, name) for name in DATABASES} == {10}, what="the first ten are stored")
            ask(influx, f'DROP USER "{USER}"')
            send(sender, 10, 1)
            seconds["token revoked"] = until_told(to, "citygate is turned away: 401")
            wait_until(lambda: stored(influx, "second") == 11, what="the other database has the eleventh")
            ask(influx, "DROP DATABASE second")
            send(sender, 11, 1)
            seconds["database missing"] = until_told(to, "second is turned away: 404")
            send(sender, 12, messages)
            lost = _mended(influx, messages + 12) if messages else 0
            reading(sender, "bin-1", temperature_c=75.0)
            seconds["fire"] = until_told(to, "it burns in the container")
            for _ in range(3):
                reading(sender, "gauge-1", water_level_m=3.5)
                time.sleep(0.05)
            seconds["flood"] = until_told(to, "the water stands above its threshold (danger)")
        return Told(messages + 12, lost, seconds, {name: len(texts) for name, texts in to.texts().items()})


def _mended(influx: Server, total: int) -> int:
    """Give back the user and the database; how much of what was sent is in neither or one of them in the end."""
    ask(influx, create_user(USER))
    ask(influx, "CREATE DATABASE second")
    wanted = {"citygate": total, "second": total - 11}
    within_s = WITHIN_S + total / 200
    wait_until(lambda: all(stored(influx, name) >= n for name, n in wanted.items()), within_s=within_s, what="stored")
    return sum(n - stored(influx, name) for name, n in wanted.items())


def until_told(to: Receivers, words: str, *, times: int = 1) -> float:
    """Seconds until every route has it."""
    began = time.monotonic()
    wait_until(lambda: to.has(words, times=times), within_s=WITHIN_S, what=f"every route is told: {words}")
    return time.monotonic() - began


def send(sender: Sender, first: int, count: int) -> None:
    for number in range(first, first + count):
        sender.send(city.plain_topic(number), city.plain_body(time.time_ns(), number / 8))
        if number % AT_ONCE == 0:
            sender.drain()
    sender.drain()


def reading(sender: Sender, device: str, **values: float) -> None:
    sender.send(f"sensors/{device}/up", json.dumps({"time_ns": time.time_ns()} | values).encode())


def write_files(gateway: GatewayProcess, broker: Server, influx: Server, tables: str) -> None:
    pilots = {"recordings": city.PILOTS["recordings"].replace('["weather"]', '["weather", "waste", "water"]')}
    extra = "".join(city.device(name, "generic/json", feature) + details for name, feature, details in PLACES)
    devices = {"stations": city.PLAIN_DEVICES["stations"], "places": extra}
    sinks = [
        f'[sinks.{name}]\nkind = "influxdb"\nurl = "{influx.url}"\napi = "v1"\ndatabase = "{name}"\n'
        f'username = "{user}"\npassword_file = "password"\n'
        for name, user in zip(DATABASES, (USER, ROOT), strict=True)
    ]
    gateway.write(city.config(city.plain_source(broker.port), *sinks, tables), pilots=pilots, devices=devices)
    password = gateway.folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)


@contextlib.contextmanager
def guarded(folder: Path) -> Iterator[Server]:
    """InfluxDB 1.6.7 that lets in by user and password only."""
    server = servers.influxdb1(folder)
    with servers.running(server):
        for name in (ROOT, USER):
            ask(server, create_user(name), user="")
        ask(server, "CREATE DATABASE second", user="")
        server.stop()
        conf = folder / "influxdb.conf"
        conf.write_text(conf.read_text().replace("[http]\n", "[http]\nauth-enabled = true\n"))
        server.ready = lambda: servers.http_answers(f"{server.url}/ping", "X-Influxdb-Version", "1.")
        server.start()
        yield server


def create_user(name: str) -> str:
    return f"CREATE USER \"{name}\" WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES"


def ask(server: Server, influxql: str, *, user: str = ROOT, database: str = "citygate") -> dict[str, Any]:
    who = urllib.parse.urlencode({"u": user, "p": PASSWORD} if user else {})
    words = urllib.parse.urlencode({"q": influxql, "db": database})
    with urllib.request.urlopen(f"{server.url}/query?{who}", words.encode(), timeout=60) as answer:
        result: dict[str, Any] = json.load(answer)["results"][0]
    assert "error" not in result, result
    return result


def stored(server: Server, database: str) -> int:
    """Readings of the stations that a database holds."""
    series = ask(server, 'SELECT count("humidity_percent") FROM "weather"', database=database).get("series", [])
    return int(series[0]["values"][0][1]) if series else 0


@contextlib.contextmanager
def receiving(broker: Server) -> Iterator[tuple[Receivers, int]]:
    """A mail server, a web server and a subscriber; the web server's port."""
    with Mailbox().open(servers.free_port()) as mail:
        to = Receivers(mail)

        class Keeps(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                to.hook.append(self.rfile.read(int(self.headers["content-length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the server's name for it
                del format

        web = ThreadingHTTPServer(("127.0.0.1", 0), Keeps)
        serving = threading.Thread(target=web.serve_forever, name="hook")
        serving.start()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.on_message = lambda _client, _data, message: to.board.append(message.payload.decode())
        client.connect("127.0.0.1", broker.port)
        client.subscribe("citygate/grenoble/alarms/notices", 1)
        client.loop_start()
        try:
            yield to, web.server_address[1]
        finally:
            client.disconnect()
            client.loop_stop()
            web.shutdown()
            serving.join()
            web.server_close()
