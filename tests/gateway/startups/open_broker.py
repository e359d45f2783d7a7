"""A Mosquitto for start-ups as ``citygate broker setup --for startups`` makes it, with pilots, run for tests."""

import json
import queue
import re
import shutil
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion

from gateway.broker_accounts import DYNAMIC_SECURITY, RULES, password_line
from gateway.cli.main import main
from tests import servers

ANSWER_WITHIN_S = 10.0
CITY = "delft"
PILOTS = ("parking-delft", "waste-delft", "air-delft")

PILOT = """\
id = "{pilot}"
title = "A pilot"
city = "delft"
domains = ["{domain}"]
start = 2026-10-01
privacy_class = "B"
retention_days = 365
publisher = "City of Delft"
contact = {{ email = "pilot@delft.example" }}
"""
CONFIG = """\
[gateway]
id = "gw-1"
city = "delft"
[sources.day]
kind = "file"
path = "day.ndjson"
dialect = "chirpstack-v4"
"""


class OpenBroker:
    """The broker's folder is ``folder/broker``; ``startup(...)`` types a command."""

    def __init__(self, folder: Path, *, accounts: str = "files") -> None:
        self.folder = folder
        (folder / "pilots").mkdir()
        (folder / "citygate.toml").write_text(CONFIG)
        for pilot in PILOTS:
            text = PILOT.format(pilot=pilot, domain=pilot.partition("-")[0])
            (folder / "pilots" / f"{pilot}.toml").write_text(text)
        self.port, self.tls_port = servers.free_port(), servers.free_port()
        ports = ["--port", str(self.port), "--tls-port", str(self.tls_port)]
        words = ["broker", "setup", str(self.broker), "--for", "startups", "--accounts", accounts, *ports]
        result = CliRunner().invoke(main, words, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        self._let_the_auditor_in(accounts)
        command = [servers.program("mosquitto"), "-c", str(self.broker / "mosquitto.conf")]
        log = self.broker / "data" / "mosquitto.log"
        self.server = servers.Server(
            "mosquitto", command, self.port, folder / "stderr.log", lambda: servers.tcp_answers(self.port)
        )
        self.log = log

    def _let_the_auditor_in(self, accounts: str) -> None:
        """An account of the broker that reads and writes all: it puts messages where nobody may read them."""
        line = password_line("auditor", "audit")
        if accounts == "files":
            with (self.broker / "passwords").open("a") as out:
                out.write(line + "\n")
            access = (self.broker / "acl").read_text()
            (self.broker / "acl").write_text(f"user auditor\ntopic readwrite #\ntopic readwrite $SYS/#\n\n{access}")
            return
        file = self.broker / DYNAMIC_SECURITY
        document = json.loads(file.read_text())
        _, _, iterations, salt, digest = line.split("$")
        secret = {"password": digest, "salt": salt, "iterations": int(iterations)}
        rules = [{"acltype": kind, "topic": "#", "allow": True} for kind in RULES["readwrite"]]
        document["clients"].append({"username": "auditor", "roles": [{"rolename": "auditor"}], **secret})
        document["roles"].append({"rolename": "auditor", "acls": rules})
        file.write_text(json.dumps(document))

    @property
    def broker(self) -> Path:
        return self.folder / "broker"

    def startup(self, *words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["startup", *words, "--config", str(self.folder)], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result.output

    def add(self, name: str, tier: str, *pilots: str, expires: str = "") -> str:
        """Make an account; returns its password as it was shown."""
        words = [word for pilot in pilots for word in ("--pilot", pilot)]
        shown = self.startup("add", name, "--tier", tier, *words, *(["--expires", expires] if expires else []))
        password: str = re.findall(r"(?m)^password  (\S+)$", shown)[0]
        return password

    def secret(self, user: str) -> str:
        return (self.broker / "secrets" / f"{user}-password").read_text().strip()

    def lasting(self, port: int, user: str, password: str) -> "Client":
        """A connection whose session stays with the broker when it ends."""
        return Client(port, user, password, ca=self.broker / "tls" / "ca.crt", protocol=paho.MQTTv311, lasting=True)

    def connect(self, user: str, password: str, *, protocol: int = paho.MQTTv311, plain: bool = False) -> "Client":
        ca = None if plain else self.broker / "tls" / "ca.crt"
        return Client(self.port if plain else self.tls_port, user, password, ca=ca, protocol=protocol)


@contextmanager
def open_broker(*, accounts: str = "files") -> Iterator[OpenBroker]:
    """In a folder that the account can pass which Mosquitto drops to when root starts it."""
    folder = Path(tempfile.mkdtemp(prefix="citygate-open-"))
    folder.chmod(0o755)
    made = OpenBroker(folder, accounts=accounts)
    try:
        with servers.running(made.server):
            yield made
    finally:
        shutil.rmtree(folder)


class Client:
    """A paho client that waits for each answer, and keeps what it receives."""

    def __init__(
        self,
        port: int,
        user: str,
        password: str,
        *,
        ca: Path | None,
        protocol: int,
        lasting: bool = False,
        client_id: str = "",
    ) -> None:
        untyped: Any = paho  # the stubs that reach mypy describe paho 1
        session = {"clean_session": False, "client_id": client_id or user} if lasting else {"client_id": client_id}
        self.paho = untyped.Client(
            CallbackAPIVersion.VERSION2, protocol=protocol, reconnect_on_failure=False, **session
        )
        self.answers: queue.Queue[list[int]] = queue.Queue()
        self.received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.ended: queue.Queue[int] = queue.Queue()
        if user:
            self.paho.username_pw_set(user, password)
        if ca is not None:
            self.paho.tls_set_context(ssl.create_default_context(cafile=str(ca)))
        self.paho.on_connect = lambda *given: self.answers.put([given[3].value])
        self.paho.on_subscribe = lambda *given: self.answers.put([code.value for code in given[3]])
        self.paho.on_publish = lambda *given: self.answers.put([given[3].value])
        self.paho.on_message = lambda *given: self.received.put((given[2].topic, given[2].payload))
        self.paho.on_disconnect = lambda *given: self.ended.put(given[3].value)
        self.paho.connect("127.0.0.1", port)
        self.paho.loop_start()
        self.connected = self.answer()[0]

    def answer(self) -> list[int]:
        return self.answers.get(timeout=ANSWER_WITHIN_S)

    def subscribe(self, *filters: str) -> list[int]:
        self.paho.subscribe([(one, 1) for one in filters])
        return self.answer()

    def publish(self, topic: str, body: bytes, *, qos: int = 1, retain: bool = False) -> None:
        self.paho.publish(topic, body, qos=qos, retain=retain)
        self.answer()

    def publish_all(self, messages: Sequence[tuple[str, bytes]], *, qos: int = 1, retain: bool = False) -> None:
        for topic, body in messages:
            self.paho.publish(topic, body, qos=qos, retain=retain)
        for _ in messages:
            self.answer()

    def until(self, body: bytes) -> list[tuple[str, bytes]]:
        """What was received before a message with that body."""
        found: list[tuple[str, bytes]] = []
        while (message := self.received.get(timeout=ANSWER_WITHIN_S))[1] != body:
            found.append(message)
        return found

    def at_once(self) -> list[tuple[str, bytes]]:
        """What has been received."""
        found = []
        while not self.received.empty():
            found.append(self.received.get())
        return found

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
