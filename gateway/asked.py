"""Entries that wait for their codec, in a line for each device.

::

    refine ──ask──▶ codec worker ──▶ answered ──▶ refine, with the answer ──▶ the next of that device's line

Laws
- Per device the order of receipt is kept: while one entry is asked about, later ones of the device line up by number.
  Entries of other devices never wait for it.
- Nothing here is durable and need not be: all of it is refined again from the intake after a restart.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from functools import partial

from gateway.codecs.codecs import Codecs
from pipelines.codec import CodecAnswer, CodecCall
from pipelines.model import Received

MAX_ASKED = 100_000
"""Entries that may wait for codecs. Beyond it refine reads no further: the intake keeps what comes."""

NOT_RUN_HERE = "JavaScript codecs are not run here"


class Asked:
    """``lines``: the devices with an entry at the codec, and the numbers that wait behind it.

    Without ``codecs`` every question is answered with ``unavailable``.
    """

    def __init__(self, codecs: Codecs | None) -> None:
        self.codecs = codecs
        self.lines: dict[str, deque[int]] = {}
        self._answered: deque[tuple[str, int, Received, CodecAnswer]] = deque()
        self._arrived = asyncio.Event()

    @property
    def busy(self) -> Mapping[str, object]:
        """Devices whose next entries must line up."""
        return self.lines

    def ask(self, device: str, number: int, received: Received, call: CodecCall) -> None:
        """Ask about an entry; ``take`` gives it back with the answer."""
        self.lines.setdefault(device, deque())
        take = partial(self._take, device, number, received)
        if self.codecs is None:
            take(CodecAnswer(call.codec.source_hash, "unavailable", said=NOT_RUN_HERE))
        else:
            self.codecs.submit(call, take)

    def line_up(self, device: str, number: int) -> None:
        """Put an entry behind those of its device."""
        self.lines[device].append(number)

    def next_in_line(self, device: str) -> int | None:
        """Whose turn it is, now that the entry before has its outcome; None where the device waits no more."""
        line = self.lines[device]
        if line:
            return line.popleft()
        del self.lines[device]
        return None

    async def wait(self) -> None:
        """Until there is an answer."""
        await self._arrived.wait()

    def take(self) -> tuple[str, int, Received, CodecAnswer] | None:
        """The next entry with an answer: device, number, what was received, what the codec said."""
        if self._answered:
            return self._answered.popleft()
        self._arrived.clear()
        return None

    def _take(self, device: str, number: int, received: Received, answer: CodecAnswer) -> None:
        self._answered.append((device, number, received, answer))
        self._arrived.set()
