"""A tap on the line between broker and gateway: it passes every byte on and counts what MQTT says there.

It is the independent witness of P5: at the moment when a gateway dies, what the broker had sent it at QoS 1 and it had
not acknowledged is an upper bound of what may come again.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Self

_PUBLISH, _PUBACK = 3, 4
_CHUNK = 64 * 1024


class Reader:
    """Calls back with (first byte, variable header and payload) of each whole packet; any cut of the stream will do."""

    def __init__(self, on_packet: Callable[[int, bytes], None]) -> None:
        self._waiting = bytearray()
        self._on_packet = on_packet

    def feed(self, data: bytes) -> None:
        self._waiting += data
        while (found := self._next()) is not None:
            start, end = found
            self._on_packet(self._waiting[0], bytes(self._waiting[start:end]))
            del self._waiting[:end]

    def _next(self) -> tuple[int, int] | None:
        """Where the first packet's body starts and ends (MQTT 3.1.1 §2.2.3), None while it is not whole."""
        length = 0
        for at in range(1, min(5, len(self._waiting))):
            length |= (self._waiting[at] & 0x7F) << 7 * (at - 1)
            if not self._waiting[at] & 0x80:
                end = at + 1 + length
                return (at + 1, end) if len(self._waiting) >= end else None
        return None


class Line:
    """One connection of a gateway: which packet ids it was sent and has not acknowledged."""

    def __init__(self) -> None:
        self.unacknowledged: set[int] = set()
        self.published = self.acknowledged = 0

    def from_broker(self, first: int, body: bytes) -> None:
        if first >> 4 == _PUBLISH and first & 0x06:
            topic = int.from_bytes(body[:2], "big")
            self.unacknowledged.add(int.from_bytes(body[2 + topic : 4 + topic], "big"))
            self.published += 1

    def from_gateway(self, first: int, body: bytes) -> None:
        if first >> 4 == _PUBACK:
            self.unacknowledged.discard(int.from_bytes(body[:2], "big"))
            self.acknowledged += 1


class Tap:
    """``with Tap(broker_port) as tap:`` listens on ``tap.port``. ``lines`` are the connections so far, in order."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.lines: list[Line] = []
        self._accepting = threading.Thread(target=self._accept, name="tap", daemon=True)
        self._carrying: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(10)
        self._listener.close()
        self.at_rest()

    def at_rest(self) -> int:
        """Waits until both ends of every line are gone; what the gateway was sent and never acknowledged, of all."""
        while self._carrying:
            self._carrying.pop().join(10)
        return sum(len(line.unacknowledged) for line in self.lines)

    def _accept(self) -> None:
        while True:
            try:
                gateway, _ = self._listener.accept()
            except OSError:
                return
            line = Line()
            self.lines.append(line)
            thread = threading.Thread(target=self._carry, args=(gateway, line), name="tap line", daemon=True)
            self._carrying.append(thread)
            thread.start()

    def _carry(self, gateway: socket.socket, line: Line) -> None:
        """One connection, from its opening until both ends are gone."""
        with gateway, socket.create_connection(("127.0.0.1", self._broker_port)) as broker:
            back = threading.Thread(target=pump, args=(broker, gateway, Reader(line.from_broker)), daemon=True)
            back.start()
            pump(gateway, broker, Reader(line.from_gateway))
            back.join(10)


def pump(source: socket.socket, target: socket.socket, reader: Reader) -> None:
    """Pass bytes on until either end is gone, then hang up both. What is counted has been offered to the other end."""
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            reader.feed(data)
            target.sendall(data)
    for end in (target, source):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
