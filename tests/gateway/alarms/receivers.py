"""Real receivers of messages: a mail server, a web server, both with faults that have names."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "citygate", "correct horse"


@dataclass
class Mailbox:
    """What a mail server took. ``answer``: what it says instead of taking a message; ``""`` takes it."""

    letters: list[EmailMessage] = field(default_factory=list)
    answer: str = ""
    refused_receiver: str = ""
    hang_s: float = 0.0
    controller: Controller | None = None

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self.refused_receiver:
            return "550 5.1.1 nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - same
        await asyncio.sleep(self.hang_s)
        if self.answer:
            return self.answer
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"

    @property
    def port(self) -> int:
        assert self.controller is not None
        return int(self.controller.port)

    @property
    def texts(self) -> list[str]:
        return [letter.get_content() for letter in self.letters]

    @contextlib.contextmanager
    def open(self, port: int, **options: Any) -> Iterator["Mailbox"]:
        """Take mail on this port."""
        self.controller = Controller(self, hostname="127.0.0.1", port=port, **options)
        self.controller.start()
        try:
            yield self
        finally:
            self.controller.stop()


def authenticator(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
    ok = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=ok, handled=False)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context, and the file of its authority."""
    key, cert = folder / "server.key", folder / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(cert), "-days", "30", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


@dataclass
class Hook:
    """A web server that keeps each request. ``status``: what it answers; ``hang_s``: how long it thinks before."""

    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    headers: str = ""
    hang_s: float = 0.0
    port: int = 0

    @contextlib.asynccontextmanager
    async def open(self, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator["Hook"]:
        """Answer on this port."""
        server = await asyncio.start_server(self._one, "127.0.0.1", port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            fields[":target"] = first.split(" ")[1]
            self.requests.append((fields, await reader.readexactly(int(fields["content-length"]))))
            await asyncio.sleep(self.hang_s)
            writer.write(f"HTTP/1.1 {self.status} x\r\ncontent-length: 0\r\n{self.headers}\r\n".encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
