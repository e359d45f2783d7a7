"""A reader and a rewrite that meet: the file is the new one already, the list of segments still names the old one."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from gateway.journal.format import FRAMES_START
from gateway.journal.log import LogOptions
from gateway.journal.reader import Loss, Reader
from gateway.journal.rewrite import rewrite
from gateway.journal.storage import File, OpenMode, Storage
from gateway.journal.tail import Batch
from tests.gateway.journal.city import SMALL_LAZY, body, fill, open_log, read_from_disk
from tests.gateway.journal.disk import Disk

LATE_S = 0.02


async def test_a_reader_waits_until_a_rewritten_segment_is_in_the_list() -> None:
    disk = Disk()
    log = open_log(disk, options=SMALL_LAZY)
    await fill(log, 200)
    old = log._segments.all[0]
    new = rewrite(disk, old, "intake", upto=log._segments.limit_of(old), drop=())
    assert new is not None
    late = threading.Timer(LATE_S, log._segments.replace, (old, new))
    late.start()
    assert read_from_disk(log) == {number: body(number) for number in range(1, 201)}
    late.join()
    log.abandon()


class GrowsWhileRead:
    """A storage whose next read of frames lets the writer go on before it returns: two threads, made certain."""

    def __init__(self, disk: Disk, grow: Callable[[], object]) -> None:
        self._disk = disk
        self.grow: Callable[[], object] | None = grow

    def open(self, path: Path, mode: OpenMode) -> File:
        file = self._disk.open(path, mode)
        read = file.read

        def read_and_grow(size: int, offset: int) -> bytes:
            data = read(size, offset)
            if offset >= FRAMES_START and self.grow is not None:
                grow, self.grow = self.grow, None
                grow()
            return data

        file.read = read_and_grow  # type: ignore[method-assign]
        return file


async def test_what_is_written_while_the_end_is_read_is_found_by_the_next_read() -> None:
    disk = Disk()
    log = open_log(disk, options=LogOptions(compress="never"))
    await fill(log, 50)
    payloads = [body(number) for number in range(51, 101)]
    batch = Batch(51, 1, payloads, sum(map(len, payloads)))
    losses: list[Loss] = []
    storage = GrowsWhileRead(disk, lambda: log._writer.write([batch], sync=False))
    reader = Reader(cast("Storage", storage), log._segments, losses.append)
    before = reader.read(1, upto=50, max_entries=1_000, max_bytes=1 << 20)
    after = reader.read(51, upto=100, max_entries=1_000, max_bytes=1 << 20)
    assert [entry.number for entry in before + after] == list(range(1, 101))
    assert losses == []
    reader.close()
    log.abandon()
