"""The control packets of MQTT 3.1.1 and 5 as values: what is said, without the bytes (encoder.py, decoder.py).

Laws
- One type per control packet for both versions; what 3.1.1 lacks (properties, most reason codes) keeps its default.
- Packets are frozen; equality is by value, so that encode and decode can be held against each other.
"""

from typing import Literal

import msgspec

from gateway.mqtt.properties import NONE, Properties

Version = Literal["3.1.1", "5"]
Qos = Literal[0, 1, 2]
RetainHandling = Literal[0, 1, 2]
"""0: send retained messages at each subscribe; 1: only when the subscription is new; 2: never."""


class Will(msgspec.Struct, frozen=True):
    """Published by the broker when the link ends without DISCONNECT."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NONE


class Connect(msgspec.Struct, frozen=True):
    """First packet of a client. ``clean_start`` is called clean session in 3.1.1."""

    client_id: str
    clean_start: bool = True
    keep_alive_s: int = 0
    username: str | None = None
    password: bytes | None = None
    will: Will | None = None
    properties: Properties = NONE


class ConnAck(msgspec.Struct, frozen=True):
    """The broker's answer to CONNECT; any ``code`` but 0 is a refusal."""

    session_present: bool = False
    code: int = 0
    properties: Properties = NONE


class Publish(msgspec.Struct, frozen=True, gc=False):
    """An application message. ``packet_id`` is 0 at QoS 0.

    ``full_size`` is set on an oversize message only: ``payload`` is then its first 4 KiB and ``digest`` the first
    16 bytes of SHA-256 over the whole; its properties were skipped with it.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0
    properties: Properties = NONE
    full_size: int = 0
    digest: bytes = b""


class PubAck(msgspec.Struct, frozen=True):
    """A QoS 1 message was taken (or refused, from 0x80 on)."""

    packet_id: int
    code: int = 0
    properties: Properties = NONE


class PubRec(msgspec.Struct, frozen=True):
    """QoS 2, step two: the message was taken (or refused, from 0x80 on)."""

    packet_id: int
    code: int = 0
    properties: Properties = NONE


class PubRel(msgspec.Struct, frozen=True):
    """QoS 2, step three: the sender has forgotten the message; its id may be used anew."""

    packet_id: int
    code: int = 0
    properties: Properties = NONE


class PubComp(msgspec.Struct, frozen=True):
    """QoS 2, last step."""

    packet_id: int
    code: int = 0
    properties: Properties = NONE


class Subscription(msgspec.Struct, frozen=True):
    """One topic filter and how to be served."""

    topic_filter: str
    qos: int = 1
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: int = 0


class Subscribe(msgspec.Struct, frozen=True):
    """Ask for topics."""

    packet_id: int
    subscriptions: tuple[Subscription, ...]
    properties: Properties = NONE


class SubAck(msgspec.Struct, frozen=True):
    """Per subscription the granted QoS, or a refusal from 0x80 on."""

    packet_id: int
    codes: tuple[int, ...]
    properties: Properties = NONE


class Unsubscribe(msgspec.Struct, frozen=True):
    """No longer ask for topics."""

    packet_id: int
    topic_filters: tuple[str, ...]
    properties: Properties = NONE


class UnsubAck(msgspec.Struct, frozen=True):
    """Answer to UNSUBSCRIBE; 3.1.1 sends no codes."""

    packet_id: int
    codes: tuple[int, ...] = ()
    properties: Properties = NONE


class PingReq(msgspec.Struct, frozen=True):
    """Are you there?"""


class PingResp(msgspec.Struct, frozen=True):
    """I am."""


class Disconnect(msgspec.Struct, frozen=True):
    """The last packet of a link; in 3.1.1 only the client sends it, without a reason."""

    code: int = 0
    properties: Properties = NONE


class Auth(msgspec.Struct, frozen=True):
    """Enhanced authentication (MQTT 5 only): read and written here, not spoken by the connection."""

    code: int = 0
    properties: Properties = NONE


Acknowledgement = PubAck | PubRec | PubRel | PubComp
Packet = (
    Connect
    | ConnAck
    | Publish
    | Acknowledgement
    | Subscribe
    | SubAck
    | Unsubscribe
    | UnsubAck
    | PingReq
    | PingResp
    | Disconnect
    | Auth
)
