"""Uplinks for the journal's tests: bodies that look like a network server's, from a seed, and a log to put them in."""

import functools
import random
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.journal.log import Entry, Log, LogOptions
from gateway.journal.notices import Notice
from gateway.journal.storage import Storage

DIRECTORY = Path("/state/intake")

SMALL = LogOptions(segment_bytes=8 << 10, quota_bytes=64 << 10, tail_bytes=4 << 10, ballast_bytes=4 << 10)
SMALL_LAZY = msgspec.structs.replace(SMALL, compress="never")


@functools.cache
def body(number: int, *, receptions: int = 1) -> bytes:
    """The uplink that a test expects under this number."""
    rng = random.Random(number)
    return msgspec.json.encode(
        {
            "deviceInfo": {"applicationName": "parking", "devEui": f"70b3d5499{number % 40:07x}"},
            "fCnt": number,
            "data": rng.randbytes(12).hex(),
            "rxInfo": [
                {"gatewayId": f"0016c001f15{gateway:05x}", "rssi": -rng.randint(60, 120), "snr": rng.randint(-20, 10)}
                for gateway in range(receptions)
            ],
        }
    )


def bodies(first: int, count: int) -> list[bytes]:
    return [body(number) for number in range(first, first + count)]


def open_log(
    storage: Storage | None,
    directory: Path = DIRECTORY,
    *,
    options: LogOptions = SMALL_LAZY,
    floor: int = 0,
    on_notice: Callable[[Notice], None] = lambda _: None,
) -> Log:
    return Log.open(directory, name="intake", options=options, floor=floor, storage=storage, on_notice=on_notice)


async def fill(log: Log, count: int, *, batch: int = 10) -> None:
    """Append and commit so many bodies, each under the number it was made for."""
    done = 0
    while done < count:
        size = min(batch, count - done)
        log.append(bodies(log.next_number, size))
        await log.commit()
        done += size


def read_all(log: Log, start: int = 1) -> list[Entry]:
    """Everything, in small pieces, as a consumer does."""
    entries: list[Entry] = []
    while piece := log.read(start, max_entries=7):
        entries += piece
        start = piece[-1].number + 1
    return entries


def read_from_disk(log: Log) -> dict[int, bytes]:
    """Everything, past the memory tail."""
    log._tail.clear()
    return {entry.number: entry.payload for entry in read_all(log)}


def compress(log: Log) -> None:
    """Compress every closed segment now."""
    for _ in range(len(log._segments.all) + 1):
        log._rewriter.thread.submit(log._rewriter.compress_next).result()


def segment_files(log: Log) -> list[Path]:
    return [segment.path for segment in log._segments.all]
