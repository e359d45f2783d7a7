"""One TCP or TLS connection to a broker, from CONNECT to its end. It is never reused: open the next one.

    socket ──read──▶ Decoder ──packets──▶ on_publishes(connection, [Publish, …])     one call per run of PUBLISHes
    socket ◀─write── acknowledge([id, …]) · received([id, …])                        one write per batch

Laws
- Nothing is acknowledged by itself: PUBACK and PUBREC go out when the owner says that the messages are durable.
- A PUBREL is answered at once, even for an id this connection never saw: it proves that an earlier connection sent
  PUBREC, which it did only for a durable message (so QoS 2 of an old session ends well).
- The broker's window is no bound. Owners bound memory by ``pause_reading``; a peer that does not read our
  acknowledgements is not read either.
- No task, no await per message: timers and callbacks only.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from gateway.mqtt import reasons
from gateway.mqtt.decoder import Decoder
from gateway.mqtt.encoder import PINGREQ, encode, encode_pubacks, encode_pubcomps, encode_pubrecs
from gateway.mqtt.errors import ConnectionLostError, ConnectRefusedError, LostBy, ProtocolError
from gateway.mqtt.liveness import LinkWatch, limit_unacknowledged
from gateway.mqtt.outbox import Outbox, Outgoing
from gateway.mqtt.packets import (
    ConnAck,
    Disconnect,
    Packet,
    PingResp,
    PubAck,
    Publish,
    PubRel,
    SubAck,
    Subscribe,
    Subscription,
    UnsubAck,
    Unsubscribe,
)
from gateway.mqtt.questions import Questions
from gateway.mqtt.settings import ConnectionSettings

CLOSE_WITHIN_S = 5.0
"""For what is still to be sent, and the peer's end."""

OnPublishes = Callable[["Connection", list[Publish]], None]
OnReleased = Callable[["Connection", int], None]


def _ignore_publishes(_connection: "Connection", _publishes: list[Publish]) -> None:
    """A connection that only publishes may still be sent messages by its old session."""


def _ignore_released(_connection: "Connection", _packet_id: int) -> None:
    """Most owners need not know when a QoS 2 id is free again."""


class Connection(asyncio.Protocol):
    """Made by ``open_connection``. ``connack`` holds the broker's answer and limits."""

    connack: ConnAck

    def __init__(self, settings: ConnectionSettings, on_publishes: OnPublishes, on_released: OnReleased) -> None:
        self.settings = settings
        self._on_publishes = on_publishes
        self._on_released = on_released
        loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._decoder = Decoder(settings.version, max_payload_bytes=settings.max_payload_bytes, topic_alias_maximum=0)
        self._greeted: asyncio.Future[ConnAck] = loop.create_future()
        self._ended: asyncio.Future[ConnectionLostError] = loop.create_future()
        self._end: ConnectionLostError | None = None
        self._last_packet_id = 0
        self._paused_by_owner = self._paused_by_peer = False
        self._watch = LinkWatch(settings.keep_alive_s, self._ping, self._silent)
        self._outbox = Outbox(settings.version, self._write, self._next_packet_id)
        self._questions = Questions(settings.version, self._write)
        self._time_s = loop.time

    @property
    def session_present(self) -> bool:
        """True when the broker kept our session."""
        return self.connack.session_present

    @property
    def alive(self) -> bool:
        """False from the moment the end was noticed or begun."""
        return self._end is None

    # Receiving

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """PUBACK these, in this order, in one write. Ignored when the link is gone: the broker will send again."""
        if packet_ids:
            self._write(encode_pubacks(packet_ids))

    def received(self, packet_ids: Sequence[int]) -> None:
        """PUBREC these, in this order, in one write."""
        if packet_ids:
            self._write(encode_pubrecs(packet_ids))

    def pause_reading(self) -> None:
        """Take nothing more from the socket until ``resume_reading``."""
        self._paused_by_owner = True
        self._settle_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._paused_by_owner = False
        self._settle_reading()

    def _settle_reading(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._paused_by_owner or self._paused_by_peer:
            self._watch.pause()
            self._transport.pause_reading()
        else:
            self._watch.resume()
            self._transport.resume_reading()

    # Asking and sending

    async def subscribe(self, subscriptions: Sequence[Subscription]) -> tuple[int, ...]:
        """The broker's code per subscription: the granted QoS, or a refusal from 0x80 on.

        Raises ConnectionLostError, TimeoutError, ValueError (malformed filter).
        """
        packet_id = self._next_packet_id()
        codes = await self._questions.ask(Subscribe(packet_id, tuple(subscriptions)))
        if len(codes) != len(subscriptions):
            self._give_up(ProtocolError("a SUBACK with another number of codes", code=reasons.PROTOCOL_ERROR))
            raise self._lost_error()
        return codes

    async def unsubscribe(self, topic_filters: Sequence[str]) -> tuple[int, ...]:
        """The broker's codes; none from 3.1.1. Raises as ``subscribe`` does."""
        packet_id = self._next_packet_id()
        return await self._questions.ask(Unsubscribe(packet_id, tuple(topic_filters)))

    async def publish_many(self, messages: Sequence[Outgoing]) -> list[int]:
        """Publish all, pipelined; returns the reason codes in order, refusals from 0x80 on.

        Raises ConnectionLostError (repeat the batch) and TimeoutError (close, repeat the batch).
        """
        return await self._outbox.publish_many(messages)

    def _next_packet_id(self) -> int:
        while True:
            self._last_packet_id = self._last_packet_id % 65_535 + 1
            packet_id = self._last_packet_id
            if not self._questions.uses(packet_id) and not self._outbox.uses(packet_id):
                return packet_id

    def _write(self, data: bytes) -> None:
        if self._end is None and self._transport is not None:
            self._transport.write(data)

    # Life and end

    async def handshake(self) -> None:
        """Say CONNECT, wait for CONNACK. Raises ConnectRefusedError, ProtocolError, ConnectionLostError."""
        self._write(encode(self.settings.greeting(), self.settings.version))
        connack = await self._greeted
        if connack.code:
            raise ConnectRefusedError(connack.code, *reasons.connect_refusal(connack.code, self.settings.version))

    async def lost(self) -> ConnectionLostError:
        """Wait for the end of this connection, whoever brings it about; returns how it ended."""
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        """Send what waits and DISCONNECT, then close. The session stays with the broker as agreed."""
        if self._transport is None:
            return
        self._write(encode(Disconnect(), self.settings.version))
        self._finish(ConnectionLostError("closed by us", by="us"))
        self._transport.close()
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self.lost()
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Drop the link without a word."""
        self._finish(ConnectionLostError("dropped by us", by="us"))
        if self._transport is not None:
            self._transport.abort()

    def _finish(self, error: ConnectionLostError) -> None:
        """Note how it ends; the first cause stays."""
        if self._end is None:
            self._end = error
            self._watch.stop()
            self._outbox.fail(error)
            self._questions.fail(error)

    def _lost_error(self) -> ConnectionLostError:
        return self._end or ConnectionLostError("the link is gone", by="closed")

    def _give_up(self, error: ProtocolError) -> None:
        """Tell the peer what it did wrong, as far as its version knows how, and drop the link."""
        if not self._greeted.done():
            self._greeted.set_exception(error)
        elif self.settings.version == "5":
            self._write(encode(Disconnect(error.code), "5"))
        self._finish(ConnectionLostError(f"the broker broke MQTT: {error}", by="protocol", code=error.code))
        self.abort()

    def _ping(self) -> None:
        self._write(PINGREQ)

    def _silent(self, silence_s: float) -> None:
        self._finish(ConnectionLostError(f"nothing heard for {silence_s:.1f} s", by="silent"))
        self.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The link stands."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's have its face and not its class
        limit_unacknowledged(self._transport, self.settings.keep_alive_s)

    def data_received(self, data: bytes) -> None:
        """A whole read: decode it, hand its messages over in one go."""
        if self._end is not None:
            return
        self._watch.heard_s = self._time_s()
        try:
            self._take(self._decoder.feed(data))
        except ProtocolError as error:
            try:
                self._take(error.before)
            except ProtocolError as earlier:
                error = earlier
            self._give_up(error)

    def _take(self, packets: list[Packet]) -> None:
        publishes: list[Publish] = []
        acknowledged = False
        for packet in packets:
            if type(packet) is Publish:
                publishes.append(packet)
                continue
            if publishes:
                self._hand_over(publishes)
                publishes = []
            if type(packet) is PubAck:
                self._outbox.acknowledged(packet.packet_id, packet.code)
                acknowledged = True
            else:
                self._take_other(packet)
        if publishes:
            self._hand_over(publishes)
        if acknowledged:
            self._outbox.wake()

    def _hand_over(self, publishes: list[Publish]) -> None:
        if not self._greeted.done():
            raise ProtocolError("a PUBLISH before CONNACK", code=reasons.PROTOCOL_ERROR)
        self._on_publishes(self, publishes)

    def _take_other(self, packet: Packet) -> None:
        if not self._greeted.done():
            if not isinstance(packet, ConnAck):
                raise ProtocolError(f"{type(packet).__name__} instead of CONNACK", code=reasons.PROTOCOL_ERROR)
            self._greet(packet)
            return
        match packet:
            case PingResp():
                pass
            case PubRel():
                self._write(encode_pubcomps((packet.packet_id,)))
                self._on_released(self, packet.packet_id)
            case SubAck() | UnsubAck():
                self._questions.answered(packet.packet_id, packet.codes)
            case Disconnect() if self.settings.version == "5":
                self._dismissed(packet)
            case _:
                raise ProtocolError(f"an unexpected {type(packet).__name__}", code=reasons.PROTOCOL_ERROR)

    def _greet(self, connack: ConnAck) -> None:
        self.connack = connack
        self._greeted.set_result(connack)
        if connack.code:
            return
        self._outbox.accept(connack)
        ordered_s = connack.properties.server_keep_alive_s
        if ordered_s is not None:  # MQTT 5 §3.2.2.3.14: the server's value replaces ours
            self._watch.stop()
            self._watch = LinkWatch(ordered_s, self._ping, self._silent)
        self._watch.start()

    def _dismissed(self, packet: Disconnect) -> None:
        by: LostBy = "taken_over" if packet.code == reasons.SESSION_TAKEN_OVER else "server"
        words = reasons.words(packet.code)
        if packet.properties.reason_string:
            words += f": {packet.properties.reason_string[:120]!r}"
        self._finish(ConnectionLostError(f"the broker disconnected us, {words}", by=by, code=packet.code))
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The link is gone; whoever waits is told."""
        words = str(exc) or type(exc).__name__ if exc is not None else "the broker closed the connection"
        self._finish(ConnectionLostError(words, by="broken" if exc else "closed"))
        if not self._greeted.done():
            self._greeted.set_exception(
                ConnectionLostError(f"no CONNACK: {words}. Does the listener want a client certificate?", by="closed")
                if self.settings.tls
                else ConnectionLostError(f"no CONNACK: {words}", by="closed")
            )
            self._greeted.exception()  # a caller that gave up must not leave a warning behind
        if not self._ended.done():
            self._ended.set_result(self._lost_error())

    def pause_writing(self) -> None:
        """The peer does not take what we send: neither take what it sends."""
        self._outbox.pause()
        self._paused_by_peer = True
        self._settle_reading()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._outbox.resume()
        self._paused_by_peer = False
        self._settle_reading()


async def open_connection(
    settings: ConnectionSettings,
    *,
    on_publishes: OnPublishes = _ignore_publishes,
    on_released: OnReleased = _ignore_released,
) -> Connection:
    """Connect and greet. ``on_publishes`` may be called before this returns: an old session's messages follow CONNACK.

    Raises ConnectRefusedError, ProtocolError, OSError (ConnectionLostError and TLS faults are OSErrors) and
    TimeoutError after ``settings.connect_within_s``.
    """
    loop = asyncio.get_running_loop()
    connection = Connection(settings, on_publishes, on_released)
    try:
        async with asyncio.timeout(settings.connect_within_s):
            await loop.create_connection(lambda: connection, settings.host, settings.port, ssl=settings.tls)
            await connection.handshake()
    except TimeoutError as error:
        connection.abort()
        raise TimeoutError(f"{settings.peer}: no CONNACK within {settings.connect_within_s:.0f} s") from error
    except BaseException:
        connection.abort()
        raise
    return connection
