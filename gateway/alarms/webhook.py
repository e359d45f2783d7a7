"""A webhook: POST of JSON to an address. Any 2xx is done; a redirect is never followed, a person is told of it.

POST {url}   Idempotency-Key: <id>   X-Citygate-Time: <seconds since 1970>
             X-Citygate-Signature: sha256=<hex of HMAC-SHA256(secret, time + "." + body)>     with secret_file
"""

import asyncio
import hmac
from datetime import datetime
from urllib.parse import urlsplit

from gateway.alarms.body import body
from gateway.alarms.notice import Notice
from gateway.alarms.secret_file import read_secret
from gateway.alarms.settings import WebhookRoute
from gateway.http.client import PORTS, Answer, HttpClient, NoAnswerError, Timeouts
from gateway.mqtt.tls import client_context
from gateway.sinks import SinkUnavailableError

WITHIN = Timeouts(connect_s=10.0, answer_s=20.0)
SAID_KEPT = 200
LONGEST_WAIT_S = 3_600.0
LATER = frozenset((408, 425, 429))
"""Answers below 500 that ask to come again (RFC 9110 §15.5.9, RFC 8470, RFC 6585)."""


class WebhookTransport:
    """Implements ``Transport``. A connection for each message: they are rare."""

    def __init__(self, route: WebhookRoute) -> None:
        parts = urlsplit(route.url)
        self.address = f"{parts.scheme}://{parts.netloc}{parts.path}"  # what stands behind ? may be a secret
        self._root = f"{parts.scheme}://{parts.netloc}"
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._route = route

    async def send(self, notice: Notice) -> str:
        """Returns the status. Raises SinkUnavailableError."""
        content = body(notice)
        try:
            headers = await asyncio.to_thread(self._headers, notice, content)
            tls = await asyncio.to_thread(client_context, ca_file=self._route.ca_file) if self._is_tls else None
            client = HttpClient(self._root, timeouts=WITHIN, tls=tls, max_answer_bytes=4 << 10)
        except ValueError as error:  # a file of TLS
            raise SinkUnavailableError(str(error), mend=str(error)) from error
        try:
            answer = await client.request("POST", self._target, headers=headers, body=content)
        except NoAnswerError as error:
            raise SinkUnavailableError(str(error)) from error
        finally:
            await client.close()
        return self._judged(answer)

    async def probe(self) -> None:
        """Connect, with TLS where the address has it, and leave. Raises SinkUnavailableError."""
        parts = urlsplit(self._root)
        port = parts.port or PORTS[parts.scheme]
        try:
            tls = await asyncio.to_thread(client_context, ca_file=self._route.ca_file) if self._is_tls else None
            async with asyncio.timeout(WITHIN.connect_s):
                _, writer = await asyncio.open_connection(parts.hostname, port, ssl=tls)
            writer.transport.abort()
            await asyncio.sleep(0)  # the transport closes its socket in the loop's next turn
        except ValueError as error:  # a file of TLS
            raise SinkUnavailableError(str(error), mend=str(error)) from error
        except OSError as error:
            text = f"{self.address} cannot be reached: {error or type(error).__name__}"
            raise SinkUnavailableError(text) from error

    @property
    def _is_tls(self) -> bool:
        return self._root.startswith("https")

    def _headers(self, notice: Notice, content: bytes) -> dict[str, str]:
        sent = str(int(datetime.fromisoformat(notice.sent).timestamp()))
        headers = {"content-type": "application/json", "idempotency-key": notice.id, "x-citygate-time": sent}
        if self._route.secret_file is not None:
            key = read_secret(self._route.secret_file, "secret_file")
            headers["x-citygate-signature"] = f"sha256={signature(key, sent, content)}"
        return headers

    def _judged(self, answer: Answer) -> str:
        status = answer.status
        if status // 100 == 2:  # noqa: PLR2004 - the class of answers that say done
            return str(status)
        said = f"{self.address} answers {status}: {answer.text[:SAID_KEPT]!r}"
        if status // 100 == 3:  # noqa: PLR2004 - redirects
            to = answer.headers.get("location", "another address")[:SAID_KEPT]
            raise SinkUnavailableError(f"{self.address} points to {to!r}", mend="Write that address as url, if right.")
        if status in LATER or status // 100 == 5:  # noqa: PLR2004 - the server's own trouble
            raise SinkUnavailableError(said, retry_after_s=_retry_after_s(answer))
        mend = "Check secret_file and url." if status in (401, 403, 404, 410) else "The receiver's words say why."
        raise SinkUnavailableError(said, mend=mend)


def signature(key: bytes, sent: str, content: bytes) -> str:
    """Hex of HMAC-SHA256 over the time, a dot, and the body: what is old can be told from what is new."""
    return hmac.new(key, sent.encode() + b"." + content, "sha256").hexdigest()


def _retry_after_s(answer: Answer) -> float | None:
    """The server's wish in seconds, at most an hour; its other form, a date, is not read."""
    wish = answer.headers.get("retry-after", "")
    return min(float(wish), LONGEST_WAIT_S) if wish.isdecimal() and len(wish) < 10 else None  # noqa: PLR2004 - digits
