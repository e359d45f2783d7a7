"""MQTT: each alarm's state, retained on a topic of its own, and each message as an event. QoS 1.

    {topic}/notices                              each message, not retained
    {topic}/state/{kind}/{pilot}/{subject}       an alarm that stands, retained; emptied when it is over
                                                 {pilot} is "-" for the gateway's own

All states of a message go before the message, so that who is woken by it finds them.
"""

import asyncio
import re
from collections.abc import Sequence

from gateway.alarms.alarm import Key
from gateway.alarms.body import body, state
from gateway.alarms.notice import Notice
from gateway.alarms.secret_file import read_secret
from gateway.alarms.settings import MqttRoute
from gateway.mqtt import reasons
from gateway.mqtt.connection import open_connection
from gateway.mqtt.errors import ConnectRefusedError, ProtocolError
from gateway.mqtt.outbox import Outgoing
from gateway.mqtt.properties import Properties
from gateway.mqtt.settings import ConnectionSettings
from gateway.mqtt.tls import client_context
from gateway.sinks import SinkUnavailableError

CONNECT_WITHIN_S = 15.0
_UNFIT = re.compile(r"[^A-Za-z0-9._~/-]+")
JSON = Properties(payload_format_indicator=1, content_type="application/json")


class MqttTransport:
    """Implements ``Transport``. A connection for each message: they are rare."""

    def __init__(self, route: MqttRoute, *, client_id: str, city: str) -> None:
        self.topic = route.topic.replace("{city}", city)
        self.address = f"{route.url} {self.topic}"
        self._route = route
        self._client_id = client_id

    async def send(self, notice: Notice) -> str:
        """Raises SinkUnavailableError."""
        states = [
            Outgoing(self.state_topic(one.alarm.key), state(one, notice.sent), 1, retain=True, properties=JSON)
            for one in notice.changes
        ]
        told = Outgoing(f"{self.topic}/notices", body(notice), 1, properties=JSON)
        if worst := max(await self._publish([*states, told]), default=0):
            self._judge(worst)
        return f"{len(states)} states"

    async def probe(self) -> None:
        """Connect and leave. Raises SinkUnavailableError."""
        await self._publish([])

    async def _publish(self, messages: Sequence[Outgoing]) -> Sequence[int]:
        url = self._route.url
        try:
            connection = await open_connection(await self._settings())
            try:
                return await connection.publish_many(messages)
            finally:
                await connection.close()
        except ConnectRefusedError as error:
            raise SinkUnavailableError(f"{url}: {error.words}", mend=error.mend) from error
        except ProtocolError as error:
            raise SinkUnavailableError(f"{url}: {error}") from error
        except OSError as error:  # ConnectionLostError and TimeoutError are OSErrors
            raise SinkUnavailableError(f"{url}: {error or type(error).__name__}") from error
        except ValueError as error:  # a file of TLS
            raise SinkUnavailableError(str(error), mend=str(error)) from error

    def state_topic(self, key: Key) -> str:
        """Where an alarm's state is retained."""
        kind, pilot, subject = (_UNFIT.sub("-", part).strip("/") or "-" for part in key)
        return f"{self.topic}/state/{kind}/{pilot}/{subject}"

    def _judge(self, code: int) -> None:
        if code < reasons.FAILED_FROM:
            return
        who = self._route.username or "this client"
        mend = f"Allow {who} to write {self.topic}/# in the broker's access list."
        raise SinkUnavailableError(f"{self._route.url}: {reasons.words(code)} (0x{code:02x})", mend=mend)

    async def _settings(self) -> ConnectionSettings:
        """Read at each try, so that a renewed password or certificate is taken up. Raises OSError, ValueError."""
        route, address = self._route, self._route.address
        file = route.password_file
        files = {"ca_file": route.ca_file, "cert_file": route.cert_file, "key_file": route.key_file}
        return ConnectionSettings(
            host=address.host,
            port=address.port,
            version=route.version,
            client_id=self._client_id,
            username=route.username,
            password=await asyncio.to_thread(read_secret, file, "password_file") if file is not None else None,
            tls=await asyncio.to_thread(client_context, **files) if address.tls else None,
            connect_within_s=CONNECT_WITHIN_S,
        )
