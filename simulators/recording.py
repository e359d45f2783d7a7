"""Recordings: the one file format that simulators write and the gateway's recording-file source reads.

NDJSON, plain, ``.gz`` or ``.zst``; one object a line:

    {"topic": "application/1/device/0102030405060708/event/up", "received_ns": 1687511428896000000, "body": "{…}"}

``received_ns``: when the message was received, integer nanoseconds since 1970. The body stands in ``body`` when it is
UTF-8 text and in ``body_b64`` (base64) otherwise, so that every body comes back byte by byte.
"""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import msgspec
import zstandard


class Line(msgspec.Struct, omit_defaults=True):
    """One recorded message."""

    topic: str
    received_ns: int
    body: str | None = None
    body_b64: bytes | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def open_for_writing(path: Path) -> IO[bytes]:
    """A binary stream that compresses by the file's name; close it, or use it in ``with``."""
    match path.suffix:
        case ".gz":
            return cast("IO[bytes]", gzip.open(path, "wb", compresslevel=6))
        case ".zst":
            return cast("IO[bytes]", zstandard.open(path, "wb", cctx=zstandard.ZstdCompressor(level=3)))
        case _:
            return path.open("wb")


def open_for_reading(path: Path) -> IO[bytes]:
    """A binary stream of the plain bytes, whatever the file's name says it is packed in."""
    match path.suffix:
        case ".gz":
            return cast("IO[bytes]", gzip.open(path, "rb"))
        case ".zst":
            return io.BufferedReader(zstandard.open(path, "rb"))
        case _:
            return path.open("rb")


def line_of(topic: str, body: bytes, *, received_ns: int) -> bytes:
    """The line of one message."""
    try:
        line = Line(topic, received_ns, body=body.decode())
    except UnicodeDecodeError:
        line = Line(topic, received_ns, body_b64=body)
    return _encode(line) + b"\n"


def write_message(out: IO[bytes], topic: str, body: bytes, *, received_ns: int) -> None:
    """Append one message."""
    out.write(line_of(topic, body, received_ns=received_ns))


def read_messages(path: Path) -> Iterator[tuple[str, bytes, int]]:
    """Topic, body and ``received_ns`` of each line. Raises msgspec.DecodeError for a line that is none."""
    with open_for_reading(path) as stream:
        for raw in stream:
            line = _decode(raw)
            body = line.body_b64 if line.body is None else line.body.encode()
            yield line.topic, body or b"", line.received_ns
