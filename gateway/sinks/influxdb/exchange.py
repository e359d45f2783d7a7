"""One write request and the reaction to its answer: the table of the design, in one function.

    204        written                                400, 422  content: a Complaint, for ``isolate``
    413        TooLarge, for ``isolate``              401, 403, 404, other 4xx, 3xx, another 2xx   a person must act
    429, 503   again after Retry-After                408, 500, 5xx, no answer                     again, same bytes

Only 204 counts as written: a captive portal, or another program on the port, answers 200 to everything.
"""

import base64
import ssl
import zlib
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlencode

from gateway.clock import Clock
from gateway.http.client import Answer, HttpClient, NoAnswerError
from gateway.sinks import SinkUnavailableError
from gateway.sinks.influxdb.complaint import read_complaint
from gateway.sinks.influxdb.erase import Erased, erase
from gateway.sinks.influxdb.isolate import TooLarge, Verdict, Written
from gateway.sinks.influxdb.purge import purge
from gateway.sinks.influxdb.settings import Api, InfluxdbSettings
from pipelines.encodings.line_protocol import PointKey
from pipelines.model import NS_PER_S

try:
    from isal import igzip

    ISAL: Literal["here", "missing"] = "here"
except ImportError:  # no wheel for this machine (32-bit ARM): zlib does the same at six times the cost
    ISAL = "missing"

GZIP_FROM_BYTES = 1_024
"""Below one network packet compressing saves nothing."""
RETRY_AFTER_MAX_S = 3_600.0
WORDS_SHOWN = 300


def compressed(body: bytes) -> bytes:
    """Gzip without a time stamp: the same body, the same bytes. 0.2 µs a line with isal, 1.3 with zlib."""
    if ISAL == "here":
        packed: bytes = igzip.compress(body, 1, mtime=0)
        return packed
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def write_target(settings: InfluxdbSettings, api: Api) -> str:
    """Path and query of the write route, with the precision said in its words."""
    match api:
        case "v1":
            query = {"db": settings.database, "precision": "ns"}
            if settings.retention_policy:
                query["rp"] = settings.retention_policy
            return f"/write?{urlencode(query)}"
        case "v2":
            return f"/api/v2/write?{urlencode({'org': settings.org, 'bucket': settings.bucket, 'precision': 'ns'})}"
        case "v3":
            query = {"db": settings.database, "precision": "nanosecond", "accept_partial": "true"}
            return f"/api/v3/write_lp?{urlencode(query)}"


def authorization(settings: InfluxdbSettings, api: Api, secret: str) -> dict[str, str]:
    """The header that carries the secret; none where there is no secret."""
    if not secret:
        return {}
    if settings.username:
        pair = base64.b64encode(f"{settings.username}:{secret}".encode()).decode()
        return {"authorization": f"Basic {pair}"}
    return {"authorization": f"{'Bearer' if api == 'v3' else 'Token'} {secret}"}


def http_client(settings: InfluxdbSettings) -> HttpClient:
    """A client for the settings' server. Raises SinkUnavailableError when the CA file cannot be used."""
    tls = None
    if settings.ca_file is not None:
        try:
            tls = ssl.create_default_context(cafile=str(settings.ca_file))
        except (OSError, ssl.SSLError) as error:
            why = f"cannot use the certificates in {settings.ca_file}: {error}"
            raise SinkUnavailableError(why, mend="correct ca_file, or leave it out to use the system's own") from error
    return HttpClient(settings.url, timeouts=settings.timeouts, tls=tls)


class Exchange:
    """Posts bodies to one write route."""

    def __init__(self, client: HttpClient, settings: InfluxdbSettings, api: Api, secret: str, clock: Clock) -> None:
        self.api: Api = api
        self.requests = 0
        self._client = client
        self._settings = settings
        self._clock = clock
        self._target = write_target(settings, api)
        self._authorization = authorization(settings, api, secret)
        self._headers = {"content-type": "text/plain; charset=utf-8", **self._authorization}

    async def post(self, body: bytes) -> Verdict:
        """Send lines. Raises SinkUnavailableError for everything that is not about the lines."""
        headers = self._headers
        if self._settings.gzip == "auto" and len(body) >= GZIP_FROM_BYTES:
            headers, body = headers | {"content-encoding": "gzip"}, compressed(body)
        self.requests += 1
        try:
            answer = await self._client.request("POST", self._target, headers=headers, body=body)
        except NoAnswerError as error:
            raise SinkUnavailableError(str(error)) from error
        return react(answer, self._settings, self._clock)

    async def erase(self, points: Sequence[PointKey]) -> Erased:
        """Delete points where this server can. Raises SinkUnavailableError."""
        return await erase(self._client, self._settings, self.api, self._authorization, points)

    async def purge(self, tag: str, value: str) -> int:
        """Delete everything that carries a tag. Raises SinkUnavailableError, CannotPurgeError."""
        return await purge(self._client, self._settings, self.api, self._authorization, tag=tag, value=value)


def react(answer: Answer, settings: InfluxdbSettings, clock: Clock) -> Verdict:
    """What an answer to a write means. Raises SinkUnavailableError."""
    said = f"{answer.status} {_words(answer)}".strip()
    match answer.status:
        case 204:
            return Written()
        case 400 | 422:
            complaint = read_complaint(answer.status, answer.body)
            if complaint is None:
                raise SinkUnavailableError(said, mend=f"is {settings.url} an InfluxDB? It answers in words of its own")
            return complaint
        case 413:
            return TooLarge(said)
        case 429 | 503:
            raise SinkUnavailableError(said, retry_after_s=retry_after_s(answer.headers.get("retry-after", ""), clock))
        case _:
            raise SinkUnavailableError(said, mend=_mend(answer.status, said, settings))


def _mend(status: int, said: str, settings: InfluxdbSettings) -> str:
    """What a person must do; "" where waiting is enough."""
    match status:
        case 401 | 403:
            where = settings.secret_file or "the configuration (add token_file)"
            return f"put a token that may write there into {where}; it is read again at the next try"
        case 404:
            return f"create {_place(settings)}: run citygate influx setup"
        case 500 if "retention policy not found" in said:  # so says InfluxDB 1
            return "correct retention_policy, or run citygate influx setup"
        case 408:
            return ""
        case _ if status >= 500:  # noqa: PLR2004 - the 5xx class
            return ""
        case _:
            return f"is {settings.url} the write address of an InfluxDB?"


def retry_after_s(value: str, clock: Clock) -> float | None:
    """Seconds from a Retry-After header, given in seconds or as a date (RFC 9110 §10.2.3); None when unreadable."""
    if value.strip().isdecimal():
        return min(float(value), RETRY_AFTER_MAX_S)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, min(at.timestamp() - clock.wall_ns() / NS_PER_S, RETRY_AFTER_MAX_S))


def _words(answer: Answer) -> str:
    return " ".join(answer.text[:WORDS_SHOWN].split())


def _place(settings: InfluxdbSettings) -> str:
    if settings.bucket and settings.api in ("auto", "v2"):
        return f"bucket {settings.bucket!r} in org {settings.org!r}"
    return f"database {settings.database!r}"
