"""Listen to a broker for a while. QoS 0 and no session: whoever receives there already is not disturbed."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from gateway.mqtt.connection import Connection, open_connection
from gateway.mqtt.errors import ConnectRefusedError, ProtocolError
from gateway.mqtt.packets import Publish, Subscription, Version
from gateway.mqtt.settings import ConnectionSettings

MAX_MESSAGES = 20_000
MAX_BYTES = 32 << 20
REFUSED_FROM = 0x80
"""A SUBACK code from here on is a refusal."""
BROKER_VERSION = "$SYS/broker/version"
UNSUPPORTED_VERSION = (0x01, 0x84)
"""CONNACK codes of 3.1.1 and of 5 for a version that the broker does not speak."""
STEP_S = 0.5


class Heard(msgspec.Struct):
    """What came in. ``refused``: filters that the broker does not let us read; ``broker``: what it calls itself."""

    version: Version
    messages: list[tuple[str, bytes]] = []
    refused: tuple[str, ...] = ()
    broker: str = ""
    left_out: int = 0
    size_bytes: int = 0

    def take(self, publishes: Sequence[Publish]) -> None:
        """Note messages, within bounds."""
        for publish in publishes:
            if publish.topic == BROKER_VERSION:
                self.broker = bytes(publish.payload).decode(errors="replace")[:60]
            elif publish.full_size or len(self.messages) == MAX_MESSAGES or self.size_bytes > MAX_BYTES:
                self.left_out += 1
            else:
                self.messages.append((publish.topic, bytes(publish.payload)))
                self.size_bytes += len(publish.payload)


async def listen(
    settings: ConnectionSettings, filters: Sequence[str], for_s: float, on_step: Callable[[float, int], None]
) -> Heard:
    """Hear what a broker sends; ``on_step`` is told seconds and messages so far.

    Raises ConnectRefusedError, ProtocolError, OSError, TimeoutError.
    """
    heard = Heard(settings.version)

    def take(_connection: Connection, publishes: list[Publish]) -> None:
        heard.take(publishes)

    connection = await _connected(settings, heard, take)
    try:
        asked = [*filters, BROKER_VERSION] if heard.version == "5" else filters  # some hang up on $SYS
        codes = await connection.subscribe([Subscription(one, 0) for one in asked])
        heard.refused = tuple(one for one, code in zip(filters, codes, strict=False) if code >= REFUSED_FROM)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while connection.alive and (left_s := began_s + for_s - loop.time()) > 0:
            await asyncio.sleep(min(STEP_S, left_s))
            on_step(loop.time() - began_s, len(heard.messages))
        if not connection.alive and not heard.messages:
            raise await connection.lost()
    finally:
        await connection.close()
    return heard


async def _connected(
    settings: ConnectionSettings, heard: Heard, take: Callable[[Connection, list[Publish]], None]
) -> Connection:
    """MQTT 5 where the broker speaks it, else 3.1.1."""
    try:
        return await open_connection(settings, on_publishes=take)
    except ConnectRefusedError as error:
        if error.code not in UNSUPPORTED_VERSION:
            raise
    except (ProtocolError, ConnectionError, TimeoutError):  # older ones hang up, or never answer a CONNECT of 5
        pass
    heard.version = "3.1.1"
    return await open_connection(msgspec.structs.replace(settings, version="3.1.1"), on_publishes=take)
