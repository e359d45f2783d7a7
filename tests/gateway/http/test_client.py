"""The HTTP client before servers that misbehave in named ways."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.http.client import HttpClient, NoAnswerError, Timeouts
from tests import servers

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@asynccontextmanager
async def serving(serve: Serve, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    open_writers: list[asyncio.StreamWriter] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.append(writer)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_writers:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0.01)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


def client(port: int, **options: object) -> HttpClient:
    return HttpClient(f"http://127.0.0.1:{port}", timeouts=Timeouts(0.5, 0.5), **options)  # type: ignore[arg-type]


async def test_a_request_carries_host_length_headers_and_body() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await read_request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nX-Influxdb-Version: 1.6.7\r\ncontent-length: 5\r\n\r\nhello")
        await writer.drain()

    async with serving(serve) as port:
        one = HttpClient(f"http://127.0.0.1:{port}/proxy/")
        answer = await one.request("POST", "/write?db=x", headers={"x-mine": "1"}, body=b"lines")
        await one.close()
    assert (answer.status, answer.text, answer.headers["x-influxdb-version"]) == (200, "hello", "1.6.7")
    assert heard[0].startswith(b"POST /proxy/write?db=x HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{port}\r\n".encode() in heard[0].lower()
    assert b"x-mine: 1\r\n" in heard[0].lower()
    assert heard[0].endswith(b"\r\n\r\nlines")


async def test_an_answer_that_comes_before_the_request_is_sent_counts() -> None:
    async def too_large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno")
        await writer.drain()
        await asyncio.sleep(0.05)

    async with serving(too_large) as port:
        one = client(port)
        for _ in range(3):
            answer = await one.request("POST", "/write", body=bytes(20 << 20))
            assert (answer.status, answer.body) == (413, b"no")
        await one.close()


async def test_only_the_head_of_a_long_answer_is_kept_and_the_connection_given_up() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 500 Oh\r\ncontent-length: 10000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with serving(talk) as port:
        one = client(port, max_answer_bytes=1_000)
        answer = await one.request("GET", "/")
        assert (answer.status, len(answer.body)) == (500, 1_000)
        assert (await one.request("GET", "/")).status == 500
        await one.close()


@pytest.mark.parametrize("drip", [b"", b"H", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal"])
async def test_no_whole_answer_in_time_is_no_answer(drip: bytes) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(drip)
        await reader.read()

    async with serving(hang) as port:
        one = client(port)
        with pytest.raises(NoAnswerError, match=r"within answer_s = 0\.5 s"):
            await one.request("GET", "/")
        await one.close()


async def test_a_black_hole_costs_connect_s() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with contextlib.ExitStack() as stack:
            for _ in range(3):  # beyond its backlog a listener's kernel drops the SYN
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            one = HttpClient(f"http://127.0.0.1:{full.getsockname()[1]}", timeouts=Timeouts(connect_s=0.2))
            with pytest.raises(NoAnswerError, match=r"longer than connect_s = 0\.2 s"):
                await one.request("GET", "/")
            await one.close()


async def test_a_closed_port_is_no_answer() -> None:
    one = HttpClient(f"http://127.0.0.1:{servers.free_port()}")
    with pytest.raises(NoAnswerError, match=r"cannot connect"):
        await one.request("GET", "/")
    await one.close()


async def test_an_answer_nobody_asked_for_is_not_taken_for_the_next() -> None:
    async def chatty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(OK)
            await writer.drain()
            await asyncio.sleep(0.01)
            writer.write(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()

    async with serving(chatty) as port:
        one = client(port)
        for _ in range(3):
            assert (await one.request("GET", "/")).status == 204
            await asyncio.sleep(0.05)
        await one.close()


async def test_requests_of_several_tasks_follow_one_another() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            body = (await read_request(reader)).rpartition(b"\r\n\r\n")[2]
            await asyncio.sleep(0.005)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()

    async with serving(echo) as port:
        one = client(port)
        answers = await asyncio.gather(*(one.request("POST", "/", body=b"%d" % n) for n in range(10)))
        await one.close()
    assert [int(answer.body) for answer in answers] == list(range(10))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    subprocess.run(
        [*command, *names, "-keyout", str(file), "-out", str(tmp_path / "c")], check=True, capture_output=True
    )
    file.write_text(file.read_text() + (tmp_path / "c").read_text())
    return file


async def test_a_certificate_is_verified_by_authority_and_by_name(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await writer.drain()

    async with serving(serve, tls=tls) as port:
        known = ssl.create_default_context(cafile=str(certificate))
        good = HttpClient(f"https://localhost:{port}", tls=known)
        assert (await good.request("GET", "/")).status == 204
        await good.close()
        for url, context in ((f"https://localhost:{port}", None), (f"https://127.0.0.1:{port}", known)):
            bad = HttpClient(url, tls=context)
            with pytest.raises(NoAnswerError, match=r"(?i)certificate"):
                await bad.request("GET", "/")
            await bad.close()


@pytest.mark.parametrize("url", ["host:8086", "ftp://host", "http://", "", "http://host:99999999"])
def test_what_is_no_address_is_said_so(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        HttpClient(url)
