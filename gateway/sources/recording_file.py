"""A recording as a source: NDJSON, plain, .gz, .zst, of ``{"topic": …, "received_ns": …, "body": … | "body_b64": …}``.

Laws
- ``packet_id`` is the line number, ``epoch`` names the file. After a stop or a crash reading goes on behind the last
  line of this file that is durable: as the cursor says, or as the intake's newest entries say, whichever is further.
  No line is taken twice, and another file under the same source begins at its first line.
- A ``body`` is a string, or the JSON of the message itself, taken byte for byte; ``body_b64`` holds any bytes.
- ``received_ns`` of the line is the time of receipt. A line that is no such object becomes an entry all the same, as it
  stands, so that refine can reject it by name. Blank lines are passed over.
- A line of more than ``MAX_LINE_BYTES`` is taken in pieces of that size. A packed file that is cut short or damaged is
  read up to there, and the rest is reported.
"""

import asyncio
import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, cast

import msgspec
import zstandard

from gateway.clock import Clock
from gateway.events import Events
from gateway.journal.cursor import CursorFile
from gateway.sources import Intake
from gateway.sources.file_settings import FileSourceSettings
from pipelines.model import ClockQuality, Received

BATCH_LINES = 500
MAX_LINE_BYTES = 4 << 20
PACKED_BYTES, PLAIN_BYTES = 4_096, 65_536

TRUSTED: ClockQuality = "trusted"
"""The recorder's clock: the line says when it was."""

Nanoseconds = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


NO_BODY = msgspec.Raw()


class Line(msgspec.Struct):
    """One recorded message. ``body``: its text as a string, or, of a JSON body, the object as it was written."""

    topic: str
    received_ns: Nanoseconds
    body: msgspec.Raw = NO_BODY
    body_b64: bytes | None = None


_decode = msgspec.json.Decoder(Line).decode
_decode_text = msgspec.json.Decoder(str).decode


def body_of(line: Line) -> bytes:
    """The bytes of a line's message. Raises DecodeError for a text that is none."""
    written = bytes(line.body)
    if written in (b"", b"null"):
        return line.body_b64 or b""
    return _decode_text(written).encode() if written.startswith(b'"') else written


class RecordingFileSource:
    """Reads one recording into the intake, as fast as the intake takes it, then rests."""

    def __init__(
        self, name: str, settings: FileSourceSettings, intake: Intake, clock: Clock, events: Events, *, folder: Path
    ) -> None:
        self.name = name
        self.finished = asyncio.Event()
        self._path = settings.path
        self._epoch = zlib.crc32(str(settings.path).encode("utf-8", "surrogateescape"))
        self._intake = intake
        self._clock = clock
        self._events = events
        self._stopped = False
        self._cursor = CursorFile(folder / f"{name}-{self._epoch:08x}.cursor")

    async def run(self) -> None:
        """Read to the end of the file. Raises OSError where the file cannot be read, or is damaged."""
        taken = self._taken()
        with open_recording(self._path) as stream:
            recording = Lines(stream)
            lines = ((number, raw) for number, raw in recording if number > taken and not raw.isspace())
            while not self._stopped and (batch := await asyncio.to_thread(self._next, lines)):
                if not await self._has_space():
                    return
                self._intake.receive(batch, partial(self._keep, batch[-1].packet_id))
                self._events.counts[f"received.{self.name}"] += len(batch)
            if recording.damage is not None:
                raise OSError(f"{self._path}: {recording.damage}") from recording.damage
        self.finished.set()
        await asyncio.Event().wait()  # a finished recording is not a failure: rest until cancelled

    async def stop_reading(self) -> None:
        """Take no further line."""
        self._stopped = True

    async def close(self) -> None:
        """Let the cursor go."""
        self._cursor.close()

    def _taken(self) -> int:
        """The last line of this file that is in the intake."""
        mine = (entry.packet_id for _number, entry in self._intake.tail(self.name) if entry.epoch == self._epoch)
        return max(self._cursor.load(), max(mine, default=0))

    def _keep(self, line: int, _last: int) -> None:
        with contextlib.suppress(OSError):  # the intake's newest entries tell it too
            self._cursor.store(line)

    async def _has_space(self) -> bool:
        """Wait until the ring has space; false when the stop came first."""
        while self._intake.full and not self._stopped:
            space = asyncio.Event()
            self._intake.on_space(space.set)
            await space.wait()
        return not self._stopped

    def _next(self, lines: Iterator[tuple[int, bytes]]) -> list[Received]:
        return [self._received(number, raw) for number, raw in islice(lines, BATCH_LINES)]

    def _received(self, number: int, raw: bytes) -> Received:
        try:
            line = _decode(raw)
            body = body_of(line)
            topic, received_ns, quality = line.topic, line.received_ns, TRUSTED
        except (msgspec.DecodeError, UnicodeEncodeError):
            body, topic = raw.rstrip(b"\r\n"), self._path.name
            received_ns, quality = self._clock.wall_ns(), self._clock.quality()
        return Received(
            source=self.name,
            topic=topic,
            body=body,
            received_ns=received_ns,
            monotonic_ns=self._clock.monotonic_ns(),
            boot=self._clock.boot,
            clock=quality,
            qos=1,
            packet_id=number,
            epoch=self._epoch,
        )


class Lines:
    """The lines of a stream with their numbers. Ends early where the stream is damaged; ``damage`` tells how."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.damage: Exception | None = None
        self._stream = stream

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        number = 0
        try:
            while raw := self._stream.readline(MAX_LINE_BYTES):
                number += 1
                yield number, raw
        except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
            self.damage = OSError(f"cannot be read behind line {number}: {error}")


class Unpacked(io.RawIOBase):
    """The plain bytes of a .zst file, frame by frame. Raises EOFError where the last frame is cut short.

    zstandard's own stream reader takes such an end for the end of the file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = self._plain = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Some bytes, at least one before the end."""
        while not self._plain:
            packed = self._packed or self._file.read(PACKED_BYTES)
            if not packed:
                if self._frame is not None:
                    raise EOFError("the file is cut short")
                return 0
            self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._plain, self._packed = self._frame.decompress(packed), b""
            if self._frame.eof:
                self._packed, self._frame = self._frame.unused_data, None
        count = min(len(buffer), len(self._plain))
        buffer[:count], self._plain = self._plain[:count], self._plain[count:]
        return count

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()


def open_recording(path: Path) -> IO[bytes]:
    """A recording's lines by its suffix. Raises OSError."""
    match path.suffix:
        case ".gz":
            return io.BufferedReader(gzip.open(path, "rb"))
        case ".zst":
            return io.BufferedReader(cast("io.RawIOBase", Unpacked(path.open("rb"))), PLAIN_BYTES)
        case _:
            return path.open("rb")
