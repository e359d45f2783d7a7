"""The files of ``citygate broker setup`` under a real Mosquitto: who comes in, who may do what, what survives."""

import base64
import os
import pwd
import queue
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.broker_accounts import password_line
from gateway.broker_files import ACCESS
from gateway.cli.main import main
from gateway.deploy_files import deploy_dir
from tests import servers

ANSWER_WITHIN_S = 10.0
REFUSED = 0x87  # MQTT 5: not authorised
NOBODY = 0x10  # MQTT 5: taken, and nobody subscribes to it
UPLINK = "application/1/device/0102030405060708/event/up"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Reachable for the account that Mosquitto drops to when root starts it, which pytest's own folders are not."""
    made = Path(tempfile.mkdtemp(prefix="citygate-broker-"))
    made.chmod(0o755)
    yield made / "broker"
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[servers.Server]:
    program = servers.program("mosquitto")
    port, tls_port = servers.free_port(), servers.free_port()
    words = ["broker", "setup", str(folder), "--port", str(port), "--tls-port", str(tls_port)]
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    log = folder.parent / "mosquitto.log"
    command = [program, "-c", str(folder / "mosquitto.conf"), "-v"]
    with servers.running(
        servers.Server("mosquitto", command, port, log, lambda: servers.tcp_answers(port), env={"TLS": str(tls_port)})
    ) as server:
        yield server


def password(folder: Path, user: str) -> str:
    return (folder / "secrets" / f"{user}-password").read_text().strip()


class Client:
    """A paho client over MQTT 5 that waits for each answer; CONNACK, SUBACK and PUBACK answer with a reason code."""

    def __init__(self, port: int, user: str = "", secret: str = "", *, tls: Path | None = None, name: str = "") -> None:
        untyped: Any = paho  # the stubs that reach mypy describe paho 1
        self._client = untyped.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        self.answers: queue.Queue[int] = queue.Queue()
        self.received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        if user:
            self._client.username_pw_set(user, secret)
        if tls is not None:
            context = ssl.create_default_context(cafile=str(tls))
            context.verify_flags |= ssl.VERIFY_X509_STRICT  # Python's default from 3.13 on
            self._client.tls_set_context(context)
        self._client.on_connect = lambda *given: self.answers.put(given[3].value)
        self._client.on_subscribe = lambda *given: self.answers.put(given[3][0].value)
        self._client.on_publish = lambda *given: self.answers.put(given[3].value)
        self._client.on_message = lambda *given: self.received.put((given[2].topic, given[2].payload))
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600 if name else 0
        self._client.connect("127.0.0.1", port, clean_start=not name, properties=properties)
        self._client.loop_start()
        self.connected = self.answer()

    def answer(self) -> int:
        return self.answers.get(timeout=ANSWER_WITHIN_S)

    def subscribe(self, topic: str) -> int:
        self._client.subscribe(topic, qos=1)
        return self.answer()

    def publish(self, topic: str, body: bytes, *, retain: bool = False) -> int:
        self._client.publish(topic, body, qos=1, retain=retain)
        return self.answer()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def test_each_account_comes_in_with_its_password(broker: servers.Server, folder: Path) -> None:
    for user in ACCESS:
        with Client(broker.port, user, password(folder, user)) as client:
            assert client.connected == 0, user


def test_a_wrong_password_an_unknown_user_and_nobody_stay_outside(broker: servers.Server, folder: Path) -> None:
    right = password(folder, "gateway")
    for user, secret in (("gateway", right + "x"), ("gateway", ""), ("root", right), ("", "")):
        with Client(broker.port, user, secret) as client:
            assert client.connected == REFUSED, user or "anonymous"


def test_the_gateway_reads_what_the_network_server_publishes(broker: servers.Server, folder: Path) -> None:
    with (
        Client(broker.port, "network-server", password(folder, "network-server")) as network_server,
        Client(broker.port, "gateway", password(folder, "gateway")) as gateway,
    ):
        for client in (gateway, network_server):
            client.subscribe("application/#")
        assert network_server.publish(UPLINK, b"true") == 0
        assert gateway.received.get(timeout=ANSWER_WITHIN_S) == (UPLINK, b"true")
        gateway.subscribe("open/v1/#")
        assert gateway.publish("open/v1/mechelen/parking/p/bay/state", b"free") == 0
        assert gateway.received.get(timeout=ANSWER_WITHIN_S)[1] == b"free"
        assert network_server.received.empty(), "the network server may not read uplinks"


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("gateway", UPLINK),
        ("gateway", "application/1/device/0102030405060708/event/ack"),
        ("gateway", "application/1/device/0102030405060708/command/other"),
        ("gateway", "v3/city@ttn/devices/d/down/ack"),
        ("network-server", "open/v1/mechelen/parking/p/bay/state"),
        ("network-server", "elsewhere"),
    ],
)
def test_neither_account_does_the_others_work(broker: servers.Server, folder: Path, user: str, topic: str) -> None:
    with Client(broker.port, user, password(folder, user)) as client:
        assert client.publish(topic, b"forged") == REFUSED  # Mosquitto 2.0.11 hangs up after it, too


def test_the_gateways_downlinks_reach_the_network_server(broker: servers.Server, folder: Path) -> None:
    command = "application/1/device/0102030405060708/command/down"
    with (
        Client(broker.port, "network-server", password(folder, "network-server")) as network_server,
        Client(broker.port, "gateway", password(folder, "gateway")) as gateway,
    ):
        network_server.subscribe("application/+/device/+/command/+")
        assert gateway.publish(command, b"{}") == 0
        assert network_server.received.get(timeout=ANSWER_WITHIN_S) == (command, b"{}")
        for way in ("push", "replace"):  # The Things Stack runs a broker of its own; a bridge to it may stand between
            assert gateway.publish(f"v3/city@ttn/devices/d/down/{way}", b"{}") in (0, NOBODY)


def test_chirpstack_may_subscribe_to_its_commands(broker: servers.Server, folder: Path) -> None:
    with Client(broker.port, "network-server", password(folder, "network-server")) as network_server:
        assert network_server.subscribe("$share/chirpstack/application/+/device/+/command/+") in (0, 1)


def test_tls_is_spoken_with_a_certificate_that_the_authority_vouches_for(broker: servers.Server, folder: Path) -> None:
    tls_port = int(broker.env["TLS"])
    with Client(tls_port, "gateway", password(folder, "gateway"), tls=folder / "tls" / "ca.crt") as client:
        assert client.connected == 0
    strangers = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", tls_port), ANSWER_WITHIN_S) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        strangers.wrap_socket(plain, server_hostname="localhost")


def test_the_plain_port_is_open_on_this_machine_only(broker: servers.Server, folder: Path) -> None:
    listeners = re.findall(r"(?m)^listener (.+)$", (folder / "mosquitto.conf").read_text())
    assert listeners == [f"{broker.port} 127.0.0.1", broker.env["TLS"]]


def test_mosquitto_has_nothing_to_complain_about(broker: servers.Server, folder: Path) -> None:
    assert not re.search(r"(?i)warning|error: |recommended", broker.log.read_text()), broker.log_tail()
    for secret in [folder / "passwords", folder / "acl", folder / "tls" / "server.key", *folder.glob("secrets/*")]:
        assert secret.stat().st_mode & 0o077 == 0, secret
    assert (folder / "secrets").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to another account")
def test_root_gives_mosquittos_files_to_its_account_and_keeps_the_secrets(broker: servers.Server, folder: Path) -> None:
    assert broker.process is not None
    status = Path(f"/proc/{broker.process.pid}/status").read_text()
    runs_as = int(re.findall(r"(?m)^Uid:\s+(\d+)", status)[0])
    assert runs_as == pwd.getpwnam("mosquitto").pw_uid
    for own in ("passwords", "acl", "tls/server.key", "data"):
        assert (folder / own).stat().st_uid == runs_as, own
    for ours in (".", "secrets", "secrets/ca.key", "tls", "mosquitto.conf"):
        assert (folder / ours).stat().st_uid == 0, ours


def test_what_waits_for_the_gateway_survives_kill_nine_once_it_is_saved(broker: servers.Server, folder: Path) -> None:
    conf = (folder / "mosquitto.conf").read_text()
    saved_every_s = int(re.findall(r"(?m)^autosave_interval (\d+)$", conf)[0])
    assert saved_every_s <= 10
    swift = folder / "swift.conf"  # the same file, but nobody waits ten seconds
    swift.write_text(conf.replace(f"autosave_interval {saved_every_s}", "autosave_interval 1"))
    broker.stop()
    broker.command[2] = str(swift)
    broker.start()
    with Client(broker.port, "gateway", password(folder, "gateway"), name="gateway-1") as gateway:
        gateway.subscribe("application/#")
    with Client(broker.port, "network-server", password(folder, "network-server")) as network_server:
        for number in range(200):
            assert network_server.publish(UPLINK, b"%d" % number) == 0
    time.sleep(2.5)
    broker.kill_nine()
    broker.start()
    with Client(broker.port, "gateway", password(folder, "gateway"), name="gateway-1") as gateway:
        bodies = [gateway.received.get(timeout=ANSWER_WITHIN_S)[1] for _ in range(200)]
    assert bodies == [b"%d" % number for number in range(200)]


def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    words = ["broker", "setup", str(tmp_path), "--host", "mqtt.city.example"]
    first = CliRunner().invoke(main, words)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    second = CliRunner().invoke(main, words)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert "wrote  " in first.stdout
    assert "wrote  " not in second.stdout
    assert f"kept   {tmp_path / 'passwords'}" in second.stdout
    assert "mqtts://mqtt.city.example:8883" in second.stdout


def test_a_new_server_certificate_is_signed_by_the_authority_that_clients_know(tmp_path: Path) -> None:
    setup(tmp_path)
    authority = (tmp_path / "tls" / "ca.crt").read_bytes()
    old = (tmp_path / "tls" / "server.crt").read_bytes()
    (tmp_path / "tls" / "server.crt").unlink()
    setup(tmp_path, "--host", "mqtt.city.example", "--host", "10.0.0.7")
    assert (tmp_path / "tls" / "ca.crt").read_bytes() == authority
    assert (tmp_path / "tls" / "server.crt").read_bytes() != old
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", "10.0.0.7"]  # the second name
    done = subprocess.run(
        [*verify, "-CAfile", str(tmp_path / "tls" / "ca.crt"), str(tmp_path / "tls" / "server.crt")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_new_password_files_keep_the_passwords_that_are_in_use(tmp_path: Path) -> None:
    setup(tmp_path)
    kept = password(tmp_path, "gateway")
    (tmp_path / "passwords").unlink()
    (tmp_path / "secrets" / "network-server-password").unlink()
    setup(tmp_path)
    assert password(tmp_path, "gateway") == kept
    assert len((tmp_path / "passwords").read_text().splitlines()) == len(ACCESS)


def test_the_hash_is_the_one_that_mosquitto_passwd_makes(tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    subprocess.run([servers.program("mosquitto_passwd"), "-c", "-b", str(file), "gateway", "secret"], check=True)
    user, _, rest = file.read_text().strip().partition(":$7$")
    iterations, salt, digest = rest.split("$")
    ours = password_line(user, "secret", salt=base64.b64decode(salt), iterations=int(iterations))
    assert ours == f"gateway:$7${iterations}${salt}${digest}"


@pytest.mark.parametrize("bad", ["two words", "a\nb", "-x", ""])
def test_a_name_that_is_none_is_refused_before_anything_is_written(tmp_path: Path, bad: str) -> None:
    result = CliRunner().invoke(main, ["broker", "setup", str(tmp_path / "new"), f"--host={bad}"])
    assert result.exit_code == 2
    assert not (tmp_path / "new").exists()


def test_an_open_plain_port_is_warned_about(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["broker", "setup", str(tmp_path), "--listen", "0.0.0.0"])
    assert "passwords pass there in clear" in result.stderr
    assert "listener 1883 0.0.0.0" in (tmp_path / "mosquitto.conf").read_text()


@pytest.mark.parametrize("template", ["mosquitto.conf", "open.conf"])
def test_every_setting_of_the_template_is_explained(template: str) -> None:
    text = (deploy_dir() / "mosquitto" / template).read_text()
    settings = {line.split()[0] for line in text.splitlines() if line and not line.startswith(("#", "@"))}
    readme = (deploy_dir() / "mosquitto" / "README.md").read_text()
    assert {name for name in settings if f"`{name}" not in readme} == set()


def setup(folder: Path, *words: str) -> None:
    result = CliRunner().invoke(main, ["broker", "setup", str(folder), *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
