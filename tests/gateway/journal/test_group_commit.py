"""Group commit: a caller that comes between the end of a flight and its landing."""

import asyncio
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import cast

import pytest

from gateway.journal.group_commit import GroupCommit
from gateway.journal.tail import Batch
from gateway.journal.writer import Progress, Writer

STUCK_AFTER_S = 5


class Disk:
    """Writes at once."""

    progress = Progress(0, 0)

    def write(self, batches: list[Batch], *, sync: bool) -> Progress:
        written = max((batch.last for batch in batches), default=self.progress.written)
        self.progress = Progress(written, written if sync else self.progress.durable)
        return self.progress


@pytest.fixture
def alarm() -> Iterator[None]:
    """A loop that never gets its turn cannot notice a timeout; a signal can."""

    def stuck(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError("the loop does not get its turn")

    before = signal.signal(signal.SIGALRM, stuck)
    signal.setitimer(signal.ITIMER_REAL, STUCK_AFTER_S)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
async def test_a_flight_that_is_done_and_not_yet_landed_holds_up_nobody() -> None:
    with ThreadPoolExecutor(1) as thread:
        commits = GroupCommit(cast("Writer", Disk()), thread, on_landed=lambda _batches: None, last_number=0)
        flight: asyncio.Future[Progress] = asyncio.get_running_loop().create_future()
        commits._flight = flight
        flight.add_done_callback(commits._land)
        flight.set_result(Progress(0, 0))  # its landing is due with the loop's next turn
        commits.add(Batch(1, 1, (b"x",), 1))
        await commits.upto(1, sync=True)
        assert commits.durable == 1
