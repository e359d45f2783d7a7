"""The InfluxDB sink: revisions ▸ lines ▸ bodies of bounded size ▸ written, or refused by name.

Laws
- ``write`` returns only when the server said 204 to everything; what it does not take is named with its words.
- An entry that cannot be said in line protocol is refused here, before anything is sent.
- What a correction takes back is deleted where the server can, see ``erase.py``; else it is marked, and counted.
- The secret is read at ``start``, so a new token in the file is used at the next try, without a restart.
"""

from collections.abc import Iterable, Iterator, Sequence

from gateway.clock import Clock
from gateway.events import Events, RetractedOnlyMarked
from gateway.http.client import Answer, HttpClient, NoAnswerError
from gateway.sinks import Refusal, SinkRefusedError, SinkUnavailableError
from gateway.sinks.influxdb.exchange import Exchange, authorization, http_client
from gateway.sinks.influxdb.isolate import Search, Sendable, Written
from gateway.sinks.influxdb.settings import Api, InfluxdbSettings, SecretError, read_secret
from pipelines.encodings.line_protocol import PointKey, UnwritableError, encode, retracted_points
from pipelines.model import Accepted, Derived, LedgerEntry, Revision

LINES_PER_ENTRY = 2
"""A LoRaWAN uplink is one line of values and one of its link; bodies are cut by lines anyway."""

SMALLEST_BODY_BYTES = 4 << 10
"""What a 413 can teach at most: below it, splitting costs more than it saves."""


class InfluxSink:
    """Implements ``gateway.sinks.Sink``."""

    takes: tuple[type[LedgerEntry], ...] = (Accepted, Derived)

    def __init__(
        self,
        id: str,  # noqa: A002 - the name in the contract of sinks
        settings: InfluxdbSettings,
        events: Events,
        clock: Clock,
        token: str | None = None,
    ) -> None:
        """``token``: the secret itself; left out, it is read from the settings' file at each start."""
        self.id = id
        self.settings = settings
        self.max_batch = max(1, settings.batch_max_lines // LINES_PER_ENTRY)
        self.body_max_bytes = settings.batch_max_bytes
        self._events = events
        self._clock = clock
        self._token = token
        self._client: HttpClient | None = None
        self._exchange: Exchange | None = None

    @property
    def api(self) -> Api | None:
        """Which write route is in use; None until a server was found."""
        return self._exchange.api if self._exchange else None

    async def start(self) -> None:
        """Read the secret and find out which InfluxDB this is. Raises SinkUnavailableError."""
        try:
            secret = read_secret(self.settings) if self._token is None else self._token
        except SecretError as error:
            raise SinkUnavailableError(str(error), mend=str(error)) from error
        if self._client is None:
            self._client = http_client(self.settings)
        api = self.settings.api if self.settings.api != "auto" else await self._find_api(self._client, secret)
        self._exchange = Exchange(self._client, self.settings, api, secret, self._clock)

    async def write(self, batch: Sequence[Revision]) -> None:
        """Write a batch. Raises SinkUnavailableError or SinkRefusedError."""
        if self._exchange is None:
            await self.start()
        refusals = await self._send(batch)
        taken_back = [point for revision in batch if not revision.first for point in retracted_points(revision)]
        if taken_back and await self._erase(taken_back):
            named = {refusal.number for refusal in refusals}
            await self._send([one for one in batch if not one.first and one.number not in named])
        if refusals:
            raise SinkRefusedError(refusals)

    async def write_own(self, body: bytes) -> bool:
        """Write lines that the gateway says of itself; False where they should come again later.

        Lines that the server does not take are counted and let go: they are a help, not data.
        """
        try:
            if self._exchange is None:
                await self.start()
            assert self._exchange is not None
            verdict = await self._exchange.post(body)
        except SinkUnavailableError:
            return False
        if not isinstance(verdict, Written):
            self._events.counts[f"{self.id}_own_lines_refused"] += 1
        return True

    async def purge_device(self, device: str) -> int:
        """Delete every series of a device; returns how many. Raises SinkUnavailableError, CannotPurgeError."""
        return await self._purge("device", device)

    async def purge_derived(self, features: Iterable[str]) -> int:
        """Delete every series of these features. Raises SinkUnavailableError, CannotPurgeError."""
        return sum([await self._purge("feature", feature) for feature in sorted(features)])

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.close()

    async def _purge(self, tag: str, value: str) -> int:
        if self._exchange is None:
            await self.start()
        assert self._exchange is not None
        return await self._exchange.purge(tag, value)

    async def _send(self, batch: Sequence[Revision]) -> list[Refusal]:
        """Write a batch; returns what was refused. Raises SinkUnavailableError."""
        assert self._exchange is not None
        sendable, refusals = encoded(batch)
        for group in self._bodies(sendable):
            search = Search(self._exchange.post)
            try:
                await search.write(group)
            finally:
                self._events.counts[f"{self.id}_requests"] += search.requests
                self._learn(search.too_large_bytes)
            refusals += search.refusals
        return refusals

    async def _erase(self, points: Sequence[PointKey]) -> bool:
        """Delete points in which values were taken back; False when none was. Raises SinkUnavailableError."""
        assert self._exchange is not None
        erased = await self._exchange.erase(points)
        self._events.counts[f"{self.id}_points_deleted"] += erased.deleted
        self._events.counts[f"{self.id}_points_only_marked"] += erased.left
        if erased.left:
            self._events.emit(RetractedOnlyMarked(sink=self.id, points=erased.left, said=erased.said))
        return erased.deleted > 0

    def _bodies(self, entries: Sequence[Sendable]) -> Iterator[list[Sendable]]:
        """Cut by lines and bytes; an entry larger than a body goes alone. What a body taught counts for the next."""
        max_lines = self.settings.batch_max_lines
        group: list[Sendable] = []
        lines = size = 0
        for entry in entries:
            lines += entry.lines
            size += len(entry.body)
            if group and (lines > max_lines or size > self.body_max_bytes):
                yield group
                group, lines, size = [], entry.lines, len(entry.body)
            group.append(entry)
        if group:
            yield group

    def _learn(self, too_large_bytes: int) -> None:
        """Remember what a 413 taught, so that it is not asked again with every batch."""
        if too_large_bytes:
            self.body_max_bytes = max(SMALLEST_BODY_BYTES, min(self.body_max_bytes, too_large_bytes // 2))

    async def _find_api(self, client: HttpClient, secret: str) -> Api:
        """Ask ``/ping``: every InfluxDB tells its version there; others are taken for what the settings name."""
        headers = authorization(self.settings, "v3", secret) if secret else {}
        try:
            answer = await client.request("GET", "/ping", headers=headers)
        except NoAnswerError as error:
            raise SinkUnavailableError(str(error)) from error
        if answer.status >= 500:  # noqa: PLR2004 - the 5xx class: not itself yet
            raise SinkUnavailableError(f"{answer.status} to /ping")
        return self._choose(answer)

    def _choose(self, answer: Answer) -> Api:
        version = answer.headers.get("x-influxdb-version", "").lstrip("v")
        has_bucket = bool(self.settings.org and self.settings.bucket)
        match version.partition(".")[0]:
            case "1" if self.settings.database:
                return "v1"
            case "2" if has_bucket:
                return "v2"
            case "3" if self.settings.database:
                return "v3"
            case "1" | "3":
                mend = f'this is InfluxDB {version}: add database = "…"'
            case "2":
                mend = 'this is InfluxDB 2: add org = "…" and bucket = "…"'
            case _:
                return "v2" if has_bucket else "v1"
        raise SinkUnavailableError(f"the settings name no place in an InfluxDB {version}", mend=mend)


def encoded(batch: Sequence[Revision]) -> tuple[list[Sendable], list[Refusal]]:
    """What to send, and what cannot be said in line protocol. An entry with nothing to write is in neither."""
    sendable: list[Sendable] = []
    refusals: list[Refusal] = []
    for revision in batch:
        try:
            body = encode(revision)
        except UnwritableError as error:
            refusals.append(Refusal(revision.number, str(error)))
            continue
        if body:
            entry = revision.entry
            time_ns = entry.time_ns if type(entry) is Accepted else _time_ns(entry)
            sendable.append(Sendable(revision.number, body, body.count(b"\n"), time_ns))
    return sendable, refusals


def _time_ns(entry: LedgerEntry) -> int:
    match entry:
        case Accepted():
            return entry.time_ns
        case Derived():
            return min((observation.time_ns for observation in entry.observations), default=0)
        case _:
            return 0
