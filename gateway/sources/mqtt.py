"""The MQTT source: connect, subscribe, stay; and come back whatever happens to the link.

Laws
- The broker keeps our session: client id fixed, clean start off, subscriptions repeated at each connect.
- It never gives up: between attempts lies a random pause below a cap that grows to a minute.
- While the intake is full it does not connect: the broker keeps the messages.
- What is received and acknowledged, and when, is the other half's matter: mqtt_receipts.py.
"""

import asyncio

from gateway.clock import Clock
from gateway.events import (
    Events,
    SourceConnected,
    SourceLost,
    SourceRefused,
    SourceTakenOver,
    SubscriptionGranted,
    SubscriptionRefused,
    SubscriptionWeakened,
)
from gateway.mqtt.connection import Connection, open_connection
from gateway.mqtt.errors import ConnectionLostError, ConnectRefusedError, ProtocolError
from gateway.mqtt.outbox import Outgoing
from gateway.mqtt.packets import Subscription
from gateway.mqtt.patience import LONGEST_CAP_S, Patience
from gateway.mqtt.reasons import FAILED_FROM
from gateway.mqtt.settings import ConnectionSettings
from gateway.mqtt.tls import client_context
from gateway.sources import Intake
from gateway.sources.mqtt_receipts import Receipts
from gateway.sources.mqtt_settings import MqttSourceSettings

SUBSCRIBE_AGAIN_S = 60.0
"""A refused subscription is asked for again: the access list may have been mended meanwhile."""

RETAINED_IF_NEW = 1


class MqttSource:
    """One broker, one session. Implements ``gateway.sources.Source``; must be made inside the running loop."""

    def __init__(
        self,
        name: str,
        settings: MqttSourceSettings,
        intake: Intake,
        clock: Clock,
        events: Events,
        *,
        password: bytes | None = None,
    ) -> None:
        self.name = name
        self._settings = settings
        self._events = events
        self._password = password
        self._receipts = Receipts(name, intake, clock, events)
        self._recalled = False
        self._connection: Connection | None = None
        self._patience = Patience()
        self._refused: set[str] = set()
        self._stopping = False
        self._closed = False

    async def run(self) -> None:
        """Connect, serve, come back; until cancelled or stopped."""
        if not self._recalled:
            self._receipts.recall()
            self._recalled = True
        try:
            while not self._stopping:
                pause_s = await self._live()
                if not self._stopping:
                    await asyncio.sleep(pause_s)
        finally:
            self._receipts.link_lost()
            if self._connection is not None and not self._stopping:
                self._connection.abort()

    @property
    def connected(self) -> bool:
        """Is there a link now? Implements ``gateway.sources.TwoWaySource``, as ``publish`` does."""
        return self._connection is not None and self._connection.alive

    async def publish(self, message: Outgoing) -> int:
        """Send over this source's own link, and wait for the PUBACK. Raises ConnectionLostError, TimeoutError."""
        if self._connection is None:
            raise ConnectionLostError("there is no link", by="closed")
        return (await self._connection.publish_many([message]))[0]

    async def stop_reading(self) -> None:
        """Read nothing more; what was received is still acknowledged when durable."""
        self._stopping = True
        self._receipts.stop_reading()

    async def close(self) -> None:
        """Send the acknowledgements that are due, then DISCONNECT; the broker keeps the session."""
        self._stopping = self._closed = True
        self._receipts.flush()
        if self._connection is not None:
            await self._connection.close()

    async def _live(self) -> float:
        """One connection from its opening to its end; returns how long to wait before the next, in seconds."""
        await self._receipts.wait_for_space()
        try:
            connection = await open_connection(
                await self._connection_settings(),
                on_publishes=self._receipts.receive,
                on_released=self._receipts.release,
            )
        except ConnectRefusedError as error:
            pause_s = self._patience.after_failure()
            refused = SourceRefused(self.name, self._settings.url, error.words, error.mend, round(pause_s, 2))
            self._events.emit(refused)
            return pause_s
        except (OSError, ProtocolError, ValueError) as error:
            pause_s = self._patience.after_failure()
            self._say_lost(str(error) or type(error).__name__, pause_s)
            return pause_s
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        self._connection = connection
        if self._closed:  # closed while connecting
            connection.abort()
        self._receipts.adopt(connection)
        lost = await self._stay(connection)
        self._receipts.link_lost()
        return self._after(lost, loop.time() - began_s, loop.time())

    async def _connection_settings(self) -> ConnectionSettings:
        """Read at each attempt, so that a renewed certificate is taken up. Raises ValueError for unusable files."""
        settings = self._settings
        address = settings.address
        files = {"ca_file": settings.ca_file, "cert_file": settings.cert_file, "key_file": settings.key_file}
        return ConnectionSettings(
            host=address.host,
            port=address.port,
            version=settings.version,
            client_id=settings.client_id,
            clean_start=False,
            session_expiry_s=settings.session_expiry_s,
            keep_alive_s=settings.keep_alive_s,
            username=settings.username,
            password=self._password,
            tls=await asyncio.to_thread(client_context, **files) if address.tls else None,
            max_payload_bytes=settings.max_payload_bytes,
        )

    async def _stay(self, connection: Connection) -> ConnectionLostError:
        """Subscribe and wait for the end; what was refused is asked for again now and then."""
        retain_handling = RETAINED_IF_NEW if self._settings.version == "5" else 0
        wanted = [
            Subscription(topic_filter, self._settings.qos, retain_handling=retain_handling)
            for topic_filter in self._settings.topics
        ]
        try:
            wanted = await self._subscribe(connection, wanted)
            self._events.emit(SourceConnected(self.name, self._settings.url, connection.session_present))
            while wanted:
                try:
                    async with asyncio.timeout(SUBSCRIBE_AGAIN_S):
                        return await connection.lost()
                except TimeoutError:
                    wanted = await self._subscribe(connection, wanted)
            return await connection.lost()
        except ConnectionLostError as error:
            return error
        except TimeoutError as error:
            connection.abort()
            return ConnectionLostError(str(error), by="silent")

    async def _subscribe(self, connection: Connection, wanted: list[Subscription]) -> list[Subscription]:
        """Ask for all; returns what was refused. A filter is reported when it is first refused."""
        codes = await connection.subscribe(wanted)
        refused = []
        for subscription, code in zip(wanted, codes, strict=True):
            topic_filter = subscription.topic_filter
            if code >= FAILED_FROM:
                refused.append(subscription)
                if topic_filter not in self._refused:
                    self._events.emit(SubscriptionRefused(self.name, topic_filter, code))
                self._refused.add(topic_filter)
                continue
            if topic_filter in self._refused:
                self._refused.discard(topic_filter)
                self._events.emit(SubscriptionGranted(self.name, topic_filter))
            if code < subscription.qos:
                self._events.emit(SubscriptionWeakened(self.name, topic_filter, subscription.qos, code))
        return refused

    def _after(self, lost: ConnectionLostError, lived_s: float, now_s: float) -> float:
        """What the end of a connection means for the next: returns the pause in seconds."""
        pause_s = self._patience.after_life(lived_s)
        # 3.1.1 has no words for it, and Mosquitto 2.0.11 hangs up without a word in MQTT 5 too (tried): a broker that
        # hangs up on a healthy link and greets us again at once is suspected.
        suspected = lost.by in ("taken_over", "closed")
        if self._stopping:
            return pause_s
        if suspected and self._patience.thrown_out(now_s):
            pause_s = LONGEST_CAP_S
            mend = f'Another client connects as "{self._settings.client_id}". Give each gateway a client_id of its own.'
            self._events.emit(SourceTakenOver(self.name, self._settings.client_id, mend))
        self._say_lost(str(lost), pause_s)
        return pause_s

    def _say_lost(self, why: str, pause_s: float) -> None:
        self._events.emit(SourceLost(self.name, self._settings.url, why, round(pause_s, 2)))
