"""What waits for an answer of its own: SUBSCRIBE and UNSUBSCRIBE."""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.mqtt.encoder import encode
from gateway.mqtt.errors import ConnectionLostError
from gateway.mqtt.packets import Subscribe, Unsubscribe, Version

ANSWER_WITHIN_S: Final = 30.0
"""For SUBACK and UNSUBACK; a broker may send many retained messages first."""


class Questions:
    """Open questions by packet id."""

    def __init__(self, version: Version, write: Callable[[bytes], None]) -> None:
        self._version: Version = version
        self._write = write
        self._open: dict[int, asyncio.Future[tuple[int, ...]]] = {}
        self._lost: ConnectionLostError | None = None

    def uses(self, packet_id: int) -> bool:
        """Is this id asked with?"""
        return packet_id in self._open

    async def ask(self, packet: Subscribe | Unsubscribe) -> tuple[int, ...]:
        """Send and wait for the codes. Raises ConnectionLostError, TimeoutError, ValueError (malformed filter)."""
        data = encode(packet, self._version)
        if self._lost is not None:
            raise self._lost
        answer: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()
        self._open[packet.packet_id] = answer
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                self._write(data)
                return await answer
        except TimeoutError as error:
            raise TimeoutError(f"no answer to {type(packet).__name__} within {ANSWER_WITHIN_S:.0f} s") from error
        finally:
            del self._open[packet.packet_id]

    def answered(self, packet_id: int, codes: tuple[int, ...]) -> None:
        """SUBACK or UNSUBACK has come; one that nobody waits for is of a call that gave up."""
        answer = self._open.get(packet_id)
        if answer is not None and not answer.done():
            answer.set_result(codes)

    def fail(self, error: ConnectionLostError) -> None:
        """The link is gone: every question raises."""
        self._lost = error
        for answer in self._open.values():
            if not answer.done():
                answer.set_exception(error)
