"""A pipelined MQTT 3.1.1 publisher, QoS 1, that is not the bottleneck and loses nothing.

Laws
- A message counts when its PUBACK has come, never before. What has none is sent again with DUP on the next connection,
  in the first order, with the same packet id (the session is kept), until it has one.
- At most ``inflight`` messages wait for a PUBACK; ``publish`` waits for room, and drives reconnecting while it does:
  there is no task behind your back.
- A clean end removes the session from the broker.
"""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

KEEP_ALIVE_S = 30
ANSWER_TIMEOUT_S = 20.0
GIVE_UP_AFTER_S = 60.0
LARGEST_PACKET_ID = 65_535
_FLUSH_BYTES = 64 * 1024
_SCHEMES = {"mqtt": 1883, "mqtts": 8883}

# MQTT 3.1.1 §2.2.1: first byte of each packet
_CONNACK, _PUBLISH_QOS1, _DUP, _PUBACK, _PINGREQ, _DISCONNECT = 0x20, 0x32, 0x08, 0x40, b"\xc0\x00", b"\xe0\x00"
_UNAVAILABLE = 3  # §3.2.2.3: the one refusal that passes by itself
_CONNACK_BYTES = _PUBACK_BYTES = 4
_REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses the client id",
    4: "wrong user or password",
    5: "not authorised",
}


class BrokerRefusedError(Exception):
    """The broker answered, and the answer is no: trying again will not help."""


def connect_packet(client_id: str, user: str | None, password: str | None, *, clean: bool) -> bytes:
    """CONNECT (§3.1)."""
    flags = (0x02 if clean else 0) | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + KEEP_ALIVE_S.to_bytes(2, "big") + _text(client_id)
    for word in (user, password):
        if word is not None:
            body += _text(word)
    return b"\x10" + _length(len(body)) + body


def publish_packet(topic: str, body: bytes, packet_id: int) -> bytes:
    """PUBLISH at QoS 1 (§3.3)."""
    name = topic.encode()
    size = len(name) + len(body) + 4
    head = bytes([_PUBLISH_QOS1]) + _length(size) + len(name).to_bytes(2, "big")
    return b"".join((head, name, packet_id.to_bytes(2, "big"), body))


def _text(word: str) -> bytes:
    raw = word.encode()
    return len(raw).to_bytes(2, "big") + raw


def _length(size: int) -> bytes:
    """Remaining length (§2.2.3)."""
    out = bytearray()
    while True:
        size, low = divmod(size, 128)
        out.append(low | (0x80 if size else 0))
        if not size:
            return bytes(out)


class _Wire(asyncio.Protocol):
    """One connection: hands PUBACKs to the publisher, wakes it when something changed, keeps the link alive."""

    def __init__(self, publisher: "Publisher") -> None:
        self._publisher = publisher
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._ping: asyncio.TimerHandle | None = None
        self.connack: asyncio.Future[int] = self._loop.create_future()
        self.transport: asyncio.Transport | None = None
        self.writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ping = self._loop.call_later(KEEP_ALIVE_S / 2, self._send_ping)

    def _send_ping(self) -> None:
        if self.transport is not None:
            self.transport.write(_PINGREQ)
            self._ping = self._loop.call_later(KEEP_ALIVE_S / 2, self._send_ping)

    def data_received(self, data: bytes) -> None:
        self._received += data
        received, at = self._received, 0
        acknowledged: list[int] = []
        while len(received) - at >= 2:  # noqa: PLR2004 - every packet a broker sends a publisher has 2 or 4 bytes
            size = received[at + 1] + 2
            if len(received) - at < size:
                break
            if received[at] == _PUBACK and size == _PUBACK_BYTES:
                acknowledged.append(received[at + 2] << 8 | received[at + 3])
            elif received[at] == _CONNACK and size == _CONNACK_BYTES and not self.connack.done():
                self.connack.set_result(received[at + 3])
            at += size
        del received[:at]
        self._publisher.on_acknowledged(acknowledged)

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self._publisher.wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        self.transport = None
        if self._ping is not None:
            self._ping.cancel()
        if not self.connack.done():
            self.connack.set_result(-1)
        self._publisher.wake()


class Publisher:
    """``async with Publisher("mqtt://user:password@host:1883") as publisher: await publisher.publish(topic, body)``.

    Use from one task. ``acknowledged`` counts PUBACKs; ``reconnects`` says how often the broker was lost on the way.
    """

    def __init__(self, url: str, *, client_id: str = "", inflight: int = 500, ca_file: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ValueError(f"{url!r}: expected mqtt://HOST:PORT or mqtts://HOST:PORT")
        if not 0 < inflight <= LARGEST_PACKET_ID:
            raise ValueError(f"inflight {inflight}: expected 1 to {LARGEST_PACKET_ID}")
        self._host, self._port = parts.hostname, parts.port or _SCHEMES[parts.scheme]
        self._user = unquote(parts.username) if parts.username is not None else None
        self._password = unquote(parts.password) if parts.password is not None else None
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "mqtts" else None
        self._client_id = client_id or f"citygate-publisher-{random.SystemRandom().getrandbits(48):012x}"
        self._inflight = inflight
        self._waiting: dict[int, bytes] = {}
        self._packet_id = 0
        self._outgoing: list[bytes] = []
        self._outgoing_bytes = 0
        self._wire: _Wire | None = None
        self._changed = asyncio.Event()
        self.acknowledged = 0
        self.reconnects = -1

    async def __aenter__(self) -> Self:
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            await self.drain()
        self._hang_up()
        if kind is None:
            with contextlib.suppress(OSError, TimeoutError, BrokerRefusedError):
                await self._open(clean=True)  # a clean session takes the place of the kept one, and ends with it
                self._hang_up()

    async def publish(self, topic: str, body: bytes) -> None:
        """Send one message; waits only while the window is full or the broker is away. Raises ConnectionError."""
        while len(self._waiting) >= self._inflight or not self._link_takes_more():
            self._flush()
            await self._change()
        packet_id = self._packet_id
        while True:
            packet_id = packet_id % LARGEST_PACKET_ID + 1
            if packet_id not in self._waiting:
                break
        self._packet_id = packet_id
        packet = publish_packet(topic, body, packet_id)
        self._waiting[packet_id] = packet
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(packet)
        self._outgoing_bytes += len(packet)
        if self._outgoing_bytes >= _FLUSH_BYTES:
            self._flush()
            await asyncio.sleep(0)  # let the acknowledgements in

    def _link_takes_more(self) -> bool:
        wire = self._wire
        return wire is not None and wire.transport is not None and wire.writable

    async def drain(self) -> None:
        """Wait until every message has its PUBACK. Raises ConnectionError."""
        while self._waiting:
            self._flush()
            await self._change()

    def on_acknowledged(self, packet_ids: Sequence[int]) -> None:
        """The broker has these."""
        for packet_id in packet_ids:
            if self._waiting.pop(packet_id, None) is not None:
                self.acknowledged += 1
        self._changed.set()

    def wake(self) -> None:
        """Something changed that ``publish`` or ``drain`` may be waiting for."""
        self._changed.set()

    async def _change(self) -> None:
        """Wait for an acknowledgement or a change of the link; reconnect where it is gone or silent."""
        self._changed.clear()
        if self._wire is not None and self._wire.transport is not None:
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await self._changed.wait()
            except TimeoutError:
                self._hang_up(politely=False)
        if self._wire is None or self._wire.transport is None:
            await self._connect()

    def _flush(self) -> None:
        if self._outgoing and self._wire is not None and self._wire.transport is not None:
            self._wire.transport.write(b"".join(self._outgoing))
        self._outgoing.clear()
        self._outgoing_bytes = 0

    async def _connect(self) -> None:
        """Connect, with growing pauses; then send again what has no PUBACK."""
        loop = asyncio.get_running_loop()
        deadline, pause_s = loop.time() + GIVE_UP_AFTER_S, 0.05
        while True:
            try:
                await self._open(clean=False)
                break
            except (OSError, TimeoutError) as error:
                self._hang_up(politely=False)
                if loop.time() > deadline:
                    where = f"{self._host}:{self._port}"
                    raise ConnectionError(f"no broker at {where} for {GIVE_UP_AFTER_S:.0f} s: {error}") from error
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, 3.0)
        self.reconnects += 1
        self._outgoing.clear()
        self._outgoing_bytes = 0
        if self._waiting and self._wire is not None and self._wire.transport is not None:
            again = [bytes([packet[0] | _DUP]) + packet[1:] for packet in self._waiting.values()]
            self._wire.transport.write(b"".join(again))

    async def _open(self, *, clean: bool) -> None:
        """One attempt. Raises OSError, TimeoutError or BrokerRefusedError."""
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            _, wire = await asyncio.get_running_loop().create_connection(
                lambda: _Wire(self), self._host, self._port, ssl=self._tls
            )
            self._wire = wire
            assert wire.transport is not None
            wire.transport.write(connect_packet(self._client_id, self._user, self._password, clean=clean))
            code = await wire.connack
        if code == _UNAVAILABLE:
            raise ConnectionRefusedError("the broker says that it is unavailable")
        if code > 0:
            self._hang_up()
            raise BrokerRefusedError(f"{self._host}:{self._port}: {_REFUSALS.get(code, f'refused with code {code}')}")
        if code < 0:
            raise ConnectionResetError("the broker closed the connection before it answered")

    def _hang_up(self, *, politely: bool = True) -> None:
        if self._wire is not None and self._wire.transport is not None:
            if politely:
                self._wire.transport.write(_DISCONNECT)
                self._wire.transport.close()
            else:
                self._wire.transport.abort()
        self._wire = None
