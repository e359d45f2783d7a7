"""The operators' listener over real HTTP: who may look, what is refused, and that nobody holds it up."""

import asyncio
import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.broker_certificates import make_authority, make_server_certificate
from gateway.check import check_machine
from gateway.config import load_config
from gateway.events import GatewayStopped
from gateway.files.mistakes import ConfigError
from gateway.health.incidents import Incident
from gateway.http import embedded
from tests import servers
from tests.gateway import whole
from tests.gateway.http.asking import TOKEN, listening
from tests.gateway.road import emitted, until
from tests.proofs import city


@contextlib.contextmanager
def connected(port: int, text: bytes) -> Iterator[socket.socket]:
    """A raw connection that has said something."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(text)
        yield line


def read_all(line: socket.socket) -> bytes:
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := line.recv(65_536):
            said += chunk
    return said


async def test_without_a_token_on_loopback_health_and_metrics_are_told(tmp_path: Path) -> None:
    async with listening(tmp_path) as listener:
        said = await listener.ask("/healthz")
        assert (said.status, json.loads(said.body)) == (200, {"status": "ok", "conditions": []})
        assert said.headers["content-type"] == "application/json"
        assert said.headers["cache-control"] == "no-store"
        assert said.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in said.headers["content-security-policy"]
        assert "server" not in said.headers
        assert (await listener.ask("/metrics")).status == 200
        assert (await listener.ask("/nothing")).status == 404
        head = await listener.ask("/healthz", method="HEAD")
        assert (head.status, head.body) == (200, b"")
        listener.gateway.health.incidents.note(Incident("trouble", "lamp", "critical", "it is out", "Change it."))
        said = await listener.ask("/healthz")
        [found] = json.loads(said.body)["conditions"]
        assert (said.status, found["what"], found["mend"]) == (503, "it is out", "Change it.")


async def test_with_a_token_health_is_bare_and_the_rest_is_refused(tmp_path: Path) -> None:
    async with listening(tmp_path, city.mqtt_source("gone", servers.free_port(), "#", "helium"), token=TOKEN) as asked:
        await until(lambda: asked.gateway.events.counts["SourceLost"])
        assert json.loads((await asked.ask("/healthz")).body) == {"status": "warning"}
        for path in ("/metrics", "/", "/nothing"):
            said = await asked.ask(path)
            assert (said.status, said.headers["www-authenticate"]) == (401, 'Bearer realm="citygate"'), path
            assert TOKEN.encode() not in said.body
        assert (await asked.ask("/metrics", Authorization=f"Bearer {TOKEN}")).status == 200
        [found] = json.loads((await asked.ask("/healthz", Authorization=f"bearer {TOKEN}")).body)["conditions"]
        assert (found["kind"], found["subject"], found["severity"]) == ("source-lost", "gone", "warning")
        assert "Is the broker running" in found["mend"]
        for wrong in ("Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é", TOKEN):
            assert (await asked.ask("/metrics", Authorization=wrong)).status == 401, wrong


async def test_the_token_in_the_address_becomes_a_cookie_and_leaves_the_address(tmp_path: Path) -> None:
    async with listening(tmp_path, token=TOKEN) as listener:
        said = await listener.ask(f"/metrics?a=1&token={TOKEN}&b=%C3%A9")
        assert (said.status, said.headers["location"]) == (303, "/metrics?a=1&b=%C3%A9")
        cookie = said.headers["set-cookie"]
        assert TOKEN not in cookie
        assert {part.strip().lower() for part in cookie.split(";")[1:]} >= {"httponly", "samesite=strict", "path=/"}
        kept = cookie.partition(";")[0]
        assert (await listener.ask("/metrics", Cookie=f"other=1; {kept}")).status == 200
        assert (await listener.ask("/metrics", Cookie=kept[:-1])).status == 401
        assert (await listener.ask("/metrics", Cookie=kept.replace("citygate-", "citygate-9"))).status == 401
        assert (await listener.ask("/metrics?token=wrong")).status == 401
        assert (await listener.ask("/metrics?token=wrong", Cookie=kept)).status == 401
        elsewhere = await listener.ask(f"//evil.example/x?token={TOKEN}")
        assert elsewhere.headers["location"] == "/evil.example/x"


HOSTS = {
    "localhost": 200,
    "LOCALHOST:8470": 200,
    "127.0.0.1:1": 200,
    "[::1]:8470": 200,
    "[::1]": 200,
    "192.168.1.9": 200,
    "lamp-post.delft.example:80": 200,
    "evil.example": 421,
    "localhost.evil.example": 421,
    "evil.example:127": 421,
    "": 421,
    "localhost@evil.example": 421,
}


def status_of(port: int, path: str, host: str, method: str = "GET") -> int:
    with connected(port, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()) as line:
        return int(read_all(line).split(b" ", 2)[1])


def told(port: int, text: bytes) -> bytes:
    with connected(port, text) as line:
        return read_all(line)


async def test_names_that_nobody_allowed_methods_that_write_and_heads_that_are_none_are_refused(tmp_path: Path) -> None:
    keys = 'dashboard = false\nallowed_hosts = ["lamp-post.delft.example"]\n'
    async with listening(tmp_path, keys=keys) as listener:
        port = listener.port
        for host, status in HOSTS.items():
            assert await asyncio.to_thread(status_of, port, "/healthz", host) == status, host
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
            assert await asyncio.to_thread(status_of, port, "/healthz", "localhost", method) == 405, method
        promise = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n"
        assert b" 405 " in await asyncio.to_thread(told, port, promise), "a body is not waited for"
        big = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * (64 << 10)
        for text in (big, b"\x16\x03\x01 hello\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"):
            assert (await asyncio.to_thread(told, port, text))[:12] in (b"HTTP/1.1 400", b""), text[:40]
        assert await asyncio.to_thread(status_of, port, "/healthz", "localhost") == 200


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"])
async def test_a_client_that_dawdles_over_its_head_is_hung_up_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(embedded, "HEAD_WITHIN_S", 0.4)

    def is_hung_up_on(port: int) -> bool:
        with connected(port, first or b"GET") as line:
            if first:
                line.recv(65_536)
                line.sendall(b"G")
            with contextlib.suppress(ConnectionError):
                for _ in range(200):
                    time.sleep(0.05)
                    line.sendall(b"x")
                return False
            return True

    async with listening(tmp_path) as listener:
        assert await asyncio.to_thread(is_hung_up_on, listener.port)
        assert (await listener.ask("/healthz")).status == 200


async def test_a_stop_hangs_up_on_an_endless_stream_and_is_complete(tmp_path: Path) -> None:
    async with listening(tmp_path, keys="") as listener:
        request = b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with connected(listener.port, request) as line:
            assert b"text/event-stream" in await asyncio.to_thread(line.recv, 65_536)
            listener.gateway.stop()
            await asyncio.to_thread(read_all, line)
        await until(lambda: listener.gateway.events.counts["GatewayStopped"])
        [stopped] = emitted(listener.gateway.events, GatewayStopped)
        assert stopped.complete  # type: ignore[attr-defined]
    assert not servers.tcp_answers(listener.port)


async def test_a_short_answer_under_way_at_a_stop_comes_to_its_end(tmp_path: Path) -> None:
    async def slow(_request: Request) -> PlainTextResponse:
        await asyncio.sleep(0.3)
        return PlainTextResponse("whole\n")

    async with listening(tmp_path) as listener:
        operators = listener.gateway.operators
        assert operators is not None
        operators.guard._app.router.routes.append(Route("/slow", slow))  # type: ignore[attr-defined]
        with connected(listener.port, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n") as line:
            await asyncio.sleep(0.1)
            listener.gateway.stop()
            assert (await asyncio.to_thread(read_all, line)).endswith(b"whole\n")


async def test_over_tls_the_cookie_is_for_tls_only(tmp_path: Path) -> None:
    make_authority(tmp_path / "ca.crt", tmp_path / "ca.key")
    make_server_certificate(tmp_path, tmp_path / "ca.key", ["localhost"])
    keys = 'dashboard = false\ncert_file = "server.crt"\nkey_file = "server.key"\n'

    def let_in(port: int) -> str:
        context = ssl.create_default_context(cafile=tmp_path / "ca.crt")
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", f"/metrics?token={TOKEN}")
            return connection.getresponse().headers["set-cookie"]

    async with listening(tmp_path, token=TOKEN, keys=keys) as listener:
        assert "secure" in (await asyncio.to_thread(let_in, listener.port)).lower()


async def test_the_page_stands_behind_the_guard(tmp_path: Path) -> None:
    async with listening(tmp_path, token=TOKEN, keys="") as listener:
        assert (await listener.ask("/")).status == 401
        said = await listener.ask("/", Authorization=f"Bearer {TOKEN}")
        assert (said.status, said.headers["content-type"].partition(";")[0]) == (200, "text/html")
        assert "'unsafe-inline'" not in said.headers["content-security-policy"]


async def test_an_address_that_is_taken_is_a_condition_and_nothing_else_stops(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        table = f'[http]\nenabled = true\nlisten = "127.0.0.1:{port}"\ndashboard = false\n'
        whole.write_files(tmp_path, [whole.line(1)], table)
        async with whole.running(tmp_path) as gateway:
            await until(lambda: gateway.events.counts["TaskCrashed"])
            await until(lambda: gateway.refine.progress.counts["accepted"] == 1)
            [crashed] = list(gateway.health.incidents.found())
    assert (crashed.kind, crashed.subject) == ("part-crashed", "operators' listener")
    assert f"http.listen: 127.0.0.1:{port} cannot be bound" in crashed.what


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ('listen = "0.0.0.0:8470"', "token_file"),
        ('listen = "[::]:8470"', "token_file"),
        ('listen = "lamp-post:8470"', "token_file"),
        ('listen = "8470"', 'Write it like "127.0.0.1:8090"'),
        ('listen = "127.0.0.1:84700"', "there is no port 84700"),
        ('tiles = "http://x/{z}"', 'Write it like "https://tiles.my-city.example/{z}/{x}/{y}.png"'),
        ('cert_file = "a.pem"', "together"),
        ('allowed_hosts = ["https://a.example"]', "allowed_hosts"),
        ("enable = true", "enabled"),
    ],
)
def test_a_table_that_would_open_a_door_or_means_nothing_is_a_mistake(tmp_path: Path, table: str, word: str) -> None:
    whole.write_files(tmp_path, [], f"[http]\n{table}\n")
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / "citygate.toml")
    assert word in str(error.value.mistakes)


def test_check_looks_at_the_token_too(tmp_path: Path) -> None:
    whole.write_files(tmp_path, [], '[http]\nenabled = true\ntoken_file = "token"\n')
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o644)
    config = load_config(tmp_path / "citygate.toml")
    [found] = [one for one in check_machine(config) if one.what == "http.token_file"]
    assert (found.level, found.mend) == ("error", f"chmod 600 {tmp_path / 'token'}")


@pytest.mark.parametrize(("text", "words"), [(None, ("http.token_file", "umask 077")), ("short\n", ("too short",))])
async def test_a_token_that_cannot_be_read_or_could_be_guessed_ends_the_start_with_its_mend(
    tmp_path: Path, text: str | None, words: tuple[str, ...]
) -> None:
    whole.write_files(tmp_path, [], '[http]\nenabled = true\ndashboard = false\ntoken_file = "token"\n')
    if text is not None:
        (tmp_path / "token").write_text(text)
    with pytest.raises(ConfigError) as error:
        async with whole.running(tmp_path):
            pass
    for word in words:
        assert word in str(error.value.mistakes)


async def test_it_is_off_unless_enabled_and_then_nothing_of_it_is_imported(tmp_path: Path) -> None:
    whole.write_files(tmp_path, [])
    async with whole.running(tmp_path) as gateway:
        assert gateway.operators is None
    code = (
        "import sys, gateway.run;"
        "found = sorted(n for n in sys.modules if n.startswith(('gateway.http.', 'gateway.dashboard', 'prometheus')));"
        "assert found == ['gateway.http.settings'], found"
    )
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
