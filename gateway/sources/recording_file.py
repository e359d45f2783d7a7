"""A recording as a source: NDJSON, plain, .gz, .zst, of ``{"topic": …, "received_ns": …, "body": … | "body_b64": …}``.

Laws
- ``packet_id`` is the line number. After a stop or a crash reading goes on behind the last line that is in the intake:
  the intake itself is the position, so no line is taken twice.
- ``received_ns`` of the line is the time of receipt. A line that is no such object becomes an entry all the same, as it
  stands, so that refine can reject it by name.
"""

import asyncio
import gzip
import io
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from gateway.clock import Clock
from gateway.events import Events
from gateway.sources import Intake
from gateway.sources.file_settings import FileSourceSettings
from pipelines.model import Received

BATCH_LINES = 500


class Line(msgspec.Struct):
    """One recorded message."""

    topic: str
    received_ns: int
    body: str | None = None
    body_b64: bytes | None = None


_decode = msgspec.json.Decoder(Line).decode


class RecordingFileSource:
    """Reads one recording into the intake, as fast as the intake takes it, then rests."""

    def __init__(self, name: str, settings: FileSourceSettings, intake: Intake, clock: Clock, events: Events) -> None:
        self.name = name
        self.finished = asyncio.Event()
        self._path = settings.path
        self._intake = intake
        self._clock = clock
        self._events = events
        self._stopped = False

    async def run(self) -> None:
        """Read to the end of the file. Raises OSError where the file cannot be read."""
        last = 0
        for _number, received in self._intake.tail(self.name):
            last = max(last, received.packet_id)
        with open_recording(self._path) as stream:
            lines = islice(enumerate(stream, start=1), last, None)
            while not self._stopped and (batch := [self._received(n, raw) for n, raw in islice(lines, BATCH_LINES)]):
                await self._space()
                self._intake.receive(batch)
                self._events.counts[f"received.{self.name}"] += len(batch)
                await asyncio.sleep(0)
        self.finished.set()
        await asyncio.Event().wait()  # a finished recording is not a failure: rest until cancelled

    async def stop_reading(self) -> None:
        """Take no further line."""
        self._stopped = True

    async def close(self) -> None:
        """Nothing is held open between batches."""

    async def _space(self) -> None:
        if self._intake.full:
            space = asyncio.Event()
            self._intake.on_space(space.set)
            await space.wait()

    def _received(self, number: int, raw: bytes) -> Received:
        try:
            line = _decode(raw)
            body = line.body.encode() if line.body is not None else line.body_b64 or b""
            topic, received_ns = line.topic, line.received_ns
        except (msgspec.DecodeError, UnicodeEncodeError):
            body, topic, received_ns = raw.rstrip(b"\r\n"), self._path.name, self._clock.wall_ns()
        return Received(
            source=self.name,
            topic=topic,
            body=body,
            received_ns=received_ns,
            monotonic_ns=self._clock.monotonic_ns(),
            boot=self._clock.boot,
            qos=1,
            packet_id=number,
        )


def open_recording(path: Path) -> IO[bytes]:
    """A recording's lines by its suffix. Raises OSError."""
    match path.suffix:
        case ".gz":
            return io.BufferedReader(gzip.open(path, "rb"))
        case ".zst":
            return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(path.open("rb"), closefd=True))
        case _:
            return path.open("rb")
