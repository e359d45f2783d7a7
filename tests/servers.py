"""Real servers for tests: each starts on a free loopback port, is checked to be itself, and is stopped by its own pid.

A missing program skips the test by name, but is an error when ``CI=true``.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

READY_WITHIN_S = 30.0


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def program(name: str) -> str:
    """Path of a server program; skips by name, fails in CI."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is not installed, and in CI a missing server is an error")
        pytest.skip(f"needs the server program {name}")
    return path


@dataclass
class Server:
    """A running child process; ``stop`` is polite, ``kill_nine`` is not, ``start`` brings it back on the same port."""

    name: str
    command: list[str]
    port: int
    log: Path
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None
    env: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, env=os.environ | self.env)
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self.ready():
                return
            time.sleep(0.02)
        self.kill_nine()
        pytest.fail(f"{self.name} did not become ready on port {self.port}; its log ends:\n{self.log_tail()}")

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill_nine(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def tcp_answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


def http_answers(url: str, header: str = "", value: str = "") -> bool:
    """True when the URL answers 2xx and, where a header is named, shows the server to be the one we started."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return not header or answer.headers.get(header, "").startswith(value)
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def mosquitto(folder: Path, *, port: int | None = None, config: str = "") -> Server:
    """Mosquitto 2 with persistence. ``config`` is appended; it may add listeners of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    file = folder / "mosquitto.conf"
    file.write_text(
        f"persistence true\npersistence_location {folder}/\nautosave_on_changes true\nautosave_interval 1\n"
        f"max_queued_messages 0\n{'user root' if os.geteuid() == 0 else ''}\n"
        f"listener {port} 127.0.0.1\nallow_anonymous true\n{config}\n"
    )
    command = [program("mosquitto"), "-c", str(file)]
    return Server("mosquitto", command, port, folder / "mosquitto.log", lambda: tcp_answers(port))


def influxdb1(folder: Path, *, database: str = "citygate") -> Server:
    """InfluxDB 1.6.7 with one database."""
    folder.mkdir(parents=True, exist_ok=True)
    port, backup_port = free_port(), free_port()
    file = folder / "influxdb.conf"
    file.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{backup_port}"\n'
        f'[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
        f"max-series-per-database = 0\nmax-values-per-tag = 0\n"
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n[monitor]\nstore-enabled = false\n'
    )

    def ready() -> bool:
        if not http_answers(f"http://127.0.0.1:{port}/ping", "X-Influxdb-Version", "1."):
            return False
        body = f"q=CREATE DATABASE {database}".encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/query", body, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    return Server("influxdb 1", [program("influxd"), "-config", str(file)], port, folder / "influxdb.log", ready)


def victoria_metrics(folder: Path) -> Server:
    """VictoriaMetrics: takes both v1 and v2 writes."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [
        program("victoria-metrics"),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder}/vm",
        "-retentionPeriod=100y",
        "-search.latencyOffset=0s",
    ]
    url = f"http://127.0.0.1:{port}/health"
    return Server("victoria-metrics", command, port, folder / "victoria.log", lambda: http_answers(url))


def recording(name: str) -> Path:
    """A recording named by CITYGATE_TEST_DATA; skips by name where it is not at hand."""
    folder = os.environ.get("CITYGATE_TEST_DATA")
    if not folder or not (Path(folder) / name).is_file():
        pytest.skip(f"not at hand: the recording {name} (set CITYGATE_TEST_DATA)")
    return Path(folder) / name


def schemas() -> Path:
    """The folder of official schemas named by CITYGATE_TEST_SCHEMAS; skips by name where it is not at hand."""
    folder = os.environ.get("CITYGATE_TEST_SCHEMAS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("not at hand: the official schemas (set CITYGATE_TEST_SCHEMAS)")
    return Path(folder)
