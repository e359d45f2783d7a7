"""How to reach and greet a broker."""

import ssl

import msgspec

from gateway.mqtt.packets import Connect, Version, Will
from gateway.mqtt.properties import NONE, Properties

RECEIVE_MAXIMUM = 1_024
"""QoS 1 and 2 messages a broker may have under way to us; enough for 20,000/s at 50 ms from receipt to PUBACK."""

CONNECT_WITHIN_S = 15.0
"""For name, TCP, TLS and CONNACK together."""


class ConnectionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One connection. ``session_expiry_s`` and ``receive_maximum`` are told to MQTT 5 brokers only.

    ``keep_alive_s`` 0 switches pings and the watch over silence off. No maximum packet size is announced: a broker
    would throw larger messages away unseen, and we can swallow any size (oversize.py). Topic aliases stay off.
    """

    host: str
    port: int = 1883
    version: Version = "5"
    client_id: str = ""
    clean_start: bool = True
    session_expiry_s: int = 0
    keep_alive_s: int = 30
    receive_maximum: int = RECEIVE_MAXIMUM
    username: str | None = None
    password: bytes | None = None
    tls: ssl.SSLContext | None = None
    will: Will | None = None
    connect_within_s: float = CONNECT_WITHIN_S
    max_payload_bytes: int = 262_144

    @property
    def peer(self) -> str:
        """Address for people and events; never a secret."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    def greeting(self) -> Connect:
        """The CONNECT packet these settings make."""
        properties = NONE
        if self.version == "5":
            properties = Properties(
                session_expiry_s=self.session_expiry_s or None, receive_maximum=self.receive_maximum
            )
        return Connect(
            self.client_id,
            self.clean_start,
            self.keep_alive_s,
            self.username,
            self.password,
            self.will,
            properties,
        )
