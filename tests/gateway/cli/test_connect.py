"""``citygate connect`` against a real Mosquitto with devices that speak."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from gateway.cli.main import main
from gateway.config import load_config
from pipelines.dialects import write_uplink
from pipelines.model import Reception, Uplink
from tests import servers

T0 = 1_793_600_000_000_000_000


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def lorawan(dialect: str) -> Callable[[int], tuple[str, bytes]]:
    def message(number: int) -> tuple[str, bytes]:
        heard = (Reception("0016c001f153a14c", -97.0, 7.5, T0 + number),)
        frame = bytes.fromhex("0100e202290400270506060308070d") + bytes([90 + number % 20])
        device = f"a81758fffe0462{number % 3:02x}"
        return write_uplink(
            dialect,
            Uplink(device, payload=frame, f_port=5, f_cnt=number, network_time_ns=T0 + number, receptions=heard),
        )

    return message


@contextmanager
def speaking(port: int, message: Callable[[int], tuple[str, bytes]]) -> Iterator[None]:
    """A street that sends some messages a second until the block ends."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    over = threading.Event()

    def speak() -> None:
        for number in range(1, 10_000):
            topic, body = message(number)
            client.publish(topic, body)
            if over.wait(0.05):
                return

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize(
    ("kind", "dialect"), [("chirpstack", "chirpstack-v4"), ("tts", "tts-v3"), ("mqtt", "chirpstack-v3")]
)
def test_a_network_becomes_a_config_that_check_accepts(
    mosquitto: servers.Server, tmp_path: Path, kind: str, dialect: str
) -> None:
    url, folder = f"mqtt://127.0.0.1:{mosquitto.port}", tmp_path / "gateway"
    with speaking(mosquitto.port, lorawan(dialect)):
        result = run("connect", kind, url, "--for", "1s", "--write", str(folder))
    assert result.exit_code == 0, result.output
    assert "mosquitto version 2" in result.stdout
    assert f"{dialect} reads" in result.stdout
    for words in ("a81758fffe046200", "elsys/", "temperature_c 22.6"):
        assert words in result.stdout
    checked = run("check", "-c", str(folder))
    assert checked.exit_code == 0, checked.output
    ((name, source),) = load_config(folder / "citygate.toml").sources.items()
    assert name == kind, "the name that the screen shows"
    written = source.settings.model_dump()
    assert (written["url"], written["dialect"]) == (url, dialect)
    assert written["qos"] == (0 if kind == "tts" else 1)
    assert "##" in (folder / "citygate.toml").read_text(), "the comments of the sample stay"


def test_plain_json_is_written_with_where_device_and_time_stand(mosquitto: servers.Server, tmp_path: Path) -> None:
    def message(number: int) -> tuple[str, bytes]:
        body = {"temperature_c": 21.5, "humidity_percent": 40, "ts": 1_793_600_000 + number}
        return f"city/air/node-{number % 3}/state", json.dumps(body).encode()

    folder = tmp_path / "gateway"
    assert run("init", str(folder)).exit_code == 0
    url = f"127.0.0.1:{mosquitto.port}"
    with speaking(mosquitto.port, message):
        shown = run("connect", "mqtt", url, "--for", "1s", "--json", "--write", str(folder), "--name", "air")
        again = run("connect", "mqtt", url, "--for", "1s", "--write", str(folder), "--name", "air")
    found = json.loads(shown.stdout)
    assert found["source"]["dialect_settings"] == {
        "topic_template": "city/air/{device_id}/state",
        "time_field": "ts",
        "time_format": "epoch_s",
    }
    assert {one["device"] for one in found["devices"]} == {"node-0", "node-1", "node-2"}
    assert found["devices"][0]["guesses"][0] == "generic/json"
    assert set(load_config(folder / "citygate.toml").sources) == {"broker", "air"}
    assert (again.exit_code, "has a source 'air' already" in again.stderr) == (4, True)


def test_without_write_the_source_is_shown(mosquitto: servers.Server, tmp_path: Path) -> None:
    with speaking(mosquitto.port, lorawan("chirpstack-v4")):
        shown = run("connect", "chirpstack", f"mqtt://127.0.0.1:{mosquitto.port}", "--for", "1s").stdout
    assert '[sources.chirpstack]\nkind = "mqtt"' in shown
    assert list(tmp_path.glob("*.toml")) == []


def test_a_broker_that_speaks_only_3_1_1_is_heard_and_written_so(tmp_path: Path) -> None:
    pytest.importorskip("iotcore")
    port = servers.free_port()
    server = servers.Server(
        "iotcore",
        [sys.executable, "-m", "iotcore", "--listen", "127.0.0.1", "--port", str(port)],
        port,
        tmp_path / "iotcore.log",
        lambda: servers.tcp_answers(port),
    )
    with servers.running(server), speaking(port, lorawan("tts-v3")):
        result = run("connect", "tts", f"mqtt://127.0.0.1:{port}", "--for", "1s", "--json")
    found = json.loads(result.stdout)
    assert (found["version"], found["source"]["version"]) == ("3.1.1", "3.1.1")


def test_silence_refusal_and_noise_are_told_with_a_way_on(mosquitto: servers.Server) -> None:
    url = f"mqtt://127.0.0.1:{mosquitto.port}"
    silent = run("connect", "tts", url, "--for", "1s")
    assert (silent.exit_code, "nothing came in 1 s on" in silent.stderr) == (4, True)
    with speaking(mosquitto.port, lambda number: ("a/b", b"%d" % number)):
        noise = run("connect", "mqtt", url, "--for", "1s")
    assert (noise.exit_code, "no dialect reads them (a/b)" in noise.stderr) == (4, True)
    nobody = run("connect", "mqtt", f"mqtt://127.0.0.1:{servers.free_port()}", "--for", "1s")
    assert (nobody.exit_code, "Is the broker running" in nobody.stderr) == (4, True)
    assert run("connect", "mqtt", "ftp://x").exit_code == 2
