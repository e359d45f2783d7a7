"""The link to the open broker: opened when needed, with the gateway's last will; codes of the broker become words.

Law: ``publish`` returns only when the broker has acknowledged every message. What happens to a link is the caller's
``SinkUnavailableError``; nothing is kept here.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from gateway.mqtt import reasons
from gateway.mqtt.connection import Connection, open_connection
from gateway.mqtt.errors import ConnectRefusedError, ProtocolError
from gateway.mqtt.outbox import Outgoing
from gateway.mqtt.packets import Will
from gateway.mqtt.properties import Properties
from gateway.mqtt.settings import ConnectionSettings
from gateway.mqtt.tls import client_context
from gateway.sinks import SinkUnavailableError
from gateway.sinks.open_topics.settings import OpenTopicsSettings
from pipelines.encodings.ngsi_ld import CONTENT_TYPE, SCHEMA_VERSION
from pipelines.open_data.channels import ROOT

NOT_AUTHORISED = 0x87
REFUSED_FOR_CONTENT = frozenset((reasons.TOPIC_NAME_INVALID, reasons.PACKET_TOO_LARGE, 0x99))
"""Codes that will be the same however often the message comes; 0x99 is payload format invalid."""

USER_PROPERTIES = (("schema", ROOT), ("v", SCHEMA_VERSION))
ONLINE, OFFLINE = b'{"state":"online"}', b'{"state":"offline"}'


class Publisher:
    """One connection after the other to one broker."""

    def __init__(self, settings: OpenTopicsSettings, *, client_id: str, status_topic: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._status_topic = status_topic
        self._connection: Connection | None = None

    async def connect(self) -> None:
        """Have a link, and say that we are there. Raises SinkUnavailableError."""
        if self._connection is not None and self._connection.alive:
            return
        try:
            self._connection = await open_connection(await self._connection_settings())
        except ConnectRefusedError as error:
            raise SinkUnavailableError(f"{self._settings.url}: {error.words}", mend=error.mend) from error
        except (OSError, ProtocolError) as error:
            raise SinkUnavailableError(f"{self._settings.url}: {error or type(error).__name__}") from error
        except ValueError as error:  # a file of TLS
            raise SinkUnavailableError(str(error), mend=str(error)) from error
        await self.publish([self._status(ONLINE)])

    async def publish(self, messages: Sequence[Outgoing]) -> list[int]:
        """Publish all; returns the broker's codes, of which only those about content are refusals.

        Raises SinkUnavailableError, with ``mend`` where the broker's access list forbids us to.
        """
        if not messages:
            return []
        await self.connect()
        connection = self._connection
        assert connection is not None
        try:
            codes = await connection.publish_many(messages)
        except OSError as error:  # ConnectionLostError and TimeoutError are OSErrors
            connection.abort()
            raise SinkUnavailableError(f"{self._settings.url}: {error or type(error).__name__}") from error
        except asyncio.CancelledError:
            connection.abort()  # what is under way would be mixed up with what comes next
            raise
        self._judge(messages, codes)
        return codes

    async def close(self) -> None:
        """Say that we go, and go. Never raises."""
        connection, self._connection = self._connection, None
        if connection is None or not connection.alive:
            return
        try:
            async with asyncio.timeout(2):
                await connection.publish_many([self._status(OFFLINE)])
        except OSError:
            connection.abort()  # the broker says it for us: the last will
            return
        await connection.close()

    def _judge(self, messages: Sequence[Outgoing], codes: Sequence[int]) -> None:
        for message, code in zip(messages, codes, strict=True):
            if code < reasons.FAILED_FROM or code in REFUSED_FOR_CONTENT:
                continue
            why = f"{self._settings.url} refuses {message.topic}: {reasons.words(code)} (0x{code:02x})"
            match code:
                case 0x87:
                    who = self._settings.username or "this client"
                    mend = f"allow {who} to write {ROOT}/# in the broker's access list"
                case reasons.RETAIN_NOT_SUPPORTED | reasons.QOS_NOT_SUPPORTED:
                    mend = "open topics need a broker with retained messages and QoS 1"
                case _:
                    mend = ""
            raise SinkUnavailableError(why, mend=mend)

    def _status(self, payload: bytes) -> Outgoing:
        properties = Properties(content_type=CONTENT_TYPE, user_properties=USER_PROPERTIES)
        return Outgoing(self._status_topic, payload, 1, retain=True, properties=properties)

    async def _connection_settings(self) -> ConnectionSettings:
        """Read at each attempt, so that a renewed password or certificate is taken up. Raises OSError, ValueError."""
        settings = self._settings
        address = settings.address
        files = {"ca_file": settings.ca_file, "cert_file": settings.cert_file, "key_file": settings.key_file}
        return ConnectionSettings(
            host=address.host,
            port=address.port,
            version=settings.version,
            client_id=self._client_id,
            keep_alive_s=settings.keep_alive_s,
            username=settings.username,
            password=await asyncio.to_thread(_secret, settings.password_file) if settings.password_file else None,
            tls=await asyncio.to_thread(client_context, **files) if address.tls else None,
            will=Will(self._status_topic, OFFLINE, 1, retain=True),
        )


def _secret(file: Path) -> bytes:
    return file.read_bytes().rstrip(b"\r\n")


@lru_cache(maxsize=256)
def message_properties(expiry_s: int | None) -> Properties:
    """What every message of open topics carries; without expiry where it is None."""
    return Properties(
        payload_format_indicator=1,
        message_expiry_s=expiry_s,
        content_type=CONTENT_TYPE,
        user_properties=USER_PROPERTIES,
    )
